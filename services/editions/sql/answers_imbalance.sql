-- Cells of frozen histograms that are not what the requests' answers give: there must be none.
-- $1 number of the edition; one element of each a month: $2 survey kind, $3 month in which the answers count
WITH frozen AS (
    SELECT a.provider, a.source_month AS month, a.survey_kind, a.questionnaire, c.cell, c.heads, c.days
    FROM feedback.edition_answers a
    CROSS JOIN LATERAL unnest(a.heads, a.days) WITH ORDINALITY AS c (heads, days, cell)
    WHERE a.edition = $1::integer AND (c.heads <> 0 OR c.days <> 0)
), answered AS (
    SELECT r.provider, r.month, r.kind AS survey_kind, r.questionnaire,
           s.first_cell + get_byte(r.answers, s.slot) AS cell, -- counted from 1, as array elements are
           count(*) AS heads,
           sum(r.target_days) FILTER (WHERE r.kind IN ('workplace_instructor', 'workplace')) AS days
    FROM unnest($2::text[], $3::date[]) AS taken (survey_kind, month)
    JOIN reporting.request r ON r.month = taken.month AND r.kind = taken.survey_kind::feedback.survey_kind
    JOIN feedback.questionnaire_slot s USING (questionnaire)
    WHERE r.response = 'counts' AND get_byte(r.answers, s.slot) > 0
    GROUP BY r.provider, r.month, r.kind, r.questionnaire, cell
)
SELECT count(*)
FROM frozen FULL JOIN answered USING (provider, month, survey_kind, questionnaire, cell)
WHERE (coalesce(frozen.heads, 0), coalesce(frozen.days, 0))
   IS DISTINCT FROM (coalesce(answered.heads, 0), coalesce(answered.days, 0))
