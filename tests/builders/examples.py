"""The examples of schemas/examples as tests read them: the bytes of the events, as they stand in the files."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

import schemas

FOLDER = Path(schemas.__file__).parent / "examples"


@dataclass(frozen=True)
class Valid:
    """An event that has to be accepted."""

    name: str
    raw: bytes


@dataclass(frozen=True)
class Invalid:
    """An event that has to be refused, and exactly why; `refused_by` is the one end that can see it, None for both."""

    name: str
    raw: bytes
    errors: tuple[tuple[str, str], ...]
    refused_by: str | None


class _Error(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    pointer: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    event: msgspec.Raw
    errors: list[_Error]
    refused_by: str | None = None


def valid_examples() -> list[Valid]:
    return [Valid(file.stem, file.read_bytes()) for file in sorted((FOLDER / "valid").glob("*.json"))]


def invalid_examples() -> list[Invalid]:
    return [_invalid(file) for file in sorted((FOLDER / "invalid").glob("*.json"))]


def _invalid(file: Path) -> Invalid:
    told = msgspec.json.decode(file.read_bytes(), type=_File)
    errors = tuple((error.code, error.pointer) for error in told.errors)
    return Invalid(file.stem, bytes(told.event), errors, told.refused_by)
