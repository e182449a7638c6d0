"""Standby copies: what they hold, whom they give way to, and what whoever takes one over has still to read."""

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.batches import Progress, batch_records, restore
from streams.metrics import STANDBY_LEFT, Meters
from streams.standby import Standby, keeping
from streams.store import FORMAT, Marker
from streams.stores import HomeStores
from tests.unit.test_engine_store import Log, a_marker, state_of

PARTITION = 3


class Home:
    """A home whose worker follows one partition, whose changelog is a list."""

    def __init__(self, folder: Path, rest: Callable[[float], None] = lambda _: None) -> None:
        self.log = Log()
        self.stores = HomeStores(folder)
        self.meters = Meters()
        self.is_busy = False
        self.standby = Standby(self.log, self.stores, self.meters, lambda: self.is_busy, rest)
        self.standby.follow([PARTITION])

    def told(self) -> float | None:
        """Return how far behind the copy is told to be, None where none is told of."""
        name = f'{STANDBY_LEFT.name}{{partition="{PARTITION}"}} '
        lines = self.meters.text().decode().splitlines()
        return next((float(line.removeprefix(name)) for line in lines if line.startswith(name)), None)

    def taken_over(self) -> tuple[dict[bytes, bytes | None], int]:
        """Have the partition taken over by this worker; return the state and how many records were read for it."""
        self.standby.follow([])
        store = self.stores.open(f"{PARTITION}")
        told = [Progress(0, 0, 0)]
        restore(store, self.log, PARTITION, told.append)
        state = state_of(store)
        store.close()
        return state, told[-1].records


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.standby.follow([])


def test_who_takes_a_copy_over_has_only_the_tail_to_read(home: Home) -> None:
    for number in range(10):
        home.log.write({b"na": b"%d" % number, b"nb": b"1"}, a_marker(1, number))
    home.standby.turn()
    home.log.write({b"gc": b"2"}, a_marker(1, 10))

    assert home.told() == 0
    assert home.taken_over() == ({b"na": b"9", b"nb": b"1", b"gc": b"2"}, 2)


def test_a_copy_ends_at_the_last_whole_batch(home: Home) -> None:
    home.log.write({b"na": b"1"}, a_marker(1, 1))
    home.log.write({b"na": b"2", b"nb": b"2"}, a_marker(1, 2), records=1)
    home.standby.turn()

    assert home.told() == 1
    assert home.taken_over() == ({b"na": b"1"}, 1)


def test_a_batch_that_was_half_written_is_taken_when_it_is_whole(home: Home) -> None:
    home.log.write({b"na": b"1"}, a_marker(1, 1), records=1)
    home.standby.turn()
    home.log.append(batch_records({b"na": b"1"}, a_marker(1, 1))[1:])
    home.standby.turn()

    assert home.told() == 0
    assert home.taken_over() == ({b"na": b"1"}, 0)


def test_a_copy_lets_whoever_works_on_the_partition_in_this_home_have_the_store(home: Home) -> None:
    home.log.write({b"na": b"1"}, a_marker(1, 1))
    home.standby.turn()

    unclaim = home.stores.claim(PARTITION)
    home.standby.turn()
    home.stores.open(f"{PARTITION}").close()
    assert home.told() is None

    unclaim()
    home.standby.turn()
    assert home.told() == 0


def test_a_store_that_another_process_has_open_is_left_alone(home: Home) -> None:
    home.log.write({b"na": b"1"}, a_marker(1, 1))
    held = home.stores.open(f"{PARTITION}")
    home.standby.turn()
    assert (home.told(), held.position) == (None, 0)

    held.close()
    for _ in range(31):
        home.standby.turn()
    assert home.told() == 0


def test_nothing_is_read_while_partitions_of_this_worker_wait(home: Home) -> None:
    home.log.write({b"na": b"1"}, a_marker(1, 1))
    home.is_busy = True
    home.standby.turn()
    assert home.told() is None

    home.is_busy = False
    home.standby.turn()
    assert home.told() == 0


def _long(log: Log) -> None:
    for number in range(1_000):
        log.write({b"na": b"%d" % number}, a_marker(1, number))


def test_reading_breaks_off_when_a_partition_of_this_worker_begins_to_wait(tmp_path: Path) -> None:
    def rest(_: float) -> None:
        made.is_busy = True

    made = Home(tmp_path, rest)
    _long(made.log)
    made.standby.turn()

    assert 0 < made.taken_over()[1] < len(made.log.records)


def test_a_copy_is_let_go_of_while_partitions_of_this_worker_wait_too(home: Home) -> None:
    home.log.write({b"na": b"1"}, a_marker(1, 1))
    home.standby.turn()
    home.is_busy = True
    unclaim = home.stores.claim(PARTITION)
    home.standby.turn()
    assert home.told() is None
    unclaim()


def test_reading_breaks_off_when_the_store_of_another_copy_is_claimed(tmp_path: Path) -> None:
    claims: list[Callable[[], None]] = []

    def rest(_: float) -> None:
        claims.append(made.stores.claim(0))

    made = Home(tmp_path, rest)
    _long(made.log)
    made.standby.follow([0, PARTITION])
    made.standby.turn()
    told = made.told()
    made.standby.turn()

    made.stores.open("0").close()
    assert told is not None
    assert told > 0
    made.standby.follow([])


def test_reading_breaks_off_when_the_store_is_claimed(tmp_path: Path) -> None:
    claims: list[Callable[[], None]] = []

    def rest(_: float) -> None:
        claims.append(made.stores.claim(PARTITION))

    made = Home(tmp_path, rest)
    _long(made.log)
    made.standby.turn()
    made.standby.turn()

    assert made.told() is None
    assert 0 < made.taken_over()[1] < len(made.log.records)


def test_who_takes_partitions_over_does_not_wait_until_another_copy_is_read(tmp_path: Path) -> None:
    reads = threading.Event()

    def rest(_: float) -> None:
        reads.set()
        made.standby._is_asked.wait(20)

    made = Home(tmp_path, rest)
    _long(made.log)
    with keeping(made.standby, print):
        assert reads.wait(20)
        made.standby.follow([PARTITION])  # of which it reads on, in its next turn
        made.is_busy = True
        told = made.told()

    assert told is not None
    assert told > 0


def test_a_copy_whose_files_are_damaged_is_begun_anew(home: Home, tmp_path: Path) -> None:
    home.log.write({b"na": b"1"}, a_marker(1, 1))
    home.standby.turn()
    home.taken_over()
    (tmp_path / f"{PARTITION}" / "CURRENT").write_bytes(b"garbage")

    home.standby.follow([PARTITION])
    home.standby.turn()

    assert home.taken_over() == ({b"na": b"1"}, 0)


def test_a_copy_whose_damage_shows_when_it_is_read_is_begun_anew_later(home: Home, tmp_path: Path) -> None:
    keys = [b"n%05d" % number for number in range(5_000)]
    home.log.write(dict.fromkeys(keys, b"x" * 100), a_marker(1, 1))
    home.standby.turn()
    home.taken_over()
    home.taken_over()  # which brings its log into a table
    for table in (tmp_path / f"{PARTITION}").glob("*.sst"):
        content = bytearray(table.read_bytes())
        content[len(content) // 3] ^= 0xFF
        table.write_bytes(content)
    home.standby.follow([PARTITION])
    home.log.write(dict.fromkeys(keys, b"torn"), a_marker(1, 2), records=len(keys))

    home.standby.turn()
    assert home.told() is None
    for _ in range(31):
        home.standby.turn()
    assert home.told() == len(keys)


def test_a_copy_that_cannot_be_brought_on_is_let_go_of_and_tried_again_later(home: Home) -> None:
    home.log.write({b"na": b"1"}, Marker(FORMAT + 1, 1, 1, {}))
    home.standby.turn()
    assert home.told() is None
    home.log.records.clear()
    home.log.write({b"na": b"1"}, a_marker(1, 1))
    home.standby.turn()
    assert home.told() is None

    for _ in range(30):
        home.standby.turn()
    assert home.told() == 0


def test_an_error_that_is_not_known_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.log.records.append(None)  # type: ignore[arg-type]  # nothing that can be read
    told: queue.SimpleQueue[BaseException] = queue.SimpleQueue()

    with keeping(home.standby, told.put):
        assert isinstance(told.get(timeout=20), AttributeError)


def test_a_partition_is_claimed_until_the_last_claim_is_taken_back(tmp_path: Path) -> None:
    stores = HomeStores(tmp_path / "state")
    assert not stores.is_claimed(1)

    one, other = stores.claim(1), stores.claim(1)
    assert stores.is_claimed(1)
    assert not stores.is_claimed(2)
    one()
    assert stores.is_claimed(1)
    other()
    assert not stores.is_claimed(1)
