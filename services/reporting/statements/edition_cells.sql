-- The sums of providers, as posted, in an edition, by month, survey kind and the places that are asked for.
-- $1 number of the edition, $2 providers, $3 what to split by of institution, site and qualification
SELECT provider, month, survey_kind::text AS survey_kind, copied, month = source_month AS actual,
       CASE WHEN 'institution' = ANY ($3::text[]) THEN institution ELSE '' END AS institution_key,
       CASE WHEN 'site' = ANY ($3) THEN site ELSE '' END AS site_key,
       CASE WHEN 'qualification' = ANY ($3) THEN qualification ELSE '' END AS qualification_key,
       sum(targets)::bigint AS targets, sum(respondents)::bigint AS respondents,
       sum(target_days)::bigint AS target_days, sum(respondent_days)::bigint AS respondent_days,
       sum(points)::bigint AS points
FROM reporting.edition_cell
WHERE edition = $1::integer AND provider = ANY ($2::text[])
GROUP BY provider, month, survey_kind, copied, actual, institution_key, site_key, qualification_key
