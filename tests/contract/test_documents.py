"""The committed documents are what the models say, and the check that says so can fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from palautevirta.__main__ import main
from schemas.documents.files import FOLDER, documents

NAMES = sorted(documents())
UNUSED = shutil.ignore_patterns("__pycache__", "invalid", "national", "sql", "events", "documents")


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["documents", "--folder", str(folder), *arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the schemas' folder."""
    return Path(shutil.copytree(FOLDER, tmp_path / "schemas", ignore=UNUSED))


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_committed_documents_have_not_drifted(seed: str) -> None:
    """In a process of its own, twice, since an order that hangs on hashes would drift by itself."""
    command = [sys.executable, "-m", "palautevirta", "documents", "--check"]
    environment = os.environ | {"PYTHONHASHSEED": seed}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_document_is_named(folder: Path, name: str) -> None:
    document = folder / name
    document.write_bytes(document.read_bytes().replace(b"1", b"2", 1))
    result = run(folder, "--check")
    assert result.exit_code == 1
    assert name in result.stderr
    assert [other for other in NAMES if other in result.stderr] == [other for other in NAMES if name.endswith(other)]


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_document_is_named_and_written_again(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert name in run(folder, "--check").stderr
    assert run(folder).output == f"wrote {name}\n"
    assert (folder / name).read_bytes() == (FOLDER / name).read_bytes()
    assert run(folder, "--check").exit_code == 0


def test_a_schema_of_a_type_that_is_gone_is_named_and_deleted(folder: Path) -> None:
    stray = folder / "jsonschema" / "fi.feedback.request.lost.v1.json"
    stray.write_text("{}")
    assert "jsonschema/fi.feedback.request.lost.v1.json" in run(folder, "--check").stderr
    assert run(folder).output == "deleted jsonschema/fi.feedback.request.lost.v1.json\n"
    assert not stray.exists()


def test_another_declaration_of_the_topic_is_a_drift(folder: Path) -> None:
    declaration = folder / "topics.toml"
    declaration.write_text(declaration.read_text().replace("partitions = 16", "partitions = 32"))
    assert "asyncapi.json" in run(folder, "--check").stderr


def test_checking_writes_nothing(folder: Path) -> None:
    (folder / "openapi.json").write_text("{}")
    run(folder, "--check")
    assert (folder / "openapi.json").read_text() == "{}"
