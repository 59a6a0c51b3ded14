-- A log that was lost and replaced: what was read of the old one is remembered, and the fence points at the new one.
-- A record of the old log and one of the new may have the same offset, so quarantine also names the log by number.

CREATE TABLE feedback.former_log (
    partition smallint NOT NULL,
    log smallint NOT NULL,
    topic text NOT NULL,
    log_id text NOT NULL,
    first_offset bigint NOT NULL,
    next_offset bigint NOT NULL,
    adopted_at timestamptz NOT NULL, -- when the next log took its place
    PRIMARY KEY (partition, log)
);

ALTER TABLE feedback.fence ADD COLUMN log smallint NOT NULL DEFAULT 0; -- how many logs there were before this one
ALTER TABLE feedback.quarantine ADD COLUMN log smallint NOT NULL DEFAULT 0;
-- contract: the key only grows by a column that has a default, and no release names the old one in a statement.
ALTER TABLE feedback.quarantine DROP CONSTRAINT quarantine_pkey, ADD PRIMARY KEY (partition, log, log_offset);

-- The first balance (national model §4, Books): records read of this log and of those before it, and what the books hold.
CREATE VIEW feedback.partition_book AS
SELECT f.partition, coalesce(f.next_offset - f.first_offset, 0) + o.records AS records_read,
       d.records AS of_providers, q.records AS nameless
FROM feedback.fence f
CROSS JOIN LATERAL (
    SELECT coalesce(sum(next_offset - first_offset), 0) AS records
    FROM feedback.former_log WHERE partition = f.partition
) o
CROSS JOIN LATERAL (
    SELECT coalesce(sum(records), 0) AS records FROM feedback.provider_day WHERE partition = f.partition
) d
CROSS JOIN LATERAL (
    SELECT count(*) AS records FROM feedback.quarantine WHERE partition = f.partition AND provider IS NULL
) q;

GRANT SELECT ON feedback.former_log, feedback.partition_book TO palautevirta_aggregator;

CREATE OR REPLACE VIEW reporting.quarantine AS
SELECT q.partition, q.log_offset, p.oid AS provider, q.event_key, q.reason, q.pointers, q.received_at, q.outcome, q.log
FROM feedback.quarantine q
LEFT JOIN feedback.oid p ON p.id = q.provider;
