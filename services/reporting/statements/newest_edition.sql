-- The newest edition of a period that is no draft: what a provider's funding view is of (national model §8).
-- $1 period
SELECT number, period, as_of, draft, estimate, created_at, complete_until, model, rules, organisations_version,
       mergers_version, funding_inputs_version, funding_inputs_digest, counted_by, counted_otherwise, digest
FROM reporting.edition
WHERE period = $1 AND NOT draft
ORDER BY number DESC
LIMIT 1
