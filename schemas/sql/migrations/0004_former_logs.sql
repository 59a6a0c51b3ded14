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
ALTER TABLE feedback.quarantine DROP CONSTRAINT quarantine_pkey, ADD PRIMARY KEY (partition, log, log_offset);

GRANT SELECT ON feedback.former_log TO palautevirta_aggregator;
