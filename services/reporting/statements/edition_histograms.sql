-- The histograms of providers, as posted, in an edition.
-- $1 number of the edition, $2 providers
SELECT provider, month, survey_kind::text AS survey_kind, month = source_month AS actual, questionnaire, heads, days
FROM reporting.edition_answers
WHERE edition = $1::integer AND provider = ANY ($2::text[])
