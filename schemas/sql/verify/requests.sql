-- Every subject in the ledger has its request row.
SELECT l.partition, l.provider, l.subject, count(*) AS events
FROM feedback.ledger l
WHERE NOT EXISTS (
    SELECT FROM feedback.request r
    WHERE r.partition = l.partition AND r.provider = l.provider AND r.subject = l.subject
)
GROUP BY l.partition, l.provider, l.subject
