-- The next requests of a provider after the subject $3, as read_requests gives them, at most $4.
SELECT partition, provider, subject,
       background_at_us, background_cancelled, background_key,
       survey_kind, trigger_date, valid_from, valid_to, exclusion, work_period_end, duration_days, entrepreneur,
       response_at_us, response_withdrawn, response_key, questionnaire, answered_at_us, answers,
       target, response, month, target_days, respondent_days, points, rules
FROM feedback.request
WHERE partition = $1 AND provider = $2 AND subject > $3
ORDER BY subject
LIMIT $4
