-- Months of providers whose frozen cells are not the month figures of the record: there must be none.
-- $1 number of the edition; one element of each a month: $2 survey kind, $3 month in which the requests count
WITH frozen AS (
    SELECT provider, source_month AS month, survey_kind::text AS survey_kind,
           ARRAY[sum(targets), sum(respondents), sum(target_days), sum(respondent_days), sum(points)] AS sums
    FROM feedback.edition_cell
    WHERE edition = $1::integer AND NOT copied
    GROUP BY provider, source_month, survey_kind
), live AS (
    SELECT provider, month, survey_kind,
           ARRAY[sum(targets), sum(respondents), sum(target_days), sum(respondent_days), sum(points)] AS sums
    FROM reporting.month_figure
    WHERE (survey_kind, month) IN (SELECT * FROM unnest($2::text[], $3::date[]))
    GROUP BY provider, month, survey_kind
    HAVING sum(targets) <> 0
)
SELECT count(*) FROM frozen FULL JOIN live USING (provider, month, survey_kind) WHERE frozen.sums IS DISTINCT FROM live.sums
