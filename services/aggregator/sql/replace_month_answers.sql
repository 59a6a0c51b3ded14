-- Put these histograms in the place of what stood for their months; each travels as the text of its array.
INSERT INTO feedback.month_answers AS m (partition, provider, month, survey_kind, questionnaire, heads, days)
SELECT partition, provider, month, survey_kind, questionnaire, heads::bigint[], days::bigint[]
FROM unnest(
    $1::smallint[], $2::integer[], $3::date[], $4::feedback.survey_kind[], $5::smallint[], $6::text[], $7::text[]
) AS d (partition, provider, month, survey_kind, questionnaire, heads, days)
ON CONFLICT (partition, provider, month, survey_kind, questionnaire) DO UPDATE SET
    heads = excluded.heads,
    days = excluded.days
