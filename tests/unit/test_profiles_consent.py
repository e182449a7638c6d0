"""Whether consent permits."""

from dataclasses import replace
from itertools import permutations

import pytest

from profiles.consent import Statement, channel_name, consent_at, is_permitted, purpose_name, said_at
from profiles.consents import consents_in_force, decided, known_of, permissions, permits
from profiles.folding import Folding
from profiles.fragment import Fragment
from profiles.policy_file import default_profile_policy, parse_profile_policy
from tests.property.test_fragment_algebra import touchpoint
from tests.unit.test_profiles_customer import published


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
        pytest.param([said("denied", 1), said("granted", 2, "*")], False, id="every channel granted later"),
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
    assert told(folding.merge(parts[:2]), folding) == {("a", "*"): True, ("b", "*"): True}
    whole = folding.merge(parts)
    assert whole.consents_left_out
    assert told(whole, folding) == {("a", "*"): False, ("b", "*"): False}
    assert whole == folding.merge([folding.merge(parts[1:]), parts[0]])


def told(whole: Fragment, folding: Folding) -> dict[tuple[str, str], bool]:
    return {name: decision.permitted for name, decision in permissions(whole, folding.known_consents).items()}


# The table of docs/profiles.md, worked out by hand: statements from the oldest to the newest, and whether marketing is
# permitted by e-mail and by SMS.
TABLE = {
    "nothing said": ([], False, False),
    "granted": (["granted marketing/email"], True, False),
    "unsubscribed, then a banner": (["withdrawn marketing/email", "granted marketing/*"], False, True),
    "unsubscribed, a banner, subscribed": (
        ["withdrawn marketing/email", "granted marketing/*", "granted marketing/email"], True, True),
    "subscribed, then all withdrawn": (["granted marketing/email", "withdrawn marketing/*"], False, False),
    "all withdrawn, then subscribed": (["withdrawn marketing/*", "granted marketing/email"], True, False),
    "all withdrawn, then a banner": (["withdrawn marketing/*", "granted marketing/*"], True, True),
    "unsubscribed, subscribed, all withdrawn, a banner": (
        ["withdrawn marketing/email", "granted marketing/email", "withdrawn marketing/*", "granted marketing/*"],
        True, True),
    "every purpose withdrawn": (["granted marketing/*", "withdrawn */*"], False, False),
    "every purpose withdrawn by e-mail": (["granted marketing/*", "withdrawn */email"], False, True),
    "every purpose withdrawn by e-mail, then a banner": (["withdrawn */email", "granted marketing/*"], False, True),
    "every purpose withdrawn, then one granted": (["withdrawn */*", "granted marketing/*"], True, True),
    "every purpose granted": (["granted */*"], False, False),
    "another purpose withdrawn": (["granted marketing/*", "withdrawn analytics/*"], True, True),
    "a purpose withdrawn that nobody knows": (["granted marketing/*", "withdrawn markting/*"], False, False),
    "a channel withdrawn that nobody knows": (["granted marketing/*", "withdrawn marketing/pigeon"], False, False),
    "that, and e-mail granted since": (
        ["granted marketing/*", "withdrawn marketing/pigeon", "granted marketing/email"], True, False),
    "that, and the channel granted since": (
        ["granted marketing/*", "withdrawn marketing/pigeon", "granted marketing/pigeon"], False, False),
}  # fmt: skip


def as_said(lines: list[str]) -> list[tuple[str, str, str]]:
    """Return state, purpose and channel of each line."""
    parted = [line.split() for line in lines]
    return [(state, *name.split("/")) for state, name in parted]  # type: ignore[misc]  # two parts


@pytest.mark.parametrize(("lines", "email", "sms"), TABLE.values(), ids=TABLE)
def test_the_table_of_what_is_permitted(lines: list[str], email: bool, sms: bool) -> None:  # noqa: FBT001
    statements = [said(state, time, channel, purpose) for time, (state, purpose, channel) in enumerate(as_said(lines))]
    for order in (statements, statements[::-1]):
        assert is_permitted(order, "marketing", "email") is email
        assert is_permitted(order, "marketing", "sms") is sms


@pytest.mark.parametrize(("lines", "email", "sms"), TABLE.values(), ids=TABLE)
def test_a_folded_customer_and_the_published_profile_say_the_same(lines: list[str], email: bool, sms: bool) -> None:  # noqa: FBT001
    folding, parts = Folding(default_profile_policy()), []
    for time, (state, purpose, channel) in enumerate(as_said(lines)):
        event = touchpoint(f"e-{time}", time, consents=[(purpose, state)])  # type: ignore[list-item]  # a state
        event["touchpoint"]["consents"][0]["channel"] = channel
        parts.append(Fragment())
        folding.fold(parts[-1], event)
    whole = folding.merge(reversed(parts))
    assert decided(whole, "marketing", "email", folding.known_consents).permitted is email
    profile = published(whole)
    assert permits(profile, " Marketing", "E-Mail") is email
    assert permits(profile, "marketing", "sms") is sms
    assert not permits(profile, "analytics", "email")


def test_a_published_permission_names_the_statement_that_decides() -> None:
    folding, whole = Folding(default_profile_policy()), Fragment()
    folding.fold(whole, touchpoint("yes", 1, consents=[("marketing", "granted")]))
    folding.fold(whole, touchpoint("no", 2, consents=[("", "withdrawn")]))
    (permission,) = published(whole)["permissions"]
    assert (permission["permitted"], permission["event_id"], permission["by_purpose"]) == (False, "no", "*")


@pytest.mark.parametrize("text", ["Marketing", " marketing ", "MARKETING", "marketing-", "\u200bmarketing"])
def test_a_purpose_is_the_same_in_any_spelling(text: str) -> None:
    assert purpose_name(text) == "marketing"


@pytest.mark.parametrize("text", ["", " ", "*", "-", "\x00", "all", "ALL", "any", "\u200b", "***"])
def test_a_name_of_nothing_in_particular_is_every_one(text: str) -> None:
    assert purpose_name(text) == channel_name(text) == "*"


@pytest.mark.parametrize(
    ("text", "name"),
    [("Email", "email"), ("e-mail", "email"), ("E Mail", "email"), ("SMS", "sms"), ("Text", "sms"), ("phone", "call")],
)
def test_a_channel_is_known_by_its_other_spellings(text: str, name: str) -> None:
    assert channel_name(text) == name


def test_no_name_can_be_taken_for_two() -> None:
    """A name of a standing or of customers.consents_granted is purpose/channel."""
    assert "/" not in purpose_name("a/b") + channel_name("a/b:c.d")


@pytest.mark.parametrize("purpose", ["", "*", "\x00", "all"])
def test_a_grant_that_names_no_purpose_grants_nothing_and_leaves_no_trace(purpose: str) -> None:
    folding, whole = Folding(default_profile_policy()), Fragment()
    folding.fold(whole, touchpoint("e", 1, consents=[("marketing", "denied"), (purpose, "granted")]))
    assert list(consents_in_force(whole)) == [("marketing", "*")]
    assert not decided(whole, "marketing", "email", folding.known_consents).permitted
    assert not decided(whole, purpose, "email", folding.known_consents).permitted


def test_a_policy_makes_names_known_by_declaring_or_asking_for_them() -> None:
    statements = [said("granted", 1), said("withdrawn", 2, purpose="club_news"), said("denied", 3, "kiosk_screen")]
    policy = parse_profile_policy(
        """[profile.consent]
        purposes = ["Club News"]
        [profile.segments.a]
        all = ["consent.marketing.kiosk-screen = true"]"""
    )
    assert not is_permitted(statements, "marketing", "email")
    assert is_permitted(statements, "marketing", "email", known_of(policy))


def test_a_statement_from_the_future_counts_as_of_when_it_was_received() -> None:
    assert said_at(50, 20) == 20
    assert said_at(20, 50) == 20
    assert said_at(20, -1) == 20
