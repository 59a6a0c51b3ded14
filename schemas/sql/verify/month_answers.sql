-- The answers of the responses that count are the histograms of every month, by heads and, for employers, by days.
SELECT partition, provider, month, survey_kind, questionnaire, cell,
       coalesce(stored.heads, 0) AS stored_heads, coalesce(figure.heads, 0) AS figures_heads,
       coalesce(stored.days, 0) AS stored_days, coalesce(figure.days, 0) AS figures_days
FROM (
    SELECT r.partition, r.provider, r.month, r.survey_kind, r.questionnaire,
           s.first_cell + get_byte(r.answers, s.slot) AS cell, -- counted from 1, as array elements are
           count(*) AS heads,
           sum(r.target_days) FILTER (WHERE r.survey_kind IN ('workplace_instructor', 'workplace')) AS days
    FROM feedback.request r
    JOIN feedback.questionnaire_slot s USING (questionnaire)
    WHERE r.response = 'counts' AND get_byte(r.answers, s.slot) > 0
    GROUP BY r.partition, r.provider, r.month, r.survey_kind, r.questionnaire, cell
) AS stored
FULL JOIN (
    SELECT m.partition, m.provider, m.month, m.survey_kind, m.questionnaire, c.cell, c.heads, c.days
    FROM feedback.month_answers m
    CROSS JOIN LATERAL unnest(m.heads, m.days) WITH ORDINALITY AS c (heads, days, cell)
    WHERE c.heads <> 0 OR c.days <> 0
) AS figure USING (partition, provider, month, survey_kind, questionnaire, cell)
WHERE (coalesce(stored.heads, 0), coalesce(stored.days, 0))
   IS DISTINCT FROM (coalesce(figure.heads, 0), coalesce(figure.days, 0))
