"""The data directory of a local stack: who holds it, its ports, its secrets and its folders.

What is decided once (a port, a password) is remembered here, so that a second run over the same directory continues
where the first one ended.
"""

import contextlib
import fcntl
import json
import random
import secrets
import socket
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

LOOPBACK: Final = "127.0.0.1"

# Below the range from which Linux takes the source ports of outgoing connections (32768 and up). A client that keeps
# trying to reach a killed server on a port of that range is in the end given that very port as its own, connects to
# itself, and the server cannot come back.
_PORTS: Final = range(20_000, 32_000)


class DirectoryInUse(Exception):
    """Another process runs a stack over this data directory."""


class PortTaken(Exception):
    """Another program listens on the port that was asked for."""


class Remembered(NamedTuple):
    """What the runs over a directory decided: ports and secrets by name."""

    ports: Mapping[str, int]
    secrets: Mapping[str, str]


class DataDirectory:
    """A folder that one running stack owns.

    It can be searched by other users, since Postgres runs as one of them when we are root; every secret inside is
    readable by its owner alone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.path.mkdir(mode=0o711, parents=True, exist_ok=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Own the directory; raise DirectoryInUse when somebody else does."""
        with (self.path / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise DirectoryInUse(
                    f"A stack already runs over {self.path}. Stop it, or give this one another --data-dir."
                ) from error
            yield

    def folder(self, name: str) -> Path:
        """A folder of this name, made when it is missing."""
        folder = self.path / name
        folder.mkdir(mode=0o711, exist_ok=True)
        return folder

    def log(self, name: str) -> Path:
        """The file that a child's output is appended to."""
        return self.folder("logs") / f"{name}.log"

    def port(self, name: str, fixed: int | None = None) -> int:
        """The loopback port of this name: the fixed one, else that of the last run when it is free, else a new one."""
        ports = self._read("ports.json")
        if fixed is not None:
            ports[name] = fixed
        elif name not in ports or not _is_free(ports[name]):
            ports[name] = free_port(other_than=ports.values())
        self._write("ports.json", ports)
        return int(ports[name])

    def secret(self, name: str) -> str:
        """32 random bytes of this name as 64 hexadecimal digits, the same ones in every run."""
        known = self._read("secrets.json")
        if name not in known:
            known[name] = secrets.token_hex(32)
            self._write("secrets.json", known)
        return str(known[name])

    @staticmethod
    def remembered(path: Path) -> Remembered:
        """For those who don't own the directory: nothing is made or changed, and what was never decided isn't there."""
        return Remembered(_known(path / "ports.json"), _known(path / "secrets.json"))

    def _read(self, name: str) -> dict[str, Any]:
        return _known(self.path / name)

    def _write(self, name: str, values: dict[str, Any]) -> None:
        write_private(self.path / name, json.dumps(values, indent=1).encode())


def is_held(path: Path) -> bool:
    """Whether a stack runs over the directory now; nothing is made."""
    try:
        with (path / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _known(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text())) if file.exists() else {}


def write_private(file: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = file.with_name(file.name + ".draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(file)


def free_port(*, other_than: Collection[int] = ()) -> int:
    """A loopback port on which nobody listens now."""
    candidates = random.SystemRandom().sample(_PORTS, k=1_000)
    return next(port for port in candidates if port not in other_than and _is_free(port))


def require_free(name: str, port: int) -> None:
    """Before anything is started and waited for: raise PortTaken unless a server of this name can listen there."""
    if not _is_free(port):
        raise PortTaken(f"Port {port} of {name} is taken by another program: end that one, or choose another port.")


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        # As servers do: a connection of the last run that lingers in TIME_WAIT does not make a port taken.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
