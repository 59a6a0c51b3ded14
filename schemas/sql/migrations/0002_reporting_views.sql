-- What readers see: views with OIDs spelled out. They run with their owner's rights, so the reporting role needs
-- nothing in the schema of the record.

CREATE SCHEMA reporting;

-- Up to which moment of the log's clock every accepted event is counted: the least over all partitions, null while
-- any partition was never read.
CREATE VIEW reporting.freshness AS
SELECT CASE WHEN count(*) = count(complete_until) THEN min(complete_until) END AS as_of
FROM feedback.fence;

CREATE VIEW reporting.month_figure AS
SELECT o.oid AS provider, m.month, m.survey_kind::text AS survey_kind, m.entrepreneur,
       m.targets, m.respondents, m.target_days, m.respondent_days, m.points
FROM feedback.month_figure m
JOIN feedback.oid o ON o.id = m.provider;

CREATE VIEW reporting.month_answers AS
SELECT o.oid AS provider, m.month, m.survey_kind::text AS survey_kind, m.questionnaire, m.heads, m.days
FROM feedback.month_answers m
JOIN feedback.oid o ON o.id = m.provider;

-- One row a request. The answers show only where they count.
CREATE VIEW reporting.request AS
SELECT p.oid AS provider, r.subject, i.oid AS institution, s.oid AS site, r.qualification,
       r.survey_kind::text AS survey_kind, r.entrepreneur, r.exclusion,
       r.target::text AS target, r.response::text AS response,
       r.background_at_us, r.background_cancelled, r.response_at_us, r.response_withdrawn, r.answered_at_us,
       r.month, r.target_days, r.respondent_days, r.points,
       r.questionnaire, CASE WHEN r.response = 'counts' THEN r.answers END AS answers
FROM feedback.request r
JOIN feedback.oid p ON p.id = r.provider AND p.partition = r.partition
LEFT JOIN feedback.oid i ON i.id = r.institution
LEFT JOIN feedback.oid s ON s.id = r.site;

-- One row a distinct event: it holds a register of its request ('applied'), or another event does ('superseded').
CREATE VIEW reporting.event AS
SELECT p.oid AS provider, l.event_key, l.subject, l.partition, l.log_offset, l.received_at,
       CASE WHEN l.event_key IN (r.background_key, r.response_key) THEN 'applied' ELSE 'superseded' END AS state
FROM feedback.ledger l
JOIN feedback.oid p ON p.id = l.provider AND p.partition = l.partition
LEFT JOIN feedback.request r
    ON r.partition = l.partition AND r.provider = l.provider AND r.subject = l.subject;

CREATE VIEW reporting.quarantine AS
SELECT q.partition, q.log_offset, p.oid AS provider, q.event_key, q.reason, q.pointers, q.received_at, q.outcome
FROM feedback.quarantine q
LEFT JOIN feedback.oid p ON p.id = q.provider;

-- The books of each provider (national model §4, Books): records = standing + superseded + duplicate + conflict
-- + rejected. `superseded` are the distinct events of the ledger that hold no register.
CREATE VIEW reporting.book AS
SELECT p.oid AS provider, d.records, r.standing, r.waiting, l.distinct_events - r.standing AS superseded,
       d.duplicate, d.conflict, d.rejected
FROM feedback.oid p
CROSS JOIN LATERAL (
    SELECT coalesce(sum(records), 0)::bigint AS records, coalesce(sum(duplicate), 0)::bigint AS duplicate,
           coalesce(sum(conflict), 0)::bigint AS conflict, coalesce(sum(rejected), 0)::bigint AS rejected
    FROM feedback.provider_day WHERE partition = p.partition AND provider = p.id
) d
CROSS JOIN LATERAL (
    SELECT count(*) AS distinct_events FROM feedback.ledger WHERE partition = p.partition AND provider = p.id
) l
CROSS JOIN LATERAL (
    SELECT count(background_at_us) + count(response_at_us) AS standing,
           count(*) FILTER (WHERE background_at_us IS NULL) AS waiting
    FROM feedback.request WHERE partition = p.partition AND provider = p.id
) r
WHERE p.partition IS NOT NULL AND d.records > 0;

GRANT USAGE ON SCHEMA reporting TO palautevirta_reporting;
GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO palautevirta_reporting;
