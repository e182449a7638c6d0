"""The partition store: whole batches, and what a restore makes of a changelog that was cut short."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.batches import PLAN_KEY, Logged, Progress, Restored, batch_records, plan_record, restore
from streams.errors import StoreError, StoreHeldError
from streams.store import FORMAT, MARKER_KEY, OLDEST_FORMAT, Marker, PartitionStore, Portion

KEYS = [b"na", b"nb", b"gc", b"ed"]
TOPIC = "onefold.touchpoints"
_PORTION = 3

Changes = Mapping[bytes, bytes | None]
State = dict[bytes, bytes | None]


class Cleaning(NamedTuple):
    """A pass of Kafka's log cleaner.

    Attributes:
        bound: up to which offset it knows the newest of every key.
        swapped: up to which offset it has replaced the segments so far.
    """

    bound: int
    swapped: int


class BreakOffError(Exception):
    """Ends a restore."""


@dataclass
class Log:
    """A changelog that is written as a partition writes it and read a few records at a time.

    Attributes:
        records: what it holds.
        cleanings: what is still to come; one before each portion of records that is read.
    """

    records: list[Logged] = field(default_factory=list)
    cleanings: list[Cleaning] = field(default_factory=list)

    def write(self, changes: Changes, marker: Marker, records: int | None = None) -> None:
        """Write a batch, or only so many records of it."""
        self.append(batch_records(changes, marker)[:records])

    def append(self, records: Iterable[tuple[bytes, bytes | None, Any]]) -> None:
        """Write records, each a key, a value and headers."""
        for key, value, headers in records:
            self.records.append(Logged(self.end, key, value, headers))

    def plan(self, portions: list[Portion], incarnation: int, sequence: int) -> None:
        """Write what a batch will be made of."""
        self.records.append(Logged(self.end, *plan_record(portions, incarnation, sequence), None))

    @property
    def end(self) -> int:
        """Offset of the next record."""
        return self.records[-1].offset + 1 if self.records else 0

    def clean(self, bound: int, swapped: int) -> None:
        """Keep what Kafka keeps: of every key the newest, where it was."""
        newest = {record.key: record.offset for record in self.records if record.offset < bound}
        self.records = [
            record for record in self.records if record.offset >= min(bound, swapped, newest.get(record.key, 0))
        ]

    def clean_for_good(self, bound: int) -> None:
        """Keep what Kafka keeps a day later: no deletions either."""
        self.clean(bound, bound)
        self.records = [record for record in self.records if record.offset >= bound or record.value is not None]

    def cut(self, records: int) -> "Log":
        """Return the first so many records."""
        return Log(self.records[:records])

    def bounds(self, _: int) -> tuple[int, int]:
        """See :class:`streams.batches.Changelog`."""
        return self.records[0].offset if self.records else 0, self.end

    def read(self, _: int, start: int, __: int) -> Iterator[list[Logged]]:
        """See :class:`streams.batches.Changelog`."""
        while True:
            if self.cleanings:
                self.clean(*self.cleanings.pop(0))
            portion = [record for record in self.records if record.offset >= start][:_PORTION]
            if not portion:
                return
            start = portion[-1].offset + 1
            yield portion

    def restore(self, store: Any, portions: int = sys.maxsize) -> Restored:  # noqa: ANN401  # or one in memory
        """Bring a store up to the end, or break off after so many portions."""

        def tell(_: Progress) -> None:
            nonlocal portions
            portions -= 1
            if not portions:
                raise BreakOffError

        return restore(store, self, 0, tell)


def a_marker(incarnation: int, sequence: int, offset: int = 0, pending: list[Portion] | None = None) -> Marker:
    return Marker(FORMAT, incarnation, sequence, {TOPIC: offset}, pending or [])


def state_of(store: PartitionStore) -> State:
    return {key: value for key in KEYS if (value := store.get(key)) is not None}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PartitionStore]:
    opened = PartitionStore(tmp_path / "0")
    yield opened
    opened.close()


def test_a_new_store_is_empty_and_at_the_beginning(store: PartitionStore) -> None:
    assert (store.position, store.marker, state_of(store)) == (0, Marker(FORMAT, 0, 0, {}), {})


def test_a_batch_is_applied_with_the_offsets_it_covers(store: PartitionStore) -> None:
    store.apply({b"na": b"1", b"nb": b"2"}, a_marker(1, 1, offset=40), 3)

    assert state_of(store) == {b"na": b"1", b"nb": b"2"}
    assert (store.position, store.marker.offsets) == (3, {TOPIC: 40})


def test_what_was_applied_is_there_when_the_store_is_opened_again(tmp_path: Path) -> None:
    before = PartitionStore(tmp_path / "0")
    before.apply({b"na": b"1"}, a_marker(3, 7, offset=40), 9)
    before.close()

    again = PartitionStore(tmp_path / "0")

    assert (again.get(b"na"), again.position, again.marker) == (b"1", 9, a_marker(3, 7, offset=40))
    again.close()


def test_a_deleted_key_is_gone(store: PartitionStore) -> None:
    store.apply({b"na": b"1"}, a_marker(1, 1), 2)

    store.apply({b"na": None}, a_marker(1, 2), 4)

    assert store.get(b"na") is None


def test_many_values_come_in_the_order_of_their_keys(store: PartitionStore) -> None:
    store.apply({b"na": b"1", b"nb": b"2"}, a_marker(1, 1), 3)

    assert store.get_many([b"nb", b"gc", b"na"]) == [b"2", None, b"1"]


def test_a_wiped_store_begins_anew(store: PartitionStore) -> None:
    store.apply({b"na": b"1"}, a_marker(1, 1), 2)

    store.wipe()

    assert (store.position, store.marker, state_of(store)) == (0, Marker(FORMAT, 0, 0, {}), {})


def test_a_store_that_another_has_open_is_refused(store: PartitionStore, tmp_path: Path) -> None:
    assert store.position == 0

    with pytest.raises(StoreHeldError, match="open in another process"):
        PartitionStore(tmp_path / "0")


@pytest.mark.parametrize("garbage", [b"", b"garbage\n", b"MANIFEST-999999\n"])
def test_a_corrupt_folder_becomes_an_empty_store(tmp_path: Path, garbage: bytes) -> None:
    before = PartitionStore(tmp_path / "0")
    before.apply({b"na": b"1"}, a_marker(1, 1), 2)
    before.close()
    (tmp_path / "0" / "CURRENT").write_bytes(garbage)

    again = PartitionStore(tmp_path / "0")

    assert (again.position, again.get(b"na")) == (0, None)
    again.close()


@pytest.fixture
def damaged(tmp_path: Path) -> PartitionStore:
    """A store that is open and has a flipped byte in the midst of its files, as a failing disk leaves it."""
    folder = tmp_path / "damaged"
    before = PartitionStore(folder)
    before.apply({b"n%05d" % number: bytes([number % 251]) * 100 for number in range(5_000)}, a_marker(1, 1), 2)
    before.close()
    PartitionStore(folder).close()  # which brings its log into a table
    tables = list(folder.glob("*.sst"))
    assert tables
    for table in tables:
        content = bytearray(table.read_bytes())
        content[len(content) // 3] ^= 0xFF
        table.write_bytes(content)
    return PartitionStore(folder)


@pytest.mark.parametrize(
    "read",
    [
        lambda store: [store.get(b"n%05d" % number) for number in range(5_000)],
        lambda store: store.get_many([b"n%05d" % number for number in range(5_000)]),
        lambda store: store.keys_after(b"n", 5_000),
    ],
    ids=["one by one", "many at once", "in order"],
)
def test_damage_is_found_when_it_is_read_and_the_next_store_is_empty(
    damaged: PartitionStore, tmp_path: Path, read: Callable[[PartitionStore], object]
) -> None:
    with pytest.raises(StoreError, match="damaged; it is rebuilt at the next start"):
        read(damaged)

    again = PartitionStore(tmp_path / "damaged")
    assert (again.position, again.get(b"n00001")) == (0, None)
    again.close()


def test_a_store_given_up_for_damage_is_closed_as_any_other(damaged: PartitionStore) -> None:
    with pytest.raises(StoreError, match="damaged"):
        damaged.keys_after(b"n", 5_000)

    with pytest.raises(StoreError, match="cannot be used"):
        _ = damaged.size_bytes
    damaged.close()
    damaged.close()


def test_damage_where_the_marker_lies_is_found_when_the_store_is_opened(
    damaged: PartitionStore, tmp_path: Path
) -> None:
    damaged.close()
    for table in (tmp_path / "damaged").glob("*.sst"):
        content = bytearray(table.read_bytes())
        content[10] ^= 0xFF
        table.write_bytes(content)

    with pytest.raises(StoreError, match="damaged; it is rebuilt at the next start"):
        PartitionStore(tmp_path / "damaged")

    again = PartitionStore(tmp_path / "damaged")
    assert again.position == 0
    again.close()


def test_a_damaged_table_is_not_taken_for_a_store_that_another_has_open(tmp_path: Path) -> None:
    """RocksDB says "block checksum mismatch", which has "lock" in it."""
    folder = tmp_path / "block"
    before = PartitionStore(folder)
    before.apply({b"n%05d" % number: b"x" * 100 for number in range(5_000)}, a_marker(1, 1), 2)
    before.close()
    PartitionStore(folder).close()
    for table in folder.glob("*.sst"):
        content = table.read_bytes()
        table.write_bytes(bytes(byte ^ 0xFF for byte in content))

    again = PartitionStore(folder)

    assert again.position == 0
    again.close()


def test_a_folder_full_of_noise_becomes_an_empty_store(tmp_path: Path) -> None:
    before = PartitionStore(tmp_path / "0")
    before.apply({b"na": b"1"}, a_marker(1, 1), 2)
    before.close()
    for file in (tmp_path / "0").iterdir():
        file.write_bytes(b"\xa5" * max(file.stat().st_size, 64))

    again = PartitionStore(tmp_path / "0")

    assert again.position == 0
    again.close()


def test_whole_batches_are_restored(store: PartitionStore) -> None:
    log = Log()
    log.write({b"na": b"1", b"nb": b"1"}, a_marker(1, 1, offset=10))
    log.write({b"nb": b"2"}, a_marker(1, 2, offset=20))

    restored = log.restore(store)

    assert state_of(store) == {b"na": b"1", b"nb": b"2"}
    assert (store.position, store.marker.offsets, restored) == (log.end, {TOPIC: 20}, Restored({}, [], log.end))


def test_a_restore_tells_how_many_records_are_left(store: PartitionStore) -> None:
    log = Log()
    log.write({b"na": b"1", b"nb": b"2", b"gc": b"3"}, a_marker(1, 1))
    told: list[tuple[int, int]] = []

    restore(store, log, 0, lambda progress: told.append((progress.records, progress.left)))

    assert told == [(3, 1), (4, 0)]


def test_a_restore_reads_on_from_where_the_local_copy_ends(store: PartitionStore) -> None:
    log = Log()
    log.write({b"na": b"1"}, a_marker(1, 1))
    store.apply({b"na": b"local"}, a_marker(1, 1), log.end)
    log.write({b"nb": b"2"}, a_marker(1, 2))

    log.restore(store)

    assert state_of(store) == {b"na": b"local", b"nb": b"2"}


def test_a_half_written_batch_is_left_out_and_its_keys_come_back_with_their_true_values(store: PartitionStore) -> None:
    log = Log()
    log.write({b"na": b"1", b"nb": b"1"}, a_marker(1, 1))
    log.write({b"na": b"2", b"gc": b"2", b"nb": b"2"}, a_marker(1, 2), records=2)

    restored = log.restore(store)

    assert state_of(store) == {b"na": b"1", b"nb": b"1"}
    assert restored.torn == {b"na": b"1", b"gc": None}


def test_a_half_written_deletion_is_left_out(store: PartitionStore) -> None:
    log = Log()
    log.write({b"na": b"1"}, a_marker(1, 1))
    log.write({b"na": None, b"nb": b"2"}, a_marker(1, 2), records=1)

    restored = log.restore(store)

    assert state_of(store) == {b"na": b"1"}
    assert restored.torn == {b"na": b"1"}


def test_a_batch_that_lacks_only_its_marker_is_left_out(store: PartitionStore) -> None:
    log = Log()
    log.write({b"na": b"1"}, a_marker(1, 1), records=1)

    restored = log.restore(store)

    assert (state_of(store), restored.torn, store.marker.sequence) == ({}, {b"na": None}, 0)


def test_deletions_are_restored(store: PartitionStore) -> None:
    log = Log()
    log.write({b"na": b"1", b"nb": b"1"}, a_marker(1, 1))
    log.write({b"na": None}, a_marker(1, 2))

    log.restore(store)

    assert state_of(store) == {b"nb": b"1"}


def test_an_empty_value_is_not_a_deletion(store: PartitionStore) -> None:
    log = Log()
    log.write({b"ed": b""}, a_marker(1, 1))

    log.restore(store)

    assert store.get(b"ed") == b""


def test_a_batch_of_an_opening_that_was_over_is_left_out(store: PartitionStore) -> None:
    """A worker that was taken for dead writes on after its partition was opened by another."""
    log = Log()
    log.write({b"na": b"1"}, a_marker(1, 1, offset=10))
    log.write({}, a_marker(2, 0, offset=10))
    log.write({b"na": b"zombie", b"nb": b"zombie"}, a_marker(1, 2, offset=99))
    log.write({b"gc": b"2"}, a_marker(2, 1, offset=20))

    restored = log.restore(store)

    assert state_of(store) == {b"na": b"1", b"gc": b"2"}
    assert store.marker.offsets == {TOPIC: 20}
    assert restored.torn == {b"na": b"1", b"nb": None}


def test_a_batch_written_in_between_anothers_is_told_apart(store: PartitionStore) -> None:
    log = Log()
    log.write({b"na": b"1"}, a_marker(2, 0))
    log.write({b"nb": b"zombie", b"na": b"zombie"}, a_marker(1, 9), records=1)
    log.write({b"gc": b"2", b"ed": b"2"}, a_marker(2, 1), records=1)
    log.write({b"na": b"zombie"}, a_marker(1, 9))
    log.append(batch_records({b"gc": b"2", b"ed": b"2"}, a_marker(2, 1))[1:])

    restored = log.restore(store)

    assert state_of(store) == {b"na": b"1", b"gc": b"2", b"ed": b"2"}
    assert restored.torn == {b"na": b"1", b"nb": None}


def test_what_is_torn_is_known_until_it_is_set_right(tmp_path: Path) -> None:
    """A restore that was cut short before its opening does not begin before what is torn any more."""
    log = Log()
    log.write({b"na": b"1"}, a_marker(2, 0))
    log.write({b"na": b"zombie"}, a_marker(1, 9))
    log.write({b"gc": b"2"}, a_marker(2, 1))
    before = PartitionStore(tmp_path / "0")
    log.restore(before)
    before.close()

    again = PartitionStore(tmp_path / "0")
    assert (again.position, log.restore(again).torn) == (log.end, {b"na": b"1"})
    again.apply({b"na": b"1"}, a_marker(3, 0), log.end + 2)
    assert again.torn == frozenset()
    again.close()


def test_what_an_opening_set_right_is_right_no_more_in_need(store: PartitionStore) -> None:
    log = Log()
    log.write({b"na": b"1"}, a_marker(1, 1))
    log.write({b"na": b"torn", b"nb": b"torn"}, a_marker(1, 2), records=2)
    log.write({b"na": b"1", b"nb": None}, a_marker(2, 0))

    restored = log.restore(store)

    assert (state_of(store), restored.torn) == ({b"na": b"1"}, {})


@pytest.mark.parametrize("other", [OLDEST_FORMAT - 1, FORMAT + 1])
def test_a_changelog_of_another_format_is_refused(store: PartitionStore, other: int) -> None:
    log = Log()
    log.write({b"na": b"1"}, Marker(other, 1, 1, {}))

    with pytest.raises(StoreError, match=f"format {other}; this version reads {OLDEST_FORMAT} to {FORMAT}"):
        log.restore(store)

    assert state_of(store) == {}


def test_a_store_and_its_changelog_of_the_format_before_are_read_on(store: PartitionStore) -> None:
    log = Log()
    log.write({b"na": b"1"}, Marker(OLDEST_FORMAT, 1, 1, {TOPIC: 1}))
    log.restore(store)
    log.write({b"nb": b"2"}, Marker(FORMAT, 2, 0, {TOPIC: 2}))

    restored = log.restore(store)

    assert (state_of(store), restored.torn, store.marker.offsets) == ({b"na": b"1", b"nb": b"2"}, {}, {TOPIC: 2})


def test_work_that_was_planned_and_not_committed_is_to_be_done_again(store: PartitionStore) -> None:
    log = Log()
    log.write({}, a_marker(1, 0))
    log.plan([Portion(TOPIC, 0, 5)], 1, 1)
    log.write({b"na": b"1"}, a_marker(1, 1, offset=5))
    log.plan([Portion(TOPIC, 5, 9)], 1, 2)

    assert log.restore(store).pending == [Portion(TOPIC, 5, 9)]


def test_work_that_was_committed_is_not_done_again(store: PartitionStore) -> None:
    log = Log()
    log.plan([Portion(TOPIC, 0, 5)], 1, 1)
    log.write({b"na": b"1"}, a_marker(1, 1, offset=5))

    assert log.restore(store).pending == []


def test_a_plan_outlives_an_opening_that_did_not_get_to_it(store: PartitionStore) -> None:
    log = Log()
    log.plan([Portion(TOPIC, 0, 5)], 1, 1)
    log.write({}, a_marker(2, 0, pending=[Portion(TOPIC, 0, 5)]))

    assert log.restore(store).pending == [Portion(TOPIC, 0, 5)]


def test_the_plan_of_an_opening_that_was_over_is_left_out(store: PartitionStore) -> None:
    log = Log()
    log.write({}, a_marker(2, 0))
    log.plan([Portion(TOPIC, 0, 5)], 1, 8)

    assert log.restore(store).pending == []


def test_a_compacted_changelog_still_has_everything(store: PartitionStore) -> None:
    """All markers have one key, so Kafka keeps only the newest."""
    log = Log()
    log.write({b"na": b"1", b"nb": b"1"}, a_marker(1, 1))
    log.write({b"nb": b"2"}, a_marker(1, 2))
    log.write({b"gc": b"3"}, a_marker(2, 0))

    log.clean(log.end, log.end)
    log.restore(store)

    assert state_of(store) == {b"na": b"1", b"nb": b"2", b"gc": b"3"}


def test_batches_whose_markers_are_compacted_away_while_a_changelog_is_read_are_whole(store: PartitionStore) -> None:
    """Once a marker was read, a batch without one looks like one that a crash cut short."""
    log = Log()
    for number, key in enumerate([b"na", b"nb", b"gc", b"ed"]):
        log.write({key: b"1"}, a_marker(1, number))
    log.cleanings = [Cleaning(0, 0), Cleaning(log.end, log.end)]

    restored = log.restore(store)

    assert (state_of(store), restored.torn) == (dict.fromkeys(KEYS, b"1"), {})


def test_a_copy_that_is_older_than_what_kafka_compacted_begins_anew(store: PartitionStore) -> None:
    """Kafka forgets deletions a day after it compacted what they delete."""
    log = Log()
    log.write({b"na": b"1", b"nb": b"1"}, a_marker(1, 1))
    log.restore(store)
    log.write({b"na": None}, a_marker(1, 2))
    log.write({b"gc": b"3"}, a_marker(1, 3))
    log.clean_for_good(log.end)

    log.restore(store)

    assert state_of(store) == {b"nb": b"1", b"gc": b"3"}


def test_no_more_of_a_compacted_changelog_is_held_than_was_read_at_once(store: PartitionStore) -> None:
    log = Log()
    for number in range(100):
        log.write({b"n%d" % number: b"1"}, a_marker(1, number))
    log.clean(log.end, log.end)

    with pytest.raises(BreakOffError):
        log.restore(store, 5)

    assert [store.get(b"n%d" % number) for number in (0, 13, 14, 15)] == [b"1", b"1", None, None]


def test_what_another_writes_in_the_midst_of_a_batch_is_torn_where_it_lies_behind(store: PartitionStore) -> None:
    """Else its value would be the newest of its key, and the true one be compacted away."""
    log = Log()
    log.write({b"na": b"1"}, a_marker(2, 0))
    own, late = batch_records({b"na": b"2", b"nb": b"2"}, a_marker(2, 1)), {b"na": b"late", b"nb": b"late"}
    log.append([own[0], *batch_records(late, a_marker(1, 9)), *own[1:]])

    restored = log.restore(store)

    assert (state_of(store), restored.torn) == ({b"na": b"2", b"nb": b"2"}, {b"na": b"2"})


def test_what_a_process_that_hung_writes_before_an_opening_is_torn_also_for_the_opening_itself(
    store: PartitionStore,
) -> None:
    """The opening reads once, writes that it begins, and reads what came between."""
    log = Log()
    log.write({b"na": b"1"}, a_marker(1, 1))
    log.restore(store)
    log.write({b"na": b"late"}, a_marker(1, 2), records=1)
    log.write({}, a_marker(2, 0))

    restored = log.restore(store)

    assert state_of(store) == {b"na": b"1"}
    assert restored.torn == {b"na": b"1"}


def test_an_opening_that_was_overtaken_takes_nothing_back(store: PartitionStore) -> None:
    """It stood still between reading and writing; the owner before went on meanwhile."""
    log = Log()
    log.write({b"na": b"1"}, a_marker(1, 1, offset=1))
    overtaken_at = log.end
    log.write({b"na": b"2", b"nb": b"2"}, a_marker(1, 2, offset=3))
    log.write({b"na": b"1"}, Marker(FORMAT, 2, 0, {TOPIC: 1}, [Portion(TOPIC, 1, 3)], overtaken_at + 1))

    restored = log.restore(store)

    assert state_of(store) == {b"na": b"2", b"nb": b"2"}
    assert store.marker == a_marker(1, 2, offset=3)
    assert (restored.torn, restored.pending) == ({b"na": b"2"}, [])


# --- any history, cut anywhere --------------------------------------------------------------------------------------


@dataclass
class Memory:
    """A partition store in memory: a restore asks no more of one than this."""

    content: State = field(default_factory=dict)
    marker: Marker = field(default_factory=lambda: Marker(FORMAT, 0, 0, {}))
    position: int = 0
    torn: frozenset[bytes] = frozenset()

    def get(self, key: bytes) -> bytes | None:
        """See PartitionStore."""
        return self.content.get(key)

    def apply(self, changes: Changes, marker: Marker, position: int, torn: Collection[bytes] = ()) -> None:
        """See PartitionStore."""
        self.torn = frozenset(torn)
        self.content = {key: value for key, value in {**self.content, **changes}.items() if value is not None}
        self.marker, self.position = marker, position

    def wipe(self) -> None:
        """See PartitionStore."""
        self.content, self.marker, self.position, self.torn = {}, Marker(FORMAT, 0, 0, {}), 0, frozenset()


@dataclass
class History:
    """A changelog as partitions write it, crashes included, and the state that is true after each of its markers."""

    log: Log = field(default_factory=Log)
    truths: dict[int, State] = field(default_factory=dict)

    def truth(self, records: int) -> State:
        """Return the state as of the last whole batch among the first so many records."""
        return self.truths[max(end for end in self.truths if end <= records)]

    def half_written(self, records: int) -> set[bytes]:
        """Return the keys behind the last whole batch among the first so many records."""
        last = max(end for end in self.truths if end <= records)
        keys = {record.key for record in self.log.records[last:records] if record.key is not None}
        return keys - {MARKER_KEY, PLAN_KEY}


_changes = st.dictionaries(st.sampled_from(KEYS), st.sampled_from([b"1", b"2", b"3", b"", None]), max_size=len(KEYS))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Draw batches, some cut short by a crash, each crash followed by an opening that sets right what it tore."""
    history = History(truths={0: {}})
    state: State = {}
    incarnation = sequence = 1
    for changes, crash in draw(st.lists(st.tuples(_changes, st.booleans()), min_size=1, max_size=10)):
        history.log.plan([], incarnation, sequence)
        if crash:
            written = draw(st.integers(0, len(changes)))
            history.log.write(changes, a_marker(incarnation, sequence), records=written)
            incarnation, sequence = incarnation + 1, 0
            changes = {key: state.get(key) for key in list(changes)[:written]}  # noqa: PLW2901  # the opening's
        history.log.write(changes, a_marker(incarnation, sequence))
        state = {key: value for key, value in {**state, **changes}.items() if value is not None}
        history.truths[history.log.end] = state
        sequence += 1
    return history


@given(histories(), st.data())
def test_a_changelog_cut_anywhere_restores_to_its_last_whole_batch(history: History, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(history.log.records)))
    store = Memory()
    restored = history.log.cut(cut).restore(store)

    truth = history.truth(cut)
    assert store.content == truth
    assert restored.torn == {key: truth.get(key) for key in history.half_written(cut)}


@given(histories(), st.data())
def test_a_local_copy_of_any_age_is_brought_to_the_same_state(history: History, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(history.log.records)))
    age = data.draw(st.sampled_from([end for end in history.truths if end <= cut]))
    store = Memory()
    history.log.cut(age).restore(store)
    history.log.cut(cut).restore(store)

    assert store.content == history.truth(cut)


@st.composite
def contested_logs(draw: st.DrawFn) -> Log:
    """Draw a changelog that several openings write to, with processes that hung and write on."""
    log = Log()
    log.write({}, a_marker(2, 0))
    incarnation = sequence = 2
    kinds = st.sampled_from(["commit", "plan", "late", "torn apart", "opening", "opening overtaken"])
    steps = st.tuples(kinds, _changes, _changes, st.integers(1, 5))
    for kind, changes, late, cut in draw(st.lists(steps, min_size=2, max_size=8)):
        sequence += 1
        late_records = batch_records(late, a_marker(incarnation - 1, sequence))[:cut]
        if kind in {"commit", "plan", "torn apart"}:
            log.plan([Portion(TOPIC, sequence, sequence + 1)], incarnation, sequence)
        if kind in {"commit", "torn apart"}:
            own = batch_records(changes, a_marker(incarnation, sequence))
            at = cut if kind == "torn apart" else 0
            log.append([*own[:at], *(late_records if at else ()), *own[at:]])
        elif kind == "late":
            log.append(late_records)
        elif kind != "plan":
            opener = Memory()
            for between in (late_records, []) if kind == "opening overtaken" and late_records else ([],):
                found = log.restore(opener)
                log.append(between)
                at = found.end + len(found.torn)
                log.write(found.torn, Marker(FORMAT, incarnation + 1, 0, {}, found.pending, at))
            incarnation, sequence = incarnation + 1, 0
    return log


@given(contested_logs(), st.data())
def test_a_copy_that_follows_in_any_steps_ends_as_one_restore_does(log: Log, data: st.DataObject) -> None:
    """What it left out on the way it still knows: the next opening has to set it right."""
    steps = data.draw(st.lists(st.integers(0, len(log.records)), min_size=1, max_size=6).map(sorted))
    following, at_once = Memory(), Memory()
    for step in steps:
        log.cut(step).restore(following)

    assert log.restore(following) == log.restore(at_once)
    assert following == at_once


def cleanings(data: st.DataObject, settled: int) -> list[Cleaning]:
    """Draw passes of the cleaner, which come in order, and of which the last may just be under way.

    Kafka compacts nothing younger than a week: what a crash tore was set right by then.
    """
    bounds = data.draw(st.lists(st.integers(0, settled), max_size=6).map(sorted))
    return [Cleaning(bound, data.draw(st.integers(0, bound))) for bound in bounds]


@given(histories(), st.data())
def test_a_changelog_that_is_compacted_while_it_is_read_restores_to_the_same_state(
    history: History, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(history.log.records)))
    log, store = history.log.cut(cut), Memory()
    settled = max(end for end in history.truths if end <= cut)
    log.cut(data.draw(st.integers(0, cut))).restore(store)
    log.clean_for_good(data.draw(st.integers(0, settled)))
    log.cleanings = cleanings(data, settled)
    restored = log.restore(store)

    truth = history.truth(cut)
    assert store.content == truth
    assert restored.torn == {key: truth.get(key) for key in history.half_written(cut)}


@given(contested_logs(), st.data())
def test_a_contested_changelog_that_is_compacted_while_it_is_read_restores_to_the_same_state(
    log: Log, data: st.DataObject
) -> None:
    """Also by a copy of any age, and where reading breaks off and goes on days later."""
    at_once, read = Memory(), Memory()
    expected = log.restore(at_once)
    settled = max(filter(partial(is_settled, log), range(log.end + 1)))
    log.cut(data.draw(st.integers(0, log.end))).restore(read)
    log.clean_for_good(data.draw(st.integers(0, settled)))
    log.cleanings = cleanings(data, settled)
    with suppress(BreakOffError):
        log.restore(read, data.draw(st.integers(1, 5)))
    log.clean_for_good(data.draw(st.integers(0, settled)))

    assert (log.restore(read).torn, read.content, read.marker) == (expected.torn, at_once.content, at_once.marker)


def is_settled(log: Log, cut: int) -> bool:
    """Return whether the last of the first so many records is a marker that counts, behind which nothing is torn."""
    store = Memory()
    return not log.cut(cut).restore(store).torn and store.position == cut
