-- Where these partitions stand.
SELECT partition, epoch, topic, log_id, first_offset, next_offset, last_fingerprint, stopped, log, topic_id
FROM feedback.fence
WHERE partition = ANY ($1::smallint[])
