-- One coefficient of the edition.
-- $1 number of the edition, $2 whether of the estimate, $3 survey kind, $4 provider, $5 rate, $6 branch, $7 value
INSERT INTO feedback.edition_coefficient (edition, estimate, survey_kind, provider, rate, branch, value)
VALUES ($1, $2, $3::text::feedback.survey_kind, $4, $5, $6, $7)
