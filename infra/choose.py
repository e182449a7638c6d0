"""Which broker this installation uses: a cluster the user names, Docker, or a local process."""

from pathlib import Path
from typing import Literal

from infra.broker import (
    RunningBroker,
    broker_state,
    has_local_data,
    start_local_broker,
    stop_local_broker,
    unanswered,
)
from infra.docker_broker import (
    docker_answers,
    docker_broker_state,
    has_docker_data,
    start_docker_broker,
    stop_docker_broker,
)
from infra.errors import BrokerUnreachableError

BrokerChoice = Literal["auto", "local", "docker"]
_PING_SECONDS = 5


def resolve_broker(
    home: Path, *, port: int, bootstrap_servers: str | None = None, kind: BrokerChoice = "auto"
) -> RunningBroker:
    """Return a broker that answers, starting one if the user names none.

    Args:
        home: the folder of a broker we start. Once it holds data of one kind, "auto" stays with that kind: the
            topics would seem lost when Docker happened to be up at one start and down at the next.
        port: where clients of a broker we start connect.
        bootstrap_servers: a cluster of the user; it is asked once whether it answers, and `kind` is ignored.
        kind: "auto" takes Docker where an engine answers, else a local process.

    Raises:
        BrokerUnreachableError: the user's cluster does not answer within about 5 s.
        InfraError: a broker could not be started; see `start_local_broker` and `start_docker_broker`.
    """
    if bootstrap_servers:
        return _external(bootstrap_servers)
    if kind == "auto":
        kind = _kind_of(home)
    return start_docker_broker(home, port=port) if kind == "docker" else start_local_broker(home, port=port)


def find_broker(home: Path) -> RunningBroker | None:
    """Return the broker of this home that runs, whoever started it, else None."""
    return broker_state(home) or docker_broker_state(home)


def stop_broker(home: Path) -> bool:
    """Stop whatever broker of this home runs, keeping its data; return whether one was running."""
    return stop_local_broker(home) or stop_docker_broker(home)


def _external(bootstrap_servers: str) -> RunningBroker:
    reason = unanswered(bootstrap_servers, _PING_SECONDS)
    if reason is not None:
        raise BrokerUnreachableError(bootstrap_servers, reason)
    return RunningBroker("external", bootstrap_servers)


def _kind_of(home: Path) -> Literal["local", "docker"]:
    if has_local_data(home):
        return "local"
    return "docker" if has_docker_data(home) or docker_answers() else "local"
