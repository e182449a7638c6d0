"""Touchpoints that state consents and come several times: what holds is a function of the set of deliveries.

What is expected is worked out here from docs/profiles.md alone, delivery by delivery, and shares nothing with the folds
but names that need no normalising.
"""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from profiles.consent import MOST_GRANTS
from profiles.consents import permissions
from profiles.folding import Folding
from profiles.fragment import Fragment, decode, encode
from profiles.policy_file import default_profile_policy
from schemas.accepted import AcceptedTouchpoint
from schemas.records import ConsentState
from tests.property.effort import examples
from tests.property.test_fragment_algebra import touchpoint

FOLDING = Folding(default_profile_policy())
HOUR_MS = 3_600_000
MOST_AHEAD = 48
CHANNELS = ("email", "*")
STATES: tuple[ConsentState, ...] = ("granted", "withdrawn")


class Delivery(NamedTuple):
    """One arrival of a statement on marketing, times in hours; an event of a number is always the same one."""

    event: int
    event_time: int
    state: ConsentState
    channel: str
    received_at: int

    @property
    def time(self) -> int:
        """When it counts as said, if there were no other."""
        return min(self.event_time, self.received_at)

    def record(self) -> AcceptedTouchpoint:
        """Return it as it is accepted."""
        accepted = touchpoint(f"e{self.event}", self.event_time * HOUR_MS, consents=[("marketing", self.state)])
        accepted["touchpoint"]["consents"][0]["channel"] = self.channel
        accepted["received_at"] = self.received_at * HOUR_MS
        return accepted


@st.composite
def deliveries(draw: st.DrawFn) -> list[Delivery]:
    """Return deliveries of some events, each once or often, received at most two days before their event time."""
    said: list[Delivery] = []
    for event in range(draw(st.integers(1, 6))):
        event_time = draw(st.integers(50, 110))
        state, channel = draw(st.sampled_from(STATES)), draw(st.sampled_from(CHANNELS))
        arrivals = draw(st.lists(st.integers(event_time - MOST_AHEAD, 130), min_size=1, max_size=3))
        said += [Delivery(event, event_time, state, channel, received_at) for received_at in arrivals]
    return draw(st.permutations(said))


def permitted(said: Sequence[Delivery], channel: str, most_grants: int = MOST_GRANTS) -> bool:
    """Return whether marketing is permitted on a channel, by the words of docs/profiles.md."""
    given: dict[str, int] = {}
    for on in {channel, "*"}:
        by_event: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        for one in said:
            if one.state == "granted" and one.channel == on:
                by_event[one.event_time, f"e{one.event}"].append(one.time)
        newest = sorted(by_event, reverse=True)[:most_grants]
        if newest:
            given[on] = max(min(by_event[event]) for event in newest)
    for one in said:
        if one.state != "granted" and one.channel in {channel, "*"}:
            lifting = [given.get(channel)] if one.channel == channel else list(given.values())
            if not any(at is not None and at > one.time for at in lifting):
                return False
    return bool(given)


def folded(said: Sequence[Delivery], folding: Folding = FOLDING) -> Fragment:
    """Return what deliveries in this order fold into."""
    fragment, seen = Fragment(), set()
    for one in said:
        if one.event in seen:
            folding.restate(fragment, one.record())
        else:
            seen.add(one.event)
            folding.fold(fragment, one.record())
    return fragment


def told(whole: Fragment, channel: str) -> bool:
    """Return whether a customer's fragment permits marketing on a channel."""
    found = {on: decision.permitted for (_, on), decision in permissions(whole, FOLDING.known_consents).items()}
    return found.get(channel, found.get("*", False))


GRANTED_AHEAD = Delivery(0, 100, "granted", "email", 80)
GRANTED_AGAIN = Delivery(0, 100, "granted", "email", 105)
WITHDRAWN = Delivery(1, 90, "withdrawn", "email", 90)


@settings(max_examples=examples(200))
@given(said=deliveries(), again=st.randoms(use_true_random=False))
@example(said=[GRANTED_AHEAD, WITHDRAWN, GRANTED_AGAIN], again=None)
def test_no_order_of_deliveries_matters_and_none_that_comes_once_more(said: list[Delivery], again: object) -> None:
    other = [*said[::-1], *said[:2]]
    if again is not None:
        again.shuffle(other)  # type: ignore[attr-defined]  # a Random
    one, another = folded(said), folded(other)
    assert (one.grants, one.denials) == (another.grants, another.denials)
    assert [told(one, channel) for channel in ("email", "sms")] == [
        permitted(said, channel) for channel in ("email", "sms")
    ]


@settings(max_examples=examples(200))
@given(said=deliveries(), data=st.data())
def test_deliveries_that_reach_different_identifiers_of_one_customer_add_up_to_the_same(
    said: list[Delivery], data: st.DataObject
) -> None:
    parts: dict[int, list[Delivery]] = defaultdict(list)
    for one in said:
        parts[data.draw(st.integers(0, 2))].append(one)
    whole = FOLDING.merge(decode(encode(folded(part))) for part in data.draw(st.permutations(list(parts.values()))))
    assert (whole.grants, whole.denials) == (folded(said).grants, folded(said).denials)


@settings(max_examples=examples(200))
@given(said=deliveries())
def test_nothing_is_permitted_that_any_choice_of_one_delivery_of_each_event_would_deny(said: list[Delivery]) -> None:
    by_event: defaultdict[int, list[Delivery]] = defaultdict(list)
    for one in said:
        by_event[one.event].append(one)
    for channel in ("email", "sms"):
        if told(folded(said), channel):
            readings = itertools.islice(itertools.product(*by_event.values()), 200)
            assert all(permitted(reading, channel, most_grants=len(said)) for reading in readings)


@settings(max_examples=examples(50))
@given(data=st.data())
def test_of_more_grants_than_count_those_with_the_newest_event_times_do(data: st.DataObject) -> None:
    ahead = [Delivery(number, 100 + number, "granted", "email", 80) for number in range(MOST_GRANTS)]
    in_time = Delivery(99, 95, "granted", "email", 95)
    said = [*ahead[: data.draw(st.integers(8, MOST_GRANTS))], in_time, WITHDRAWN]
    orders = [data.draw(st.permutations(said)), said[::-1]]
    found = {told(folded(order), "email") for order in orders}
    assert found == {len(said) < MOST_GRANTS + 2} == {permitted(said, "email")}


def test_a_grant_that_any_clock_could_have_made_later_is_kept_and_an_older_one_is_not() -> None:
    said = [Delivery(number, 100 + number * 24, "granted", "email", 100 + number * 24) for number in range(4)]
    assert [grant.event_id for grant in folded(said).grants["marketing", "email"]] == ["e3", "e2", "e1"]


def test_a_delivery_that_tells_nothing_new_leaves_the_fragment_as_it_is() -> None:
    fragment = folded([GRANTED_AHEAD, WITHDRAWN])
    assert not FOLDING.restate(fragment, GRANTED_AGAIN.record())
    assert not FOLDING.restate(fragment, WITHDRAWN._replace(received_at=99).record())
    assert FOLDING.restate(fragment, GRANTED_AHEAD._replace(received_at=79).record())
