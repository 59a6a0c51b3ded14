-- Figures of groups of an edition at any grain, in its structure; parts as in figures_of_months.
-- $1 number of the edition, $2 whether of its estimate, $3 survey kind, $4 months, $5 providers or null, $6 what to
-- group by, $7 key of the last group seen or null, $8 limit, $9 institutions or null, $10 sites or null,
-- $11 qualifications or null
WITH cell AS (
    SELECT coalesce(s.successor, c.provider) AS provider, month, institution, site, qualification, copied,
           targets, respondents, target_days, respondent_days, points
    FROM reporting.edition_cell c
    LEFT JOIN reporting.edition_structure s ON s.edition = c.edition AND s.provider = c.provider
    WHERE c.edition = $1::integer
      AND c.survey_kind::text = $3::text
      AND c.month = ANY ($4::date[])
      AND ($2::boolean OR c.month = c.source_month)
), part AS (
    SELECT CASE WHEN 'provider' = ANY ($6::text[]) THEN provider ELSE '' END COLLATE "C" AS provider_key,
           CASE WHEN 'month' = ANY ($6) THEN to_char(month, 'YYYY-MM') ELSE '' END COLLATE "C" AS month_key,
           CASE WHEN 'institution' = ANY ($6) THEN institution ELSE '' END COLLATE "C" AS institution_key,
           CASE WHEN 'site' = ANY ($6) THEN site ELSE '' END COLLATE "C" AS site_key,
           CASE WHEN 'qualification' = ANY ($6) THEN qualification ELSE '' END COLLATE "C" AS qualification_key,
           provider, copied,
           sum(targets)::bigint AS targets, sum(respondents)::bigint AS respondents,
           sum(target_days)::bigint AS target_days, sum(respondent_days)::bigint AS respondent_days,
           sum(points)::bigint AS points
    FROM cell
    WHERE ($5::text[] IS NULL OR provider = ANY ($5))
      AND ($9::text[] IS NULL OR institution = ANY ($9))
      AND ($10::text[] IS NULL OR site = ANY ($10))
      AND ($11::text[] IS NULL OR qualification = ANY ($11))
    GROUP BY provider_key, month_key, institution_key, site_key, qualification_key, provider, copied
)
SELECT provider_key, month_key, institution_key, site_key, qualification_key,
       array_agg(provider) AS providers, array_agg(copied) AS copied,
       array_agg(targets) AS targets, array_agg(respondents) AS respondents,
       array_agg(target_days) AS target_days, array_agg(respondent_days) AS respondent_days,
       array_agg(points) AS points
FROM part
WHERE $7::text[] IS NULL
   OR ARRAY[provider_key, month_key, institution_key, site_key, qualification_key] > $7
GROUP BY provider_key, month_key, institution_key, site_key, qualification_key
ORDER BY provider_key, month_key, institution_key, site_key, qualification_key
LIMIT $8
