-- Where every partition stands, held still until the end of the transaction.
SELECT partition, log_id, first_offset, next_offset, complete_until, stopped, topic_id
FROM feedback.fence
WHERE next_offset IS NOT NULL
ORDER BY partition
FOR UPDATE
