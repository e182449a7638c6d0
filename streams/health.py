"""Health: whether a process is alive, and whether it is ready, with what is missing."""

import time
from collections.abc import Callable, Mapping

Check = Callable[[], str | None]
"""Says what is missing, in a few words; None where nothing is. Called in another thread; returns at once."""


def _starting() -> str:
    return "not started yet"


class Health:
    """What a process says of itself. Thread-safe.

    Args:
        patience_seconds: a process whose main loop has not turned for longer is not alive.
    """

    def __init__(self, patience_seconds: float) -> None:
        self._patience_seconds = patience_seconds
        self._turned = time.monotonic()
        self._checks: Mapping[str, Check] = {"start": _starting}

    def turn(self) -> None:
        """Say that the main loop turns."""
        self._turned = time.monotonic()

    def expect(self, checks: Mapping[str, Check]) -> None:
        """From now on, ready is when none of these checks misses anything."""
        self._checks = dict(checks)

    @property
    def still_seconds(self) -> float:
        """How long ago the main loop turned."""
        return time.monotonic() - self._turned

    @property
    def is_alive(self) -> bool:
        """Whether the main loop turns."""
        return self.still_seconds <= self._patience_seconds

    def missing(self) -> dict[str, str]:
        """Return what is missing until the process is ready, by check; empty where it is ready."""
        found = {name: check() for name, check in self._checks.items()}
        return {name: missing for name, missing in found.items() if missing is not None}
