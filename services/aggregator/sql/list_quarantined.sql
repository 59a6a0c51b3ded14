-- Records of the present log in quarantine by partition and offset, after ($1, $2); all reasons when $3 is null, settled ones when $4.
SELECT q.partition, q.log_offset, q.reason, o.oid AS provider, q.received_at, q.outcome, q.pointers
FROM feedback.present_quarantine q
LEFT JOIN feedback.oid o ON o.id = q.provider
WHERE (q.partition, q.log_offset) > ($1::smallint, $2::bigint)
  AND ($3::text IS NULL OR q.reason = $3) AND ($4::boolean OR q.outcome IS NULL)
ORDER BY q.partition, q.log_offset
LIMIT $5
