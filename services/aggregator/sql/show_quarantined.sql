-- One record in quarantine, without anything that it says.
SELECT q.partition, q.log_offset, q.reason, o.oid AS provider, q.received_at, q.outcome, q.pointers
FROM feedback.present_quarantine q
LEFT JOIN feedback.oid o ON o.id = q.provider
WHERE q.partition = $1 AND q.log_offset = $2
