from pathlib import Path

import pytest

from palautevirta.migrations import Applied, Migration, MigrationRefused, load_migrations, pending

FIRST = Migration(1, "first", "CREATE TABLE a ();")
SECOND = Migration(2, "second", "CREATE TABLE b ();")


def applied(*migrations: Migration) -> tuple[Applied, ...]:
    return tuple(Applied(one.number, one.name, one.sha256) for one in migrations)


def test_a_new_database_needs_every_migration() -> None:
    assert pending([FIRST, SECOND], []) == (FIRST, SECOND)


def test_only_what_is_missing_is_pending() -> None:
    assert pending([FIRST, SECOND], applied(FIRST)) == (SECOND,)
    assert pending([FIRST, SECOND], applied(FIRST, SECOND)) == ()


def test_a_changed_file_is_refused_and_named() -> None:
    changed = Migration(1, "first", "CREATE TABLE a (b integer);")
    with pytest.raises(MigrationRefused, match=r"0001_first\.sql is not the text that was applied"):
        pending([changed, SECOND], applied(FIRST))


def test_a_database_ahead_of_the_release_is_refused() -> None:
    with pytest.raises(MigrationRefused, match=r"ahead of this release: it has migration 0002_second"):
        pending([FIRST], applied(FIRST, SECOND))


def test_migrations_are_loaded_in_order(tmp_path: Path) -> None:
    (tmp_path / "0002_second.sql").write_text(SECOND.sql)
    (tmp_path / "0001_first.sql").write_text(FIRST.sql)
    assert load_migrations(tmp_path) == (FIRST, SECOND)


@pytest.mark.parametrize("name", ["0003_gap.sql", "0001_again.sql", "second.sql", "0002-second.sql", "0002_Second.sql"])
def test_a_gap_a_repetition_or_another_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "0001_first.sql").write_text(FIRST.sql)
    (tmp_path / name).write_text(SECOND.sql)
    with pytest.raises(MigrationRefused, match=r"stands where 000[12]_<name>\.sql is expected"):
        load_migrations(tmp_path)


def test_the_migrations_of_this_release_are_well_numbered() -> None:
    assert [one.number for one in load_migrations()] == list(range(1, len(load_migrations()) + 1))
    assert load_migrations()
