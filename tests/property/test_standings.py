"""What was told to hold of a customer is what holds, whatever order events, ticks, merges and splits come in."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import Signal
from tests.property.effort import examples
from tests.property.partition_model import Accidents
from tests.property.strategies import seeds
from tests.property.test_clock import (
    Heard,
    Timely,
    accidents,
    last_tick,
    play,
    timely_histories,
    truths,
)

pytestmark = pytest.mark.interpreted  # the clock of the model is a class derived from one of the engine

BEGINS = {"segment_entered": "segment", "consent_granted": "consent", "cap_reached": "cap"}
ENDS = {"segment_left": "segment", "consent_ended": "consent", "cap_freed": "cap"}


def replayed(signals: Iterable[Signal]) -> dict[str, set[str]]:
    """Return what holds of each customer by the signals alone, taken in order of revision."""
    holds: dict[str, set[str]] = {}
    for signal in sorted(signals, key=lambda one: one["revision"]):
        inside = holds.setdefault(signal["customer_id"], set())
        if signal["kind"] in BEGINS:
            inside.add(f"{BEGINS[signal['kind']]}:{signal['name']}")
        elif signal["kind"] in ENDS:
            inside.discard(f"{ENDS[signal['kind']]}:{signal['name']}")
    return holds


def segments(heard: Heard) -> dict[str, set[str]]:
    """Return the segments in the newest profile of each customer that lives."""
    return {
        name: {f"segment:{one['name']}" for one in profile["segments"]}
        for name, profile in heard.newest().items()
        if profile["status"] == "active"
    }


def only_segments(holds: Iterable[str]) -> set[str]:
    return {name for name in holds if name.startswith("segment:")}


@settings(max_examples=examples(80))
@given(happened=timely_histories(), seed=seeds, bad=accidents())
def test_the_segments_in_the_newest_profiles_are_those_of_a_plain_fold(
    happened: list[Timely], seed: int, bad: Accidents
) -> None:
    """For any order of events, ticks and decisions, repetition and crashes, on any number of partitions."""
    told = segments(play(happened, seed, bad).heard_all())
    clock = last_tick(happened)
    assert told == {name: only_segments(truth.holds(clock)) for name, truth in truths(happened).items()}


@settings(max_examples=examples(80))
@given(happened=timely_histories(), seed=seeds, bad=accidents())
def test_signals_replayed_in_order_of_revision_are_what_holds(
    happened: list[Timely], seed: int, bad: Accidents
) -> None:
    """Of customers that were never told to be merged into another: those start anew where they come back."""
    heard = play(happened, seed, bad).heard_all()
    told, clock = replayed(heard.signals), last_tick(happened)
    merged = {profile["customer_id"] for profile in heard.profiles if profile["status"] == "merged"}
    for name, truth in truths(happened).items():
        assert name in merged or told.get(name, set()) == truth.holds(clock)


@settings(max_examples=examples(40))
@given(happened=timely_histories(), seed=seeds, bad=accidents(crashes=0, repeated=False))
def test_what_is_told_to_begin_did_not_hold_and_what_is_told_to_end_did(
    happened: list[Timely], seed: int, bad: Accidents
) -> None:
    """On one partition, where nothing is in doubt between owners; by customers that were never merged."""
    heard = play(happened, seed, replace(bad, partitions=1)).heard_all()
    merged = {profile["customer_id"] for profile in heard.profiles if profile["status"] == "merged"}
    holds: dict[str, set[str]] = {}
    for signal in sorted(heard.signals, key=lambda one: one["revision"]):
        if signal["customer_id"] in merged or signal["kind"] not in {*BEGINS, *ENDS}:
            continue
        inside = holds.setdefault(signal["customer_id"], set())
        begins = signal["kind"] in BEGINS
        name = f"{BEGINS[signal['kind']] if begins else ENDS[signal['kind']]}:{signal['name']}"
        assert (name in inside) is not begins
        (inside.add if begins else inside.discard)(name)


@settings(max_examples=examples(40))
@given(happened=timely_histories(), one=seeds, other=seeds, bad=accidents(), partitions=st.integers(1, 4))
def test_two_runs_of_the_same_events_and_ticks_in_any_order_give_the_same_segments(
    happened: list[Timely], one: int, other: int, bad: Accidents, partitions: int
) -> None:
    first = segments(play(happened, one, Accidents(partitions)).heard_all())
    assert first == segments(play(happened, other, bad).heard_all())


@settings(max_examples=examples(40))
@given(happened=timely_histories(), seed=seeds, bad=accidents())
def test_a_signal_of_what_holds_has_an_id_of_its_own_and_the_revision_of_a_profile(
    happened: list[Timely], seed: int, bad: Accidents
) -> None:
    """Where one partition tells of all and no crash cuts it short: who drops ids that were seen drops nothing else."""
    heard = play(happened, seed, replace(bad, partitions=1, crashes=0)).heard_all()
    signals = [signal for signal in heard.signals if signal["kind"] in {*BEGINS, *ENDS}]
    ids = [signal["signal_id"] for signal in signals]
    assert len(ids) == len(set(ids))
    revisions = {(profile["customer_id"], profile["revision"]) for profile in heard.profiles}
    assert {(signal["customer_id"], signal["revision"]) for signal in signals} <= revisions
