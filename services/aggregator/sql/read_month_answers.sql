-- The histograms of a provider's months as they stand.
SELECT partition, provider, month, survey_kind, questionnaire, heads, days
FROM feedback.month_answers
WHERE partition = $1 AND provider = $2
