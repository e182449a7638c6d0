"""``onefold demo``: the whole main job, from nothing to answers."""

import signal
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from streams.commands.examples import add
from streams.output import Rows, counting, show, waiting, write_rows
from streams.settings import Settings, load_settings

if TYPE_CHECKING:
    from streams.demo import Summary
    from streams.drain import Drained


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, demo, "Start here", "onefold demo", "onefold demo --customers 20000 --touchpoints 80000 --workers 2")


def demo(
    *,
    customers: Annotated[int, typer.Option(help="How many customers.", min=1)] = 5_000,
    touchpoints: Annotated[int, typer.Option(help="How many touchpoints.", min=1)] = 20_000,
    workers: Annotated[int, typer.Option(help="How many worker processes.", min=1, max=64)] = 1,
) -> None:
    """Start a broker, publish a synthetic world, process it, and show what came out.

    Leaves the data for 'onefold sql' and stops what it started. A second run publishes the same world again: every
    touchpoint is then a duplicate, and the result stays as it is.
    """
    from infra.choose import find_broker, stop_broker  # noqa: PLC0415 - heavy
    from streams.commands.brokers import broker_home, start_broker  # noqa: PLC0415 - heavy
    from streams.topics import admin, create_topics  # noqa: PLC0415 - heavy

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = load_settings()
    home = broker_home(settings)
    was_running = settings.bootstrap_servers is not None or find_broker(home) is not None
    try:
        with waiting("Starting Kafka (the first time it is downloaded, about 45 MB) ..."):
            settings, broker = start_broker(settings)
            create_topics(admin(settings), settings)
        show(f"Kafka answers at {broker.bootstrap_servers} ({broker.kind})")
        _run(settings, customers, touchpoints, workers)
    finally:
        if not was_running:
            with waiting("Stopping Kafka ..."):
                stop_broker(home)


def _run(settings: Settings, customers: int, touchpoints: int, workers: int) -> None:
    from streams.clock import tell_time  # noqa: PLC0415 - heavy
    from streams.commands.draining import drain_with_bars  # noqa: PLC0415 - heavy
    from streams.demo import demo_world, predict_values, summarise  # noqa: PLC0415 - heavy
    from streams.publish import publish_world  # noqa: PLC0415 - heavy

    config = demo_world(customers, touchpoints)
    on_top = config.duplicate_rate + 2 * config.poison_rate
    with counting("Publishing a world", round(touchpoints * (1 + on_top))) as on_progress:
        published = publish_world(settings, config, None, on_progress)
    records = sum(published.records.values())
    show(f"Published {records:,} records of {customers:,} customers, {published.poison:,} poison payloads on top")
    end = datetime.fromtimestamp(config.end / 1000, UTC).replace(tzinfo=None)

    def at_rest() -> None:
        tell_time(settings, config.end)
        predict_values(settings, end)

    drained = drain_with_bars(settings, workers, at_rest)
    show(f"The clock was set to {end:%Y-%m-%d}, the end of that world")
    with waiting("Reading the lake ..."):
        started = time.monotonic()
        summary = summarise(settings, published.truth, end)
        seconds = time.monotonic() - started
    _show(summary, drained, seconds, end)


def _show(summary: "Summary", drained: "Drained", seconds: float, end: datetime) -> None:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column()
    accuracy = summary.accuracy
    for name, fact in (
        ("Touchpoints", f"{summary.touchpoints:,} in the lake, each once"),
        ("Dead letters", f"{_listed(summary.dead_letters)}, over all runs"),
        ("Nodes", f"{summary.nodes:,} identifiers"),
        ("People", f"{summary.people:,}, of them {summary.known_people:,} known and the rest anonymous"),
        ("Merges", f"{summary.merges:,} ids of visitors turned out to be known: they point to the customer now"),
        ("Quarantine", f"links that may not join: {_listed(summary.quarantined)}"),
        (
            "Likeness",
            (
                f"{summary.matched:,} links between like records, which no identifier links, make people one, "
                f"{summary.suggested:,} are suggested to a data steward"
            ),
        ),
        ("Speed", f"{drained.touchpoints / drained.seconds:,.0f} source records/s to the lake, start-up included"),
        (
            "Accuracy",
            (
                f"pairwise precision {accuracy.precision:.4f}, recall {accuracy.recall:.4f} "
                f"(the share of true pairs that their own touchpoints connect is {accuracy.reachable:.4f}); "
                f"{accuracy.wrong_people:,} customers are made of several people"
            ),
        ),
        ("Digest", summary.digest),
    ):
        facts.add_row(name, fact)
    show("", facts)
    for answer in summary.answers:
        show("", f"[bold]{answer.title}[/bold]", f"[dim]{answer.sql}[/dim]")
        write_rows(Rows(answer.columns, answer.rows), "table")
    show(
        f"[dim]Read from the lake in {seconds:.1f} s. Go on with: onefold sql, onefold views, onefold profile, or "
        f"onefold report --at {end:%Y-%m-%d} (that world ends there)[/dim]"
    )


def _listed(counts: Mapping[str, int]) -> str:
    listed = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return f"{sum(counts.values()):,} ({listed})" if counts else "none"
