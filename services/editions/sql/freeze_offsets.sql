-- How far each partition of the log is in the snapshot.
-- $1 number of the edition
INSERT INTO feedback.edition_offset (edition, partition, log_id, next_offset)
SELECT $1::integer, partition, log_id, next_offset FROM feedback.fence WHERE next_offset IS NOT NULL
