-- How far each partition of the log is in an edition.
-- $1 number of the edition
SELECT partition, log_id, next_offset FROM reporting.edition_offset WHERE edition = $1::integer ORDER BY partition
