"""``onefold up`` and ``onefold down``: the local broker and the topics."""

import typer
from rich.markup import escape

from streams.commands.examples import add
from streams.output import complain, show, waiting
from streams.settings import load_settings

PANEL = "Broker"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    add(
        app,
        up,
        PANEL,
        "onefold up",
        "ONEFOLD_KAFKA_PORT=9092 onefold up",
        "ONEFOLD_BOOTSTRAP_SERVERS=kafka1:9092,kafka2:9092 onefold up",
    )
    add(app, down, PANEL, "onefold down")


def up() -> None:
    """Start the local broker and create the topics; what is there stays as it is.

    With ONEFOLD_BOOTSTRAP_SERVERS, that cluster is used and no broker started. At the end some records are written to
    the topic onefold.probe and one of them is read: a broker that takes none, on a full disk for example, or gives
    none is no success.
    """
    from streams.checks import findings, refuse  # noqa: PLC0415 - heavy
    from streams.checks.homes import free_space  # noqa: PLC0415 - heavy
    from streams.checks.probing import probe  # noqa: PLC0415 - heavy
    from streams.commands.brokers import start_broker  # noqa: PLC0415 - heavy
    from streams.topics import admin, create_topics, topics_of  # noqa: PLC0415 - heavy

    settings = load_settings()
    with waiting("Starting Kafka (the first time it is downloaded, about 45 MB) ..."):
        settings, broker = start_broker(settings)
        created = create_topics(admin(settings), settings)
        found = findings(settings, (probe, free_space))
    for finding in found:
        if finding.verdict == "warning":
            complain(finding.sentence)
    refuse(found)
    where = {"local": f"process {broker.pid}", "docker": "in Docker", "external": "your cluster"}[broker.kind]
    topics = len(topics_of(settings).configs())
    show(
        f"Kafka        {escape(broker.bootstrap_servers)} ({where})",
        f"Topics       {topics} with {settings.partitions} partitions each, {len(created)} of them new",
        f"Schemas      {escape(settings.schema_registry_url or 'in the program, no registry')}",
        f"Data folder  {escape(str(settings.home))}",
    )


def down() -> None:
    """Stop the local broker; its data stay."""
    from infra.choose import stop_broker  # noqa: PLC0415 - heavy
    from streams.commands.brokers import broker_home  # noqa: PLC0415 - heavy

    settings = load_settings()
    home = broker_home(settings)
    if stop_broker(home):
        show(f"Kafka has stopped; its data stay in {escape(str(home))}")
    elif settings.bootstrap_servers:
        show(f"The cluster at {escape(settings.bootstrap_servers)} is yours to stop; no local broker was running")
    else:
        show("No local broker was running")
