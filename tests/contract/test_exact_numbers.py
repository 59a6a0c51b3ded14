"""National figures are exact until they are written (national model §7, Exact): no binary float on their way."""

from pathlib import Path

import pytest
from builders.exactness import inexact_in_python, inexact_in_sql

ROOT = Path(__file__).parents[2]

OTHER_NUMBERS = {
    "services/reporting/answers.py": "how much a client wants a media type",
    "services/reporting/app.py": "seconds",
    "services/reporting/freshness.py": "seconds",
    "services/reporting/national_calls.py": "seconds",
    "services/reporting/settings.py": "seconds",
    "services/reporting/store.py": "seconds",
    "services/reporting/telemetry.py": "seconds",
    "services/editions/settings.py": "seconds",
    "services/editions/store.py": "seconds",
}
"""Modules whose floats measure something else, and that compute no figure."""

FOLDERS = ("schemas/national/rules", "services/reporting", "services/editions")
MODULES = (
    "schemas/national/parameters.py",
    "schemas/national/layout.py",
    "palautevirta/reference_data/funding_inputs.py",
    *sorted(path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")),
)
STATEMENTS = sorted(path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in (ROOT / folder).rglob("*.sql"))


@pytest.mark.parametrize("module", [module for module in MODULES if module not in OTHER_NUMBERS])
def test_a_module_that_computes_figures_is_exact(module: str) -> None:
    assert inexact_in_python((ROOT / module).read_text("utf-8")) == []


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_that_reads_figures_is_exact(statement: str) -> None:
    assert inexact_in_sql((ROOT / statement).read_text("utf-8")) == []


def test_what_is_exempted_is_there() -> None:
    assert OTHER_NUMBERS.keys() <= set(MODULES)


def test_the_modules_that_compute_figures_are_among_those_looked_at() -> None:
    assert {
        "schemas/national/rules/coefficient.py",
        "schemas/national/rules/figures.py",
        "schemas/national/rules/funding.py",
        "services/reporting/figures.py",
        "services/reporting/questions.py",
    } <= set(MODULES) - OTHER_NUMBERS.keys()
    assert "services/reporting/statements/figures_of_months.sql" in STATEMENTS


@pytest.mark.parametrize(
    "planted",
    [
        "RATE = 0.6",
        "RATE = 1e3",
        "def rate(part: int, whole: int) -> float: ...",
        "value = float(part)",
        "mean = total / count",
        "mean = sum(values) / len(values)",
        "share = points / total\npoints: int = 3",
        "total /= count",
        "def share(points: dict[str, int]) -> object:\n    return [value / 2 for value in points.values()]",
        "from math import sqrt",
        "import math",
        "import statistics",
        "written = round(value, 2)",
        "days = (end - start).total_seconds()",
        "unit = 10**-4",
        "root = square ** (1 / 2)",
        "from operator import truediv",
    ],
)
def test_a_planted_float_is_found(planted: str) -> None:
    assert inexact_in_python(planted) != []


@pytest.mark.parametrize(
    "exact",
    [
        "mean = Fraction(total, count)",
        "def c(r: Fraction) -> Fraction:\n    return 1 / r",
        "points: Mapping[str, Fraction | None]\nhalves = {name: value / 2 for name, value in points.items()}",
        "total = sum(parts, Fraction(0))\nshare = part / total",
        "low, high = Fraction(1, 3), 2\nslope = low / 3",
        "unit = 10**decimals",
        "from math import isqrt",
        "half = total // 2",
    ],
)
def test_what_is_exact_is_let_through(exact: str) -> None:
    assert inexact_in_python(exact) == []


@pytest.mark.parametrize(
    "planted",
    [
        "SELECT avg(points) FROM request",
        "SELECT respondents::double precision FROM month_figure",
        "SELECT sum(points) / sum(targets) FROM month_figure",
        "SELECT stddev_pop(score), 1::real FROM answer",
    ],
)
def test_a_planted_float_in_a_statement_is_found(planted: str) -> None:
    assert inexact_in_sql(planted) != []
    assert inexact_in_sql("-- " + planted) == []
