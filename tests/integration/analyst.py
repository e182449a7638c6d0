"""A lake for tests of views: touchpoints told in a line each, or a small world in which everybody is known."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from identity.policy_file import default_policy
from infra.world import Emission, WorldConfig, generate
from profiles.policy import ProfilePolicy
from profiles.policy_file import default_profile_policy
from schemas.accepted import AcceptedTouchpoint, Node
from schemas.framing import SingleObjectFraming
from schemas.records import Profile
from sinks.lake import LakeBatch, LakeWriter, open_lake_writer
from sinks.reader import open_lake_reader
from sinks.testing import SOME_TIME_MS, a_node, a_profile, a_touchpoint, node_id
from sinks.views import all_views
from streams.acceptance import acceptance
from streams.ingest import Ingest
from streams.records import SourceRecord
from streams.topics import Topics

MINUTE, HOUR, DAY = 1 / 1440, 1 / 24, 1.0
"""In days."""

Row = dict[str, Any]


def moment(day: float) -> datetime:
    """Return the moment so many days after the beginning of what is told, UTC."""
    start = datetime.fromtimestamp(SOME_TIME_MS / 1000, UTC).replace(tzinfo=None)
    return start + timedelta(milliseconds=round(day * 86_400_000))


def email(name: str) -> Node:
    """Return the one identifier of somebody."""
    return a_node("email", f"{name}@example.com")


def customer(name: str) -> str:
    """Return the customer id of somebody."""
    return node_id("email", f"{name}@example.com")


def told(  # noqa: PLR0913  # the parts of a touchpoint that views look at
    event_id: str,
    day: float,
    type_: str,
    source: str = "web",
    *,
    who: str = "ann",
    marketing: Mapping[str, Any] | None = None,
    interaction: Mapping[str, Any] | None = None,
    properties: Mapping[str, str] | None = None,
    party: str = "first",
) -> AcceptedTouchpoint:
    """Return a touchpoint, so many days after the beginning."""
    touch = a_touchpoint(event_id, email(who), source=source, at=SOME_TIME_MS + round(day * 86_400_000))
    content: dict[str, Any] = touch["touchpoint"]  # type: ignore[assignment]  # filled in below
    content.update(type=type_, party=party, properties=dict(properties or {}))
    if marketing is not None:
        content["marketing"] = {
            **dict.fromkeys(("campaign", "medium", "source", "click_id", "offer_id", "cost_micros", "currency")),
            **marketing,
        }
    if interaction is not None:
        content["interaction"] = {
            **dict.fromkeys(("reason", "outcome", "duration_seconds", "agent", "sentiment")),
            **interaction,
        }
    return touch


def bought(  # noqa: PLR0913  # what tells orders apart
    event_id: str,
    day: float,
    order_id: str,
    units: float,
    source: str = "web",
    *,
    currency: str = "EUR",
    type_: str = "purchase",
    who: str = "ann",
) -> AcceptedTouchpoint:
    """Return a touchpoint that tells an order."""
    touch = told(event_id, day, type_, source, who=who)
    touch["touchpoint"]["order"] = {
        "order_id": order_id,
        "amount_micros": round(units * 1e6),
        "currency": currency,
        "margin_micros": None,
        "items": [],
    }
    return touch


def everybody(touches: Sequence[AcceptedTouchpoint]) -> list[Profile]:
    """Return a customer for every anchor of these touchpoints."""
    anchors = {touch["nodes"][0]["value"].removesuffix("@example.com"): touch for touch in touches}
    return [a_profile(name) for name in anchors]


@contextmanager
def lake(home: Path, policy: ProfilePolicy) -> Iterator[LakeWriter]:
    """Open the lake of a home for writing, with the views of a policy: those that the default policy has otherwise."""
    there = {view.create_sql() for view in all_views(default_profile_policy())}
    with open_lake_writer(home) as writer:
        writer.connection.execute("BEGIN")
        for view in all_views(policy):
            if view.create_sql() not in there:
                writer.connection.execute(view.create_sql())
        writer.connection.execute("COMMIT")
        yield writer


def write(
    home: Path,
    policy: ProfilePolicy,
    touches: Sequence[AcceptedTouchpoint],
    profiles: Sequence[Profile] | None = None,
) -> None:
    """Write touchpoints and profiles; of everybody where none are given."""
    with lake(home, policy) as writer:
        writer.write(LakeBatch(touchpoints=touches, profiles=everybody(touches) if profiles is None else profiles), {})


def rows(home: Path, sql: str, day: float = 1_000) -> list[tuple[Any, ...]]:
    """Ask the lake at the moment so many days after the beginning."""
    with open_lake_reader(home, moment=moment(day)) as reader:
        return reader.execute(sql).fetchall()


def records(home: Path, sql: str, at: datetime) -> list[Row]:
    """Ask the lake at a moment, for rows by the name of the column."""
    with open_lake_reader(home, moment=at) as reader:
        return reader.records(sql)


def a_world(customers: int, touchpoints: int, seed: int = 5) -> tuple[list[AcceptedTouchpoint], list[Profile]]:
    """Return what ingest accepts of a world, and the profiles of its true people.

    Who uses an anchor that several people use is the one that was seen with it first.
    """
    topics, frames = Topics("", ""), SingleObjectFraming()
    ingest = Ingest(topics, frames, acceptance(default_policy(), default_profile_policy(), bytes(32)))
    touches: list[AcceptedTouchpoint] = []
    owners: dict[str, str] = {}
    for emission in generate(WorldConfig(customers, touchpoints, seed)):
        if not isinstance(emission, Emission) or emission.duplicate or emission.person is None:
            continue
        value = frames.encode(emission.record_name, emission.record)
        topic = topics.source(emission.source)
        touches.append(ingest.accept(SourceRecord(topic, 0, 0, emission.arrived_at, None, value)))
        owners.setdefault(touches[-1]["nodes"][0]["node_id"].hex(), emission.person)
    anchors = defaultdict(list)
    for anchor, person in owners.items():
        anchors[person].append(anchor)
    return touches, [_person(person, nodes) for person, nodes in anchors.items()]


def _person(name: str, nodes: Sequence[str]) -> Profile:
    identifiers = a_profile(name)["identifiers"]
    return a_profile(name, identifiers=[{**identifiers[0], "node_id": node} for node in nodes])


def by_customer(
    touches: Sequence[AcceptedTouchpoint], profiles: Sequence[Profile], at: datetime
) -> dict[str, list[AcceptedTouchpoint]]:
    """Return the touchpoints of each customer up to a moment, in order."""
    owners = {node["node_id"]: profile["customer_id"] for profile in profiles for node in profile["identifiers"]}
    until = milliseconds(at)
    found = defaultdict(list)
    for touch in touches:
        owner = owners.get(touch["nodes"][0]["node_id"].hex())
        if owner is not None and touch["touchpoint"]["event_time"] <= until:
            found[owner].append(touch)
    return {owner: sorted(theirs, key=in_order) for owner, theirs in found.items()}


def in_order(touch: AcceptedTouchpoint) -> tuple[int, str, str]:
    """Return what touchpoints are ordered by."""
    return touch["touchpoint"]["event_time"], touch["touchpoint"]["event_id"], touch["source"]


def purchases(theirs: Sequence[AcceptedTouchpoint]) -> list[AcceptedTouchpoint]:
    """Return of each purchase of a customer the newest statement, in order."""
    newest = {}
    for touch in theirs:
        order = touch["touchpoint"]["order"]
        if order is not None and touch["touchpoint"]["type"] == "purchase":
            newest[order["order_id"]] = touch
    return sorted(newest.values(), key=in_order)


def milliseconds(at: datetime) -> int:
    """Return a moment in UTC as milliseconds since 1970."""
    return round(at.replace(tzinfo=UTC).timestamp() * 1000)
