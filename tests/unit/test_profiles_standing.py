"""What holds of a customer for the time being, and how it is handed from owner to owner."""

import pytest

from profiles.facts import Facts
from profiles.folding import Folding
from profiles.fragment import ConsentValue, Fragment, Mark
from profiles.policy_file import parse_profile_policy
from profiles.standing import SIGNALS, Outlook, outlook, segments_in
from tests.kept_consents import kept_consents

FOLDING = Folding(
    parse_profile_policy(
        """
[profile]
defaults = false
[profile.caps.few]
messages = { type = ["email_sent"] }
most = 1
hours = 1
[profile.segments.new]
all = ["days_since_first_touch < 1"]
[profile.segments.many]
all = ["touches >= 2"]
[profile.segments.quiet]
none = ["cap.few = true"]
"""
    )
)
HOUR_MS = 3_600_000


def seen(whole: Fragment, now: int | None) -> Outlook:
    return outlook(whole, Facts(whole, known=True, now_ms=now, folding=FOLDING), now, FOLDING)


def consents(state: str, channel: str = "web", time: int = 1) -> dict[tuple[str, str], ConsentValue]:
    return {("marketing", channel): ConsentValue(state, time, "c", "crm", None)}


def test_segments_consents_and_caps_hold_by_their_names() -> None:
    sent = [Mark(HOUR_MS, "m", "email", "email_sent", "")]
    whole = Fragment(by_channel={"web": 2}, marks={"cap:few": sent}, **kept_consents(consents("granted")))
    assert seen(whole, HOUR_MS + 5) == Outlook(
        frozenset({"segment:many", "consent:marketing/web", "cap:few"}), 2 * HOUR_MS
    )
    assert seen(whole, 2 * HOUR_MS) == Outlook(frozenset({"segment:many", "segment:quiet", "consent:marketing/web"}), 0)


@pytest.mark.parametrize("state", ["denied", "withdrawn", "unknown"])
def test_a_consent_that_is_not_granted_does_not_hold(state: str) -> None:
    assert seen(Fragment(**kept_consents(consents(state))), 5).holds == {"segment:quiet"}


def test_a_grant_on_one_channel_ends_with_a_later_denial_on_every_channel() -> None:
    both = consents("granted") | consents("denied", "*", 2)
    assert seen(Fragment(**kept_consents(both)), 5).holds == {"segment:quiet"}


def test_as_long_as_no_time_was_told_what_takes_one_holds_not_and_is_due_at_once() -> None:
    found = seen(Fragment(by_channel={"web": 2}), None)
    assert found == Outlook(frozenset({"segment:many", "segment:quiet"}), 1)


def test_segments_are_told_apart_from_the_rest_with_the_time_they_hold_since() -> None:
    holds = {"segment:b": 2, "cap:few": 3, "segment:a:x": 1, "consent:marketing/web": 4}
    assert segments_in(holds) == {"a:x": 1, "b": 2}


def test_each_kind_has_a_signal_for_its_beginning_and_one_for_its_end() -> None:
    assert SIGNALS == {
        "segment": ("segment_entered", "segment_left"),
        "consent": ("consent_granted", "consent_ended"),
        "cap": ("cap_reached", "cap_freed"),
    }
