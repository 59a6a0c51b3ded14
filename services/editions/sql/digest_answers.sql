-- A part of the canonical form that the digest is of. The histograms.
-- $1 number of the edition
SELECT provider, month, survey_kind, questionnaire, source_month, heads, days
FROM feedback.edition_answers
WHERE edition = $1::integer
ORDER BY provider, month, survey_kind, questionnaire
