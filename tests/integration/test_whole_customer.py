"""The figures of the stream are the figures of SQL, and both are the plain fold of the raw events of the generator."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from identity.policy_file import parse_policy
from infra.world import Emission, World, WorldConfig
from profiles.consent import Statement, consent_at
from profiles.facts import windows
from profiles.policy_file import default_text, parse_profile_policy
from sinks.reader import LakeReader, open_lake_reader
from streams.clock import tell_time
from streams.drain import drain
from streams.policies import publish_policy
from streams.publish import publish_world
from streams.settings import Settings
from streams.topics import admin, create_topics
from tests.segments import segments_told

WORLD = WorldConfig(customers=250, touchpoints=3_000, seed=31)
END = datetime.fromtimestamp(WORLD.end / 1000, UTC).replace(tzinfo=None)
MOST_MARKS = 10
DAY_MS = 86_400_000
POLICY = f"""{default_text()}
[profile.traits.touched_lately]
fold = "count"
window_days = 30
[profile.traits.spent_lately]
fold = "sum"
value = "amount"
when = {{ type = ["purchase"] }}
window_days = 60
[profile.traits.channel_lately]
fold = "newest"
value = "channel"
window_days = 20
[profile.segments.regulars]
all = ["touched_lately >= 3"]
[profile.segments.gone_quiet]
all = ["touched_lately < 1", "touches >= 1"]
[profile.segments.spending]
all = ["spent_lately.EUR >= 100"]
[profile.segments.lately_by_mail]
all = ["channel_lately = email"]
"""

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A world that went all the way, its raw events, and whose each of them is by the lake."""

    reader: LakeReader
    events: list[Emission]
    owner: Mapping[tuple[str, str], str]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.reader.execute(sql).fetchall()

    def of_customers(self) -> Iterator[tuple[str, Emission]]:
        for event in self.events:
            yield self.owner[event.source, event.event_id], event


@pytest.fixture(scope="module")
def outcome(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    home: Path = tmp_path_factory.mktemp("whole")
    settings = Settings(home=home, bootstrap_servers=broker, topic_prefix=f"t{uuid4().hex[:12]}.", partitions=4)
    create_topics(admin(settings), settings)
    publish_policy(settings, POLICY, parse_policy(POLICY), None, "tests")
    publish_world(settings, WORLD, None, lambda _: None)
    drain(settings, 1, lambda _: None, partial(tell_time, settings, WORLD.end))
    with open_lake_reader(home, moment=END) as reader:
        sql = "SELECT source, event_id, customer_id FROM touchpoints_by_customer"
        owner = {(source, event): customer for source, event, customer in reader.execute(sql).fetchall()}
        yield Outcome(reader, list(_events()), owner)


def _events() -> Iterator[Emission]:
    for emission in World(WORLD).emissions():
        if isinstance(emission, Emission) and not emission.duplicate and emission.rejected_as is None:
            yield emission


def told_order(event: Emission) -> tuple[str, str, str, Decimal] | None:
    """Return kind, number, currency and amount of the order that a raw record tells."""
    record: Mapping[str, Any] = event.record
    match event.record_name:
        case "onefold.raw.WebEvent" if record["transaction"] and record["event_name"] in {"purchase", "return"}:
            paid = record["transaction"]
            return record["event_name"], paid["transaction_id"], paid["currency"], Decimal(str(paid["total"]))
        case "onefold.raw.MobileEvent" if record["order_id"] and record["name"] == "purchase":
            return "purchase", record["order_id"], record["currency"], Decimal(str(record["revenue"]))
        case "onefold.raw.StoreReceipt" if record["kind"] in {"sale", "return"}:
            kind = "purchase" if record["kind"] == "sale" else "return"
            return kind, record["receipt_no"], record["currency"], Decimal(record["total"])
        case "onefold.Touchpoint" if record["order"] and record["type"] in {"purchase", "return"}:
            order = record["order"]
            amount = Decimal(order["amount_micros"]) / 1_000_000
            return record["type"], order["order_id"], order["currency"], amount
    return None


def event_time(event: Emission) -> int:
    record: Mapping[str, Any] = event.record
    names = ("event_time", "collected_at", "timestamp", "closed_at", "started_at")
    return next(int(record[name]) for name in names if name in record)


def test_touches_are_the_same_in_stream_sql_and_a_plain_count(outcome: Outcome) -> None:
    plain = Counter(customer for customer, _ in outcome.of_customers())
    assert plain.total() == WORLD.touchpoints
    assert dict(outcome.rows("SELECT customer_id, touches FROM profiles WHERE touches > 0")) == plain
    assert dict(outcome.rows("SELECT customer_id, touches FROM customer_facts")) == plain


def test_revenue_is_the_same_in_stream_sql_and_a_plain_sum(outcome: Outcome) -> None:
    newest: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    for customer, event in outcome.of_customers():
        told = told_order(event)
        if told is not None:
            kind, number, currency, amount = told
            place = (event_time(event), event.event_id, event.source)
            known = newest.get((customer, kind, number))
            if known is None or place > known[0]:
                newest[customer, kind, number] = (place, currency, amount)
    plain: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (customer, kind, _), (_, currency, amount) in newest.items():
        plain[customer][currency] += amount if kind == "purchase" else -amount
    assert len(newest) > 100
    streamed = outcome.rows("SELECT customer_id, revenue FROM profiles WHERE orders + returns > 0")
    assert {customer: dict(revenue) for customer, revenue in streamed} == plain
    asked = outcome.rows("SELECT customer_id, revenue FROM customer_value WHERE orders + returns > 0")
    assert {customer: dict(revenue) for customer, revenue in asked} == plain


def test_an_order_told_twice_is_there_and_counts_once(outcome: Outcome) -> None:
    told = Counter((customer, *order[:2]) for customer, event in outcome.of_customers() if (order := told_order(event)))
    assert max(told.values()) > 1
    assert outcome.rows("SELECT sum(orders + returns) FROM profiles") == [(len(told),)]


def test_facts_are_the_same_in_stream_and_sql(outcome: Outcome) -> None:
    streamed = outcome.rows(
        "SELECT customer_id, orders, returns, first_order_at, last_order_at, first_touch_at, last_touch_at, known"
        " FROM profiles WHERE touches > 0"
    )
    asked = outcome.rows(
        "SELECT customer_id, orders, returns, first_order_at, last_order_at, first_touch_at, last_touch_at, known"
        " FROM customer_value JOIN (SELECT customer_id, known FROM customer_facts) USING (customer_id)"
    )
    assert sorted(streamed) == sorted(asked)


def test_computed_traits_are_the_same_in_stream_and_sql(outcome: Outcome) -> None:
    streamed: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for customer, name, key, number in outcome.rows(
        "SELECT customer_id, c.name, c.key, c.number FROM (SELECT customer_id, unnest(computed) AS c FROM profiles)"
        " WHERE c.number IS NOT NULL"
    ):
        streamed[customer][f"{name}.{key}" if key else name] = number
    asked = {
        customer: dict(numbers) for customer, numbers in outcome.rows("SELECT customer_id, numbers FROM customer_facts")
    }
    assert len(streamed) > 100
    asked_only = windows(parse_profile_policy(POLICY))  # of the moment, so no profile has them
    for customer, numbers in asked.items():
        kept = {name: number for name, number in numbers.items() if asked_only.keys().isdisjoint((name, first(name)))}
        assert kept == pytest.approx(streamed[customer]), customer


def first(name: str) -> str:
    """Return what the name of a fact begins with."""
    return name.partition(".")[0]


@dataclass(slots=True)
class Lately:
    """What raw events of a customer within the windows add up to."""

    touched: int = 0
    spent: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    newest: tuple[int, str, str] = (0, "", "")


def test_traits_with_a_window_are_the_same_in_stream_sql_and_a_plain_fold_of_its_days(outcome: Outcome) -> None:
    """No profile has them, since they are of the moment: the stream tells whom the segments mean that ask for them."""
    plain: defaultdict[str, Lately] = defaultdict(Lately)
    for customer, event in outcome.of_customers():
        lately, days_ago, order = plain[customer], WORLD.end // DAY_MS - event_time(event) // DAY_MS, told_order(event)
        lately.touched += days_ago < 30
        if order is not None and order[0] == "purchase" and days_ago < 60:
            lately.spent[order[2]] += order[3]
        if days_ago < 20:
            lately.newest = max(lately.newest, (event_time(event), event.event_id, event.source))
    facts = {row[0]: row[1:] for row in outcome.rows("SELECT customer_id, numbers, texts FROM customer_facts")}
    assert facts.keys() == plain.keys()
    meant: defaultdict[str, set[str]] = defaultdict(set)
    for customer, told in plain.items():
        numbers, texts = facts[customer]
        assert numbers["touched_lately"] == told.touched
        spent = {name: number for name, number in numbers.items() if first(name) == "spent_lately"}
        assert spent == {f"spent_lately.{code}": float(amount) for code, amount in told.spent.items()}
        assert texts.get("channel_lately", "") == told.newest[2]
        is_meant = {
            "regulars": told.touched >= 3,
            "gone_quiet": told.touched < 1,
            "spending": told.spent["EUR"] >= 100,
            "lately_by_mail": told.newest[2] == "email",
        }
        for segment in (name for name, is_one in is_meant.items() if is_one):
            meant[segment].add(customer)
    streamed: defaultdict[str, set[str]] = defaultdict(set)
    for customer, segment in outcome.rows(
        "SELECT customer_id, s.name FROM (SELECT customer_id, unnest(segments) AS s FROM profiles)"
    ):
        streamed[segment].add(customer)
    assert len(meant) == 4
    assert {segment: streamed[segment] for segment in meant} == meant


def test_segments_are_the_same_in_stream_and_sql(outcome: Outcome) -> None:
    streamed = outcome.rows("SELECT s.name, customer_id FROM (SELECT customer_id, unnest(segments) AS s FROM profiles)")
    asked = outcome.rows("SELECT segment, customer_id FROM segment_members")
    assert sorted(streamed) == sorted(asked)
    assert len({segment for segment, _ in asked}) > 3


def test_signals_of_segments_add_up_to_who_is_in_them(outcome: Outcome) -> None:
    names = ("kind", "name", "customer_id", "other_customer_id", "revision")
    rows = outcome.rows(
        "SELECT kind, name, customer_id, '', revision FROM signals UNION ALL"
        " SELECT kind, '', customer_id, other_customer_id, revision FROM changes"
    )
    told = segments_told(dict(zip(names, row, strict=True)) for row in rows)
    assert told == set(outcome.rows("SELECT customer_id, segment FROM segment_members"))


def test_consent_is_the_same_in_stream_sql_and_a_plain_look_at_the_statements(outcome: Outcome) -> None:
    ledger: defaultdict[str, list[Statement]] = defaultdict(list)
    for customer, *said in outcome.rows(
        "SELECT customer_id, purpose, channel, state, epoch_ms(said_at), event_id, source, text_version"
        " FROM consent_ledger"
    ):
        ledger[customer].append(Statement(*said))
    asked = outcome.rows("SELECT customer_id, purpose, channel, permitted FROM consent_permissions")
    plain = [
        (customer, purpose, channel, consent_at(ledger[customer], purpose, channel, WORLD.end))
        for customer, purpose, channel, _ in asked
    ]
    assert sorted(asked) == sorted(plain)
    assert {permitted for *_, permitted in asked} == {True, False}
    unnested = "SELECT customer_id, p.purpose, p.channel, p.permitted FROM (SELECT customer_id, unnest(permissions) AS p FROM profiles)"  # noqa: E501
    told = {tuple(name): permitted for *name, permitted in outcome.rows(unnested)}
    for customer, purpose, channel, permitted in asked:
        general = told.get((customer, purpose, "*"), False)
        assert told.get((customer, purpose, channel), general) == permitted
    in_force = "SELECT customer_id, purpose, channel, state, source, event_id FROM consent_in_force"
    streamed = (
        "SELECT customer_id, c.purpose, c.channel, c.state, c.source, c.event_id"
        " FROM (SELECT customer_id, unnest(consents) AS c FROM profiles)"
    )
    assert sorted(outcome.rows(in_force)) == sorted(outcome.rows(streamed))


def test_activations_are_of_customers_who_permitted_it_when_they_were_asked(outcome: Outcome) -> None:
    asked = outcome.rows("SELECT customer_id, purpose, channel, traits FROM activations")
    assert len(asked) > 3
    assert all(set(dict(traits)) <= {"first_name", "language", "preferred_language"} for *_, traits in asked)
    granted = {
        (customer, name)
        for customer, name in outcome.rows("SELECT customer_id, name FROM signals WHERE kind = 'consent_granted'")
    }
    assert all(
        {(customer, f"{purpose}/{channel}"), (customer, f"{purpose}/*")} & granted
        for customer, purpose, channel, _ in asked
    )


def test_breakdowns_are_the_same_in_stream_and_sql(outcome: Outcome) -> None:
    streamed = outcome.rows("SELECT name, event_id, context['failure_event_id'] FROM signals WHERE kind = 'breakdown'")
    asked = outcome.rows("SELECT breakdown, contact_event_id, failure_event_id FROM breakdowns")
    assert len(asked) > 5
    assert {(name, contact) for name, contact, _ in asked} <= {(name, contact) for name, contact, _ in streamed}


def test_goals_are_the_same_in_stream_and_sql(outcome: Outcome) -> None:
    """A signal is one of the newest ten of a goal and an identifier at the time; busier identifiers are left out."""
    by_anchor = outcome.rows(
        "SELECT goal, anchor_id, list(event_id) FROM goals_reached JOIN touchpoints USING (event_id) GROUP BY ALL"
    )
    asked = {(goal, event) for goal, _, events in by_anchor if len(events) <= MOST_MARKS for event in events}
    streamed = set(outcome.rows("SELECT name, event_id FROM signals WHERE kind = 'goal_reached'"))
    assert len(asked) > 100
    assert asked <= streamed
    assert streamed <= {(goal, event) for goal, _, events in by_anchor for event in events}


def test_caps_are_the_same_in_stream_and_sql(outcome: Outcome) -> None:
    streamed = outcome.rows(
        "SELECT customer_id, c.name, c.free_again_at FROM (SELECT customer_id, unnest(caps) AS c FROM profiles)"
        " WHERE c.free_again_at IS NOT NULL"
    )
    asked = outcome.rows("SELECT customer_id, cap, free_again_at FROM message_pressure WHERE capped")
    assert sorted(streamed) == sorted(asked)


def test_offers_are_the_same_in_stream_and_sql(outcome: Outcome) -> None:
    streamed = Counter[tuple[str, str, str]]()
    for customer, offer, stage, count in outcome.rows(
        "SELECT customer_id, o.offer_id, o.stage, o.count FROM (SELECT customer_id, unnest(offers) AS o FROM profiles)"
    ):
        streamed[customer, offer, stage] = count
    asked = Counter[tuple[str, str, str]]()
    for customer, offer, *counts in outcome.rows(
        "SELECT customer_id, offer_id, made, seen, accepted, declined FROM offers_by_customer"
    ):
        for stage, count in zip(("made", "seen", "accepted", "declined"), counts, strict=True):
            asked[customer, offer, stage] = count
    assert streamed == +asked
