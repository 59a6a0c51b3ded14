"""The broker's jars: fetched by Maven once a machine, checked against our own checksums, kept in an ignored cache."""

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TextIO

from palautevirta.local.process import Program, Say, run_to_end

_HERE: Final = Path(__file__).parent
_POM: Final = _HERE / "pom.xml"
_CHECKSUMS: Final = _HERE / "kafka-jars.sha256"
_COPY_DEPENDENCIES: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
_DEBIAN_PACKAGES: Final = {"java": "default-jre-headless", "mvn": "maven"}


class ToolMissing(Exception):
    """A program that the stack needs is not installed and cannot be installed without asking."""


class JarsRefused(Exception):
    """What was fetched is not what kafka-jars.sha256 names."""


async def kafka_jars(cache: Path, environment: Mapping[str, str], say: Say) -> Path:
    """The folder of the broker's jars, fetched first when this cache does not hold them.

    The folder carries the digest of the list of checksums and appears in one step after they were checked, so a
    folder that is there is complete and right. Raises ToolMissing, JarsRefused, ChildFailed.
    """
    expected = _CHECKSUMS.read_bytes()
    jars = cache / "kafka" / hashlib.sha256(expected).hexdigest()[:16]
    if jars.exists():
        return jars
    jars.parent.mkdir(parents=True, exist_ok=True)
    with (jars.parent / "lock").open("w") as lock:
        await _locked(lock)  # Two stacks that start side by side fetch once.
        if not jars.exists():
            await _fetch(jars, expected.decode(), environment, say)
    return jars


async def require_tool(name: str, environment: Mapping[str, str], say: Say) -> Path:
    """The path of `java` or `mvn`; installed from Debian when that needs no asking, else ToolMissing."""
    path = environment.get("PATH")
    if shutil.which(name, path=path) is None:
        package = _DEBIAN_PACKAGES[name]
        if os.geteuid() != 0 or shutil.which("apt-get", path=path) is None:
            raise ToolMissing(f"The local Kafka needs `{name}`: install it (on Debian: apt-get install {package}).")
        say(f"installing {package}")
        with tempfile.TemporaryDirectory() as folder:
            for arguments in (("update",), ("install", "-y", "--no-install-recommends", package)):
                await run_to_end(
                    Program(
                        name="apt-get",
                        argv=("apt-get", "-q", *arguments),
                        log=Path(folder) / "apt-get.log",
                        environment={**environment, "DEBIAN_FRONTEND": "noninteractive"},
                        ready_timeout_s=600,
                    )
                )
    found = shutil.which(name, path=path)
    if found is None:
        raise ToolMissing(f"{_DEBIAN_PACKAGES[name]} was installed and `{name}` is still not on the PATH.")
    return Path(found)


async def _locked(file: TextIO) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(0.1)
        else:
            return


async def _fetch(jars: Path, expected: str, environment: Mapping[str, str], say: Say) -> None:
    maven = await require_tool("mvn", environment, say)
    say("fetching Kafka with Maven, once a machine (44 MB)")
    with tempfile.TemporaryDirectory(dir=jars.parent) as folder:
        fetched = Path(folder) / "jars"
        await run_to_end(
            Program(
                name="maven",
                argv=(
                    str(maven), "-q", "-B", "-f", str(_POM), _COPY_DEPENDENCIES,
                    "-DincludeScope=runtime", f"-DoutputDirectory={fetched}",
                ),
                log=jars.parent / "maven.log",
                environment=environment,
                ready_timeout_s=600,
            )
        )  # fmt: skip
        difference = set(checksums(fetched).splitlines()) ^ set(expected.splitlines())
        if difference:
            names = ", ".join(sorted({line.split()[1] for line in difference}))
            raise JarsRefused(f"Maven brought other files than kafka-jars.sha256 names: {names}. Nothing was kept.")
        fetched.rename(jars)


def checksums(folder: Path) -> str:
    """The SHA-256 of every jar of a folder, as `sha256sum *.jar` prints them."""
    return "".join(
        f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}\n" for jar in sorted(folder.glob("*.jar"))
    )
