-- The coefficients of the edition.
-- $1 number of the edition; one element of each a coefficient: $2 whether of the estimate, $3 survey kind, $4 provider,
-- $5 rate, $6 branch, $7 value
INSERT INTO feedback.edition_coefficient (edition, estimate, survey_kind, provider, rate, branch, value)
SELECT $1::integer, estimate, survey_kind::feedback.survey_kind, provider, rate, branch, value
FROM unnest($2::boolean[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS coefficient (estimate, survey_kind, provider, rate, branch, value)
