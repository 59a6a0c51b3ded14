-- The records in quarantine at one place, that of the present log before those of former ones; nothing that they say.
-- A conflict's standing event is what the ledger has under its key.
SELECT q.partition, q.log, q.log_offset, q.reason, o.oid AS provider, q.received_at, q.outcome, q.pointers, q.event,
       CASE WHEN q.log <> f.log THEN q.log END AS former_log, l.log_offset AS standing_offset
FROM feedback.quarantine q
JOIN feedback.fence f USING (partition)
LEFT JOIN feedback.oid o ON o.id = q.provider
LEFT JOIN feedback.ledger l
  ON q.reason = 'conflict' AND l.partition = q.partition AND l.provider = q.provider AND l.event_key = q.event_key
WHERE q.partition = $1 AND q.log_offset = $2
ORDER BY q.log DESC
