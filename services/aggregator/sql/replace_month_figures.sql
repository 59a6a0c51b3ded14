-- Put these figures in the place of what stood for their months.
INSERT INTO feedback.month_figure AS m (
    partition, provider, month, survey_kind, entrepreneur, targets, respondents, target_days, respondent_days, points
)
SELECT * FROM unnest(
    $1::smallint[], $2::integer[], $3::date[], $4::feedback.survey_kind[], $5::boolean[],
    $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[]
)
ON CONFLICT (partition, provider, month, survey_kind, entrepreneur) DO UPDATE SET
    targets = excluded.targets,
    respondents = excluded.respondents,
    target_days = excluded.target_days,
    respondent_days = excluded.respondent_days,
    points = excluded.points
