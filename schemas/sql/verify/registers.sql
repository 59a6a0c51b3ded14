-- Every event that holds a register of a request is in the ledger, under that request's subject.
SELECT r.partition, r.provider, r.subject, k.register
FROM feedback.request r
CROSS JOIN LATERAL (VALUES ('background', r.background_key), ('response', r.response_key)) AS k (register, event_key)
WHERE k.event_key IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM feedback.ledger l
      WHERE l.partition = r.partition AND l.provider = r.provider AND l.event_key = k.event_key
        AND l.subject = r.subject
  )
