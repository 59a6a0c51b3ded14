"""Every generated document by the file that it stands in, and the comparison that finds those that drifted."""

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import schemas
from schemas.documents.collector import collector_openapi
from schemas.documents.event_schemas import event_schemas
from schemas.documents.reporting import reporting_openapi
from schemas.documents.topic import asyncapi

FOLDER: Final = Path(schemas.__file__).parent
"""Where the documents are committed."""

_EVENT_SCHEMAS: Final = "jsonschema"
_SHOWN: Final = (
    "request_recorded_start_full",
    "request_recorded_workplace_instructor_full",
    "request_cancelled",
    "response_submitted_start_all_kinds_of_answers",
    "response_withdrawn",
)
"""The valid examples that the documents show."""


def documents(folder: Path = FOLDER) -> dict[str, bytes]:
    """Every document by its path under the folder, as it has to stand there.

    Reads the topic's declaration and the examples from the folder. The same sources give the same bytes.
    """
    topics = tomllib.loads((folder / "topics.toml").read_text("utf-8"))["topics"]
    examples = {name: json.loads((folder / "examples" / "valid" / f"{name}.json").read_bytes()) for name in _SHOWN}
    made = {f"{_EVENT_SCHEMAS}/{kind}.json": schema for kind, schema in event_schemas().items()} | {
        "openapi.json": collector_openapi(examples),
        "reporting-openapi.json": reporting_openapi(),
        "asyncapi.json": asyncapi(topics),
    }
    return {path: _encoded(document) for path, document in made.items()}


def drifted(expected: dict[str, bytes], folder: Path = FOLDER) -> list[str]:
    """The paths under the folder that aren't as expected: changed, missing, or no longer made by anything."""
    standing = {f"{_EVENT_SCHEMAS}/{file.name}" for file in (folder / _EVENT_SCHEMAS).glob("*")}
    return sorted(
        {path for path, document in expected.items() if _read(folder / path) != document} | (standing - expected.keys())
    )


def write(expected: dict[str, bytes], paths: Iterable[str], folder: Path = FOLDER) -> None:
    """Make these paths under the folder as expected; what isn't expected is deleted."""
    for path in paths:
        file = folder / path
        if path in expected:
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(expected[path])
        else:
            file.unlink()


def _encoded(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _read(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None
