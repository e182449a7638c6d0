"""People who all look alike come out the same in any order of arrival."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.effort import examples
from tests.property.engine_model import Event, identifier
from tests.property.partition_model import Accidents, Outcome, Thresholds, run, stored_outcome
from tests.property.strategies import seeds

POLICY = Thresholds(60)
SURNAMES = ("Huber", "Hubar", "Gruber", "Meyer")
YEARS = ("1980", "1981")


def crowd(people: int, seed: int) -> list[Event]:
    """Return events of people of one given name and town: a customer number each, and an address with it or alone."""
    chance = random.Random(seed)  # noqa: S311  # a made-up world
    events = []
    for number in range(people):
        names = (("first_name", "Anna"), ("last_name", chance.choice(SURNAMES)), ("birth_year", chance.choice(YEARS)))
        traits = (*names, ("city", "Bonn"))
        ends = identifier("customer_id", f"c{number}"), identifier("email", f"star{number * 7919 % 997:03}@example.org")
        shown = (ends[:1], ends[1:], ends)
        told = chance.sample(shown, chance.randint(1, len(shown)))
        for time, seen in enumerate(told, 1):
            events.append(Event(f"event {number} {time}", 10 * number + time, "crm", tuple(sorted(seen)), traits))
    return events


def came_out(events: list[Event], seed: int, how: Accidents) -> Outcome:
    return stored_outcome(run(events, POLICY.text, seed, how), POLICY.policy)


@settings(max_examples=examples(6))
@given(
    people=st.integers(20, 40),
    world=st.integers(0, 1000),
    orders=st.lists(seeds, min_size=3, max_size=3, unique=True),
    partitions=st.integers(1, 4),
)
def test_look_alikes_are_the_same_customers_links_and_suggestions_in_any_order(
    people: int, world: int, orders: list[int], partitions: int
) -> None:
    """With duplicates of events and messages, and crashes, in partitions or one."""
    events = crowd(people, world)
    truth = came_out(events, 0, Accidents(1, largest_chunk=100))
    how = Accidents(partitions, repeated=0.2, crashes=2, reordered=True, largest_chunk=30)
    for seed in orders:
        assert came_out(events, seed, how) == truth
