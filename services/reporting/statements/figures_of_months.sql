-- Figures of groups by provider and month, from the month figures: a group's parts are its providers, and apart
-- from them what entrepreneurs' instructor requests add to the workplace survey (national model §7).
-- $1 survey kind, $2 months, $3 providers as they posted or null, $4 what to group by, $5 key of the last group seen or
-- null, $6 limit, $7 providers that are merged, $8 their successors: whoever isn't among $7 stands for itself
WITH figure AS (
    SELECT coalesce(merged.successor, f.provider) AS provider, f.month, f.kind,
           f.targets, f.respondents, f.target_days, f.respondent_days, f.points
    FROM reporting.month_figure f
    LEFT JOIN unnest($7::text[], $8::text[]) AS merged (provider, successor) ON merged.provider = f.provider
    WHERE (f.kind = $1 OR f.entrepreneur)
      AND f.kind IN ($1, CASE WHEN $1 = 'workplace' THEN 'workplace_instructor' ELSE $1 END)
      AND f.month = ANY ($2::date[])
      AND ($3::text[] IS NULL OR f.provider = ANY ($3))
), part AS (
    SELECT CASE WHEN 'provider' = ANY ($4::text[]) THEN provider ELSE '' END COLLATE "C" AS provider_key,
           CASE WHEN 'month' = ANY ($4) THEN to_char(month, 'YYYY-MM') ELSE '' END COLLATE "C" AS month_key,
           provider, kind <> $1 AS copied,
           sum(targets)::bigint AS targets, sum(respondents)::bigint AS respondents,
           sum(target_days)::bigint AS target_days, sum(respondent_days)::bigint AS respondent_days,
           sum(points)::bigint AS points
    FROM figure
    GROUP BY provider_key, month_key, provider, copied
    HAVING sum(targets) > 0
)
SELECT provider_key, month_key, '' AS institution_key, '' AS site_key, '' AS qualification_key,
       array_agg(provider) AS providers, array_agg(copied) AS copied,
       array_agg(targets) AS targets, array_agg(respondents) AS respondents,
       array_agg(target_days) AS target_days, array_agg(respondent_days) AS respondent_days,
       array_agg(points) AS points
FROM part
WHERE $5::text[] IS NULL OR ARRAY[provider_key, month_key, '', '', ''] > $5
GROUP BY provider_key, month_key
ORDER BY provider_key, month_key
LIMIT $6
