-- What an edition says of itself, and the digest that it was sealed with.
-- $1 number
SELECT period, as_of, estimate, model, rules, organisations_version, mergers_version, digest
FROM feedback.edition
WHERE number = $1::integer
