"""``onefold status``: the broker, what waits where, which partitions are at work, and what the lake holds."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from streams.commands.examples import add
from streams.errors import StreamsError
from streams.output import Format, Rows, figures, show, write_json, write_rows
from streams.settings import Settings, load_settings
from streams.tally import LeftOutCount, sentences

if TYPE_CHECKING:
    from streams.commands.counts import LakeCounts
    from streams.lag import StageLag
    from streams.openings import PartitionStatus


@dataclass(frozen=True, slots=True)
class Status:
    """All that can be told.

    Attributes:
        broker: address of the broker.
        runs_as: local, docker or external; None where none was started.
        trouble: why the broker or its topics cannot be used, None where they can.
        lags: what waits for each stage, empty where there is trouble.
        partitions: who has each and how far it is with opening it, empty where there is trouble.
        lake: what the lake holds, None where there is none yet.
    """

    broker: str
    runs_as: str | None
    trouble: StreamsError | None
    lags: "list[StageLag]"
    partitions: "list[PartitionStatus]"
    lake: "LakeCounts | None"


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, status, "Broker", "onefold status", "onefold status --format json", "watch onefold status")


def status(*, form: Annotated[Format, typer.Option("--format", help="How it is written.")] = "table") -> None:
    """Show the broker, the lag of every stage, the partitions at work, and the counts and dead letters in the lake.

    Without a usable broker the rest is shown all the same, and the exit code is 2.
    """
    found = _look(load_settings())
    match form:
        case "table":
            _show(found)
        case "json":
            write_json(_as_object(found))
        case "csv":
            write_rows(Rows(("section", "item", "value", "of"), list(_flat(found))), "csv")
    if found.trouble is not None:
        raise found.trouble


def _look(settings: Settings) -> Status:
    from sinks.errors import LakeMissingError  # noqa: PLC0415 - heavy
    from streams.commands.brokers import running_broker, with_broker  # noqa: PLC0415 - heavy
    from streams.commands.counts import lake_counts  # noqa: PLC0415 - heavy
    from streams.openings import partition_statuses  # noqa: PLC0415 - heavy

    trouble: StreamsError | None = None
    lags: list[StageLag] = []
    partitions: list[PartitionStatus] = []
    broker = running_broker(settings)
    try:
        settings = with_broker(settings)
        lags = _lags(settings)
        partitions = partition_statuses(settings)
    except StreamsError as error:
        trouble = error
    try:
        lake = lake_counts(settings.home)
    except LakeMissingError:
        lake = None
    servers = broker.bootstrap_servers if broker else settings.servers
    return Status(servers, broker.kind if broker else None, trouble, lags, partitions, lake)


def _lags(settings: Settings) -> "list[StageLag]":
    from streams.lag import stage_lags  # noqa: PLC0415 - heavy
    from streams.topics import admin, check_topics  # noqa: PLC0415 - heavy

    check_topics(admin(settings), settings)
    return stage_lags(settings)


def _by_stage(lags: "Iterable[StageLag]") -> Iterator[tuple[str, int, int]]:
    """Yield stage, waiting and total of each stage."""
    for stage, parts in groupby(lags, key=lambda lag: lag.stage):
        topics = list(parts)
        yield stage, sum(topic.waiting for topic in topics), sum(topic.total for topic in topics)


def _by_state(partitions: "Iterable[PartitionStatus]") -> Iterator[tuple[str, int]]:
    """Yield the state of partitions and who has them, and how many these are; those not at work are named."""
    for (state, worker, host), parts in groupby(
        sorted(partitions, key=lambda part: (part.state, part.worker or "", part.partition)),
        key=attrgetter("state", "worker", "host"),
    ):
        alike = list(parts)
        which = "" if state == "at work" else f": {', '.join(str(part.partition) for part in alike)}"
        left = f", {sum(part.left or 0 for part in alike):,} records left" if state == "restoring" else ""
        at = f", {worker} at {host}" if worker else ""
        yield f"{state}{left}{at}{which}", len(alike)


def _counted(lake: "LakeCounts") -> Iterator[tuple[str, int]]:
    yield "touchpoints", lake.touchpoints
    yield "people", lake.people
    yield "known people", lake.known_people
    yield "merged people", lake.merged_people
    yield "identifiers of the largest person", lake.largest_person
    yield "shared identifiers", lake.shared_identifiers
    yield "decisions in force", lake.decisions
    for verdict, number in lake.links.items():
        yield f"links {verdict}", number
    yield "dead letters", sum(lake.dead_letters.values())
    yield "identifiers left out", sum(one.identifiers for one in lake.left_out)
    yield "touchpoints of unknown types", sum(one.touchpoints for one in lake.unknown_types)


def _show(found: Status) -> None:
    state = "not usable" if found.trouble else {"external": "yours"}.get(found.runs_as or "", found.runs_as or "runs")
    show(f"Kafka  {escape(found.broker)} ({state})", "")
    if found.lags:
        show(figures("stage", "waiting", "of", of=_by_stage(found.lags)), "")
    if found.partitions:
        show(figures("partitions", "number", of=_by_state(found.partitions)), "")
    if found.lake is None:
        show("There is no lake yet")
        return
    show(f"Policy {escape(found.lake.policy)}", "")
    show(figures("in the lake", "number", of=_counted(found.lake)))
    if found.lake.quarantined:
        show("", figures("links in quarantine", "number", of=found.lake.quarantined.items()))
    if found.lake.dead_letters:
        show("", figures("dead letters", "number", of=found.lake.dead_letters.items()))
    if found.lake.left_out:
        left_out = ((_why(one), one.identifiers) for one in found.lake.left_out)
        show("", figures("identifiers left out", "number", of=left_out))
    if found.lake.unknown_types:
        unknown = ((one.type, one.touchpoints, one.with_order) for one in found.lake.unknown_types)
        show("", figures("unknown types", "touchpoints", "with an order", of=unknown))
        for sentence in sentences((), [one for one in found.lake.unknown_types if one.with_order]):
            show(escape(sentence))


def _why(one: LeftOutCount) -> str:
    likely = f" (known: {' or '.join(one.likely)})" if one.likely else ""
    return f"{one.type}: {one.reason}{likely}"


def _as_object(found: Status) -> dict[str, object]:
    return {
        "broker": {"servers": found.broker, "runs_as": found.runs_as, "usable": found.trouble is None},
        "lag": [asdict(lag) for lag in found.lags],
        "partitions": [asdict(partition) for partition in found.partitions],
        "lake": None if found.lake is None else asdict(found.lake),
    }


def _flat(found: Status) -> Iterator[tuple[str, str, object, object]]:
    yield "broker", "servers", found.broker, None
    yield "broker", "usable", found.trouble is None, None
    for lag in found.lags:
        yield "lag", f"{lag.stage} {lag.topic}", lag.waiting, lag.total
    for partition in found.partitions:
        yield "partition", f"{partition.partition}", partition.state, partition.left
    if found.lake is not None:
        for item, number in _counted(found.lake):
            yield "lake", item, number, None
        for reason, number in found.lake.dead_letters.items():
            yield "dead letters", reason, number, None
        for one in found.lake.left_out:
            yield "identifiers left out", f"{one.type} {one.reason}", one.identifiers, None
        for unknown in found.lake.unknown_types:
            yield "unknown types", unknown.type, unknown.touchpoints, unknown.with_order
