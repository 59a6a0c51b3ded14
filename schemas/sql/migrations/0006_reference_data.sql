-- What an operator tells the service about organisations (national model §5, §7, §9): who they are, which history
-- belongs to which successor, and the shares of years before. Every load is a new whole version; older ones stay.
-- Only the database's owner loads; no role of a service may write here.

CREATE TABLE feedback.reference_version (
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('organisations', 'mergers', 'funding_inputs')),
    version integer NOT NULL, -- from 1, a series for each kind
    day date NOT NULL, -- the day that the operator says the table is of
    loaded_at timestamptz NOT NULL,
    digest bytea NOT NULL, -- SHA-256 of the checked rows in their canonical form
    PRIMARY KEY (kind, version)
);

-- A provider has a business id, an institution its code, a site neither.
CREATE TABLE feedback.organisation (
    version integer NOT NULL,
    oid text COLLATE "C" NOT NULL,
    business_id text,
    institution_code text,
    name_fi text NOT NULL,
    name_sv text,
    funded_years integer[], -- null says nothing; an empty one says that the provider is funded in no year
    PRIMARY KEY (version, oid)
);

-- From `day` on, the whole history of `provider` belongs to `successor`. It is applied when figures are read.
CREATE TABLE feedback.merger (
    version integer NOT NULL,
    provider text COLLATE "C" NOT NULL,
    successor text COLLATE "C" NOT NULL,
    day date NOT NULL,
    PRIMARY KEY (version, provider)
);

-- A provider's whole share of a funding year, as it was outside this service.
CREATE TABLE feedback.funding_input (
    version integer NOT NULL,
    funding_year integer NOT NULL,
    provider text COLLATE "C" NOT NULL,
    share text NOT NULL, -- exact, a fraction in lowest terms such as 7/200, or a whole number
    PRIMARY KEY (version, funding_year, provider)
);

-- The newest version of each, and every version that there was.

CREATE VIEW reporting.organisation AS
SELECT version, oid, business_id, institution_code, name_fi, name_sv, funded_years
FROM feedback.organisation
WHERE version = (SELECT max(version) FROM feedback.reference_version WHERE kind = 'organisations');

CREATE VIEW reporting.merger AS
SELECT version, provider, successor, day
FROM feedback.merger
WHERE version = (SELECT max(version) FROM feedback.reference_version WHERE kind = 'mergers');

CREATE VIEW reporting.funding_input AS
SELECT version, funding_year, provider, share
FROM feedback.funding_input
WHERE version = (SELECT max(version) FROM feedback.reference_version WHERE kind = 'funding_inputs');

CREATE VIEW reporting.reference_version AS
SELECT kind, version, day, loaded_at, encode(digest, 'hex') AS digest
FROM feedback.reference_version;

GRANT SELECT ON reporting.organisation, reporting.merger, reporting.funding_input, reporting.reference_version
TO palautevirta_reporting;
