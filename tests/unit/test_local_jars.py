import os
from pathlib import Path

import pytest

from palautevirta.local import jars
from palautevirta.local.jars import JarsRefused, ToolMissing, checksums, kafka_jars, require_tool

MAVEN = """#!/bin/sh
for argument in "$@"; do
  case $argument in
    -DoutputDirectory=*) mkdir "${argument#*=}" && printf broker > "${argument#*=}/kafka.jar" ;;
  esac
done
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A PATH with a Maven that brings one small jar."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "mvn").write_text(MAVEN)
    (tools / "mvn").chmod(0o755)
    return {"PATH": f"{tools}:{os.defpath}"}


def pin(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name one jar with this content in the list of checksums; the list."""
    (tmp_path / "expected").mkdir()
    (tmp_path / "expected" / "kafka.jar").write_text(content)
    pinned = checksums(tmp_path / "expected")
    (tmp_path / "pinned.sha256").write_text(pinned)
    monkeypatch.setattr(jars, "_CHECKSUMS", tmp_path / "pinned.sha256")
    return pinned


async def test_jars_are_fetched_once(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = pin("broker", tmp_path, monkeypatch)
    said: list[str] = []
    folder = await kafka_jars(tmp_path / "cache", environment, said.append)
    assert checksums(folder) == pinned
    assert await kafka_jars(tmp_path / "cache", {}, said.append) == folder
    assert len(said) == 1


async def test_a_jar_with_another_checksum_is_refused_and_nothing_is_kept(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pin("another broker", tmp_path, monkeypatch)
    with pytest.raises(JarsRefused, match=r"kafka\.jar"):
        await kafka_jars(tmp_path / "cache", environment, print)
    assert list((tmp_path / "cache" / "kafka").glob("*/*.jar")) == []


async def test_a_missing_tool_that_cannot_be_installed_is_named_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match=r"needs `java`.*apt-get install default-jre-headless"):
        await require_tool("java", {"PATH": str(tmp_path)}, print)
