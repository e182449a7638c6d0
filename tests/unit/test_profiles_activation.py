"""Decisions in real time: where there is one, and what it says."""

from collections.abc import Mapping
from typing import Any

import pytest

from identity.graph import Standing
from identity.nodes import NodeId
from identity.resolution import Person
from profiles.activation import activation, signal_id
from profiles.customer import Customer
from profiles.folding import Folding
from profiles.fragment import ConsentValue, Fragment, Mark, OfferTally, TouchMark, TraitValue
from profiles.policy_file import parse_profile_policy
from profiles.signals import Signal
from schemas.records import Activation
from tests.kept_consents import kept_consents

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
FOLDING = Folding(
    parse_profile_policy(
        """
[profile]
defaults = false
[profile.caps.weekly]
messages = { type = ["email_sent"] }
most = 2
hours = 24
[profile.offers.high]
all = ["touches >= 2"]
priority = 9
again_days = 2
[profile.offers.alpha]
priority = 1
[profile.offers.beta]
priority = 1
[profile.offers.never]
all = ["orders >= 1"]
priority = 99
[profile.activations.hello]
when = { type = ["login"] }
minutes = 15
purpose = "marketing"
channel = "web"
cap = "weekly"
traits = ["first_name", "shop"]
offers = 2
[profile.activations.free]
when = { type = ["login"] }
purpose = "marketing"
channel = "web"
"""
    )
)
NOW = 100 * DAY_MS
ASKED = Mark(NOW, "e", "mobile", "login", "")
GRANTED = {("marketing", "web"): ConsentValue("granted", 1, "c", "crm", None)}


def decided(
    whole: Fragment,
    *,
    asked: Mark = ASKED,
    clock: int | None = NOW,
    name: str = "hello",
    standing: Standing | None = None,
) -> Activation | None:
    """Return the decision for a touchpoint of a customer."""
    person = Person(NodeId(b"\x01" * 16), (NodeId(b"\x01" * 16),))
    customer = Customer(person, [], whole, known=True, standing=standing or Standing({}, 0), clock=clock)
    return activation(customer, Signal("activation", name, asked), FOLDING, 7, 5)


def whole_with(consents: Mapping[tuple[str, str], ConsentValue] = GRANTED, **parts: Any) -> Fragment:  # noqa: ANN401  # parts of a fragment
    return Fragment(**{"by_channel": {"web": 1}, **kept_consents(consents), **parts})


def sent(*hours_ago: float) -> dict[str, list[Mark]]:
    """Return the marks of messages."""
    times = sorted(round(NOW - hours * HOUR_MS) for hours in hours_ago)
    return {"cap:weekly": [Mark(time, f"m{time}", "email", "email_sent", "") for time in times]}


def test_a_decision_says_what_may_be_said_and_where() -> None:
    traits = {
        "first_name": TraitValue("Ann", 1, "t", "crm"),
        "language": TraitValue("de", 1, "t", "crm"),
        "preferred_language": TraitValue("en", 1, "t", "crm"),
        "income": TraitValue("9", 1, "t", "crm"),
    }
    standing = Standing({"segment:vip": 3, "cap:x": 1, "consent:marketing/web": 2, "segment:new": 4}, 0)
    assert decided(whole_with(traits=traits), standing=standing) == {
        "activation_id": signal_id("activation", "hello", "mobile", "e"),
        "name": "hello",
        "customer_id": "01" * 16,
        "revision": 7,
        "event_id": "e",
        "event_time": NOW,
        "asked_on": "mobile",
        "purpose": "marketing",
        "channel": "web",
        "language": "en",
        "traits": {"first_name": "Ann"},
        "segments": ["new", "vip"],
        "offers": ["alpha", "beta"],
        "messages_left": 2,
        "made_at": 5,
    }


@pytest.mark.parametrize("state", ["denied", "withdrawn", "unknown", "paused"])
def test_without_a_grant_there_is_no_decision(state: str) -> None:
    consents = {("marketing", "web"): ConsentValue(state, 1, "c", "crm", None)}
    assert decided(whole_with(consents=consents)) is None
    assert decided(whole_with(consents={})) is None


def test_a_grant_of_another_purpose_or_channel_is_none() -> None:
    for name in (("analytics", "web"), ("marketing", "email")):
        assert decided(whole_with(consents={name: GRANTED["marketing", "web"]})) is None


def test_a_grant_on_every_channel_counts_until_it_is_taken_back() -> None:
    every = {("marketing", "*"): ConsentValue("granted", 1, "c", "crm", None)}
    assert decided(whole_with(consents=every)) is not None
    later = {("marketing", "web"): ConsentValue("withdrawn", 1, "d", "crm", None)}
    assert decided(whole_with(consents=every | later)) is None


@pytest.mark.parametrize(("minutes", "is_answered"), [(0, True), (15, True), (-30, True), (15.001, False)])
def test_a_touchpoint_older_than_its_minutes_at_the_clock_is_not_answered(minutes: float, *, is_answered: bool) -> None:
    asked = ASKED._replace(time=round(NOW - minutes * 60_000))
    assert (decided(whole_with(), asked=asked) is not None) is is_answered


def test_where_no_time_was_told_no_touchpoint_is_too_old() -> None:
    assert decided(whole_with(), asked=ASKED._replace(time=1), clock=None) is not None


@pytest.mark.parametrize(("hours_ago", "left"), [((), 2), ((1,), 1), ((1, 24), 1), ((1, 23.9), None), ((1, 2), None)])
def test_a_cap_leaves_room_for_as_many_messages_as_its_hours_hold_not_yet(
    hours_ago: tuple[float, ...], left: int | None
) -> None:
    found = decided(whole_with(marks=sent(*hours_ago)))
    assert (found["messages_left"] if found else None) == left


def test_an_activation_without_a_cap_is_answered_whatever_was_sent_and_tells_no_number() -> None:
    found = decided(whole_with(marks=sent(1, 2)), name="free")
    assert found is not None
    assert (found["messages_left"], found["traits"], found["offers"]) == (None, {}, [])


def test_the_offer_of_the_highest_priority_comes_first_of_equal_ones_the_first_name() -> None:
    found = decided(whole_with(by_channel={"web": 2}))
    assert found is not None
    assert found["offers"] == ["high", "alpha"]


@pytest.mark.parametrize(("days", "is_made"), [(1.9, False), (2, True), (3, True), (-1, False)])
def test_an_offer_is_not_made_again_within_its_days_whatever_its_stage(days: float, *, is_made: bool) -> None:
    at = round(NOW - days * DAY_MS)
    stages = {"made": OfferTally(1, 1, "o", "web"), "declined": OfferTally(1, at, "p", "web")}
    found = decided(whole_with(by_channel={"web": 2}, offers={"high": stages}))
    assert found is not None
    assert ("high" in found["offers"]) is is_made


def test_an_offer_that_may_always_be_made_again_is_made_in_the_moment_it_was_declined() -> None:
    offers = {"alpha": {"declined": OfferTally(3, NOW, "o", "web")}}
    found = decided(whole_with(offers=offers, first=TouchMark(1, "a", "web", "login")))
    assert found is not None
    assert found["offers"] == ["alpha", "beta"]


def test_the_id_of_a_decision_is_that_of_its_touchpoint_and_declaration() -> None:
    ids = [
        decided(whole_with(), name=name, asked=asked)
        for name in ("hello", "free")
        for asked in (ASKED, ASKED._replace(channel="web"))
    ]
    assert len({found["activation_id"] for found in ids if found}) == 4
    again = decided(whole_with(by_channel={"web": 9}), clock=NOW + 1)
    assert again is not None
    assert ids[0] is not None
    assert again["activation_id"] == ids[0]["activation_id"]
