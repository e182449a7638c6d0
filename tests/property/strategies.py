"""What the property tests draw: small events that collide a lot, and schedules."""

import random

from hypothesis import strategies as st

from identity.graph import Block, Ruling, RulingKind
from identity.policy import IdentityPolicy
from tests.property.engine_model import (
    Blocking,
    Decision,
    Disorder,
    Event,
    Happening,
    Identified,
    event,
    identifier,
    tight_policy,
)

POLICY: IdentityPolicy = tight_policy(cookie=3, phone=3)
"""Cookies and phones of more than three neighbours are shared, so that a few events reach the limit."""

IDENTIFIERS: tuple[Identified, ...] = (
    *(identifier("customer_id", f"c{index}") for index in range(3)),
    *(identifier("email", f"e{index}@example.org") for index in range(4)),
    *(identifier("email", f"{name}@example.org") for name in ("info", "sales")),
    *(identifier("phone", f"+49301234{index}") for index in range(2)),
    *(identifier("cookie", f"k{index}") for index in range(5)),
)


@st.composite
def event_lists(draw: st.DrawFn, max_size: int = 14) -> list[Event]:
    """Events of unique ids over few identifiers, anchored at each type now and then."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(1, 20),
                st.sampled_from(["web", "crm"]),
                st.lists(st.sampled_from(IDENTIFIERS), min_size=1, max_size=3, unique=True),
            ),
            min_size=1,
            max_size=max_size,
        )
    )
    return [event(f"event {number}", time, *seen, source=source) for number, (time, source, seen) in enumerate(drawn)]


def decisions() -> st.SearchStrategy[Happening]:
    """A steward's decisions on two of the few identifiers, or on one."""
    ones = st.sampled_from(IDENTIFIERS)
    rulings = st.builds(Ruling, st.integers(1, 5), st.sampled_from(RulingKind))
    pairs = st.lists(ones, min_size=2, max_size=2, unique=True)
    on_two = st.builds(lambda pair, ruling: Decision(pair[0], pair[1], ruling), pairs, rulings)
    on_one = st.builds(Blocking, ones, st.builds(Block, st.integers(1, 3), st.booleans()))
    return st.one_of(on_two, on_two, on_one)


@st.composite
def histories(draw: st.DrawFn) -> list[Happening]:
    """Events, and in most cases a few decisions."""
    return [*draw(event_lists()), *draw(st.lists(decisions(), max_size=4))]


def many_events(seed: int, size: int) -> list[Event]:
    """Return more events and identifiers than are worth shrinking."""
    chance = random.Random(seed)  # noqa: S311  # data of a test
    types = ["customer_id", "email", "email", "phone", "device_id", "cookie", "cookie", "cookie"]
    known = [identifier(kind, f"{kind} {index}") for kind in types for index in range(size // 12)]
    return [
        event(f"event {number}", chance.randint(1, size), *chance.sample(known, chance.choice([1, 2, 2, 3])))
        for number in range(size)
    ]


seeds = st.integers(0, 2**32 - 1)


def disorders(*, same_redo: bool) -> st.SearchStrategy[Disorder]:
    """Runs with repeated events and messages, crashes, and one to five partitions."""
    return st.builds(
        Disorder,
        partitions=st.integers(1, 5),
        repeated_events=st.sampled_from([0.0, 0.2]),
        repeated_messages=st.sampled_from([0.0, 0.1, 0.5]),
        crashes=st.integers(0, 6),
        largest_chunk=st.sampled_from([1, 4, 30]),
        same_redo=st.just(same_redo),
    )
