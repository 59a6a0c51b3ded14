-- The month figures of a provider as they stand.
SELECT partition, provider, month, survey_kind, entrepreneur,
       targets, respondents, target_days, respondent_days, points
FROM feedback.month_figure
WHERE partition = $1 AND provider = $2
