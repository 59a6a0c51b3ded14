-- Every partition has a fence and a lease from the first start on.
WITH fences AS (
    INSERT INTO feedback.fence (partition) SELECT generate_series(0, $1::integer - 1) ON CONFLICT DO NOTHING
)
INSERT INTO feedback.lease (partition) SELECT generate_series(0, $1::integer - 1) ON CONFLICT DO NOTHING
