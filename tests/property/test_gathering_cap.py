"""A gathering never outgrows its cap: what has no room stays by itself, and nothing is lost or counted twice."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.effort import examples
from tests.property.engine_model import Disorder, Event, event, fold_everything, identifier, run, subscribe
from tests.property.strategies import POLICY, disorders, event_lists, seeds

SMALL = replace(POLICY, max_gathering=4)


def a_chain(length: int) -> list[Event]:
    """Return events that link a row of cookies and addresses, each to the next."""
    row = [identifier("email" if place % 2 else "cookie", f"{place}@example.org") for place in range(length)]
    return [event(f"event {place}", place, *row[place : place + 2]) for place in range(length - 1)]


def check(events: list[Event], seed: int, disorder: Disorder) -> None:
    engine = run(events, SMALL, seed, disorder)
    gatherings = engine.gatherings().values()
    assert max(len(gathering.members) for gathering in gatherings) <= SMALL.max_gathering
    placed = sorted(member for gathering in gatherings for member in gathering.members)
    assert placed == sorted(engine.nodes()), "a node gathers nowhere, or twice"
    heard = [one for one in subscribe(engine, seed).profiles.values() if one["status"] == "active"]
    held = sorted(part["node_id"] for profile in heard for part in profile["identifiers"])
    assert held == sorted(node.hex() for node in engine.nodes()), "an identifier is nobody's, or two customers'"
    assert sum(profile["touches"] for profile in heard) == len({one.event_id for one in events})


@settings(max_examples=examples(150))
@given(events=event_lists(), seed=seeds, disorder=disorders(same_redo=True))
def test_gatherings_stay_within_the_cap_and_lose_nothing(events: list[Event], seed: int, disorder: Disorder) -> None:
    """Any order, chunks, partitions, repeats and crashes."""
    check(events, seed, disorder)


@settings(max_examples=examples(30))
@given(length=st.integers(10, 40), seed=seeds, disorder=disorders(same_redo=True))
def test_a_long_chain_stays_within_the_cap(length: int, seed: int, disorder: Disorder) -> None:
    """Each link is harmless, together they are too many."""
    check(a_chain(length), seed, disorder)


@settings(max_examples=examples(50))
@given(events=event_lists(max_size=4), seed=seeds)
def test_a_cap_that_is_not_reached_changes_nothing(events: list[Event], seed: int) -> None:
    """The same people as without one."""
    wide = replace(POLICY, max_gathering=100)
    assert fold_everything(events, wide).holders.keys() == fold_everything(events, POLICY).holders.keys()
    assert run(events, wide, seed, Disorder(2)).nodes() == run(events, POLICY, seed, Disorder(2)).nodes()
