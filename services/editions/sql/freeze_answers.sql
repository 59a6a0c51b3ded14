-- The histograms of the answers, by month, survey kind, provider as posted and questionnaire.
-- $1 number of the edition; one element of each a month: $2 survey kind, $3 month, $4 month in which the answers count
INSERT INTO feedback.edition_answers (
    edition, provider, month, survey_kind, questionnaire, source_month, heads, days
)
SELECT $1::integer, a.provider, s.month, s.survey_kind::feedback.survey_kind, a.questionnaire, s.source_month,
       a.heads, a.days
FROM unnest($2::text[], $3::date[], $4::date[]) AS s (survey_kind, month, source_month)
JOIN reporting.month_answers a ON a.month = s.source_month AND a.kind = s.survey_kind::feedback.survey_kind
WHERE 0 < ANY (a.heads)
