-- The books of providers (national model §4, Books).
-- $1 providers or null, $2 last provider seen or null, $3 limit
SELECT provider, records, standing, waiting, superseded, duplicate, conflict, rejected
FROM reporting.book
WHERE ($1::text[] IS NULL OR provider = ANY ($1)) AND ($2::text IS NULL OR provider > $2)
ORDER BY provider
LIMIT $3
