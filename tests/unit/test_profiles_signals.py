"""Signals of single touchpoints: goals, breakdowns and what asks for a decision."""

from collections.abc import Sequence

import pytest

from profiles.fragment import Fragment, Mark
from profiles.policy_file import parse_profile_policy
from profiles.signals import Signal, context_of, signals, untold

POLICY = parse_profile_policy(
    """
[profile]
defaults = false
[profile.goals.buy]
when = { type = ["purchase"] }
[profile.breakdowns.login]
failure = { type = ["login_failed"] }
contact = { type = ["call"] }
reasons = ["password"]
minutes = 60
[profile.breakdowns.any]
failure = { type = ["error"] }
contact = { type = ["call"] }
minutes = 1
[profile.activations.hello]
when = { type = ["login"] }
purpose = "marketing"
channel = "web"
"""
)
MINUTE_MS = 60_000


def failed(event_id: str, minute: float, channel: str = "web", about: str = "") -> Mark:
    return Mark(round(minute * MINUTE_MS), event_id, channel, "login_failed", about)


def called(minute: float, about: str = "", channel: str = "call") -> Mark:
    return Mark(round(minute * MINUTE_MS), "contact", channel, "call", about)


def broken(contact: Mark, *failures: Mark) -> Signal | None:
    """Return the breakdown of a contact, with failures of another identifier of the customer."""
    part = Fragment(marks={"contact:login": [contact]})
    whole = Fragment(marks={"contact:login": [contact], "failure:login": sorted(failures)})
    found = list(signals(part, whole, POLICY))
    assert len(found) <= 1
    return found[0] if found else None


def test_a_touchpoint_of_a_goal_and_one_that_asks_are_found_by_identifier() -> None:
    bought, asked = Mark(1, "a", "web", "purchase", ""), Mark(2, "b", "web", "login", "")
    part = Fragment(marks={"goal:buy": [bought], "activation:hello": [asked]})
    assert list(signals(part, Fragment(), POLICY)) == [
        Signal("goal_reached", "buy", bought),
        Signal("activation", "hello", asked),
    ]
    assert not list(signals(Fragment(), part, POLICY)), "another identifier's touchpoints were taken"


@pytest.mark.parametrize(("minute", "is_found"), [(0, True), (30, True), (60, True), (60.001, False), (-0.001, False)])
def test_a_contact_is_about_what_failed_within_the_minutes_before(minute: float, *, is_found: bool) -> None:
    assert (broken(called(minute), failed("f", 0)) is not None) is is_found


def test_what_failed_on_the_channel_of_the_contact_is_no_breakdown() -> None:
    assert broken(called(1), failed("f", 0, "call")) is None
    assert broken(called(1), failed("f", 0, "call"), failed("g", 0, "mobile")) is not None


@pytest.mark.parametrize(("about", "is_found"), [("", True), ("password", True), ("delivery", False)])
def test_a_contact_about_something_else_is_no_breakdown(about: str, *, is_found: bool) -> None:
    assert (broken(called(1, about), failed("f", 0)) is not None) is is_found


def test_where_no_reasons_are_declared_a_contact_about_anything_is_one() -> None:
    contact, failure = called(1, "delivery"), failed("f", 0.5)
    part = Fragment(marks={"contact:any": [contact]})
    whole = Fragment(marks={"failure:any": [failure]})
    assert list(signals(part, whole, POLICY)) == [Signal("breakdown", "any", contact, failure, 1)]


def test_a_breakdown_tells_the_newest_failure_and_how_many_there_were() -> None:
    found = broken(called(61), failed("too old", 0), failed("b", 50), failed("a", 10), failed("after", 62))
    assert found is not None
    assert (found.failure, found.failures) == (failed("b", 50), 2)


def test_a_breakdown_carries_its_whole_context() -> None:
    found = broken(called(2, "password"), failed("f", 0.5, about="E-17"))
    assert found is not None
    assert context_of(found) == {
        "channel": "call",
        "type": "call",
        "about": "password",
        "failure_channel": "web",
        "failure_type": "login_failed",
        "failure_event_id": "f",
        "failure_about": "E-17",
        "failures": "1",
        "seconds_between": "90",
    }


def a_goal(event_id: str, channel: str = "web") -> Signal:
    return Signal("goal_reached", "buy", Mark(1, event_id, channel, "purchase", ""))


def told(found: Sequence[Signal], *before: Signal) -> tuple[list[Signal], list[int]]:
    """Ask of an identifier whose marks are those of all these signals."""
    marks = {"goal:buy": [one.mark for one in (*found, *before)]}
    news, remembered = untold(Fragment(marks=marks), found, [one.number for one in before], POLICY)
    return news, remembered


def test_what_was_told_before_is_not_told_again_and_stays_remembered() -> None:
    assert told([a_goal("a"), a_goal("b")], a_goal("a")) == (
        [a_goal("b")],
        sorted([a_goal("a").number, a_goal("b").number]),
    )


def test_signals_are_the_same_by_kind_declaration_channel_and_event() -> None:
    one = a_goal("a")
    same = one._replace(mark=one.mark._replace(about="x", time=9))
    others = [a_goal("b"), a_goal("a", "crm"), one._replace(kind="activation"), one._replace(name="sell")]
    assert same.number == one.number
    assert one.number not in {other.number for other in others}


def test_a_breakdown_that_cannot_be_found_just_now_stays_remembered() -> None:
    contact = Mark(100, "c", "call", "call", "password")
    part = Fragment(marks={"contact:login": [contact]})
    number = Signal("breakdown", "login", contact).number
    news, remembered = untold(part, [], [number], parse_profile_policy(""))
    assert (news, remembered) == ([], [number])
