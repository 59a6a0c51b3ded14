"""A new migration only adds, so that the previous release can go on writing while it runs (expand and contract).

What takes something away stands in a later release's migration, in a statement whose line before says `-- contract:`
and which release stopped using it.
"""

import re

import pytest

from palautevirta.migrations import load_migrations

DESTRUCTIVE = re.compile(
    r"\b(?:DROP|TRUNCATE|RENAME|DELETE\s+FROM|SET\s+NOT\s+NULL|SET\s+SCHEMA|ALTER\s+TYPE|REVOKE)\b"
    r"|\bALTER\s+(?:COLUMN\s+)?\w+\s+(?:SET\s+DATA\s+)?TYPE\b"
    r"|\bADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?\w+\s(?![^,;]*\bDEFAULT\b)[^,;]*\bNOT\s+NULL\b"
    r"|\bADD\s+(?:CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN|EXCLUDE)\b|\bCREATE\s+UNIQUE\s+INDEX\b",
    re.IGNORECASE,
)
BEFORE_THE_RULE = 2
"""Migrations 0001 and 0002 made everything; there was no previous release."""


def takes_away(sql: str) -> list[str]:
    """The statements that could break a writer of the previous release and don't say that they may."""
    found = []
    for statement in sql.split(";"):
        code = re.sub(r"--[^\n]*", "", statement)
        if DESTRUCTIVE.search(code) and not re.search(r"^-- contract: \S", statement, re.MULTILINE):
            found.append(code.strip())
    return found


def test_the_migrations_since_the_rule_only_add() -> None:
    assert {one.name: takes_away(one.sql) for one in load_migrations()[BEFORE_THE_RULE:] if takes_away(one.sql)} == {}


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE feedback.ledger",
        "ALTER TABLE feedback.fence DROP COLUMN stopped",
        "ALTER TABLE feedback.fence RENAME COLUMN stopped TO why",
        "ALTER TABLE feedback.fence\n    ALTER COLUMN epoch TYPE integer",
        "ALTER TABLE feedback.fence ALTER epoch SET DATA TYPE integer",
        "alter table feedback.fence alter stopped set not null",
        "ALTER TYPE feedback.reason RENAME VALUE 'counts' TO 'counted'",
        "ALTER TABLE feedback.quarantine ADD COLUMN age integer NOT NULL",
        "ALTER TABLE feedback.quarantine ADD CONSTRAINT known CHECK (reason <> '')",
        "CREATE UNIQUE INDEX once ON feedback.quarantine (event_key)",
        "TRUNCATE feedback.ledger",
    ],
)
def test_what_takes_away_is_found_unless_it_says_so(statement: str) -> None:
    assert takes_away(f"CREATE TABLE a ();\n{statement};") == [statement]
    assert takes_away(f"CREATE TABLE a ();\n-- contract: unused since 0.2.0\n{statement};") == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE feedback.a (b integer NOT NULL)",
        "ALTER TABLE feedback.quarantine ADD COLUMN age integer NOT NULL DEFAULT 0",
        "ALTER TABLE feedback.quarantine ADD COLUMN age integer",
        "CREATE INDEX some ON feedback.quarantine (reason)",
        "GRANT SELECT ON feedback.a TO palautevirta_reporting",
        "-- nothing here may DROP a table\nCREATE VIEW feedback.c AS SELECT 1",
    ],
)
def test_what_adds_is_let_through(statement: str) -> None:
    assert takes_away(f"{statement};") == []
