"""Whether consent permits."""

from dataclasses import replace
from itertools import permutations

import pytest

from profiles.consent import Statement, consent_at, is_permitted
from profiles.consents import permitted
from profiles.folding import Folding
from profiles.fragment import Fragment
from profiles.policy_file import default_profile_policy
from tests.property.test_fragment_algebra import touchpoint


def said(state: str, time: int = 0, channel: str = "email", purpose: str = "marketing") -> Statement:
    return Statement(purpose, channel, state, time, f"e-{time}", "web", None)


def test_what_was_granted_is_permitted() -> None:
    assert is_permitted([said("granted")], "marketing", "email")


@pytest.mark.parametrize("state", ["denied", "withdrawn", "unknown"])
def test_nothing_but_a_grant_permits(state: str) -> None:
    assert not is_permitted([said(state)], "marketing", "email")


def test_where_nothing_was_said_the_answer_is_no() -> None:
    assert not is_permitted([], "marketing", "email")
    assert not is_permitted([said("granted")], "marketing", "push")
    assert not is_permitted([said("granted")], "analytics", "email")


def test_without_a_purpose_the_answer_is_no() -> None:
    assert not is_permitted([said("granted", purpose="")], "", "email")


@pytest.mark.parametrize(
    ("statements", "permitted"),
    [
        pytest.param([said("granted", 1), said("withdrawn", 2)], False, id="withdrawn after"),
        pytest.param([said("withdrawn", 1), said("granted", 2)], True, id="granted after"),
        pytest.param([said("granted", 1), said("denied", 1)], False, id="at the same moment"),
        pytest.param([said("granted", 1, "*")], True, id="every channel"),
        pytest.param([said("denied", 1), said("granted", 2, "*")], True, id="every channel later"),
        pytest.param([said("granted", 1), said("withdrawn", 2, "*")], False, id="every channel withdrawn later"),
        pytest.param([said("granted", 1, "*"), said("denied", 1)], False, id="both at the same moment"),
        pytest.param([said("granted", 1), said("denied", 2, "push")], True, id="another channel"),
    ],
)
def test_the_newest_statement_decides_whatever_order_they_come_in(statements: list[Statement], permitted: bool) -> None:  # noqa: FBT001
    for order in permutations(statements):
        assert is_permitted(order, "marketing", "email") is permitted


def test_every_channel_is_asked_for_by_what_was_said_of_every_channel() -> None:
    assert is_permitted([said("granted", channel="*"), said("denied", 1)], "marketing", "*")


def test_a_past_moment_knows_only_what_had_been_said() -> None:
    statements = [said("granted", 10), said("withdrawn", 20)]
    asked = [consent_at(statements, "marketing", "email", time) for time in (9, 10, 19, 20)]
    assert asked == [False, True, True, False]


def test_where_more_consents_were_told_than_are_kept_nothing_is_permitted() -> None:
    folding = Folding(replace(default_profile_policy(), max_names=2))
    parts = []
    for number, purpose in enumerate(("a", "b", "c")):
        parts.append(Fragment())
        folding.fold(parts[-1], touchpoint(f"e-{number}", number, consents=[(purpose, "granted")]))
    assert permitted(folding.merge(parts[:2])) == {("a", "*"): True, ("b", "*"): True}
    whole = folding.merge(parts)
    assert permitted(whole) == {("a", "*"): False, ("b", "*"): False}
    assert whole == folding.merge([folding.merge(parts[1:]), parts[0]])
