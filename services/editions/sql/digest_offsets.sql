-- A part of the canonical form that the digest is of. How far each partition of the log is in it.
-- $1 number of the edition
SELECT partition, log_id, next_offset
FROM feedback.edition_offset
WHERE edition = $1::integer
ORDER BY partition
