"""Finds what could bring a binary float, or a rounding of its own, into a module, as far as its syntax tells.

A division is exact when one side of it is a Fraction. A name is taken for one when it is annotated so, assigned or
unpacked from what is one, or given by a function or a field of the module that is annotated so.
"""

import ast
import re
from collections.abc import Iterator

_EXACT = ("Fraction", "Rational")
_MODULES = {"cmath", "numpy", "random", "statistics"}
_MATH = {"comb", "gcd", "isqrt", "lcm", "perm", "prod"}
_NAMES = {"float", "complex", "round", "truediv", "total_seconds"}
_IN_SQL = re.compile(
    r"double\s+precision|\bfloat[48]?\b|\breal\b|\b(?:avg|sqrt|round|power|stddev\w*|var\w*_(?:pop|samp))\s*\(|\s/\s",
    re.IGNORECASE,
)


def inexact_in_python(source: str) -> list[str]:
    """What of a module isn't exact: line and reason each."""
    tree = ast.parse(source)
    fractions = _fractions(tree)
    return [f"line {line}: {what}" for line, what in sorted(_found(tree, fractions))]


def inexact_in_sql(source: str) -> list[str]:
    """What of a statement isn't exact: line and words each; comments don't count."""
    return [
        f"line {number}: {found[0].strip()}"
        for number, line in enumerate(source.splitlines(), 1)
        if (found := _IN_SQL.search(line.partition("--")[0]))
    ]


def _found(tree: ast.AST, fractions: set[str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float() | complex()):
                yield node.lineno, f"the number {node.value!r}"
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _NAMES:
                yield node.lineno, name
            case ast.Import(names=names):
                yield from ((node.lineno, f"import {one.name}") for one in names if one.name in {*_MODULES, "math"})
            case ast.ImportFrom(module=module, names=names):
                yield from (
                    (node.lineno, f"from {module} import {one.name}") for one in names if _is_inexact(module, one)
                )
            case ast.BinOp() | ast.AugAssign() if not _stays_exact(node, fractions):
                yield node.lineno, f"the calculation {ast.unparse(node)}"


def _is_inexact(module: str | None, imported: ast.alias) -> bool:
    if module == "math":
        return imported.name not in _MATH
    return module in _MODULES or imported.name in _NAMES


def _stays_exact(node: ast.BinOp | ast.AugAssign, fractions: set[str]) -> bool:
    """Whether a division has a Fraction on one side, and a power of a whole number stays whole."""
    left, right = (node.target, node.value) if isinstance(node, ast.AugAssign) else (node.left, node.right)
    match node.op:
        case ast.Div():
            return _is_exact(left, fractions) or _is_exact(right, fractions)
        case ast.Pow():
            return _is_exact(left, fractions) or _is_whole(right)
        case _:
            return True


def _is_whole(power: ast.expr) -> bool:
    """Whether a power of a whole number stays whole: not written with a minus or a division."""
    return not any(isinstance(part, ast.USub | ast.Sub | ast.Div) for part in ast.walk(power))


def _is_exact(node: ast.expr, fractions: set[str]) -> bool:
    """Whether a Fraction comes out of an expression."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in fractions
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=arguments):
            taken = name in {"sum", "max", "min", "abs"} and any(_is_exact(one, fractions) for one in arguments)
            return name in _EXACT or name in fractions or taken
        case ast.Call() | ast.Constant() | ast.Compare():
            return False
        case ast.Subscript(value=value):
            return _is_exact(value, fractions)
        case _:
            return any(_is_exact(one, fractions) for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr))


def _fractions(tree: ast.AST) -> set[str]:
    """Names that hold Fractions, alone or in a collection, or give them when called."""
    names: set[str] = set()
    while True:
        before = len(names)
        for node in ast.walk(tree):
            names |= _annotated(node) | _taken_over(node, names)
        if len(names) == before:
            return names


def _annotated(node: ast.AST) -> set[str]:
    match node:
        case (
            ast.arg(arg=name, annotation=ast.expr() as annotation)
            | ast.AnnAssign(target=ast.Name(id=name), annotation=annotation)
            | ast.FunctionDef(name=name, returns=ast.expr() as annotation)
        ):
            return (
                {name} if any(isinstance(one, ast.Name) and one.id in _EXACT for one in ast.walk(annotation)) else set()
            )
        case _:
            return set()


def _taken_over(node: ast.AST, names: set[str]) -> set[str]:
    """The names to which a node gives what is a Fraction already."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            pairs = list(zip(targets, values, strict=True))
        case ast.Assign(targets=targets, value=value):
            pairs = [(target, value) for target in targets]
        case ast.NamedExpr(target=target, value=value):
            pairs = [(target, value)]
        case ast.For(target=target, iter=values) | ast.comprehension(target=target, iter=values):
            pairs = [(_values(target), _collection(values))]
        case _:
            pairs = []
    return {name for target, value in pairs if _is_exact(value, names) for name in _names(target)}


def _names(target: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}


def _values(target: ast.expr) -> ast.expr:
    """Of `key, value` the value."""
    return target.elts[-1] if isinstance(target, ast.Tuple) else target


def _collection(values: ast.expr) -> ast.expr:
    """What `items()` and `values()` are asked of."""
    match values:
        case ast.Call(func=ast.Attribute(value=value, attr="items" | "values")):
            return value
        case _:
            return values
