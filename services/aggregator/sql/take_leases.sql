-- Take up to $3 free partitions: raise the epoch in the lease and in the fence, which shuts the former owner out.
-- Rows that somebody holds at this moment are left for the next try.
WITH free AS (
    SELECT l.partition
    FROM feedback.lease l
    JOIN feedback.fence f USING (partition)
    WHERE l.until <= clock_timestamp()
    ORDER BY l.partition
    LIMIT $3
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE feedback.lease l
    SET owner = $1, epoch = greatest(l.epoch, f.epoch) + 1, until = clock_timestamp() + $2::interval
    FROM free JOIN feedback.fence f USING (partition)
    WHERE l.partition = free.partition
    RETURNING l.partition, l.epoch
)
UPDATE feedback.fence f SET epoch = taken.epoch
FROM taken
WHERE f.partition = taken.partition
RETURNING f.partition, f.epoch
