-- The first time ever that a partition is read: where its log begins.
UPDATE feedback.fence
SET topic = $3, log_id = $4, first_offset = $5, next_offset = $5, topic_id = $6
WHERE partition = $1 AND epoch = $2 AND next_offset IS NULL
