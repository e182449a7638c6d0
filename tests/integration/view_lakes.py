"""Lakes for tests of views: of a few touchpoints told by hand, and of a small generated world."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from identity.policy_file import default_policy
from infra.world.config import Emission, WorldConfig
from infra.world.generate import World
from profiles.policy import ProfilePolicy
from profiles.policy_file import default_profile_policy, parse_profile_policy
from schemas.accepted import AcceptedTouchpoint
from schemas.framing import SingleObjectFraming
from schemas.records import Consent, Marketing, Order, Profile
from sinks.lake import LakeBatch, open_lake_writer
from sinks.reader import open_lake_reader
from sinks.testing import SOME_TIME_MS, a_node, a_profile, a_touchpoint, an_identifier, node_id
from streams.acceptance import acceptance
from streams.ingest import Ingest
from streams.records import SourceRecord
from streams.topics import Topics

DAY_MS = 86_400_000
PEOPLE = ("ann", "bob", "eve", "kim")
ANN, BOB, EVE, KIM = (node_id("email", f"{name}@example.com") for name in PEOPLE)

POLICY_TEXT = """
[profile.currency_rates]
USD = 0.5
"""


def policy_of(text: str = POLICY_TEXT) -> ProfilePolicy:
    """Return the policy of a text."""
    return parse_profile_policy(text)


def moment_of(day: float) -> datetime:
    """Return the moment so many days after the first of January, as readers take it."""
    return datetime.fromtimestamp((SOME_TIME_MS + round(day * DAY_MS)) / 1000, UTC).replace(tzinfo=None)


def touch(
    event_id: str,
    who: str = "ann",
    day: float = 0,
    kind: str = "page_view",
    source: str = "web",
    **parts: object,
) -> AcceptedTouchpoint:
    """Return a touchpoint of somebody that tells nothing but these parts of a touchpoint."""
    at = SOME_TIME_MS + round(day * DAY_MS)
    told = a_touchpoint(event_id, a_node("email", f"{who}@example.com"), source=source, at=at)
    told["touchpoint"].update({"type": kind, "traits": {}, "consents": [], **parts})  # type: ignore[typeddict-item]
    return told


def an_order_of(order_id: str, units: float, currency: str = "EUR", margin: float | None = None) -> Order:
    """Return an order without lines."""
    micros = None if margin is None else round(margin * 1e6)
    amount = round(units * 1e6)
    return {
        "order_id": order_id,
        "amount_micros": amount,
        "currency": currency,
        "margin_micros": micros,
        "items": [],
    }


def an_offer(offer_id: str | None, campaign: str | None = None) -> Marketing:
    """Return the marketing part of an offer or a campaign."""
    return {
        "campaign": campaign,
        "medium": None,
        "source": None,
        "click_id": None,
        "offer_id": offer_id,
        "cost_micros": None,
        "currency": None,
    }


def a_consent(state: str, channel: str = "email", purpose: str = "marketing", text: str | None = None) -> Consent:
    """Return a statement on consent."""
    return {"purpose": purpose, "channel": channel, "state": state, "text_version": text}  # type: ignore[typeddict-item]


def write_lake(
    home: Path,
    touches: Sequence[AcceptedTouchpoint],
    profiles: Sequence[Profile] | None = None,
    policy_text: str = POLICY_TEXT,
) -> Path:
    """Write a lake of touchpoints, of the people's profiles unless others are given, under a policy."""
    people = [a_profile(name) for name in PEOPLE] if profiles is None else profiles
    policy = {"version": "1", "text": policy_text, "applied_at": 1, "applied_by": "tests", "model": None}
    with open_lake_writer(home) as writer:
        writer.write(LakeBatch(touchpoints=touches, profiles=people, policies=[policy]), {})  # type: ignore[list-item]
    return home


def ask(home: Path, day: float, sql: str) -> list[tuple[Any, ...]]:
    """Ask a lake at a moment, so many days after the first of January."""
    with open_lake_reader(home, moment=moment_of(day)) as reader:
        return reader.execute(sql).fetchall()


# --- a small generated world ---------------------------------------------------------------------------------------

WORLD_DAY = 120.5
"""The moment that the generated world is looked at from: in the midst of it."""


@dataclass(frozen=True, slots=True)
class SmallWorld:
    """A generated world in a lake, and its records.

    Attributes:
        home: the lake.
        by_customer: what happened to each customer up to the moment, in order of event time, event and source.
        policy: the one in force.
    """

    home: Path
    by_customer: Mapping[str, Sequence[AcceptedTouchpoint]]
    policy: ProfilePolicy

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask at the moment."""
        return ask(self.home, WORLD_DAY, sql)


def small_world(home: Path, policy_text: str = POLICY_TEXT) -> SmallWorld:
    """Write 400 customers with 4,000 touchpoints; some are years late, some belong to nobody yet."""
    touches = list(_accepted(World(WorldConfig(customers=400, touchpoints=4_000, seed=11)).emissions()))
    for record in touches[::97]:
        record["touchpoint"]["event_time"] -= 5 * 365 * DAY_MS
    owners: dict[str, str] = {}
    for number, record in enumerate(touches):
        if number % 50:  # what only the others carry belongs to nobody yet
            anchor = record["nodes"][0]
            owners.setdefault(anchor["node_id"].hex(), str(record["origin_topic"]))
    founder: dict[str, str] = {}
    for node, person in owners.items():
        founder.setdefault(person, node)
    nodes = {node["node_id"].hex(): node for record in touches for node in record["nodes"][:1]}
    profiles = []
    for person, group in groupby(sorted(owners, key=lambda node: owners[node]), key=lambda node: owners[node]):
        known = [an_identifier(nodes[node]["type"], nodes[node]["value"]) | {"node_id": node} for node in group]
        profiles.append(a_profile("x", 1, known) | {"customer_id": founder[person]})
    write_lake(home, touches, profiles, policy_text)
    return SmallWorld(home, _by_customer(touches, owners, founder), policy_of(policy_text))


def place_of(record: AcceptedTouchpoint) -> tuple[int, str, str]:
    """Return what touchpoints are ordered by."""
    return record["touchpoint"]["event_time"], record["touchpoint"]["event_id"], record["source"]


def _by_customer(
    touches: Iterable[AcceptedTouchpoint], owners: Mapping[str, str], founder: Mapping[str, str]
) -> dict[str, list[AcceptedTouchpoint]]:
    moment_ms = SOME_TIME_MS + round(WORLD_DAY * DAY_MS)
    found: dict[str, list[AcceptedTouchpoint]] = {}
    for record in sorted(touches, key=place_of):
        person = owners.get(record["nodes"][0]["node_id"].hex())
        if person is not None and record["touchpoint"]["event_time"] <= moment_ms:
            found.setdefault(founder[person], []).append(record)
    return found


def _accepted(emissions: Iterable[object]) -> Iterable[AcceptedTouchpoint]:
    """Yield what ingest accepts; the origin's topic is put in place of the true person."""
    framing = SingleObjectFraming()
    ingest = Ingest(Topics("", ""), framing, acceptance(default_policy(), default_profile_policy(), b"k" * 32))
    for emission in emissions:
        if isinstance(emission, Emission) and emission.person is not None and not emission.duplicate:
            value = framing.encode(emission.record_name, emission.record)
            topic = f"touch.{emission.source}"
            record = SourceRecord(topic, 0, 0, emission.arrived_at, None, value)
            yield ingest.accept(record) | {"origin_topic": emission.person}
