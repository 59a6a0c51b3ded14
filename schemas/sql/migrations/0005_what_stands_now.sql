-- Views of what stands now: quarantine of the logs that are read, and months that hold something.

-- Records of the log that each partition reads now. A former log's may have the same offsets, and nobody acts on them.
CREATE VIEW feedback.present_quarantine AS
SELECT q.partition, q.log, q.log_offset, q.reason, q.pointers, q.provider, q.event_key, q.digest, q.received_at, q.outcome
FROM feedback.quarantine q
WHERE q.log = (SELECT f.log FROM feedback.fence f WHERE f.partition = q.partition);

GRANT SELECT, UPDATE ON feedback.present_quarantine TO palautevirta_aggregator;

-- A month that everything left again keeps a row of nothing but zeros, where it was reached in one batch and left in
-- another. How records fell into batches is no part of the record, so readers don't see such rows (ADR 0009).
CREATE OR REPLACE VIEW reporting.month_figure AS
SELECT o.oid AS provider, m.month, m.survey_kind::text AS survey_kind, m.entrepreneur,
       m.targets, m.respondents, m.target_days, m.respondent_days, m.points
FROM feedback.month_figure m
JOIN feedback.oid o ON o.id = m.provider
WHERE (m.targets, m.respondents, m.target_days, m.respondent_days, m.points) <> (0, 0, 0, 0, 0);

CREATE OR REPLACE VIEW reporting.month_answers AS
SELECT o.oid AS provider, m.month, m.survey_kind::text AS survey_kind, m.questionnaire, m.heads, m.days
FROM feedback.month_answers m
JOIN feedback.oid o ON o.id = m.provider
WHERE 0 <> ANY (m.heads) OR 0 <> ANY (m.days);
