-- Every partition that this database holds has a fence and a lease from the first start on.
WITH fences AS (
    INSERT INTO feedback.fence (partition) SELECT unnest($1::smallint[]) ON CONFLICT DO NOTHING
)
INSERT INTO feedback.lease (partition) SELECT unnest($1::smallint[]) ON CONFLICT DO NOTHING
