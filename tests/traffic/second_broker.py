"""A second broker in the cluster of a local stack's one, which goes on being the only controller."""

import os
import re
from pathlib import Path

from palautevirta.local.directory import LOOPBACK, free_port
from palautevirta.local.process import ChildProcess, Program, run_to_end

SECOND = 2
"""Its number in the cluster; the first broker's is 1."""

_OWN = re.compile(r"^(?:process\.roles|node\.id|listeners|advertised\.listeners|log\.dirs)=.*\n", re.MULTILINE)


async def second_broker(first: Program, folder: Path) -> ChildProcess:
    """A broker that takes all of its settings from the first one's but its name, its place and its folder."""
    *command, _, first_settings = first.argv
    own, cluster = _own_settings(Path(first_settings), folder)
    await run_to_end(
        Program(
            name="second-format",
            argv=(*command, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(own)),
            log=folder / "format.log",
            environment=os.environ,
        )
    )
    return ChildProcess(
        Program(
            name="second",
            argv=(*command, "kafka.Kafka", str(own)),
            log=folder / "kafka.log",
            environment=os.environ,
            ready=None,
        )
    )


def _own_settings(first: Path, folder: Path) -> tuple[Path, str]:
    """The file of the second broker's settings, and the id of the cluster."""
    settings = first.read_text()
    (log_folder,) = re.findall(r"^log\.dirs=(.*)$", settings, re.MULTILINE)
    (cluster,) = re.findall(r"^cluster\.id=(\S+)$", (Path(log_folder) / "meta.properties").read_text(), re.MULTILINE)
    address = f"{LOOPBACK}:{free_port()}"
    folder.mkdir()
    own = folder / "server.properties"
    own.write_text(
        _OWN.sub("", settings) + f"process.roles=broker\nnode.id={SECOND}\nlisteners=PLAINTEXT://{address}\n"
        f"advertised.listeners=PLAINTEXT://{address}\nlog.dirs={folder / 'log'}\n"
    )
    return own, cluster
