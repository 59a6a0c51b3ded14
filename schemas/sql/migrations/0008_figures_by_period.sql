-- Reading the figures of some months touches those months only, however many years there are.
-- The views show the survey kind as text, which no index is of: a last column, `kind`, is what the indexes hold.

CREATE OR REPLACE VIEW reporting.month_figure AS
SELECT o.oid AS provider, m.month, m.survey_kind::text AS survey_kind, m.entrepreneur,
       m.targets, m.respondents, m.target_days, m.respondent_days, m.points, m.survey_kind AS kind
FROM feedback.month_figure m
JOIN feedback.oid o ON o.id = m.provider AND o.partition = m.partition
WHERE (m.targets, m.respondents, m.target_days, m.respondent_days, m.points) <> (0, 0, 0, 0, 0);

CREATE OR REPLACE VIEW reporting.month_answers AS
SELECT o.oid AS provider, m.month, m.survey_kind::text AS survey_kind, m.questionnaire, m.heads, m.days,
       m.survey_kind AS kind
FROM feedback.month_answers m
JOIN feedback.oid o ON o.id = m.provider AND o.partition = m.partition
WHERE 0 <> ANY (m.heads) OR 0 <> ANY (m.days);

CREATE OR REPLACE VIEW reporting.request AS
SELECT p.oid AS provider, r.subject, i.oid AS institution, s.oid AS site, r.qualification,
       r.survey_kind::text AS survey_kind, r.entrepreneur, r.exclusion,
       r.target::text AS target, r.response::text AS response,
       r.background_at_us, r.background_cancelled, r.response_at_us, r.response_withdrawn, r.answered_at_us,
       r.month, r.target_days, r.respondent_days, r.points,
       r.questionnaire, CASE WHEN r.response = 'counts' THEN r.answers END AS answers,
       r.survey_kind AS kind
FROM feedback.request r
JOIN feedback.oid p ON p.id = r.provider AND p.partition = r.partition
LEFT JOIN feedback.oid i ON i.id = r.institution
LEFT JOIN feedback.oid s ON s.id = r.site;

-- The requests that count, by where they count: one provider's months, or the nation's. It costs the aggregator one
-- index entry a request (docs/adr/0012).
CREATE INDEX request_counted ON feedback.request (survey_kind, month, provider) WHERE month IS NOT NULL;
