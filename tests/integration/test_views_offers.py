"""Offers, messages and reach: by examples small enough to work by hand, and caps as a fold of a generated world."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.accepted import AcceptedTouchpoint
from sinks.testing import SOME_TIME_MS, a_node, a_profile, a_touchpoint, an_identifier
from tests.integration.view_lakes import (
    ANN,
    BOB,
    DAY_MS,
    EVE,
    WORLD_DAY,
    SmallWorld,
    an_offer,
    an_order_of,
    ask,
    moment_of,
    small_world,
    touch,
    write_lake,
)

HOUR = 1 / 24


def offered(event_id: str, stage: str, day: float, offer: str | None = "tea", **rest: Any) -> AcceptedTouchpoint:  # noqa: ANN401
    """Return a stage of an offer."""
    return touch(event_id, day=day, kind=f"offer_{stage}", marketing=an_offer(offer), **{"source": "email", **rest})


@pytest.fixture(scope="module")
def offers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann accepts, then declines what she was offered twice; Bob only sees it; Eve accepts out of the blue."""
    told = [
        offered("a-1", "made", 1),
        offered("a-2", "made", 3, source="store"),
        offered("a-3", "seen", 3.5, source="mobile"),
        offered("a-4", "accepted", 4, source="web"),
        offered("a-5", "declined", 5, source="call"),
        offered("b-1", "made", 2),
        offered("b-2", "seen", 2, source="mobile"),
        offered("b-3", "made", 2, offer=None),
        offered("b-4", "made", 20),
        offered("e-1", "accepted", 2, source="web", who="eve"),
        touch("e-2", "eve", 2, marketing=an_offer("tea")),
    ]
    for record in told:
        if record["touchpoint"]["event_id"].startswith("b-"):
            record["nodes"] = [a_node("email", "bob@example.com")]
    return write_lake(tmp_path_factory.mktemp("offers"), told)


def test_an_offer_is_as_far_as_its_newest_stage(offers: Path) -> None:
    columns = "customer_id, made, seen, accepted, declined, first_at, first_channel, last_at, last_channel, status"
    rows = ask(offers, 10, f"SELECT {columns} FROM offers_by_customer WHERE offer_id = 'tea'")  # noqa: S608
    assert {row[0]: row[1:] for row in rows} == {
        ANN: (2, 1, 1, 1, moment_of(1), "email", moment_of(5), "call", "declined"),
        BOB: (1, 1, 0, 0, moment_of(2), "email", moment_of(2), "mobile", "seen"),
        EVE: (0, 0, 1, 0, moment_of(2), "web", moment_of(2), "web", "accepted"),
    }


def test_each_stage_has_the_channel_of_its_newest_touchpoint(offers: Path) -> None:
    columns = "made_channel, seen_channel, accepted_channel, declined_channel"
    sql = f"SELECT {columns} FROM offers_by_customer WHERE customer_id = '{ANN}'"  # noqa: S608
    assert ask(offers, 10, sql) == [("store", "mobile", "web", "call")]
    assert ask(offers, 2, sql) == [("email", None, None, None)]


def test_what_follows_an_offer_counts_for_the_channel_that_brought_it(offers: Path) -> None:
    assert ask(offers, 10, "FROM offer_performance ORDER BY channel") == [
        ("tea", "email", 1, 1, 1, 0, 0, 1.0, 0.0, 0.0),
        ("tea", "store", 1, 1, 1, 1, 1, 1.0, 1.0, 1.0),
        ("tea", "web", 1, 0, 0, 1, 0, 0.0, 1.0, 0.0),
    ]


# --- caps ----------------------------------------------------------------------------------------------------------

CAPS = """
[profile.caps.daily]
messages = { type = ["email_sent", "push_sent"] }
most = 2
hours = 24

[profile.caps.weekly]
messages = { type = ["email_sent"] }
most = 5
hours = 168
"""
PRESSURE = "SELECT cap, messages, by_channel, most, capped, free_again_at FROM message_pressure ORDER BY cap"


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann gets three messages within five hours; one of the same time comes by two channels."""
    told = [
        touch("m-1", day=1, kind="email_sent", source="email"),
        touch("m-2", day=1 + 4 * HOUR, kind="push_sent", source="mobile"),
        touch("m-3", day=1 + 5 * HOUR, kind="email_sent", source="email"),
        touch("m-4", day=1 + 5 * HOUR, kind="page_view"),
    ]
    return write_lake(tmp_path_factory.mktemp("messages"), told, policy_text=CAPS)


def test_a_cap_is_reached_over_all_channels(messages: Path) -> None:
    free = moment_of(2 + 4 * HOUR)  # then only the last one is left within the day
    assert ask(messages, 1.5, PRESSURE) == [
        ("daily", 3, {"email": 2, "mobile": 1}, 2, True, free),
        ("weekly", 2, {"email": 2}, 5, False, None),
    ]


@pytest.mark.parametrize(
    ("day", "left"),
    [
        (1, (1, False)),
        (1 + 4 * HOUR, (2, True)),
        (2, (2, True)),  # the first is a day old to the moment: no longer within the window
        (2 + 3.99 * HOUR, (2, True)),
        (2 + 4 * HOUR, (1, False)),
    ],
)
def test_there_is_room_again_when_it_says(messages: Path, day: float, left: tuple[int, bool]) -> None:
    assert ask(messages, day, "SELECT messages, capped FROM message_pressure WHERE cap = 'daily'") == [left]


def test_without_messages_in_the_window_there_is_no_row(messages: Path) -> None:
    assert ask(messages, 0.9, PRESSURE) == ask(messages, 40, PRESSURE) == []


def test_where_nothing_is_declared_there_is_no_pressure_and_no_segment(tmp_path: Path) -> None:
    text = "[profile]\ndefaults = false\n"
    home = write_lake(tmp_path, [touch("m-1", kind="email_sent")], policy_text=text)
    assert ask(home, 1, "FROM message_pressure") == ask(home, 1, "FROM segments") == []
    assert ask(home, 1, "SELECT caps_reached, numbers, texts FROM customer_facts") == [([], {}, {})]


# --- reach ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann, known by e-mail and cookie, and Bob are reached by a campaign; Eve is not."""
    cookie = a_touchpoint("c-1", a_node("cookie", "c-1"), source="paid", at=SOME_TIME_MS + DAY_MS)
    cookie["touchpoint"]["marketing"] = an_offer(None, "spring")
    told = [
        cookie,
        touch("a-1", day=2, source="email", marketing=an_offer(None, "spring")),
        touch("a-2", day=3, kind="purchase", order=an_order_of("o-1", 5)),
        touch("b-1", "bob", 4, source="paid", marketing=an_offer(None, "spring")),
        touch("b-2", "bob", 3, kind="purchase", order=an_order_of("o-2", 5)),
        touch("e-1", "eve", 4, marketing=an_offer(None, "")),
        touch("n-1", "nobody", 4, marketing=an_offer(None, "spring")),
    ]
    ann = a_profile("ann", 1, [an_identifier("email", "ann@example.com"), an_identifier("cookie", "c-1")])
    people = [ann, a_profile("bob"), a_profile("eve")]
    return write_lake(tmp_path_factory.mktemp("reach"), told, people)


def test_a_campaign_reaches_people_and_not_identifiers(reach: Path) -> None:
    assert ask(reach, 9, "FROM campaign_reach") == [
        ("spring", 3, 2, 3, 1.5, ["email", "paid"], 1, moment_of(1), moment_of(4)),
    ]


def test_channels_reach_people(reach: Path) -> None:
    assert ask(reach, 9, "FROM reach_by_channel ORDER BY 1") == [
        ("email", 1, 1, 0, 1 / 3, 1.0),
        ("paid", 2, 2, 0, 2 / 3, 1.0),
        ("web", 3, 3, 1, 1.0, 1.0),
    ]


def test_channels_have_customers_in_common(reach: Path) -> None:
    assert ask(reach, 9, "FROM channel_overlap ORDER BY 1, 2") == [
        ("email", "paid", 1, 1.0, 0.5),
        ("email", "web", 1, 1.0, 1 / 3),
        ("paid", "web", 2, 1.0, 2 / 3),
    ]


# --- a plain fold of a generated world -----------------------------------------------------------------------------


MONTHLY = """
[profile]
defaults = false

[profile.caps.month]
messages = { type = ["email_sent", "offer_made", "impression"] }
most = 3
hours = 720
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    return small_world(tmp_path_factory.mktemp("world"), MONTHLY)


def test_pressure_is_the_fold_of_the_messages_in_the_window(world: SmallWorld) -> None:
    now_ms = SOME_TIME_MS + round(WORLD_DAY * DAY_MS)
    expected = {}
    for customer, records in world.by_customer.items():
        sent = [
            record
            for record in records
            if record["touchpoint"]["type"] in {"email_sent", "offer_made", "impression"}
            and record["touchpoint"]["event_time"] > now_ms - 30 * DAY_MS
        ]
        if sent:
            times = sorted((record["touchpoint"]["event_time"] for record in sent), reverse=True)
            free_ms = times[2] + 30 * DAY_MS if len(times) > 2 else None
            free = None if free_ms is None else moment_of((free_ms - SOME_TIME_MS) / DAY_MS)
            by_channel = dict(Counter(record["source"] for record in sent))
            expected[customer] = (len(sent), by_channel, len(times) > 2, free)
    columns = "customer_id, messages, by_channel, capped, free_again_at"
    found = {row[0]: row[1:] for row in world.ask(f"SELECT {columns} FROM message_pressure")}  # noqa: S608
    assert found == expected
    assert {row[2] for row in expected.values()} == {True, False}


def test_offers_are_the_fold_of_their_stages(world: SmallWorld) -> None:
    expected: dict[tuple[str, str], list[str]] = {}
    for customer, records in world.by_customer.items():
        for record in records:
            touchpoint = record["touchpoint"]
            offer = touchpoint["marketing"] and touchpoint["marketing"]["offer_id"]
            if offer and touchpoint["type"].startswith("offer_"):
                expected.setdefault((customer, offer), []).append(touchpoint["type"].removeprefix("offer_"))
    columns = "customer_id, offer_id, made, seen, accepted, declined, status"
    found = {row[:2]: row[2:] for row in world.ask(f"SELECT {columns} FROM offers_by_customer")}  # noqa: S608
    stages = ("made", "seen", "accepted", "declined")
    assert found == {name: (*map(told.count, stages), told[-1]) for name, told in expected.items()}
    assert len(found) > 10
