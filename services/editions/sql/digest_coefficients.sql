-- A part of the canonical form that the digest is of. The coefficients.
-- $1 number of the edition
SELECT estimate, survey_kind, provider, rate, branch, value
FROM feedback.edition_coefficient
WHERE edition = $1::integer
ORDER BY estimate, survey_kind, provider
