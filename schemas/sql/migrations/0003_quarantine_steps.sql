-- What operators did about a record in quarantine, and an index for what stands there.

-- Each try is a step, written in the transaction of what it changed. It holds no personal data: `result` is a code,
-- `remark` an operator's reason for closing, in which personal identifiers are refused.
CREATE TABLE feedback.quarantine_step (
    partition smallint NOT NULL,
    log smallint NOT NULL, -- which of the partition's logs, as in its fence
    log_offset bigint NOT NULL,
    step integer NOT NULL, -- from 1, in the order in which they were taken
    at timestamptz NOT NULL,
    action text NOT NULL, -- 'replay' or 'close'
    actor text NOT NULL,
    result text NOT NULL,
    remark text,
    PRIMARY KEY (partition, log, log_offset, step)
);

CREATE INDEX quarantine_standing ON feedback.quarantine (partition, received_at) WHERE outcome IS NULL;

GRANT SELECT, INSERT ON feedback.quarantine_step TO palautevirta_aggregator;
