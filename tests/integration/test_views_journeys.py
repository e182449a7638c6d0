"""Journeys, sessions and goals: by hand, and against a plain fold of the same touchpoints."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from profiles.fields import matcher
from profiles.policy import Filter, Goal
from profiles.policy_file import default_profile_policy
from schemas.accepted import AcceptedTouchpoint
from sinks.views import all_views
from sinks.views.filters import sql_of
from tests.integration.analyst import (
    DAY,
    HOUR,
    MINUTE,
    Row,
    a_world,
    bought,
    by_customer,
    in_order,
    purchases,
    records,
    rows,
    told,
    write,
)

DEFAULT = default_profile_policy()
POLICY = replace(DEFAULT, currency_rates={"CHF": 1.05})
AT = datetime(2026, 6, 1, tzinfo=UTC).replace(tzinfo=None)
"""After most of the world."""
World = tuple[Path, dict[str, list[AcceptedTouchpoint]]]


# --- by hand -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann looks around, pauses for more than half an hour, buys in the store and on the web, and calls; Bob looks."""
    home = tmp_path_factory.mktemp("home")
    touches = [
        told("e-1", 0, "click", "paid", marketing={"campaign": "spring"}),
        told("e-2", MINUTE, "page_view"),
        told("e-3", 31 * MINUTE, "page_view"),
        told("e-4", 62 * MINUTE, "offer_seen", "mobile", marketing={"offer_id": "half-price"}),
        bought("e-5", 63 * MINUTE, "o-1", 10, "store"),
        bought("e-6", 64 * MINUTE, "o-2", 5, currency="XYZ"),
        told("e-7", 1 * DAY, "call", "call", interaction={"reason": "delivery"}),
        bought("e-8", 2 * DAY, "o-1", 12, "crm"),
        told("e-1", 0, "click", "paid", who="bob"),
        told("e-2", 0, "page_view", who="bob"),
    ]
    for touch in touches[-2:]:
        touch["touchpoint"]["event_id"] = "b" + touch["touchpoint"]["event_id"]
    write(home, POLICY, touches)
    return home


def test_a_step_knows_its_session_its_medium_and_the_one_before(home: Path) -> None:
    sql = """SELECT step, session, event_id, seconds_since_previous, previous_channel, previous_type, media, campaign,
                    offer_id, reason, order_id
             FROM journeys
             WHERE customer_id = (SELECT customer_id FROM journeys WHERE event_id = 'e-1') ORDER BY step"""
    assert rows(home, sql) == [
        (1, 1, "e-1", None, None, None, "paid", "spring", None, None, None),
        (2, 1, "e-2", 60, "paid", "click", "owned", None, None, None, None),
        (3, 1, "e-3", 1800, "web", "page_view", "owned", None, None, None, None),
        (4, 2, "e-4", 1860, "web", "page_view", "owned", None, "half-price", None, None),
        (5, 2, "e-5", 60, "mobile", "offer_seen", "owned", None, None, None, "o-1"),
        (6, 2, "e-6", 60, "store", "purchase", "owned", None, None, None, "o-2"),
        (7, 3, "e-7", 82_560, "web", "purchase", "owned", None, None, "delivery", None),
        (8, 4, "e-8", 86_400, "call", "call", "owned", None, None, None, "o-1"),
    ]


def test_a_session_spans_channels_and_an_order_counts_where_it_was_told_last(home: Path) -> None:
    sql = """SELECT session, seconds, touches, channels, entry_channel, entry_type, entry_campaign, exit_channel,
                    exit_type, converted, orders, amount_base::INT, orders_without_rate
             FROM sessions ORDER BY count(*) OVER (PARTITION BY customer_id) DESC, session"""
    assert rows(home, sql) == [
        (1, 1860, 3, ["paid", "web"], "paid", "click", "spring", "web", "page_view", False, 0, 0, 0),
        (2, 120, 3, ["mobile", "store", "web"], "mobile", "offer_seen", None, "web", "purchase", True, 1, 0, 1),
        (3, 0, 1, ["call"], "call", "call", None, "call", "call", False, 0, 0, 0),
        (4, 0, 1, ["crm"], "crm", "purchase", None, "crm", "purchase", True, 1, 12, 0),
        (1, 0, 2, ["paid", "web"], "paid", "click", None, "web", "page_view", False, 0, 0, 0),
    ]


def test_the_flow_counts_steps_from_each_kind_of_touchpoint_to_the_next(home: Path) -> None:
    found = rows(home, "SELECT * FROM journey_flow ORDER BY times DESC, from_step, to_step")
    assert found[0] == ("paid:click", "web:page_view", 2, 2, 2, 30.0)
    assert [row[:5] for row in found[1:]] == [
        ("call:call", "crm:purchase", 1, 1, 0),
        ("mobile:offer_seen", "store:purchase", 1, 1, 1),
        ("store:purchase", "web:purchase", 1, 1, 1),
        ("web:page_view", "mobile:offer_seen", 1, 1, 0),
        ("web:page_view", "web:page_view", 1, 1, 1),
        ("web:purchase", "call:call", 1, 1, 0),
    ]


GOALS = {
    "purchase": Goal(when={"type": ("purchase",)}, of={"type": ("product_view", "click")}, minutes=60),
    "mention": Goal(when={"type": ("mention",)}, of={}, minutes=60),
}


@pytest.fixture(scope="module")
def goals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Product views: two on the web, one of which leads to a purchase; one in the app, which leads to it too."""
    home = tmp_path_factory.mktemp("goals")
    touches = [
        told("e-1", 0, "product_view"),
        bought("e-2", 1 * HOUR, "o-1", 10, "store"),
        told("e-3", 2 * HOUR, "product_view"),
        bought("e-4", 3.01 * HOUR, "o-2", 10),
        told("e-5", 4 * HOUR, "product_view", "mobile"),
        told("e-6", 4 * HOUR, "click", "paid", marketing={"campaign": "spring"}),
        bought("e-7", 4.5 * HOUR, "o-3", 10),
        told("e-8", 5 * HOUR, "mention", "social"),
        told("e-9", 0, "product_view", who="bob"),
    ]
    write(home, replace(POLICY, goals=GOALS), touches)
    return home


def test_a_rate_stands_beside_that_of_all_other_touchpoints_of_the_type(goals: Path) -> None:
    assert sorted(rows(goals, "SELECT * FROM goal_rates")) == [
        ("purchase", "click", "paid", "spring", 1, 1, 1.0, None, None),
        ("purchase", "product_view", "mobile", None, 1, 1, 1.0, 1 / 3, 1 - 1 / 3),
        ("purchase", "product_view", "web", None, 3, 1, 1 / 3, 1.0, 1 / 3 - 1),
    ]


def test_a_goal_is_led_to_by_the_last_touchpoint_that_should_lead_to_it(goals: Path) -> None:
    sql = """SELECT goal, event_id, channel, order_id, of_event_id, of_channel, of_campaign, seconds
             FROM goals_reached ORDER BY event_time"""
    assert rows(goals, sql) == [
        ("purchase", "e-2", "store", "o-1", "e-1", "web", None, 3600),
        ("purchase", "e-4", "web", "o-2", None, None, None, None),
        ("purchase", "e-7", "web", "o-3", "e-6", "paid", "spring", 1800),
        ("mention", "e-8", "social", None, None, None, None, None),
    ]


def test_a_late_touchpoint_reaches_a_goal_after_all(tmp_path: Path) -> None:
    write(tmp_path, replace(POLICY, goals=GOALS), [told("e-1", 0, "click")])
    sql = "SELECT reached FROM goal_rates"
    assert rows(tmp_path, sql) == [(0,)]
    write(tmp_path, replace(POLICY, goals=GOALS), [bought("e-0", MINUTE, "o-1", 1)])
    assert rows(tmp_path, sql) == [(1,)]


def test_what_is_not_declared_has_empty_views(tmp_path: Path) -> None:
    nothing = replace(POLICY, goals={}, breakdowns={}, abandonment={}, media={}, segments={}, offers={})
    write(tmp_path, nothing, [bought("e-1", 0, "o-1", 1)])
    for view in ("goals_reached", "goal_rates", "breakdowns", "breakdown_rates", "abandonments"):
        assert rows(tmp_path, f"FROM {view}") == []
        described = [row[0] for row in rows(tmp_path, f"DESCRIBE {view}")]
        assert described == [name for one in all_views(nothing) if one.name == view for name in one.columns]
    assert rows(tmp_path, "SELECT media FROM journeys") == [(None,)]


# --- against a plain fold of a world -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A lake of a world, and the touchpoints of each of its customers."""
    home = tmp_path_factory.mktemp("world")
    touches, profiles = a_world(400, 4_000)
    write(home, POLICY, touches, profiles)
    return home, by_customer(touches, profiles, AT)


def test_the_sessions_of_a_world_are_those_of_a_plain_fold(world: World) -> None:
    home, people = world
    expected = {}
    for owner, theirs in people.items():
        sessions: list[list[AcceptedTouchpoint]] = []
        for touch in theirs:
            if not sessions or time_of(touch) - time_of(sessions[-1][-1]) > 30 * 60_000:
                sessions.append([])
            sessions[-1].append(touch)
        orders = {in_order(order) for order in purchases(theirs)}
        for number, session in enumerate(sessions, 1):
            bought_here = [touch["touchpoint"]["order"] for touch in session if in_order(touch) in orders]
            amounts = [(order["amount_micros"], order["currency"]) for order in bought_here if order]
            expected[owner, number] = (
                (time_of(session[-1]) - time_of(session[0])) / 1000,
                len(session),
                sorted({touch["source"] for touch in session}),
                (session[0]["source"], session[0]["touchpoint"]["type"]),
                (session[-1]["source"], session[-1]["touchpoint"]["type"]),
                len(amounts),
                sum(Decimal(micros) * (105 if code == "CHF" else 100) for micros, code in amounts if code != "GBP"),
                sum(code == "GBP" for _, code in amounts),
            )
    found = {
        (row["customer_id"], row["session"]): (
            row["seconds"],
            row["touches"],
            row["channels"],
            (row["entry_channel"], row["entry_type"]),
            (row["exit_channel"], row["exit_type"]),
            row["orders"],
            row["amount_base"] * 10**8,
            row["orders_without_rate"],
        )
        for row in records(home, "SELECT * FROM sessions", AT)
    }
    assert found == expected


def test_the_goals_of_a_world_are_those_of_a_plain_fold(world: World) -> None:
    home, people = world
    touches: Counter[tuple[object, ...]] = Counter()
    reached: Counter[tuple[object, ...]] = Counter()
    led: dict[tuple[str, str, str], str | None] = {}
    for name, goal in DEFAULT.goals.items():
        leads, reaches = matcher(goal.of), matcher(goal.when)
        for theirs in people.values():
            for place, touch in enumerate(theirs):
                if leads(touch):
                    group: tuple[object, ...] = (name, touch["touchpoint"]["type"], touch["source"], campaign_of(touch))
                    touches[group] += 1
                    until = time_of(touch) + goal.minutes * 60_000
                    reached[group] += any(reaches(later) and time_of(later) <= until for later in theirs[place + 1 :])
                if reaches(touch):
                    since = time_of(touch) - goal.minutes * 60_000
                    before = [early for early in theirs[:place] if leads(early) and time_of(early) >= since]
                    led[name, touch["source"], touch["touchpoint"]["event_id"]] = (
                        before[-1]["touchpoint"]["event_id"] if before else None
                    )
    rates = records(home, "SELECT * FROM goal_rates", AT)
    found: dict[tuple[object, ...], Row] = {
        (row["goal"], row["type"], row["channel"], row["campaign"]): row for row in rates
    }
    assert found.keys() == touches.keys()
    by_type: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    for kind, count in touches.items():
        by_type[kind[:2]][0] += count
        by_type[kind[:2]][1] += reached[kind]
    for group, row in found.items():
        assert (row["touches"], row["reached"]) == (touches[group], reached[group])
        others, others_reached = (
            total - own for total, own in zip(by_type[group[:2]], (touches[group], reached[group]), strict=True)
        )
        assert row["benchmark"] == (others_reached / others if others else None)
    assert sum(reached.values()) > 100
    assert led == {
        (row["goal"], row["channel"], row["event_id"]): row["of_event_id"]
        for row in records(home, "SELECT * FROM goals_reached", AT)
    }


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"type": ("purchase", "click")},
        {"channel": ("web", "paid"), "type": ("click",)},
        {"party": ("second", "third")},
        {"campaign": ("spring-looks", "winback", "")},
        {"medium": ("cpc",)},
        {"marketing_source": ("newsletter", "google")},
        {"reason": ("complaint", "delivery", "it's")},
        {"outcome": ("solved",), "channel": ("call",)},
        {"order_id": ("",)},
        {"currency": ("CHF", "GBP")},
        {"sku": ("sku-0038", "sku-0007")},
        {"property.results": ("0",)},
        {"property.nothing'": ("",)},
        {"trait.city": ("Berlin", "Hamburg")},
        {"offer_id": ("free-delivery",)},
    ],
    ids=str,
)
def test_a_filter_means_the_same_touchpoints_as_in_the_stream(world: World, wanted: Filter) -> None:
    home, people = world
    matches = matcher(wanted)
    touches = [touch for theirs in people.values() for touch in theirs]
    sql = f"SELECT source, event_id, {sql_of(wanted)} AS meant FROM touchpoints_by_customer"  # noqa: S608
    found = {(row["source"], row["event_id"]): row["meant"] for row in records(home, sql, AT)}
    assert all(isinstance(meant, bool) for meant in found.values())
    for touch in touches:
        assert found[touch["source"], touch["touchpoint"]["event_id"]] == matches(touch)


@pytest.mark.parametrize("field", ["colour", "property.", "number.points", "amount"])
def test_a_filter_by_what_is_no_field_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match="expected a field"):
        sql_of({field: ("x",)})


def time_of(touch: AcceptedTouchpoint) -> int:
    return touch["touchpoint"]["event_time"]


def campaign_of(touch: AcceptedTouchpoint) -> str | None:
    marketing = touch["touchpoint"]["marketing"]
    return marketing["campaign"] if marketing else None
