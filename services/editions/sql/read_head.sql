-- What an edition says of itself, and the digest that it was sealed with.
-- $1 number
SELECT period, as_of, estimate, model, rules, organisations_version, mergers_version, funding_inputs_version,
       funding_inputs_digest, counted_by, counted_otherwise, digest
FROM feedback.edition
WHERE number = $1::integer
