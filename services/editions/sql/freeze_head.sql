-- The head, which seals the edition.
-- $1 number, $2 period, $3 as of, $4 draft, $5 estimate, $6 complete until, $7 model, $8 rules, $9 version of the
-- organisations, $10 version of the mergers, $11 version and $12 digest of the funding inputs, $13 numbers of the model
-- versions that counted, $14 how many requests others than the edition's have counted, $15 digest
INSERT INTO feedback.edition (
    number, period, as_of, draft, estimate, complete_until, model, rules, organisations_version, mergers_version,
    funding_inputs_version, funding_inputs_digest, counted_by, counted_otherwise, digest, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, now())
RETURNING created_at
