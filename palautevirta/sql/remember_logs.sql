-- What was read of the logs that are given up, those of the partitions $1.
INSERT INTO feedback.former_log (partition, log, topic, log_id, first_offset, next_offset, adopted_at)
SELECT partition, log, topic, log_id, first_offset, next_offset, clock_timestamp()
FROM feedback.fence
WHERE partition = ANY ($1::smallint[])
