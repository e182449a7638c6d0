"""Signals of single touchpoints and decisions in real time: each touchpoint once, whatever becomes of the people."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.graph import Ruling, RulingKind
from profiles.activation import signal_id
from profiles.consent import Statement, is_permitted
from schemas.records import Signal
from tests.property.effort import examples
from tests.property.engine_model import Decision, Event, event, identifier
from tests.property.partition_model import Accidents, Chunk
from tests.property.strategies import decisions, seeds
from tests.property.test_clock import (
    HOUR_MS,
    MINUTE_MS,
    Tick,
    Timed,
    Timely,
    accidents,
    eventful,
    events_in,
    kind_of,
    last_tick,
    play,
    timely_histories,
    touchpoint_of,
    truths,
)

pytestmark = pytest.mark.interpreted  # the clock of the model is a class derived from one of the engine

GOALS = {"buy": {"purchase"}, "come": {"login", "call"}}


def ids_of(signals: Iterable[Signal], *kinds: str) -> list[str]:
    """Return the ids of the signals of some kinds."""
    return [signal["signal_id"] for signal in signals if signal["kind"] in kinds]


def goals_reached(events: Iterable[Event]) -> set[str]:
    """Return the ids that the goals of events must be signalled under."""
    return {
        signal_id("goal_reached", goal, one.source, one.event_id)
        for one in events
        for goal, kinds in GOALS.items()
        if kind_of(one) in kinds
    }


def reason_of(one: Event) -> str | None:
    """Return what a contact tells of its reason."""
    interaction = touchpoint_of(one)["touchpoint"]["interaction"]
    return interaction["reason"] if interaction is not None else None


def broken_down(events: Sequence[Event]) -> dict[str, tuple[Event, int]]:
    """Return by signal id the newest failure before each contact of one person, and how many there were."""
    found: dict[str, tuple[Event, int]] = {}
    for contact in events:
        if kind_of(contact) != "call" or reason_of(contact) not in {None, "password"}:
            continue
        before = [
            one
            for one in events
            if kind_of(one) == "login_failed"
            and one.source != contact.source
            and contact.time - HOUR_MS <= one.time <= contact.time
        ]
        if before:
            newest = max(before, key=lambda one: (one.time, one.event_id))
            found[signal_id("breakdown", "login", contact.source, contact.event_id)] = newest, len(before)
    return found


def by_person(happened: Sequence[Timely]) -> list[list[Event]]:
    """Return the events of each final person."""
    events = events_in(happened)
    return [[one for one in events if one.anchor.node in truth.person.nodes] for truth in truths(happened).values()]


@settings(max_examples=examples(60))
@given(happened=timely_histories(), seed=seeds, bad=accidents())
def test_each_touchpoint_of_a_goal_is_signalled_under_one_id_and_no_other_is(
    happened: list[Timely], seed: int, bad: Accidents
) -> None:
    """At least once, through repetition, crashes, hand-overs, merges and splits."""
    heard = play(happened, seed, bad).heard_all()
    assert set(ids_of(heard.signals, "goal_reached")) == goals_reached(events_in(happened))


@settings(max_examples=examples(60))
@given(events=eventful(), more=st.lists(decisions(), max_size=4), seed=seeds, largest=st.sampled_from([1, 4, 30]))
def test_one_partition_signals_each_touchpoint_of_a_goal_exactly_once_through_merges_and_splits(
    events: list[Event], more: list[Timely], seed: int, largest: int
) -> None:
    heard = play([*events, *more], seed, Accidents(1, largest_chunk=largest)).heard_all()
    told = Counter(ids_of(heard.signals, "goal_reached"))
    assert told == dict.fromkeys(goals_reached(events), 1)


@settings(max_examples=examples(60))
@given(happened=timely_histories(), seed=seeds, bad=accidents())
def test_whatever_failed_before_a_contact_of_one_person_is_signalled(
    happened: list[Timely], seed: int, bad: Accidents
) -> None:
    """By the final people: of whichever of a person's identifiers failure and contact are."""
    told = set(ids_of(play(happened, seed, bad).heard_all().signals, "breakdown"))
    for events in by_person(happened):
        assert broken_down(events).keys() <= told


@settings(max_examples=examples(60))
@given(happened=timely_histories(), seed=seeds, bad=accidents())
def test_no_breakdown_is_signalled_of_failures_and_contacts_that_never_belonged_together(
    happened: list[Timely], seed: int, bad: Accidents
) -> None:
    heard = play(happened, seed, bad).heard_all()
    assert set(ids_of(heard.signals, "breakdown")) <= broken_down(events_in(happened)).keys()


@settings(max_examples=examples(100))
@given(events=eventful())
def test_a_breakdown_tells_the_newest_failure_before_it_and_how_many_there_were(events: list[Event]) -> None:
    """Where all lies there before any work is done, on one partition."""
    cluster = Timed(random.Random(0), Accidents(1))  # noqa: S311  # a schedule of a test
    for one in events:
        cluster.happen(one)
    cluster.work(0, Chunk(0, len(events), 0, messages_first=False))
    told = {one["signal_id"]: one["context"] for one in cluster.heard_all().signals if one["kind"] == "breakdown"}
    expected = {name: found for group in by_person(events) for name, found in broken_down(group).items()}
    assert told.keys() == expected.keys()
    for name, (failure, failures) in expected.items():
        context = told[name]
        assert (context["failure_event_id"], context["failures"]) == (failure.event_id, str(failures))
        assert (context["failure_channel"], context["failure_type"]) == (failure.source, "login_failed")


FAILED = next(f"fail {salt}" for salt in range(999) if kind_of(Event(f"fail {salt}", 0, "web", ())) == "login_failed")
CALLED = next(
    f"call {salt}"
    for salt in range(999)
    if kind_of(Event(f"call {salt}", 0, "crm", ())) == "call" and not reason_of(Event(f"call {salt}", 0, "crm", ()))
)
COOKIE, PHONE = identifier("cookie", "k0"), identifier("phone", "+4930123450")


@settings(max_examples=examples(30))
@given(seed=seeds, parts=st.integers(1, 3), minutes=st.integers(-2, 62))
def test_a_merge_that_brings_failure_and_contact_together_signals_it(seed: int, parts: int, minutes: int) -> None:
    """Whatever comes first of failure, contact and the decision that the two are one person."""
    failed = event(FAILED, 2 * HOUR_MS, COOKIE, source="web")
    called = event(CALLED, 2 * HOUR_MS + minutes * MINUTE_MS, PHONE, source="crm")
    together = Decision(COOKIE, PHONE, Ruling(1, RulingKind.TOGETHER))
    heard = play([failed, called, together], seed, Accidents(parts)).heard_all()
    told = {signal["signal_id"]: signal for signal in heard.signals if signal["kind"] == "breakdown"}
    if not 0 <= minutes <= 60:
        assert told == {}
        return
    (signal,) = told.values()
    context = signal["context"]
    assert (signal["name"], signal["event_id"], signal["event_time"]) == ("login", CALLED, called.time)
    assert (context["channel"], context["failure_channel"]) == ("crm", "web")
    assert (context["failure_event_id"], context["failures"]) == (FAILED, "1")
    assert context["seconds_between"] == str(60 * minutes)


@settings(max_examples=examples(60))
@given(happened=timely_histories(), seed=seeds, bad=accidents())
def test_an_activation_is_told_only_of_a_touchpoint_that_asks_and_only_with_what_is_declared(
    happened: list[Timely], seed: int, bad: Accidents
) -> None:
    asking = {one.event_id: one for one in events_in(happened) if kind_of(one) == "login"}
    for told in play(happened, seed, bad).heard_all().activations:
        one = asking[told["event_id"]]
        assert told["activation_id"] == signal_id("activation", "welcome", one.source, one.event_id)
        assert (told["event_time"], told["asked_on"]) == (one.time, one.source)
        assert (told["name"], told["purpose"], told["channel"]) == ("welcome", "marketing", "web")
        assert told["traits"].keys() <= {"first_name"}
        assert told["messages_left"] in {1, 2}
        assert told["offers"] in [["gift"], ["thanks"], []]


def statements_of(events: Iterable[Event]) -> list[Statement]:
    """Return everything that was said of consent."""
    return [
        Statement(said["purpose"], said["channel"], said["state"], one.time, one.event_id, one.source, None)
        for one in events
        for said in touchpoint_of(one)["touchpoint"]["consents"]
    ]


@settings(max_examples=examples(100))
@given(events=eventful(), at=st.one_of(st.none(), st.integers(1, 16)), parts=st.integers(1, 3), seed=seeds)
def test_whoever_asks_is_answered_where_consent_and_cap_allow_it_and_it_is_not_too_late(
    events: list[Event], at: int | None, parts: int, seed: int
) -> None:
    """Each of people with one identifier asks last of all, at a clock that does not move."""
    alone = [event(one.event_id, one.time, one.anchor, source=one.source) for one in events]
    asks = [one for one in alone if kind_of(one) == "login"]
    first: list[Timely] = [] if at is None else [Tick(at * 6 * HOUR_MS)]
    clock = last_tick(first)
    others = [one for one in alone if one not in asks]
    told = {}
    for ask in asks:
        heard = play([*first, *others, ask], seed, Accidents(parts, largest_chunk=1), shuffled=False).heard_all()
        found = [one for one in heard.activations if one["event_id"] == ask.event_id]
        own = [one for one in others if one.anchor == ask.anchor]
        moment = max(ask.time, clock or 0)
        sent = [one.time for one in own if kind_of(one) == "email_sent"]
        recent = [time for time in sent if time > moment - 12 * HOUR_MS]
        allowed = (
            is_permitted(statements_of(own), "marketing", "web")
            and len(recent) < 2
            and (clock is None or clock - ask.time <= 15 * MINUTE_MS)
        )
        assert len(found) == allowed
        if allowed:
            told[ask.event_id] = found[0]
            assert found[0]["messages_left"] == 2 - len(recent)
    assert len(told) == len({one["activation_id"] for one in told.values()})


@settings(max_examples=examples(60))
@given(events=eventful(), more=st.lists(decisions(), max_size=3), seed=seeds, largest=st.sampled_from([1, 4, 30]))
def test_one_partition_answers_each_touchpoint_once_at_most(
    events: list[Event], more: list[Timely], seed: int, largest: int
) -> None:
    heard = play([*events, *more], seed, Accidents(1, largest_chunk=largest)).heard_all()
    ids = [one["activation_id"] for one in heard.activations]
    assert len(ids) == len(set(ids))
