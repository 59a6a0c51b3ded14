-- The conflicts and rejects in the books are those that stand in quarantine and weren't replayed.
SELECT partition, provider,
       coalesce(books.conflict, 0) AS books_conflict, coalesce(quarantined.conflict, 0) AS quarantine_conflict,
       coalesce(books.rejected, 0) AS books_rejected, coalesce(quarantined.rejected, 0) AS quarantine_rejected
FROM (
    SELECT partition, provider, sum(conflict) AS conflict, sum(rejected) AS rejected
    FROM feedback.provider_day
    GROUP BY partition, provider
) AS books
FULL JOIN (
    SELECT partition, provider, count(*) FILTER (WHERE reason = 'conflict') AS conflict,
           count(*) FILTER (WHERE reason <> 'conflict') AS rejected
    FROM feedback.quarantine
    WHERE provider IS NOT NULL AND outcome IS DISTINCT FROM 'replayed'
    GROUP BY partition, provider
) AS quarantined USING (partition, provider)
WHERE (coalesce(books.conflict, 0), coalesce(books.rejected, 0))
   IS DISTINCT FROM (coalesce(quarantined.conflict, 0), coalesce(quarantined.rejected, 0))
