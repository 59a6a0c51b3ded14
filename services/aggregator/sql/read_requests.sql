-- The rows of the requests that a batch touches, without the particulars that no rule reads.
SELECT partition, provider, subject,
       background_at_us, background_cancelled, background_key,
       survey_kind, trigger_date, valid_from, valid_to, exclusion, work_period_end, duration_days, entrepreneur,
       response_at_us, response_withdrawn, response_key, questionnaire, answered_at_us, answers,
       target, response, month, target_days, respondent_days, points
FROM unnest($1::smallint[], $2::integer[], $3::text[]) AS n (partition, provider, subject)
JOIN feedback.request USING (partition, provider, subject)
