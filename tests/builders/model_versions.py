"""The national model with one more version, as a new year would bring it: a folder of files, and no code."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from schemas.national.model import DEFAULT_FOLDER, NationalModels, load_models

NUMBER = 3
"""The number of the new version."""


def with_new_version(folder: Path, change: Callable[[dict[str, Any]], None]) -> NationalModels:
    """All released versions, and 2026.1: the newest one's files with other rules, as `change` makes them."""
    versions = folder / "versions"
    shutil.copytree(DEFAULT_FOLDER, versions)
    newest = DEFAULT_FOLDER / "2025.1"
    added = versions / "2026.1"
    added.mkdir()
    shutil.copy(newest / "code_lists.json", added)
    head = json.loads((newest / "model.json").read_text("utf-8"))
    head |= {"version": "2026.1", "number": NUMBER, "valid_from": "2026-07-01"}
    (added / "model.json").write_text(json.dumps(head), "utf-8")
    rules = json.loads((newest / "rules.json").read_text("utf-8"))
    change(rules)
    (added / "rules.json").write_text(json.dumps(rules), "utf-8")
    return load_models(versions)
