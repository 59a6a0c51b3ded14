-- Which kind of event a record in conflict is, so that a withdrawal that wasn't applied can be found. The kind says nothing
-- about a person; the body stays in the log. Null of rejects, and of what a release before this one wrote.

ALTER TABLE feedback.quarantine ADD COLUMN event text; -- such as 'response.withdrawn': the type without domain and version

CREATE OR REPLACE VIEW feedback.present_quarantine AS
SELECT q.partition, q.log, q.log_offset, q.reason, q.pointers, q.provider, q.event_key, q.digest, q.received_at, q.outcome,
       q.event
FROM feedback.quarantine q
WHERE q.log = (SELECT f.log FROM feedback.fence f WHERE f.partition = q.partition);

CREATE OR REPLACE VIEW reporting.quarantine AS
SELECT q.partition, q.log_offset, p.oid AS provider, q.event_key, q.reason, q.pointers, q.received_at, q.outcome, q.log, q.event
FROM feedback.quarantine q
LEFT JOIN feedback.oid p ON p.id = q.provider;
