"""What answers a question: a connection of the writer, or a reader, whose statements have limits."""

from collections.abc import Sequence
from typing import Any, Protocol


class Answer(Protocol):
    """The rows of a statement."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, None at the end."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows that are left."""


class Asked(Protocol):
    """Runs statements on an attached lake."""

    def execute(self, sql: str, parameters: Sequence[object] = ..., /) -> Answer:
        """Run a statement and return its answer; a reader raises QueryStoppedError where it takes too long."""
