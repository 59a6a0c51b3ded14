-- Histograms of the answers in groups by provider and month, from the month histograms: a row a group and
-- questionnaire, with its cells (0 on) that aren't empty. Students have no days.
-- $1 survey kind, $2 months, $3 providers as they posted or null, $4 what to group by, $5 key of the last group seen or
-- null, $6 limit of groups, $7 providers that are merged, $8 their successors
WITH cell AS (
    SELECT CASE WHEN 'provider' = ANY ($4::text[]) THEN coalesce(successor, histogram.provider) ELSE '' END COLLATE "C" AS provider_key,
           CASE WHEN 'month' = ANY ($4) THEN to_char(month, 'YYYY-MM') ELSE '' END COLLATE "C" AS month_key,
           questionnaire, position - 1 AS cell,
           sum(count.heads)::bigint AS heads, coalesce(sum(count.days), 0)::bigint AS days
    FROM reporting.month_answers AS histogram
    CROSS JOIN LATERAL unnest(histogram.heads, histogram.days) WITH ORDINALITY AS count (heads, days, position)
    LEFT JOIN unnest($7::text[], $8::text[]) AS merged (provider, successor) ON merged.provider = histogram.provider
    WHERE kind = $1
      AND month = ANY ($2::date[])
      AND ($3::text[] IS NULL OR histogram.provider = ANY ($3))
    GROUP BY provider_key, month_key, questionnaire, cell
    HAVING sum(count.heads) > 0
), numbered AS (
    SELECT *, dense_rank() OVER (ORDER BY provider_key, month_key) AS number
    FROM cell
    WHERE $5::text[] IS NULL OR ARRAY[provider_key, month_key, '', '', ''] > $5
)
SELECT provider_key, month_key, '' AS institution_key, '' AS site_key, '' AS qualification_key, questionnaire,
       array_agg(cell) AS cells, array_agg(heads) AS heads, array_agg(days) AS days
FROM numbered
WHERE number <= $6
GROUP BY provider_key, month_key, questionnaire
ORDER BY provider_key, month_key, questionnaire
