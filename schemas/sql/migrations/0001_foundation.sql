-- The record of the service: what stands, what was counted, and how far each partition of the log was read.
-- The Kafka partition leads every key: one writer, one order, no contention, and later the distribution column.
-- Everything that is summed is a whole number; 9/8 and the non-response coefficient enter at read time only.

-- Roles belong to the cluster, not to one database, so they may be there already. They get their login elsewhere.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'palautevirta_aggregator') THEN
        CREATE ROLE palautevirta_aggregator NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'palautevirta_reporting') THEN
        CREATE ROLE palautevirta_reporting NOLOGIN;
    END IF;
END
$$;

-- A stopped or cut-off aggregator must not block its successor: every wait is bounded.
ALTER ROLE palautevirta_aggregator SET idle_in_transaction_session_timeout = '5s';
ALTER ROLE palautevirta_aggregator SET transaction_timeout = '30s';
ALTER ROLE palautevirta_aggregator SET lock_timeout = '10s';
ALTER ROLE palautevirta_aggregator SET jit = 'off';
ALTER ROLE palautevirta_aggregator SET tcp_user_timeout = '10s';
ALTER ROLE palautevirta_reporting SET default_transaction_read_only = 'on';
ALTER ROLE palautevirta_reporting SET statement_timeout = '30s';

CREATE TYPE feedback.survey_kind AS ENUM (
    'start', 'completion_whole', 'completion_parts', 'workplace_instructor', 'workplace'
);

-- Why a request or its response counts or doesn't: the first that holds, in this order (national model §4, Reasons).
CREATE TYPE feedback.reason AS ENUM (
    'counts',
    'no_request', 'cancelled', 'excluded', 'no_attribution_date',
    'no_response', 'withdrawn', 'other_questionnaire', 'answered_before_window', 'answered_after_window'
);

-- Organisation OIDs as small numbers; a provider also carries the partition that its events travel in.
CREATE TABLE feedback.oid (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    oid text COLLATE "C" NOT NULL UNIQUE,
    partition smallint
);

-- Where each byte of a stored answer counts: slot s with value v > 0 counts in cell first_cell + v - 1.
-- Written from the national model's data when an aggregator starts; a published questionnaire never changes.
CREATE TABLE feedback.questionnaire_slot (
    questionnaire smallint NOT NULL,
    slot smallint NOT NULL,
    first_cell smallint NOT NULL,
    width smallint NOT NULL,
    PRIMARY KEY (questionnaire, slot)
);

-- The whole truth about a partition: whose it is (epoch), which log, how far it was read, and what stopped it.
CREATE TABLE feedback.fence (
    partition smallint PRIMARY KEY,
    epoch bigint NOT NULL DEFAULT 0,
    topic text,
    log_id text,
    first_offset bigint,
    next_offset bigint,
    last_fingerprint bytea, -- of the record just before next_offset: number of the key (2 bytes), keyed digest
    complete_until timestamptz,
    stopped text
) WITH (fillfactor = 50);

-- Who may read a partition until when, by this database's clock; taking it raises the epoch here and in the fence.
CREATE TABLE feedback.lease (
    partition smallint PRIMARY KEY,
    owner text,
    epoch bigint NOT NULL DEFAULT 0,
    until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);

-- Every aggregator that is alive, so that one without partitions is counted when the partitions are shared out.
CREATE TABLE feedback.aggregator (
    owner text PRIMARY KEY,
    seen_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Every distinct event that was ever applied. It tells duplicates from conflicts and gives receipts; merging is
-- idempotent without it. The digest is keyed, and the key isn't in this database: a plain hash of a dozen scores
-- could be inverted.
CREATE TABLE feedback.ledger (
    partition smallint NOT NULL,
    provider integer NOT NULL,
    event_key bytea NOT NULL,
    digest bytea NOT NULL,
    digest_key smallint NOT NULL,
    form smallint NOT NULL,
    log_offset bigint NOT NULL,
    received_at timestamptz NOT NULL,
    subject text COLLATE "C" NOT NULL,
    PRIMARY KEY (partition, provider, event_key)
) PARTITION BY LIST (partition);

-- One respondent asked to answer one survey: two registers (background, response), each decided by (time, rank, key),
-- and the contribution that this row has made to the figures, as it was added.
CREATE TABLE feedback.request (
    partition smallint NOT NULL,
    provider integer NOT NULL,
    subject text COLLATE "C" NOT NULL,

    background_at_us bigint,
    background_cancelled boolean,
    background_key bytea,
    survey_kind feedback.survey_kind,
    institution integer,
    site integer,
    qualification text COLLATE "C",
    trigger_date date,
    valid_from date,
    valid_to date,
    exclusion text,
    work_period_end date,
    duration_days integer,
    entrepreneur boolean,
    cancellation text,
    particulars text, -- the members of the background that no rule reads, as they were published; nothing is lost

    response_at_us bigint,
    response_withdrawn boolean,
    response_key bytea,
    questionnaire smallint,
    answered_at_us bigint,
    answers bytea, -- one byte a slot of the questionnaire; null once withdrawn
    withdrawal text,

    target feedback.reason NOT NULL,
    response feedback.reason NOT NULL,
    month date, -- the month in which the target counts, null when it doesn't
    target_days bigint NOT NULL,
    respondent_days bigint NOT NULL,
    points bigint NOT NULL,
    rules smallint NOT NULL, -- number of the model version whose rules computed the contribution

    PRIMARY KEY (partition, provider, subject)
) PARTITION BY LIST (partition);

DO $$
BEGIN
    FOR p IN 0..15 LOOP
        EXECUTE format('CREATE TABLE feedback.ledger_%s PARTITION OF feedback.ledger FOR VALUES IN (%s)', p, p);
        EXECUTE format(
            'CREATE TABLE feedback.request_%s PARTITION OF feedback.request FOR VALUES IN (%s) WITH (fillfactor = 75)',
            p, p
        );
    END LOOP;
END
$$;

-- What waits: a response whose request hasn't come.
CREATE INDEX request_waiting ON feedback.request (partition, provider) WHERE background_at_us IS NULL;

CREATE TABLE feedback.month_figure (
    partition smallint NOT NULL,
    provider integer NOT NULL,
    month date NOT NULL,
    survey_kind feedback.survey_kind NOT NULL,
    entrepreneur boolean NOT NULL,
    targets bigint NOT NULL,
    respondents bigint NOT NULL,
    target_days bigint NOT NULL,
    respondent_days bigint NOT NULL,
    points bigint NOT NULL,
    PRIMARY KEY (partition, provider, month, survey_kind, entrepreneur)
) WITH (fillfactor = 50);
CREATE INDEX month_figure_of_nation ON feedback.month_figure (survey_kind, month);

-- Histograms of the answers that count, by heads and (employers) by days; the arrays run over the cells of the
-- questionnaire's layout.
CREATE TABLE feedback.month_answers (
    partition smallint NOT NULL,
    provider integer NOT NULL,
    month date NOT NULL,
    survey_kind feedback.survey_kind NOT NULL,
    questionnaire smallint NOT NULL,
    heads bigint[] NOT NULL,
    days bigint[] NOT NULL,
    PRIMARY KEY (partition, provider, month, survey_kind, questionnaire)
) WITH (fillfactor = 50);
CREATE INDEX month_answers_of_nation ON feedback.month_answers (survey_kind, month);

-- Books: what was read for each provider a day (UTC, by the broker's time), and what of it is no distinct event.
CREATE TABLE feedback.provider_day (
    partition smallint NOT NULL,
    provider integer NOT NULL,
    day date NOT NULL,
    records bigint NOT NULL,
    duplicate bigint NOT NULL,
    conflict bigint NOT NULL,
    rejected bigint NOT NULL,
    PRIMARY KEY (partition, provider, day)
) WITH (fillfactor = 50);

-- What could not be applied, with its reason. No body: the record itself stands in the log while that lasts.
CREATE TABLE feedback.quarantine (
    partition smallint NOT NULL,
    log_offset bigint NOT NULL,
    reason text NOT NULL,
    pointers text[] NOT NULL,
    provider integer,
    event_key bytea,
    digest bytea,
    received_at timestamptz NOT NULL,
    outcome text, -- null while it stands; 'replayed' or 'closed' afterwards
    PRIMARY KEY (partition, log_offset)
);
CREATE INDEX quarantine_of_event ON feedback.quarantine (partition, provider, event_key);

-- The element-wise sum of two histograms of one layout.
CREATE FUNCTION feedback.sum_of(a bigint[], b bigint[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(x + y ORDER BY n), '{}') FROM unnest(a, b) WITH ORDINALITY AS pair (x, y, n));

GRANT USAGE ON SCHEMA feedback TO palautevirta_aggregator;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA feedback TO palautevirta_aggregator;
GRANT DELETE ON feedback.aggregator TO palautevirta_aggregator;
REVOKE INSERT, UPDATE ON feedback.schema_migration FROM palautevirta_aggregator;
