-- The frozen coefficients of an edition.
-- $1 number of the edition
SELECT estimate, survey_kind::text AS survey_kind, provider, rate, branch, value
FROM reporting.edition_coefficient
WHERE edition = $1::integer
