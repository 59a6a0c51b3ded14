-- Let partition $1 go on behind offset $2; whoever owned it is shut out, and takes it up anew.
WITH ended AS (
    UPDATE feedback.lease SET until = '-infinity' WHERE partition = $1 RETURNING partition, epoch
)
UPDATE feedback.fence AS f
SET epoch = greatest(f.epoch, ended.epoch) + 1, next_offset = $2::bigint + 1, last_fingerprint = NULL, stopped = NULL
FROM ended
WHERE f.partition = ended.partition
