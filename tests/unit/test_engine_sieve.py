"""Records that our own code cannot stand: the others go on as if these had never been there."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.graph import Card, Join, Member, Message, Node, Report, SharedSeen
from identity.nodes import NodeId
from schemas.accepted import decode_accepted
from schemas.contracts import DEAD_LETTER, PROFILE
from streams.errors import StoreError
from streams.gather import Commit, PartitionWork, graph_messages
from streams.records import SourceRecord
from streams.sieve import Sieve
from streams.state import PartitionState
from streams.store import FORMAT, Marker, PartitionStore, Readable
from tests.property.partition_model import MemoryStore
from tests.unit.test_engine_gather import EMAIL, NOW, RULES, TOPICS, an_event, told
from tests.unit.test_engine_policies import DEFAULT, STRICT, a_policy

OWNER, OTHER, ANOTHER = (NodeId(bytes([rank]) + bytes(15)) for rank in (8, 9, 10))
CUSTOMER, COOKIE, DAMAGED = ("customer_id", "C1"), ("cookie", "c-1"), ("device_id", "d-1")


def report(node: NodeId, fragment: bytes) -> Report:
    member = Member(Card("email", EMAIL, 1, NOW, shared=False, links={}, neighbours={}))
    return Report(OWNER, node, member, fragment, 0)


UNBEARABLE = report(ANOTHER, b"\xc1")
"""A message in good form that tells of a fragment which is none: it shows when the owner is told of."""

HARMLESS: list[Message] = [SharedSeen(OWNER, NodeId(bytes([7]) * 16)), Join(OTHER, OWNER, "link")]


def unbearable(event_id: str, offset: int = 0) -> SourceRecord:
    """Return a touchpoint in good form whose anchor is damaged where it is stored."""
    return an_event(event_id, DAMAGED, offset=offset)


def of_graph(*messages: Message, offset: int = 0) -> SourceRecord:
    return SourceRecord(TOPICS.graph, 0, offset, NOW, b"key", msgspec.msgpack.encode(messages))


def begin(store: Readable) -> PartitionWork:
    return PartitionWork(RULES, PartitionState(store), 1, 0, lambda _: 0)


def damaged(store: PartitionStore, *identifier: str) -> dict[bytes, bytes | None]:
    """Return the change after which the fragment of a node is none."""
    for key in store.keys_after(b"n", 99):
        if key[:1] == b"n":
            node = msgspec.msgpack.decode(store.get(key) or b"", type=Node)
            if (node.card.type, node.card.value) == identifier:
                return {key: msgspec.msgpack.encode(msgspec.structs.replace(node, fragment=b"\xc1"))}
    raise LookupError


class Bench:
    """A sieve over a store of its own; commits become part of it as a worker makes them."""

    def __init__(self, folder: Path) -> None:
        self.store = PartitionStore(folder)
        self._sequence = 0
        self.open()

    def open(self) -> None:
        """Begin anew with what the store holds, as a worker that was started again."""
        self.sieve = Sieve(begin, self.store, TOPICS.graph)

    def commit(self, *taken: Sequence[SourceRecord]) -> Commit:
        """Take records, each sequence of one topic, and make what follows durable."""
        commit = asyncio.run(self.sieve.commit(taken, NOW))
        self.apply(commit.changes)
        return commit

    def apply(self, changes: dict[bytes, bytes | None]) -> None:
        """Write a batch."""
        self._sequence += 1
        self.store.apply(changes, Marker(FORMAT, 1, self._sequence, {}), self._sequence)

    def damage(self, *identifier: str) -> None:
        """Have the fragment of a node be none, and begin anew."""
        self.apply(damaged(self.store, *identifier))
        self.open()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A store with a node that is damaged."""
    bench = Bench(tmp_path / "0")
    bench.commit([an_event("before", DAMAGED)])
    bench.damage(*DAMAGED)
    yield bench
    bench.store.close()


def test_a_touchpoint_that_raises_is_the_only_dead_letter(bench: Bench) -> None:
    bad = unbearable("bad", offset=7)

    commit = bench.commit([an_event("1"), bad, an_event("2", offset=8)])

    (letter,) = told(commit, DEAD_LETTER)
    assert (letter["reason"], letter["stage"]) == ("processing_failed", "gather")
    assert (letter["topic"], letter["offset"], letter["key"], letter["value"]) == (bad.topic, 7, bad.key, bad.value)
    assert [profile["touches"] for profile in told(commit, PROFILE)] == [2]
    counts = bench.sieve.work.counts
    assert (counts.touches, counts.duplicates, counts.dead_letters.total()) == (2, 0, 1)


def test_the_detail_tells_type_and_place_and_not_what_the_error_says(bench: Bench) -> None:
    commit = bench.commit([unbearable("bad")])

    (letter,) = told(commit, DEAD_LETTER)
    what, _, where = letter["detail"].partition(" in gather at ")
    assert what == "DecodeError"
    assert where.startswith("profiles.fragment.decode, line ")


def test_of_a_record_of_messages_only_those_that_raise_are_the_dead_letter(bench: Bench) -> None:
    commit = bench.commit([of_graph(*HARMLESS, UNBEARABLE, HARMLESS[0], offset=3)])

    (letter,) = told(commit, DEAD_LETTER)
    assert (letter["topic"], letter["offset"]) == (TOPICS.graph, 3)
    assert graph_messages(letter["value"]) == [UNBEARABLE]
    assert letter["detail"].endswith("(kept here: 1 of 4 messages)")
    assert bench.sieve.work.counts.messages == 3


def test_a_record_of_messages_has_one_dead_letter_however_many_of_them_raise(bench: Bench) -> None:
    commit = bench.commit([of_graph(UNBEARABLE, HARMLESS[0], UNBEARABLE)])

    (letter,) = told(commit, DEAD_LETTER)
    assert graph_messages(letter["value"]) == [UNBEARABLE, UNBEARABLE]


def test_what_touches_a_customer_who_cannot_be_told_of_becomes_a_dead_letter(bench: Bench) -> None:
    bench.commit([an_event("1", CUSTOMER, COOKIE), an_event("2", COOKIE)])
    bench.damage(*CUSTOMER)

    commit = bench.commit([an_event("3", COOKIE), an_event("4", ("email", "b@example.com"), offset=1)])

    assert [letter["reason"] for letter in told(commit, DEAD_LETTER)] == ["processing_failed"]
    assert [profile["touches"] for profile in told(commit, PROFILE)] == [1]
    assert bench.sieve.work.counts.touches == 1


def test_a_record_refused_counts_when_it_comes_again_in_order(bench: Bench) -> None:
    bench.commit([unbearable("1")])

    commit = bench.commit([an_event("1")])

    assert [profile["touches"] for profile in told(commit, PROFILE)] == [1]


def test_what_a_policy_leads_to_is_no_records_fault(bench: Bench) -> None:
    bench.commit([an_event("1", CUSTOMER, ("email", EMAIL)), an_event("2", CUSTOMER, ("email", "b@example.com"))])
    bench.damage(*CUSTOMER)

    with pytest.raises(msgspec.DecodeError):
        bench.commit([a_policy(STRICT)], [an_event("3", ("email", "c@example.com"))])


def test_an_error_with_no_records_is_raised(bench: Bench) -> None:
    bench.commit([an_event("1", CUSTOMER, ("email", EMAIL)), an_event("2", CUSTOMER, ("email", "b@example.com"))])
    bench.sieve.work.take([a_policy(STRICT)])
    bench.apply(bench.sieve.work.commit_records(NOW).changes)
    bench.damage(*CUSTOMER)

    assert bench.sieve.work.is_resolving_anew
    with pytest.raises(msgspec.DecodeError):
        bench.commit()


def test_what_a_worker_can_only_end_at_makes_no_dead_letter(bench: Bench) -> None:
    other = DEFAULT.replace('normalisation = "email"', 'normalisation = "text"')

    with pytest.raises(StoreError, match="start the worker again"):
        bench.commit([a_policy(other)], [unbearable("1")])


def test_a_policy_taken_with_an_unbearable_record_holds(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "0")
    bench.commit([a_policy(STRICT)], [of_graph(UNBEARABLE)])

    commit = bench.commit([an_event("2", CUSTOMER, ("email", EMAIL)), an_event("3", CUSTOMER, ("email", "b@x.com"))])
    bench.store.close()

    assert len(told(commit, PROFILE)) == 2


def is_unbearable(record: SourceRecord) -> bool:
    return decode_accepted(record.value)["nodes"][0]["type"] == DAMAGED[0]


SEEN = st.lists(
    st.sampled_from([CUSTOMER, COOKIE, ("email", EMAIL), ("cookie", "c-2")]), min_size=1, max_size=2, unique=True
)
touches = st.builds(lambda number, seen: an_event(f"{number}", *seen), st.integers(0, 9), SEEN)
records = st.one_of(touches, touches, st.builds(lambda number: unbearable(f"bad {number}"), st.integers(0, 9)))
messages = st.lists(st.sampled_from([*HARMLESS, report(OTHER, b""), UNBEARABLE]), min_size=1, max_size=4)


@given(st.lists(records, max_size=4), st.lists(records, max_size=8), st.lists(messages, max_size=4))
def test_a_commit_is_that_of_the_others_alone(
    before: list[SourceRecord], touched: list[SourceRecord], received: list[list[Message]]
) -> None:
    """State and outputs are the same to the byte, and again when the same records are taken once more."""
    before, touched = ([record._replace(offset=at) for at, record in enumerate(some)] for some in (before, touched))
    graph = [of_graph(*each, offset=offset) for offset, each in enumerate(received)]
    harmless = [[each for each in of if each != UNBEARABLE] for of in received]
    store = MemoryStore()
    store.write(asyncio.run(Sieve(begin, store, TOPICS.graph).commit([[an_event("before", DAMAGED)]], NOW)).changes)
    store.write(damaged(store, *DAMAGED))
    if before:
        store.write(asyncio.run(Sieve(begin, store, TOPICS.graph).commit([before], NOW)).changes)
    alone = begin(store)
    alone.touchpoints([record for record in touched if not is_unbearable(record)])
    alone.messages([of_graph(*each, offset=offset) for offset, each in enumerate(harmless) if each])
    expected = alone.commit(NOW)

    taken = [each for each in (touched, graph) if each]
    found = [asyncio.run(Sieve(begin, store, TOPICS.graph).commit(taken, NOW)) for _ in range(2)]

    assert found[0] == found[1]
    assert found[0].changes == expected.changes
    assert [output for output in found[0].outputs if output.topic != TOPICS.dead_letters] == expected.outputs
    letters = [(letter["topic"], letter["offset"]) for letter in told(found[0], DEAD_LETTER)]
    assert letters == [
        *((record.topic, record.offset) for record in touched if is_unbearable(record)),
        *((TOPICS.graph, offset) for offset, each in enumerate(received) if UNBEARABLE in each),
    ]
