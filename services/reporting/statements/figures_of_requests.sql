-- Figures of groups at any grain, from the requests themselves; the answer is that of figures_of_months.
-- $1 survey kind, $2 months, $3 providers as they posted or null, $4 what to group by, $5 key of the last group seen or
-- null, $6 limit, $7 providers that are merged, $8 their successors, $9 institutions or null, $10 sites or null,
-- $11 qualifications or null
WITH counted AS (
    SELECT coalesce(merged.successor, r.provider) AS provider, r.month, r.institution, r.site, r.qualification,
           r.kind, r.response, r.target_days, r.respondent_days, r.points
    FROM reporting.request r
    LEFT JOIN unnest($7::text[], $8::text[]) AS merged (provider, successor) ON merged.provider = r.provider
    WHERE r.target = 'counts'
      AND (r.kind = $1 OR r.entrepreneur)
      AND r.kind IN ($1, CASE WHEN $1 = 'workplace' THEN 'workplace_instructor' ELSE $1 END)
      AND r.month = ANY ($2::date[])
      AND ($3::text[] IS NULL OR r.provider = ANY ($3))
      AND ($9::text[] IS NULL OR r.institution = ANY ($9))
      AND ($10::text[] IS NULL OR r.site = ANY ($10))
      AND ($11::text[] IS NULL OR r.qualification = ANY ($11))
), part AS (
    SELECT CASE WHEN 'provider' = ANY ($4::text[]) THEN provider ELSE '' END COLLATE "C" AS provider_key,
           CASE WHEN 'month' = ANY ($4) THEN to_char(month, 'YYYY-MM') ELSE '' END COLLATE "C" AS month_key,
           CASE WHEN 'institution' = ANY ($4) THEN coalesce(institution, '') ELSE '' END COLLATE "C" AS institution_key,
           CASE WHEN 'site' = ANY ($4) THEN coalesce(site, '') ELSE '' END COLLATE "C" AS site_key,
           CASE WHEN 'qualification' = ANY ($4) THEN qualification ELSE '' END COLLATE "C" AS qualification_key,
           provider, kind <> $1 AS copied,
           count(*) AS targets, count(*) FILTER (WHERE response = 'counts') AS respondents,
           sum(target_days)::bigint AS target_days, sum(respondent_days)::bigint AS respondent_days,
           sum(points)::bigint AS points
    FROM counted
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
