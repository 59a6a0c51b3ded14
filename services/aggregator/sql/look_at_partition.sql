-- What alarms need of one partition, in one snapshot: what stands in quarantine and for how long, whether the books hold
-- as many records as were read, and whether each provider's hold as many distinct events as its ledger. The ledger alone
-- says that: what stands and what is superseded add up to it by definition, so the wide request rows aren't read.
SELECT q.standing, q.oldest_seconds,
       b.records_read <> b.of_providers + b.nameless AS partition_differs,
       EXISTS (
           SELECT
           FROM (
               SELECT provider, records - duplicate - conflict - rejected AS in_books, 0 AS in_ledger
               FROM feedback.provider_day
               WHERE partition = $1
               UNION ALL
               SELECT provider, 0, count(*) FROM feedback.ledger WHERE partition = $1 GROUP BY provider
           ) AS counted
           GROUP BY provider
           HAVING sum(in_books) <> sum(in_ledger)
       ) AS provider_differs
FROM feedback.partition_book b
CROSS JOIN LATERAL (
    SELECT count(*) AS standing,
           coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::double precision AS oldest_seconds
    FROM feedback.quarantine
    WHERE partition = $1 AND outcome IS NULL
) q
WHERE b.partition = $1
