"""No binary float takes part in a figure (national model §7, Exact).

What divides whole numbers would give one too; that is mypy's, since these functions say that they give fractions.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXACT = (
    "schemas/national/rules/*.py",
    "schemas/national/parameters.py",
    "services/reporting/explanation.py",
    "services/reporting/figures.py",
    "services/reporting/questions.py",
    "services/reporting/rule_answers.py",
    "palautevirta/reference_data/funding_inputs.py",
)
INEXACT_MODULES = {"cmath", "decimal", "numpy", "pandas", "random", "statistics"}
OF_MATH = {"gcd", "isqrt", "lcm"}


def binary_floats(source: str) -> Iterator[str]:
    """Everything in a module that is, makes or takes a binary float, or a decimal of a context's precision."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=float() | complex() as value):
                yield f"line {node.lineno}: {value}"
            case ast.Name(id="float" | "complex" as name):
                yield f"line {node.lineno}: {name}"
            case ast.Import(names=names):
                inexact = {one.name.partition(".")[0] for one in names} & (INEXACT_MODULES | {"math"})
                yield from (f"line {node.lineno}: {name}" for name in inexact)
            case ast.ImportFrom(module="math", names=names):
                yield from (f"line {node.lineno}: {one.name}" for one in names if one.name not in OF_MATH)
            case ast.ImportFrom(module=str() as module) if module.partition(".")[0] in INEXACT_MODULES:
                yield f"line {node.lineno}: {module}"


@pytest.mark.parametrize("pattern", EXACT)
def test_what_makes_figures_knows_no_binary_float(pattern: str) -> None:
    modules = list(ROOT.glob(pattern))
    assert modules
    found = {module.name: list(binary_floats(module.read_text("utf-8"))) for module in modules}
    assert {name: where for name, where in found.items() if where} == {}


@pytest.mark.parametrize(
    "source",
    ["r = 0.5", "r = float(n)", "r: float", "import math", "from math import sqrt", "import numpy as n", "1j", "1e3",
     "from decimal import Decimal", "from statistics import mean"],
)  # fmt: skip
def test_a_binary_float_is_found(source: str) -> None:
    assert len(list(binary_floats(source))) == 1


@pytest.mark.parametrize(
    "source", ["from math import isqrt", 'r = Fraction("0.5")', "r = 1 / rate", "from datetime import date"]
)
def test_exact_numbers_are_let_through(source: str) -> None:
    assert list(binary_floats(source)) == []
