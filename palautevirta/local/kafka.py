"""A real Kafka broker on loopback, its own controller, as a program to run."""

import asyncio
import base64
import hashlib
import logging
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from palautevirta.local.directory import LOOPBACK, DataDirectory
from palautevirta.local.jars import kafka_jars, require_tool
from palautevirta.local.process import Program, Say, run_to_end

_HERE: Final = Path(__file__).parent
_JVM_FLAGS: Final = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_PROBE_TIMEOUT_S: Final = 5.0


async def kafka_program(
    directory: DataDirectory,
    *,
    cache: Path,
    environment: Mapping[str, str],
    say: Say,
    port: int | None = None,
    lines: Mapping[int, int] | None = None,
) -> tuple[str, Program]:
    """The address (`host:port`) and the program of the broker of a data directory, formatted when it is new.

    A client goes where a broker says that it is, so whoever wants to stand between the two needs a listener of his
    own: `lines` has more ports to listen on, and the port that those who come through each are told to use.
    Raises ToolMissing, JarsRefused, ChildFailed.
    """
    java = await require_tool("java", environment, say)
    jars = await kafka_jars(cache, environment, say)
    address = f"{LOOPBACK}:{directory.port('kafka', port)}"
    folder = directory.folder("kafka")
    properties = folder / "server.properties"
    controller = f"{LOOPBACK}:{directory.port('kafka-controller')}"
    properties.write_text(_properties(folder / "log", address, controller, lines or {}))
    command = (
        str(java), *_JVM_FLAGS, *_class_data_flags(java, jars),
        f"-Dlog4j2.configurationFile={_HERE / 'log4j2.properties'}", "-cp", f"{jars}/*",
    )  # fmt: skip
    if not (folder / "log" / "meta.properties").exists():
        # Kafka writes a cluster id as the unpadded base64 of a UUID, and refuses one that begins with a dash.
        cluster_id = "A" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        await run_to_end(
            Program(
                name="kafka-format",
                argv=(*command, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(properties)),
                log=directory.log("kafka"),
                environment=environment,
            )
        )
    return address, Program(
        name="kafka",
        argv=(*command, "kafka.Kafka", str(properties)),
        log=directory.log("kafka"),
        environment=environment,
        ready=lambda: kafka_is_ready(address),
    )


async def kafka_is_ready(address: str) -> bool:
    """Whether the broker answers and coordinates groups; an open port alone does not mean that it does."""
    host, port = address.rsplit(":", 1)
    try:
        # Asked first because aiokafka logs an error for every port that is not open yet.
        _, writer = await asyncio.open_connection(host, int(port))
        writer.close()
        await writer.wait_closed()
    except OSError:
        return False
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    try:
        async with asyncio.timeout(_PROBE_TIMEOUT_S):
            await admin.start()
            await admin.find_coordinator("readiness")
    except (KafkaError, TimeoutError) as error:
        logging.getLogger(__name__).debug("broker at %s is not ready: %r", address, error)
        return False
    finally:
        await admin.close()
    return True


def _properties(log_folder: Path, address: str, controller: str, lines: Mapping[int, int]) -> str:
    names = [f"LINE{number}" for number, _ in enumerate(lines, 1)]
    own = [f",{name}://{LOOPBACK}:{port}" for name, port in zip(names, lines, strict=True)]
    told = [f",{name}://{LOOPBACK}:{port}" for name, port in zip(names, lines.values(), strict=True)]
    protocols = "".join(f",{name}:PLAINTEXT" for name in names)
    return (_HERE / "kafka.properties").read_text() + (
        f"\nlistener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT{protocols}\n"
        f"listeners=PLAINTEXT://{address},CONTROLLER://{controller}{''.join(own)}\n"
        f"advertised.listeners=PLAINTEXT://{address}{''.join(told)}\n"
        f"controller.quorum.voters=1@{controller}\n"
        f"log.dirs={log_folder}\n"
    )


def _class_data_flags(java: Path, jars: Path) -> tuple[str, ...]:
    """Let the JVM map its parsed classes from an archive, which takes half of the time off a start.

    The first broker that ends in order leaves the archive behind. The JVM writes its header last and ignores an
    archive without a valid one, so one that was cut short does no harm beyond the time.
    """
    runtime = java.resolve()
    identity = hashlib.sha256(f"{runtime} {runtime.stat().st_mtime_ns}".encode()).hexdigest()[:16]
    archive = jars.with_name(f"{jars.name}-{identity}.jsa")
    return (f"-XX:{'SharedArchiveFile' if archive.exists() else 'ArchiveClassesAtExit'}={archive}",)
