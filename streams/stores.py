"""The stores of a home: opened by name, and claimed by who works on their partition."""

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from streams.store import PartitionStore

_CLAIM_TRIES = 20
_CLAIM_PAUSE_SECONDS = 0.001


class Stores(Protocol):
    """The local stores that the workers of one home share."""

    def open(self, name: str) -> PartitionStore:
        """Open a store.

        Raises:
            StoreHeldError: another process has it open.
            StoreError: it cannot be opened.
        """
        ...

    def claim(self, number: int) -> Callable[[], None]:
        """Say that a partition is worked on here, or about to be; return what takes that back.

        Several may claim the same: an old worker that hangs keeps its claim.
        """
        ...

    def is_claimed(self, number: int) -> bool:
        """Return whether anybody here works on a partition, or is about to."""
        ...

    def at_hand(self) -> set[int]:
        """Return of which partitions there is a store here, however old."""
        ...


class HomeStores:
    """The :class:`Stores` in a folder. A claim is a lock on a file, which ends with its process at the latest.

    Args:
        folder: made as needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str) -> PartitionStore:
        """See :class:`Stores`."""
        return PartitionStore(self._folder / name)

    def claim(self, number: int) -> Callable[[], None]:
        """See :class:`Stores`."""
        lock = self._lock(number)
        for _ in range(_CLAIM_TRIES):  # only a look at claims is in the way; one that hangs takes no store either
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                break
            time.sleep(_CLAIM_PAUSE_SECONDS)
        return lambda: os.close(lock)

    def is_claimed(self, number: int) -> bool:
        """See :class:`Stores`."""
        lock = self._lock(number)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def at_hand(self) -> set[int]:
        """See :class:`Stores`."""
        return {int(path.name) for path in self._folder.glob("*") if path.name.isdecimal()}

    def _lock(self, number: int) -> int:
        self._folder.mkdir(parents=True, exist_ok=True)
        return os.open(self._folder / f"{number}.claim", os.O_RDWR | os.O_CREAT, 0o600)
