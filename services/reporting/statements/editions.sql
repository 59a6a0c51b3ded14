-- Editions by number.
-- $1 period or null, $2 number of the last one seen, $3 limit
SELECT number, period, as_of, draft, estimate, created_at, complete_until, model, rules, organisations_version,
       mergers_version, funding_inputs_version, funding_inputs_digest, counted_by, counted_otherwise, digest
FROM reporting.edition
WHERE ($1::text IS NULL OR period = $1) AND number > $2::integer
ORDER BY number
LIMIT $3
