"""An Apache Kafka broker on this machine, with nothing to install by hand.

One KRaft node is broker and controller. All it keeps lives in its home folder: settings, log, pid file and data,
which survive a stop, a crash and a change of the port.
"""

import base64
import os
import re
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra import jvm
from infra.daemon import LOOPBACK, Daemon, check_port_free, free_port
from infra.errors import BrokerStartError

KAFKA_VERSION = "4.4.0"
PORT_SETTING = "ONEFOLD_KAFKA_PORT"

# Kafka names no slf4j binding; without one it dies without a word.
_ENDPOINT = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36"
_HEAP = "1g"

_IN_A_KEY = re.compile(r"[\\:=#! ]|[^ -~]")
_IN_A_VALUE = re.compile(r"\\|^ +|[^ -~]")
"""Signs that end a key or a value, change its meaning, or are not ASCII."""

BrokerKind = Literal["local", "docker", "external"]


@dataclass(frozen=True)
class RunningBroker:
    """A broker that answers.

    Attributes:
        kind: who runs it: this room as a local process, this room in Docker, or somebody else.
        bootstrap_servers: what a client connects to.
        pid: its process, of a local one only.
    """

    kind: BrokerKind
    bootstrap_servers: str
    pid: int | None = None


@dataclass(frozen=True)
class BrokerConfig:
    """Where a local broker lives and which port it offers to clients."""

    home: Path
    port: int

    @property
    def data_dir(self) -> Path:
        """The broker's topics and cluster metadata."""
        return self.home / "data"

    @property
    def properties_file(self) -> Path:
        """The settings as of the last start."""
        return self.home / "server.properties"


def broker_settings(port: int, controller_port: int, *, listen_host: str = LOOPBACK) -> dict[str, str]:
    """Return the Kafka settings of a single broker that clients on this machine reach at `port`.

    Args:
        port: where clients connect, on the loopback address.
        controller_port: where the broker reaches its own controller. The voters are a static list, which Kafka
            takes from here and not from its data, so that it may change from start to start.
        listen_host: the address to listen on, empty for all.
    """
    single_replica = {
        f"{topic}.{setting}": "1"
        for topic, settings in {
            "offsets.topic": ("replication.factor",),
            "transaction.state.log": ("replication.factor", "min.isr"),
            "share.coordinator.state.topic": ("replication.factor", "min.isr", "num.partitions"),
        }.items()
        for setting in settings
    }
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{listen_host}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        **single_replica,
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.num.partitions": "8",
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",
        "log.retention.ms": "-1",
        "message.max.bytes": str(8 * 2**20),
        "log.cleaner.dedupe.buffer.size": str(32 * 2**20),  # 128 MiB by default, all of it resident
        # After a kill -9 the controller refuses the new broker until the old one's session ends: 9 s by default.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
    }


def render_properties(settings: Mapping[str, str]) -> str:
    """Return the settings as the text of a Java properties file, which Java reads as Latin-1."""
    return "".join(f"{_escaped(key, _IN_A_KEY)}={_escaped(value, _IN_A_VALUE)}\n" for key, value in settings.items())


def _escaped(text: str, special: re.Pattern[str]) -> str:
    return special.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    """Return a sign as an escape; beyond 16 bits it is two of them, as in Java's own strings."""
    if found[0] in "\\:=#! ":
        return f"\\{found[0]}"
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def start_local_broker(home: Path, *, port: int, wait_seconds: float = 60) -> RunningBroker:
    """Start this home's broker and return when clients can use it.

    When it already runs it is returned as it is, with the port it has. It outlives the calling process.
    The first start downloads about 45 MB.

    Args:
        home: its folder, created as needed; data of an earlier start are used again.
        port: where clients connect, on the loopback address.
        wait_seconds: how long it may take to get ready, downloads not counted.

    Raises:
        JarDownloadError: Kafka is not cached and cannot be downloaded.
        PortInUseError: another program listens on the port.
        BrokerStartError: it died, or was not ready in time.
    """
    config = BrokerConfig(home.resolve(), port)
    running = broker_state(home)
    if running is None:
        check_port_free(port, PORT_SETTING)
        running = RunningBroker("local", f"{LOOPBACK}:{port}", _spawn(config))
    servers = running.bootstrap_servers
    _daemon(home).wait_until(lambda: unanswered(servers, 1) is None, wait_seconds, BrokerStartError)
    return running


def broker_state(home: Path) -> RunningBroker | None:
    """Return this home's local broker when its process runs (it may still be starting), else None."""
    running = _daemon(home).running()
    if running is None:
        return None
    pid, port = running
    return RunningBroker("local", f"{LOOPBACK}:{port}", pid)


def stop_local_broker(home: Path) -> bool:
    """Stop this home's local broker and keep its data; return whether one was running."""
    return _daemon(home).stop()


def has_local_data(home: Path) -> bool:
    """Tell whether a local broker ever kept data in this home."""
    return _meta_file(BrokerConfig(home, 0)).exists()


def unanswered(bootstrap_servers: str, timeout_seconds: float) -> str | None:
    """Return why no broker answers a request for its metadata, or None when one answers."""
    # librdkafka would write each refused connection to our terminal.
    settings: dict[str, str | int | float | bool] = {
        "bootstrap.servers": bootstrap_servers,
        "log_level": 0,
        "reconnect.backoff.max.ms": 200,
    }
    try:
        metadata = AdminClient(settings).list_topics(timeout=timeout_seconds)
    except KafkaException as error:
        return f"{error.args[0].str()} (waited {timeout_seconds:g} s)"
    return None if metadata.brokers else "it knows no broker"


def _daemon(home: Path) -> Daemon:
    home = home.resolve()
    marker = str(BrokerConfig(home, 0).properties_file)
    return Daemon(pid_file=home / "broker.json", log_file=home / "broker.log", marker=marker)


def _meta_file(config: BrokerConfig) -> Path:
    return config.data_dir / "meta.properties"


def _spawn(config: BrokerConfig) -> int:
    jars = jvm.classpath(jvm.fetch_jars(_ENDPOINT))
    config.home.mkdir(parents=True, exist_ok=True)
    # From the folder it stands in: Kafka would take a comma in the path for the end of it.
    settings = broker_settings(config.port, free_port(other_than=config.port)) | {"log.dirs": config.data_dir.name}
    config.properties_file.write_text(render_properties(settings))
    if not _meta_file(config).exists():
        _format(config, jars)
    program = [
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "--sun-misc-unsafe-memory-access=allow",  # else Java 25 warns of Kafka's use of it
        *("-cp", jars, "kafka.Kafka"),
    ]
    command = jvm.java_command(config.home, str(config.properties_file), heap=_HEAP, program=program)
    return _daemon(config.home).spawn(command, config.port)


def _format(config: BrokerConfig, jars: str) -> None:
    # The first bytes are fixed because an id that starts with a dash would be read as an option.
    cluster_id = base64.urlsafe_b64encode(b"onefold" + secrets.token_bytes(9)).decode().rstrip("=")
    arguments = ("format", "-t", cluster_id, "-c", str(config.properties_file))
    program = ["-cp", jars, "kafka.tools.StorageTool"]
    command = jvm.java_command(config.home, *arguments, heap="256m", program=program)
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(  # noqa: S603 - our own command
        command, check=False, capture_output=True, text=True, errors="replace", cwd=config.home, env=environment
    )
    if done.returncode != 0:
        lines = tuple(done.stderr.strip().splitlines()[-3:])
        raise BrokerStartError(f"could not format its data folder {config.data_dir}", log_lines=lines)
