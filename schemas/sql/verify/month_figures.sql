-- The sum of the contributions stored in requests is the figures of every month.
SELECT partition, provider, month, survey_kind, entrepreneur,
       coalesce(stored.targets, 0) AS stored_targets, coalesce(figure.targets, 0) AS figures_targets,
       coalesce(stored.respondents, 0) AS stored_respondents, coalesce(figure.respondents, 0) AS figures_respondents,
       coalesce(stored.target_days, 0) AS stored_target_days, coalesce(figure.target_days, 0) AS figures_target_days,
       coalesce(stored.respondent_days, 0) AS stored_respondent_days, coalesce(figure.respondent_days, 0) AS figures_respondent_days,
       coalesce(stored.points, 0) AS stored_points, coalesce(figure.points, 0) AS figures_points
FROM (
    SELECT partition, provider, month, survey_kind, entrepreneur,
           count(*) AS targets, count(*) FILTER (WHERE response = 'counts') AS respondents,
           sum(target_days) AS target_days, sum(respondent_days) AS respondent_days, sum(points) AS points
    FROM feedback.request
    WHERE month IS NOT NULL
    GROUP BY partition, provider, month, survey_kind, entrepreneur
) AS stored
FULL JOIN feedback.month_figure AS figure USING (partition, provider, month, survey_kind, entrepreneur)
WHERE (coalesce(stored.targets, 0), coalesce(stored.respondents, 0), coalesce(stored.target_days, 0),
       coalesce(stored.respondent_days, 0), coalesce(stored.points, 0))
   IS DISTINCT FROM
      (coalesce(figure.targets, 0), coalesce(figure.respondents, 0), coalesce(figure.target_days, 0),
       coalesce(figure.respondent_days, 0), coalesce(figure.points, 0))
