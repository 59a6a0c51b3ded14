-- The head, which seals the edition.
-- $1 number, $2 period, $3 as of, $4 draft, $5 estimate, $6 complete until, $7 model, $8 rules, $9 version of the
-- organisations, $10 version of the mergers, $11 digest
INSERT INTO feedback.edition (
    number, period, as_of, draft, estimate, complete_until, model, rules, organisations_version, mergers_version,
    digest, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now())
RETURNING created_at
