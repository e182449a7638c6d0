"""The same broker from the official Kafka image, where a Docker engine runs on this machine.

The container outlives the calling process (no reaper is involved) and keeps its data while it is stopped; a file in
the home folder finds it again. The package testcontainers, of the extra `docker`, is optional.
"""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from infra.broker import KAFKA_VERSION, PORT_SETTING, RunningBroker, broker_settings, unanswered
from infra.daemon import LOOPBACK, check_port_free, free_port, telling_lines
from infra.errors import BrokerStartError, NoDockerError

IMAGE = f"apache/kafka:{KAFKA_VERSION}"
_PROBE_SECONDS = 2
_DEFAULT_HOST = "unix:///var/run/docker.sock"


def docker_answers() -> bool:
    """Tell, within about 2 s, whether the optional packages are here and a Docker engine of this machine answers.

    An engine behind `tcp:` or `ssh:` does not count: its ports are not on our loopback address.
    """
    if find_spec("testcontainers") is None:
        return False
    from testcontainers.core.docker_client import get_docker_host  # noqa: PLC0415 - optional package

    scheme, _, path = (get_docker_host() or _DEFAULT_HOST).partition("://")
    if scheme != "unix":
        return False
    with socket.socket(socket.AF_UNIX) as probe:  # docker's client leaks its socket when nobody listens
        probe.settimeout(_PROBE_SECONDS)
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def start_docker_broker(home: Path, *, port: int, wait_seconds: float = 120) -> RunningBroker:
    """Start this home's broker container, the one of an earlier start if there is one, and wait until it answers.

    Args:
        home: its folder, created as needed.
        port: where clients connect, on the loopback address; a container that exists keeps its own.
        wait_seconds: how long it may take to get ready, the download of the image not counted.

    Raises:
        NoDockerError: no engine answers.
        PortInUseError: another program listens on the port.
        BrokerStartError: the container could not be made, ended, or was not ready in time.
    """
    if not docker_answers():
        raise NoDockerError
    with _engine() as engine:
        container, port = _recorded(engine, home) or (_create(engine, home, port), port)
        if container.status != "running":
            check_port_free(port, PORT_SETTING)
            _guarded(container.start)
        broker = RunningBroker("docker", f"{LOOPBACK}:{port}")
        _wait_until_ready(container, broker, wait_seconds)
    return broker


def docker_broker_state(home: Path) -> RunningBroker | None:
    """Return this home's broker container when it runs, else None."""
    if not has_docker_data(home) or not docker_answers():
        return None
    with _engine() as engine:
        match _recorded(engine, home):
            case (container, port) if container.status == "running":
                return RunningBroker("docker", f"{LOOPBACK}:{port}")
    return None


def stop_docker_broker(home: Path) -> bool:
    """Stop this home's container and keep its data; return whether it was running."""
    if docker_broker_state(home) is None:
        return False
    with _engine() as engine:
        if recorded := _recorded(engine, home):
            _guarded(recorded[0].stop)
    return True


def remove_docker_broker(home: Path) -> None:
    """Remove this home's container with all its data."""
    if has_docker_data(home) and docker_answers():
        with _engine() as engine:
            if recorded := _recorded(engine, home):
                recorded[0].remove(force=True, v=True)
    _record_file(home).unlink(missing_ok=True)


def has_docker_data(home: Path) -> bool:
    """Tell whether a container was ever made for this home."""
    return _record_file(home).exists()


def container_environment(port: int, controller_port: int) -> dict[str, str]:
    """Return the broker's settings as the official image reads them."""
    # Inside and outside use one port, so that the advertised address is right for the broker itself as well.
    settings = broker_settings(port, controller_port, listen_host="")
    settings["log.dirs"] = "/tmp/kraft-combined-logs"  # noqa: S108 - the image's own folder
    return {"KAFKA_" + key.upper().replace(".", "_"): value for key, value in settings.items()}


@contextmanager
def _engine() -> Iterator[Any]:
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415 - optional package

    with closing(DockerClient().client) as engine:
        yield engine


def _record_file(home: Path) -> Path:
    return home / "docker-broker.json"


def _recorded(engine: Any, home: Path) -> tuple[Any, int] | None:  # noqa: ANN401 - docker has no types
    if not has_docker_data(home):
        return None
    record = json.loads(_record_file(home).read_text())
    found = engine.containers.list(all=True, filters={"id": record["id"]})
    return (found[0], record["port"]) if found else None


def _create(engine: Any, home: Path, port: int) -> Any:  # noqa: ANN401 - docker has no types
    check_port_free(port, PORT_SETTING)
    home.mkdir(parents=True, exist_ok=True)
    container = _guarded(
        lambda: engine.containers.run(
            IMAGE,
            detach=True,
            environment=container_environment(port, free_port(other_than=port)),
            ports={f"{port}/tcp": (LOOPBACK, port)},
            labels={"onefold.home": str(home.resolve())},
        )
    )
    _record_file(home).write_text(json.dumps({"id": container.id, "port": port}))
    container.reload()
    return container


def _guarded(action: Any) -> Any:  # noqa: ANN401 - docker has no types
    """Do what Docker may refuse (no image, no space), and say it as a start error."""
    from docker.errors import DockerException  # type: ignore[import-untyped]  # noqa: PLC0415 - optional package

    try:
        return action()
    except DockerException as error:
        raise BrokerStartError("could not be run by Docker", log_lines=(str(error),)) from error


def _wait_until_ready(container: Any, broker: RunningBroker, seconds: float) -> None:  # noqa: ANN401
    deadline = time.monotonic() + seconds
    while unanswered(broker.bootstrap_servers, 1) is not None:
        container.reload()
        if container.status == "exited" or time.monotonic() > deadline:
            lines = telling_lines(container.logs(tail=200).decode(errors="replace"))
            raise BrokerStartError(f"in Docker is {container.status} and does not answer", log_lines=lines)
