-- The sums of each provider as posted, which coefficients come from.
-- $1 number of the edition
SELECT survey_kind::text AS survey_kind, provider, month = source_month AS actual, copied,
       sum(targets)::bigint AS targets, sum(respondents)::bigint AS respondents,
       sum(target_days)::bigint AS target_days, sum(respondent_days)::bigint AS respondent_days,
       sum(points)::bigint AS points
FROM feedback.edition_cell
WHERE edition = $1::integer
GROUP BY survey_kind, provider, actual, copied
