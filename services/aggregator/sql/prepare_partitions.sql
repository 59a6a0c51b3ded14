-- Every partition has a fence and a lease from the first start on. Those that are there aren't inserted again: that would
-- wait for whoever holds them.
WITH missing AS (
    SELECT p FROM generate_series(0, $1::integer - 1) AS p
    WHERE NOT EXISTS (SELECT FROM feedback.fence WHERE partition = p)
       OR NOT EXISTS (SELECT FROM feedback.lease WHERE partition = p)
), fences AS (
    INSERT INTO feedback.fence (partition) SELECT p FROM missing ON CONFLICT DO NOTHING
)
INSERT INTO feedback.lease (partition) SELECT p FROM missing ON CONFLICT DO NOTHING
