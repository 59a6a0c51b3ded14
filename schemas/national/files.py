"""Reads the national model's folder: one folder a version, and the digests of those that are released (§4, §9).

::

    released.sha256                       lines as sha256sum writes them; the versions named here never change
    2025.1/model.json                     VersionHead
    2025.1/code_lists.json                CodeLists, whole
    2025.1/rules.json                     Rules, whole
    2025.1/questionnaires/start-2025.json Questionnaire, one file each, named by its code

A version is released by adding the lines of ``sha256sum`` for all its files, run in this folder. Until then its files
may change; after it a correction is a new version.

Every mistake becomes a ``Problem``; nothing is raised for the content of a file.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from schemas.national.checks import Problem
from schemas.national.codes import CodeLists
from schemas.national.parameters import Rules
from schemas.national.questionnaire import ModelData, Questionnaire
from schemas.national.version import NationalModel, VersionHead

RELEASED = "released.sha256"
_HEAD, _CODE_LISTS, _RULES = "model.json", "code_lists.json", "rules.json"
_RELEASED_LINE = re.compile(r"([0-9a-f]{64})  (\S+)", re.ASCII)

Data = TypeVar("Data", bound=ModelData)


def read_versions(folder: Path) -> tuple[tuple[NationalModel, ...], list[Problem]]:
    """Read every version in ``folder``, ordered by version number, and what is wrong with the files.

    A version with a problem in one of its files isn't among the versions returned.
    """
    found: list[Problem] = list(_released_changes(folder))
    versions: list[NationalModel] = []
    for version_folder in sorted(path for path in folder.iterdir() if path.is_dir()):
        version = _read_version(version_folder, found)
        if version is not None:
            versions.append(version)
    if not versions and not found:
        found.append(Problem(str(folder), "versions", "there is no version here: add a folder with a model.json"))
    return tuple(sorted(versions, key=lambda version: (version.number, version.version))), found


def _read_version(folder: Path, found: list[Problem]) -> NationalModel | None:
    before = len(found)
    expected = {_HEAD, _CODE_LISTS, _RULES}
    questionnaire_files: list[Path] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.parent == folder / "questionnaires" and path.suffix == ".json":
            questionnaire_files.append(path)
        elif name not in expected:
            found.append(Problem(f"{folder.name}/{name}", "file", "no file of this name belongs here: remove it"))
    head = _read(folder / _HEAD, VersionHead, found)
    code_lists = _read(folder / _CODE_LISTS, CodeLists, found)
    rules = _read(folder / _RULES, Rules, found)
    questionnaires = [_read_questionnaire(path, found) for path in questionnaire_files]
    if head is not None and head.version != folder.name:
        advice = f"the folder is called {folder.name}: give both the same name"
        found.append(Problem(f"{folder.name}/{_HEAD}", "version", advice))
    if head is None or code_lists is None or rules is None or len(found) > before:
        return None
    return NationalModel(
        version=head.version,
        number=head.number,
        valid_from=head.valid_from,
        surveys=head.surveys,
        questionnaires=tuple(questionnaire for questionnaire in questionnaires if questionnaire is not None),
        code_lists=code_lists,
        rules=rules,
    )


def _read_questionnaire(path: Path, found: list[Problem]) -> Questionnaire | None:
    questionnaire = _read(path, Questionnaire, found)
    if questionnaire is not None and questionnaire.code != path.stem:
        advice = f"the file is called {path.name}: give both the same name"
        found.append(Problem(_shown(path), "code", advice))
    return questionnaire


def _read(path: Path, model: type[Data], found: list[Problem]) -> Data | None:
    if not path.is_file():
        found.append(Problem(_shown(path), "file", "it is missing: every version states it whole"))
        return None
    try:
        return model.model_validate_json(path.read_bytes())
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False, include_input=False):
            member = ".".join(str(step) for step in detail["loc"]) or "whole file"
            found.append(Problem(_shown(path), member, detail["msg"].removeprefix("Value error, ")))
        return None


def _released_changes(folder: Path) -> Iterator[Problem]:
    """Compare the released versions with their digests: the same files with the same bytes, no more and no fewer."""
    path = folder / RELEASED
    if not path.is_file():
        yield Problem(RELEASED, "file", "it is missing: restore it; an empty file says that nothing is released yet")
        return
    released: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = _RELEASED_LINE.fullmatch(line)
        if match is None:
            yield Problem(RELEASED, f"line {number}", "write a SHA-256, two blanks and a path, as sha256sum does")
        else:
            released[match[2]] = match[1]
    present = {
        file.relative_to(folder).as_posix(): file
        for version in sorted({name.split("/")[0] for name in released})
        for file in (folder / version).rglob("*")
        if file.is_file()
    }
    mend = "a released version never changes: restore the file and put the correction into a new version"
    for name in sorted(released.keys() | present.keys()):
        if name not in present:
            yield Problem(name, "file", f"it is released but missing; {mend}")
        elif name not in released:
            yield Problem(name, "file", f"it was added to a released version; {mend}")
        elif hashlib.sha256(present[name].read_bytes()).hexdigest() != released[name]:
            yield Problem(name, "content", f"it differs from its digest in {RELEASED}; {mend}")


def _shown(path: Path) -> str:
    parts = path.parts[-3:] if path.parent.name == "questionnaires" else path.parts[-2:]
    return "/".join(parts)
