-- Records in quarantine by partition, log and offset, after ($1, $2); all reasons when $3 is null.
-- When $4, also those that were replayed or closed, and those of former logs.
SELECT q.partition, q.log_offset, q.reason, o.oid AS provider, q.received_at, q.outcome, q.pointers, q.event,
       CASE WHEN q.log <> f.log THEN q.log END AS former_log
FROM feedback.quarantine q
JOIN feedback.fence f USING (partition)
LEFT JOIN feedback.oid o ON o.id = q.provider
WHERE (q.partition, q.log_offset) > ($1::smallint, $2::bigint)
  AND ($3::text IS NULL OR q.reason = $3) AND ($4::boolean OR q.outcome IS NULL AND q.log = f.log)
ORDER BY q.partition, q.log, q.log_offset
LIMIT $5
