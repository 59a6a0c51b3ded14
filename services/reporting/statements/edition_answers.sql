-- Histograms of the answers in groups of an edition by provider and month, in its structure; rows as in
-- answers_of_months.
-- $1 number of the edition, $2 whether of its estimate, $3 survey kind, $4 months, $5 providers or null, $6 what to
-- group by, $7 key of the last group seen or null, $8 limit of groups
WITH histogram AS (
    SELECT coalesce(s.successor, a.provider) AS provider, month, questionnaire, heads, days
    FROM reporting.edition_answers a
    LEFT JOIN reporting.edition_structure s ON s.edition = a.edition AND s.provider = a.provider
    WHERE a.edition = $1::integer
      AND a.survey_kind::text = $3::text
      AND a.month = ANY ($4::date[])
      AND ($2::boolean OR a.month = a.source_month)
), cell AS (
    SELECT CASE WHEN 'provider' = ANY ($6::text[]) THEN provider ELSE '' END COLLATE "C" AS provider_key,
           CASE WHEN 'month' = ANY ($6) THEN to_char(month, 'YYYY-MM') ELSE '' END COLLATE "C" AS month_key,
           questionnaire, position - 1 AS cell,
           sum(count.heads)::bigint AS heads, coalesce(sum(count.days), 0)::bigint AS days
    FROM histogram, unnest(histogram.heads, histogram.days) WITH ORDINALITY AS count (heads, days, position)
    WHERE $5::text[] IS NULL OR provider = ANY ($5)
    GROUP BY provider_key, month_key, questionnaire, cell
    HAVING sum(count.heads) > 0
), numbered AS (
    SELECT *, dense_rank() OVER (ORDER BY provider_key, month_key) AS number
    FROM cell
    WHERE $7::text[] IS NULL OR ARRAY[provider_key, month_key, '', '', ''] > $7
)
SELECT provider_key, month_key, '' AS institution_key, '' AS site_key, '' AS qualification_key, questionnaire,
       array_agg(cell) AS cells, array_agg(heads) AS heads, array_agg(days) AS days
FROM numbered
WHERE number <= $8
GROUP BY provider_key, month_key, questionnaire
ORDER BY provider_key, month_key, questionnaire
