-- Sums by provider as posted, survey kind and, where they are split, month: what the funding view comes from. `copied` is
-- what entrepreneurs' instructor requests add to the workplace survey, without 9/8 (national model §7).
-- $1 months of every other survey, $2 months of the workplace survey and that copy, $3 whether months are split
SELECT provider, CASE WHEN $3::boolean THEN month END AS month, survey_kind, copied,
       sum(targets)::bigint AS targets, sum(respondents)::bigint AS respondents,
       sum(target_days)::bigint AS target_days, sum(respondent_days)::bigint AS respondent_days,
       sum(points)::bigint AS points
FROM (
    SELECT provider, month, survey_kind, false AS copied, targets, respondents, target_days, respondent_days, points
    FROM reporting.month_figure
    WHERE kind IN ('start', 'completion_whole', 'completion_parts', 'workplace_instructor')
      AND month = ANY ($1::date[])
    UNION ALL
    SELECT provider, month, 'workplace', kind <> 'workplace', targets, respondents, target_days, respondent_days, points
    FROM reporting.month_figure
    WHERE kind IN ('workplace', 'workplace_instructor')
      AND (kind = 'workplace' OR entrepreneur)
      AND month = ANY ($2::date[])
) AS figure
GROUP BY 1, 2, 3, 4
HAVING sum(targets) > 0
