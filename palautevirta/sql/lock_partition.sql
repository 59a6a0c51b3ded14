-- Where partition $1 stands, held still until the end of the transaction.
SELECT partition, log_id, topic_id, next_offset, stopped
FROM feedback.fence
WHERE partition = $1 AND next_offset IS NOT NULL
FOR UPDATE
