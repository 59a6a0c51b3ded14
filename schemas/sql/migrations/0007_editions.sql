-- Editions (national model §7, §8): numbered, dated publications that nothing changes any more. An edition keeps the
-- integers that figures are made of, the coefficients as exact fractions and copies of all that gives them a meaning,
-- so that after the freeze only sums, products and rounding remain. OIDs stand spelled out: an edition leans on no
-- other table. A missing institution or site is an empty text.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'palautevirta_editions') THEN
        CREATE ROLE palautevirta_editions NOLOGIN;
    END IF;
END
$$;
ALTER ROLE palautevirta_editions SET lock_timeout = '10s';
ALTER ROLE palautevirta_editions SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE palautevirta_editions SET jit = 'off';

-- The head of an edition is written last: from then on no table takes another row of it.
CREATE TABLE feedback.edition (
    number integer PRIMARY KEY,
    period text COLLATE "C" NOT NULL,
    as_of date NOT NULL, -- the day by which the lag and the structure were applied
    draft boolean NOT NULL,
    estimate boolean NOT NULL, -- whether the period is the one that a publication of that day estimates
    created_at timestamptz NOT NULL,
    complete_until timestamptz, -- up to when every accepted event is in it; null: a partition was never read
    model text NOT NULL,
    rules text NOT NULL, -- the parameters of the rules as canonical JSON
    organisations_version integer NOT NULL, -- 0: none was loaded yet
    mergers_version integer NOT NULL, -- 0: none was loaded yet
    funding_inputs_version integer NOT NULL, -- 0: none was loaded yet
    funding_inputs_digest text NOT NULL, -- of the whole table that was loaded, in hexadecimal digits; empty: none was
    counted_by integer[] NOT NULL, -- the numbers of the model versions whose rules counted the record's requests
    counted_otherwise bigint NOT NULL, -- how many requests other rules than the edition's have counted: drafts only
    digest bytea NOT NULL -- SHA-256 of all of the edition but number, draft, created_at and complete_until
);

-- How far each partition of the log is in it.
CREATE TABLE feedback.edition_offset (
    edition integer NOT NULL,
    partition smallint NOT NULL,
    log_id text NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (edition, partition)
);

-- Sums by month, survey kind, provider as posted, institution, site and qualification. `source_month` is the month in
-- which the requests count: another than `month` where it stands for one that isn't out, in the estimate only.
-- `copied` marks what entrepreneurs' instructor requests add to the workplace survey, without 9/8.
CREATE TABLE feedback.edition_cell (
    edition integer NOT NULL,
    provider text COLLATE "C" NOT NULL,
    month date NOT NULL,
    survey_kind feedback.survey_kind NOT NULL,
    institution text COLLATE "C" NOT NULL,
    site text COLLATE "C" NOT NULL,
    qualification text COLLATE "C" NOT NULL,
    copied boolean NOT NULL,
    source_month date NOT NULL,
    targets bigint NOT NULL,
    respondents bigint NOT NULL,
    target_days bigint NOT NULL,
    respondent_days bigint NOT NULL,
    points bigint NOT NULL,
    PRIMARY KEY (edition, provider, month, survey_kind, institution, site, qualification, copied)
);

-- Histograms of the answers, as in feedback.month_answers; months as in the cells.
CREATE TABLE feedback.edition_answers (
    edition integer NOT NULL,
    provider text COLLATE "C" NOT NULL,
    month date NOT NULL,
    survey_kind feedback.survey_kind NOT NULL,
    questionnaire smallint NOT NULL,
    source_month date NOT NULL,
    heads bigint[] NOT NULL,
    days bigint[] NOT NULL,
    PRIMARY KEY (edition, provider, month, survey_kind, questionnaire)
);

-- Whose history belongs to whom as of the edition's day, chains followed; who isn't in it stands for itself.
CREATE TABLE feedback.edition_structure (
    edition integer NOT NULL,
    provider text COLLATE "C" NOT NULL,
    successor text COLLATE "C" NOT NULL,
    PRIMARY KEY (edition, provider)
);

CREATE TABLE feedback.edition_organisation (
    edition integer NOT NULL,
    oid text COLLATE "C" NOT NULL,
    business_id text,
    institution_code text,
    name_fi text NOT NULL,
    name_sv text,
    funded_years integer[],
    PRIMARY KEY (edition, oid)
);

-- The non-response coefficients of the providers in the edition's structure: exact fractions, such as 10/7.
CREATE TABLE feedback.edition_coefficient (
    edition integer NOT NULL,
    estimate boolean NOT NULL, -- of the estimate's rows, or of the actual ones
    survey_kind feedback.survey_kind NOT NULL,
    provider text COLLATE "C" NOT NULL,
    rate text NOT NULL,
    branch text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (edition, estimate, survey_kind, provider)
);

-- The shares of the year before that bound this year's, exact fractions as they were loaded.
CREATE TABLE feedback.edition_funding_input (
    edition integer NOT NULL,
    provider text COLLATE "C" NOT NULL,
    share text NOT NULL,
    PRIMARY KEY (edition, provider)
);

CREATE FUNCTION feedback.refuse_change_of_edition() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an edition never changes: publish another one' USING ERRCODE = 'restrict_violation';
END
$$;

-- One row that whoever adds to editions writes first, and holds until the transaction ends: so a row that is added while
-- an edition is cut waits for the head and is refused, and a cut that began before such a row was committed fails, at
-- every isolation level. An advisory lock wouldn't do: a snapshot from before the head would not see it.
CREATE TABLE feedback.edition_turn (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    taken_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10);
INSERT INTO feedback.edition_turn DEFAULT VALUES;

CREATE FUNCTION feedback.take_turn() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE feedback.edition_turn SET taken_at = now();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'feedback.edition_turn has lost its row: insert it again' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION feedback.refuse_addition_to_edition() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added JOIN feedback.edition e ON e.number = added.edition) THEN
        RAISE EXCEPTION 'an edition never changes: publish another one' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

-- contract: nothing is taken away, these triggers refuse that, also to the database's owner.
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON feedback.edition
FOR EACH STATEMENT EXECUTE FUNCTION feedback.refuse_change_of_edition();

DO $$
DECLARE part text;
BEGIN
    FOREACH part IN ARRAY ARRAY[
        'offset', 'cell', 'answers', 'structure', 'organisation', 'coefficient', 'funding_input'
    ] LOOP
-- contract: nothing is taken away, these triggers refuse that, also to the database's owner.
        EXECUTE format(
            'CREATE TRIGGER frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON feedback.edition_%s '
            'FOR EACH STATEMENT EXECUTE FUNCTION feedback.refuse_change_of_edition()', part
        );
        EXECUTE format(
            'CREATE TRIGGER sealed AFTER INSERT ON feedback.edition_%s REFERENCING NEW TABLE AS added '
            'FOR EACH STATEMENT EXECUTE FUNCTION feedback.refuse_addition_to_edition()', part
        );
    END LOOP;
END
$$;

DO $$
DECLARE part text;
BEGIN
    FOREACH part IN ARRAY ARRAY[
        '', '_offset', '_cell', '_answers', '_structure', '_organisation', '_coefficient', '_funding_input'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER alone BEFORE INSERT ON feedback.edition%s '
            'FOR EACH STATEMENT EXECUTE FUNCTION feedback.take_turn()', part
        );
    END LOOP;
END
$$;

-- What readers see.

CREATE VIEW reporting.edition AS
SELECT number, period, as_of, draft, estimate, created_at, complete_until, model, rules,
       organisations_version, mergers_version, funding_inputs_version, funding_inputs_digest, counted_by,
       counted_otherwise, encode(digest, 'hex') AS digest
FROM feedback.edition;

CREATE VIEW reporting.edition_offset AS
SELECT edition, partition, log_id, next_offset FROM feedback.edition_offset;

CREATE VIEW reporting.edition_cell AS
SELECT edition, provider, month, survey_kind, institution, site, qualification, copied, source_month,
       targets, respondents, target_days, respondent_days, points
FROM feedback.edition_cell;

CREATE VIEW reporting.edition_answers AS
SELECT edition, provider, month, survey_kind, questionnaire, source_month, heads, days FROM feedback.edition_answers;

CREATE VIEW reporting.edition_structure AS
SELECT edition, provider, successor FROM feedback.edition_structure;

CREATE VIEW reporting.edition_organisation AS
SELECT edition, oid, business_id, institution_code, name_fi, name_sv, funded_years FROM feedback.edition_organisation;

CREATE VIEW reporting.edition_coefficient AS
SELECT edition, estimate, survey_kind, provider, rate, branch, value FROM feedback.edition_coefficient;

CREATE VIEW reporting.edition_funding_input AS
SELECT edition, provider, share FROM feedback.edition_funding_input;

GRANT SELECT ON reporting.edition, reporting.edition_offset, reporting.edition_cell, reporting.edition_answers,
    reporting.edition_structure, reporting.edition_organisation, reporting.edition_coefficient,
    reporting.edition_funding_input
TO palautevirta_reporting;

GRANT USAGE ON SCHEMA feedback, reporting TO palautevirta_editions;
GRANT SELECT ON feedback.fence, reporting.freshness, reporting.request, reporting.month_figure, reporting.month_answers,
    reporting.organisation, reporting.merger, reporting.funding_input, reporting.reference_version, feedback.questionnaire_slot
TO palautevirta_editions;
GRANT UPDATE (taken_at) ON feedback.edition_turn TO palautevirta_editions;
GRANT SELECT (rules) ON feedback.request TO palautevirta_editions;
GRANT SELECT, INSERT ON feedback.edition, feedback.edition_offset, feedback.edition_cell, feedback.edition_answers,
    feedback.edition_structure, feedback.edition_organisation, feedback.edition_coefficient,
    feedback.edition_funding_input
TO palautevirta_editions;
