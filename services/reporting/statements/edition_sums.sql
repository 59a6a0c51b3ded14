-- The sums of an edition by provider as posted, month and survey kind; `actual` where the month itself is out.
-- $1 number of the edition
SELECT provider, month, survey_kind::text AS survey_kind, copied, month = source_month AS actual,
       sum(targets)::bigint AS targets, sum(respondents)::bigint AS respondents,
       sum(target_days)::bigint AS target_days, sum(respondent_days)::bigint AS respondent_days,
       sum(points)::bigint AS points
FROM reporting.edition_cell
WHERE edition = $1::integer
GROUP BY provider, month, survey_kind, copied, actual
