"""Ctrl-C while lines are read: the lines end there, so that what was begun with those before is finished and told."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import BinaryIO


class StoppableLines:
    """Lines that end where Ctrl-C was pressed, in the midst of a line too; made by ``stoppable``.

    Attributes:
        has_begun: a line was asked for.
        was_stopped: Ctrl-C was pressed.
    """

    def __init__(self, lines: BinaryIO) -> None:
        self.has_begun = self.was_stopped = False
        self._lines = lines
        self._is_reading = False

    def readline(self, size: int, /) -> bytes:
        """Return the next line, so much of it at most; nothing at the end of the lines, and once Ctrl-C was pressed."""
        self.has_begun = True
        try:
            self._is_reading = True
            return b"" if self.was_stopped else self._lines.readline(size)
        except KeyboardInterrupt:
            return b""
        finally:
            self._is_reading = False

    def press(self, _number: int, _frame: FrameType | None) -> None:
        """Take a Ctrl-C. It interrupts what comes before the first line and the wait for a line; the second anything.

        Raises:
            KeyboardInterrupt: it interrupts.
        """
        interrupts = self.was_stopped or self._is_reading or not self.has_begun
        self.was_stopped = True
        if interrupts:
            raise KeyboardInterrupt


@contextmanager
def stoppable(lines: BinaryIO) -> Iterator[StoppableLines]:
    """Let Ctrl-C end these lines for the length of the block.

    Where Ctrl-C is not Python's own (a thread, a process that ignores it), nothing is changed.
    """
    ending = StoppableLines(lines)
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield ending
        return
    signal.signal(signal.SIGINT, ending.press)
    try:
        yield ending
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
