"""Standby: warm copies of partitions that others work on, so that whoever takes one over has only its tail to read.

A copy is brought on by a restore, again and again, and ends at the last whole batch. Nothing is ever written to a
changelog here. Whoever works on a partition comes first: a copy that a worker of the same home claims is let go of, and
nothing is read while partitions of this worker are not at work.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import structlog

from streams.batches import Changelog, Progress, restore
from streams.errors import StoreError, StoreHeldError
from streams.metrics import STANDBY_LEFT, Meters
from streams.store import PartitionStore
from streams.stores import Stores

_TURN_SECONDS = 1.0
_RESTS = 4
"""A copy that is far behind is read for a fifth of the time."""
_LONGEST_REST_SECONDS = 0.5
_TURNS_OUT = 30
"""So many turns a store that could not be had, or a copy that could not be brought on, is left alone."""

log = structlog.get_logger()


class _LeftError(Exception):
    """What has to come first came in between."""


class Standby:
    """Keeps copies of partitions. One thread takes turns; the other methods are for any thread.

    Args:
        changelog: read by the thread that takes turns alone.
        stores: of this home.
        meters: told how far behind each copy is.
        is_busy: whether partitions of this worker wait to be at work.
        rest: waits for so many seconds; as a rule not where somebody waits for :meth:`follow`.
    """

    def __init__(
        self,
        changelog: Changelog,
        stores: Stores,
        meters: Meters,
        is_busy: Callable[[], bool],
        rest: Callable[[float], object] | None = None,
    ) -> None:
        self._changelog = changelog
        self._stores = stores
        self._meters = meters
        self._is_busy = is_busy
        self._is_asked = threading.Event()
        self._rest = rest or self._is_asked.wait
        self._followed: frozenset[int] = frozenset()
        self._copies: dict[int, PartitionStore] = {}
        self._ends: dict[int, int] = {}
        self._turns_out: dict[int, int] = {}
        self._lock = threading.Lock()

    def follow(self, numbers: Collection[int]) -> None:
        """Keep copies of these partitions from now on, and of no others; returns when the others are let go of."""
        self._followed = frozenset(numbers)
        self._is_asked.set()
        with self._lock:
            self._is_asked.clear()
            for number in self._copies.keys() - self._followed:
                self._let_go(number)

    def turn(self) -> None:
        """Bring every copy up to date, as far as nothing comes in between."""
        for number in sorted(self._followed):
            with self._lock:
                if number in self._followed and self._is_free(number):
                    self._bring_on(number)

    def _is_free(self, number: int) -> bool:
        """Whether a copy is to be read now."""
        if self._stores.is_claimed(number):
            self._let_go(number)
            return False
        if self._is_busy():
            return False
        left = self._turns_out.pop(number, 0)
        if left > 1:
            self._turns_out[number] = left - 1
        return left == 0

    def _bring_on(self, number: int) -> None:
        try:
            copy = self._copies.get(number)
            if copy is None:
                copy = self._copies[number] = self._stores.open(f"{number}")
            _, end = self._changelog.bounds(number)
            if end == self._ends.get(number):
                return
            restored = restore(copy, self._changelog, number, self._progress(number))
            self._ends[number] = restored.end
            self._meters.put(STANDBY_LEFT, restored.end - copy.position, f"{number}")
        except StoreHeldError:  # another standby of this home has it, or a process that hangs
            self._turns_out[number] = _TURNS_OUT
        except _LeftError:
            pass  # the next turn goes on from there, or finds the claim
        except StoreError as error:
            log.warning("a standby copy cannot be brought on", partition=number, why=str(error))
            self._let_go(number)
            self._turns_out[number] = _TURNS_OUT

    def _progress(self, number: int) -> Callable[[Progress], None]:
        since = time.monotonic()

        def tell(progress: Progress) -> None:
            nonlocal since
            self._meters.put(STANDBY_LEFT, progress.left, f"{number}")
            if self._is_asked.is_set() or self._is_busy() or any(map(self._stores.is_claimed, self._copies)):
                raise _LeftError
            self._rest(min(_RESTS * (time.monotonic() - since), _LONGEST_REST_SECONDS))
            since = time.monotonic()

        return tell

    def _let_go(self, number: int) -> None:
        copy = self._copies.pop(number, None)
        if copy is not None:
            copy.close()
        self._ends.pop(number, None)
        self._meters.drop(STANDBY_LEFT, f"{number}")


@contextmanager
def keeping(standby: Standby | None, on_failure: Callable[[BaseException], object]) -> Iterator[None]:
    """Have a standby, where there is one, take turns in a thread of its own while the context lasts.

    Args:
        standby: what takes turns.
        on_failure: told, in that thread, of an error that is not known here; the turns end.
    """
    if standby is None:
        yield
        return
    ends = threading.Event()

    def take_turns() -> None:
        try:
            while not ends.wait(_TURN_SECONDS):
                standby.turn()
        except Exception as error:  # noqa: BLE001  # a thread's boundary: the worker must not go on without it
            on_failure(error)

    thread = threading.Thread(target=take_turns, name="standby", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        standby.follow(())
        thread.join()
