-- Histograms of the answers in groups at any grain, from the requests themselves; the answer is that of
-- answers_of_months. A byte v > 0 in a slot counts in the cell first_cell + v - 1 of its questionnaire's layout.
-- $1 survey kind, $2 months, $3 providers as they posted or null, $4 what to group by, $5 key of the last group seen or
-- null, $6 limit of groups, $7 providers that are merged, $8 their successors, $9 institutions or null, $10 sites or
-- null, $11 qualifications or null, $12 questionnaires, $13 slots, $14 first cells: the layouts, one element of each a
-- slot
WITH layout AS (
    SELECT * FROM unnest($12::smallint[], $13::integer[], $14::integer[]) AS slot (questionnaire, slot, first_cell)
), answered AS (
    SELECT CASE WHEN 'provider' = ANY ($4::text[]) THEN coalesce(successor, r.provider) ELSE '' END COLLATE "C" AS provider_key,
           CASE WHEN 'month' = ANY ($4) THEN to_char(month, 'YYYY-MM') ELSE '' END COLLATE "C" AS month_key,
           CASE WHEN 'institution' = ANY ($4) THEN coalesce(institution, '') ELSE '' END COLLATE "C" AS institution_key,
           CASE WHEN 'site' = ANY ($4) THEN coalesce(site, '') ELSE '' END COLLATE "C" AS site_key,
           CASE WHEN 'qualification' = ANY ($4) THEN qualification ELSE '' END COLLATE "C" AS qualification_key,
           questionnaire, answers, target_days
    FROM reporting.request r
    LEFT JOIN unnest($7::text[], $8::text[]) AS merged (provider, successor) ON merged.provider = r.provider
    WHERE response = 'counts'
      AND kind = $1
      AND month = ANY ($2::date[])
      AND ($3::text[] IS NULL OR r.provider = ANY ($3))
      AND ($9::text[] IS NULL OR institution = ANY ($9))
      AND ($10::text[] IS NULL OR site = ANY ($10))
      AND ($11::text[] IS NULL OR qualification = ANY ($11))
), numbered AS (
    SELECT *, dense_rank() OVER (
                  ORDER BY provider_key, month_key, institution_key, site_key, qualification_key
              ) AS number
    FROM answered
    WHERE $5::text[] IS NULL
       OR ARRAY[provider_key, month_key, institution_key, site_key, qualification_key] > $5
), cell AS (
    SELECT provider_key, month_key, institution_key, site_key, qualification_key, questionnaire,
           first_cell + get_byte(answers, slot) - 1 AS cell, count(*) AS heads, sum(target_days)::bigint AS days
    FROM numbered
    JOIN layout USING (questionnaire)
    WHERE number <= $6 AND get_byte(answers, slot) > 0
    GROUP BY provider_key, month_key, institution_key, site_key, qualification_key, questionnaire, cell
)
SELECT provider_key, month_key, institution_key, site_key, qualification_key, questionnaire,
       array_agg(cell) AS cells, array_agg(heads) AS heads, array_agg(days) AS days
FROM cell
GROUP BY provider_key, month_key, institution_key, site_key, qualification_key, questionnaire
ORDER BY provider_key, month_key, institution_key, site_key, qualification_key, questionnaire
