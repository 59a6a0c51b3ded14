-- Figures of groups at any grain, from the requests themselves; the answer is that of figures_of_months.
-- $1 survey kind, $2 months, $3 providers or null, $4 what to group by, $5 key of the last group seen or null,
-- $6 limit, $7 institutions or null, $8 sites or null, $9 qualifications or null
WITH part AS (
    SELECT CASE WHEN 'provider' = ANY ($4::text[]) THEN provider ELSE '' END COLLATE "C" AS provider_key,
           CASE WHEN 'month' = ANY ($4) THEN to_char(month, 'YYYY-MM') ELSE '' END COLLATE "C" AS month_key,
           CASE WHEN 'institution' = ANY ($4) THEN coalesce(institution, '') ELSE '' END COLLATE "C" AS institution_key,
           CASE WHEN 'site' = ANY ($4) THEN coalesce(site, '') ELSE '' END COLLATE "C" AS site_key,
           CASE WHEN 'qualification' = ANY ($4) THEN qualification ELSE '' END COLLATE "C" AS qualification_key,
           provider, survey_kind <> $1::text AS copied,
           count(*) AS targets, count(*) FILTER (WHERE response = 'counts') AS respondents,
           sum(target_days)::bigint AS target_days, sum(respondent_days)::bigint AS respondent_days,
           sum(points)::bigint AS points
    FROM reporting.request
    WHERE target = 'counts'
      AND (survey_kind = $1 OR ($1 = 'workplace' AND survey_kind = 'workplace_instructor' AND entrepreneur))
      AND month = ANY ($2::date[])
      AND ($3::text[] IS NULL OR provider = ANY ($3))
      AND ($7::text[] IS NULL OR institution = ANY ($7))
      AND ($8::text[] IS NULL OR site = ANY ($8))
      AND ($9::text[] IS NULL OR qualification = ANY ($9))
    GROUP BY provider_key, month_key, institution_key, site_key, qualification_key, provider, copied
)
SELECT provider_key, month_key, institution_key, site_key, qualification_key,
       array_agg(provider) AS providers, array_agg(copied) AS copied,
       array_agg(targets) AS targets, array_agg(respondents) AS respondents,
       array_agg(target_days) AS target_days, array_agg(respondent_days) AS respondent_days,
       array_agg(points) AS points
FROM part
WHERE $5::text[] IS NULL
   OR ARRAY[provider_key, month_key, institution_key, site_key, qualification_key] > $5
GROUP BY provider_key, month_key, institution_key, site_key, qualification_key
ORDER BY provider_key, month_key, institution_key, site_key, qualification_key
LIMIT $6
