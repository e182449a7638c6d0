"""Which broker the commands talk to: the user's cluster, or the one of the data folder."""

from pathlib import Path

from infra.broker import RunningBroker, unanswered
from infra.choose import find_broker, resolve_broker
from infra.space import check_room
from streams.errors import BrokerDownError
from streams.homes import keep_to_owner
from streams.output import complain
from streams.settings import Settings

_PING_SECONDS = 3


def broker_home(settings: Settings) -> Path:
    """Return the folder of the broker that ``onefold up`` starts."""
    return settings.home / "broker"


def start_broker(settings: Settings) -> tuple[Settings, RunningBroker]:
    """Return a broker that answers, started where the user names none, and the settings with its address.

    Raises:
        InfraError: it cannot be started, or the user's does not answer.
        SettingsError: the home belongs to someone else.
    """
    if keep_to_owner(settings.home):
        complain(f"{settings.home} was open to others of this machine; now it is its owner's alone")
    if running_broker(settings) is None:
        check_room(broker_home(settings))
    broker = resolve_broker(
        broker_home(settings),
        port=settings.kafka_port,
        bootstrap_servers=settings.bootstrap_servers,
        kind=settings.broker,
    )
    return _at(settings, broker.bootstrap_servers), broker


def running_broker(settings: Settings) -> RunningBroker | None:
    """Return the broker that is configured or runs in the data folder, whether it answers or not."""
    if settings.bootstrap_servers:
        return RunningBroker("external", settings.bootstrap_servers)
    return find_broker(broker_home(settings))


def with_broker(settings: Settings) -> Settings:
    """Return the settings with the address of the broker that runs, whatever port it was started at.

    Raises:
        BrokerDownError: none answers.
    """
    broker = running_broker(settings)
    servers = broker.bootstrap_servers if broker else settings.servers
    if unanswered(servers, _PING_SECONDS) is not None:
        raise BrokerDownError.at(servers)
    return _at(settings, servers)


def _at(settings: Settings, servers: str) -> Settings:
    # Not model_copy: it would keep the address that was worked out before.
    return Settings(**{**settings.model_dump(), "bootstrap_servers": servers})
