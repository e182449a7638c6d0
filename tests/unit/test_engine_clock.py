"""Ticks as they are read, and what a worker makes of them. No Kafka in here."""

import pytest

from schemas.contracts import DEAD_LETTER
from schemas.reasons import RejectedError
from streams.clock import read_tick
from streams.gather import PartitionWork, Rules
from streams.records import SourceRecord
from streams.state import PartitionState
from tests.property.engine_model import KEY
from tests.property.partition_model import FRAMES, TOPICS, MemoryStore
from tests.property.test_clock import DECLARED, POLICY


class Bench:
    """A partition's work over a store in memory."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.open()

    def open(self) -> None:
        """Begin anew with what is durable."""
        rules = Rules(TOPICS, FRAMES, POLICY, None, DECLARED, KEY)
        self.work = PartitionWork(rules, PartitionState(self.store), 1, 0, lambda _: 0)

    def tick(self, *values: bytes | None) -> list[str]:
        """Take ticks and commit; return the contracts of what was published."""
        self.work.ticks([SourceRecord(TOPICS.clock, 0, at, 0, None, value) for at, value in enumerate(values)])
        commit = self.work.commit(1)
        self.store.write(commit.changes)
        return [FRAMES.decode(output.value)[0] for output in commit.outputs]

    @property
    def clock(self) -> int | None:
        """What time it was told to be, as it is stored."""
        return PartitionState(self.store).clock()


@pytest.mark.parametrize("value", [b"1", b"1770000000000", b"0001", b"253402300799999"])
def test_a_tick_is_milliseconds_in_decimal_digits(value: bytes) -> None:
    assert read_tick(value) == int(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "null_value"),
        (b"", "bad_value"),
        (b"0", "bad_value"),
        (b"-1", "bad_value"),
        (b"+1", "bad_value"),
        (b"1.5", "bad_value"),
        (b" 1", "bad_value"),
        (b"1_000", "bad_value"),
        (b"now", "bad_value"),
        ("\u0661".encode(), "bad_value"),
        (b"253402300800000", "bad_value"),
        (b"9" * 100, "bad_value"),
    ],
)
def test_what_is_no_time_is_refused(value: bytes | None, reason: str) -> None:
    with pytest.raises(RejectedError) as refused:
        read_tick(value)
    assert refused.value.reason == reason


def test_the_clock_is_unknown_until_it_is_told_and_is_kept_over_a_restart() -> None:
    bench = Bench()
    assert bench.clock is None
    assert bench.tick(b"5") == []
    bench.open()
    assert bench.clock == 5


def test_the_clock_never_goes_back() -> None:
    bench = Bench()
    bench.tick(b"5", b"3")
    assert bench.clock == 5
    bench.tick(b"4")
    assert bench.clock == 5
    bench.tick(b"6")
    assert bench.clock == 6


def test_a_bad_tick_becomes_a_dead_letter_and_its_neighbours_count() -> None:
    bench = Bench()
    assert bench.tick(b"5", b"noon", b"7") == [DEAD_LETTER]
    assert (bench.clock, bench.work.counts.dead_letters.total()) == (7, 1)


def test_a_number_of_thousands_of_digits_is_refused_like_any_other() -> None:
    with pytest.raises(RejectedError, match="bad_value"):
        read_tick(b"1" * 5_000)
