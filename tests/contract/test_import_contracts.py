"""The import contracts of pyproject.toml hold, and each of them can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "services", "palautevirta")

VIOLATIONS = {
    "The contracts stand on the standard library, pydantic and msgspec alone": (
        "schemas/events/codec.py",
        "import asyncpg",
    ),
    "Services share only the runtime and the contracts": (
        "services/collector/verdict.py",
        "import services.reporting.query",
    ),
    "Nothing below the command line imports it": ("services/runtime/clock.py", "import palautevirta.topics"),
    "What a service shares knows no service": ("services/runtime/clock.py", "import services.collector.verdict"),
    "The collector never touches the database": ("services/collector/verdict.py", "import asyncpg"),
    "Reporting and editions never touch the log": ("services/reporting/query.py", "import aiokafka"),
    "Inside the aggregator: app, loop, then log and store, then the pure modules": (
        "services/aggregator/merge.py",
        "import services.aggregator.store",
    ),
    "Pure modules do no input or output": ("services/aggregator/fold.py", "import asyncio"),
}


def lint(folder: Path) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracts")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold(copy: Path) -> None:
    found = lint(copy)
    assert f"Contracts: {len(VIOLATIONS)} kept, 0 broken." in found, found


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_forbidden_import_breaks_its_contract(copy: Path, contract: str) -> None:
    name, line = VIOLATIONS[contract]
    module = copy / name
    text = module.read_text("utf-8")
    module.write_text(f"{text}\n{line}\n", "utf-8")
    try:
        assert f"{contract} BROKEN" in lint(copy)
    finally:
        module.write_text(text, "utf-8")
