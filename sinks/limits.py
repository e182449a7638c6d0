"""What a statement may take: time, memory and disk, so that no question stops what the machine is there for."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from threading import Event, Lock, Timer
from time import monotonic
from typing import Any, Final

import duckdb

from sinks.engine import quoted
from sinks.errors import QueryError, QueryStoppedError, sentence
from sinks.interrupting import interruptible

_SPILL: Final = "spill-"
_TOGETHER: Final = 2_000
_RING_SECONDS: Final = 0.1
_INTERRUPTED: Final = "INTERRUPT Error"
_FAILED_LATER: Final = "The query failed at one of its later rows and the engine does not say why: run it again."
"""Of an error in one of its threads DuckDB now and then tells but that it stopped the others."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What each statement of a reader may take.

    Attributes:
        seconds: time of the engine, to work out all rows that are fetched.
        memory: of the engine, as ``1GB``; what needs more goes on with the disk.
        spill: of the disk of the data folder, beside the lake; what needs more is stopped.
        more: what gives a statement more, for who is told that it was stopped; empty where nothing does.
    """

    seconds: float
    memory: str
    spill: str
    more: str = ""


COMMANDS: Final = Limits(3600.0, "4GB", "20GB")
"""For the statements of Onefold's own commands: wide, since their kind is known, but not the size of the lake."""


class _Alarm:
    """Interrupts the statement of one block when its time is over, and never what its connection runs next."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.has_rung = False
        self._connection = connection
        self._is_off = Event()
        self._lock = Lock()

    def ring(self) -> None:
        """Interrupt until turned off: the engine forgets an interrupt that comes just before a statement begins."""
        while self._interrupt():
            self._is_off.wait(_RING_SECONDS)

    def _interrupt(self) -> bool:
        with self._lock:
            if self._is_off.is_set():
                return False
            self.has_rung = True
            self._connection.interrupt()
            return True

    def turn_off(self) -> None:
        """Interrupt no more from here on."""
        with self._lock:
            self._is_off.set()


def _tells_of_interrupt(error: duckdb.Error) -> bool:
    """Whether the engine tells but that it stopped: it wraps that in errors of other kinds too."""
    return isinstance(error, duckdb.InterruptException) or _INTERRUPTED in str(error)


@dataclass(slots=True)
class Limited:
    """Runs the statements of one connection within limits.

    Made by ``limited``. One thread at a time runs statements.
    """

    connection: duckdb.DuckDBPyConnection
    limits: Limits
    spill: Path

    @contextmanager
    def running(self, seconds: float) -> Iterator[None]:
        """Let the block use the connection for so long.

        Raises:
            QueryStoppedError: time, memory or disk ran out.
            QueryError: the engine refuses what it was asked.
            KeyboardInterrupt: Ctrl-C ended it.
        """
        if seconds <= 0:
            raise self._out_of_time()
        alarm = _Alarm(self.connection)
        timer = Timer(seconds, alarm.ring)
        timer.daemon = True
        timer.start()
        try:
            with interruptible(self.connection):
                yield
        except duckdb.OutOfMemoryException as error:
            wanted = f"because it needs more than {self.limits.memory} of memory and {self.limits.spill} of disk"
            raise self._stopped(wanted) from error
        except duckdb.Error as error:
            if not _tells_of_interrupt(error):
                raise QueryError(sentence(error)) from error
            if alarm.has_rung:
                raise self._out_of_time() from error
            raise QueryError(_FAILED_LATER) from error
        finally:
            timer.cancel()
            alarm.turn_off()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> "Found":
        """Run a statement; its rows are worked out as they are fetched.

        Raises:
            UnicodeEncodeError: a text holds half a surrogate pair, of which DuckDB makes an error of its own.
            QueryStoppedError, QueryError: as ``running``.
        """
        for text in (sql, *parameters):
            if isinstance(text, str):
                text.encode()
        answer = Found(self, self.limits.seconds)
        with answer.running():
            self.connection.execute(sql, parameters)
        return answer

    def close(self) -> None:
        """Close the connection and delete what it put on the disk. Closing twice is fine."""
        self.connection.close()
        shutil.rmtree(self.spill, ignore_errors=True)

    def too_little_memory(self) -> QueryStoppedError:
        """Return the error of a lake that cannot even be opened with so much memory."""
        little = f"because {self.limits.memory} of memory is too little; 64MB is enough unless the lake is large"
        return self._stopped(little).while_reading("the catalog of the lake")

    def _out_of_time(self) -> QueryStoppedError:
        return self._stopped(f"after {self.limits.seconds:g} seconds")

    def _stopped(self, why: str) -> QueryStoppedError:
        return QueryStoppedError(why, f"{self.limits.more} give it more." if self.limits.more else "")


@dataclass(slots=True)
class Found:
    """The rows of a statement, until its connection runs another one; fetching raises what running it does.

    Attributes:
        limited: runs it.
        seconds: that are left of its time; what the one who fetches does between is not counted.
    """

    limited: Limited
    seconds: float

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the block use the connection for the time that is left."""
        began = monotonic()
        try:
            with self.limited.running(self.seconds):
                yield
        finally:
            self.seconds -= monotonic() - began

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column[0] for column in self.limited.connection.description or ())

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows that are left."""
        with self.running():
            return self.limited.connection.fetchall()

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """Return the next rows, none at the end."""
        with self.running():
            return self.limited.connection.fetchmany(size)

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, None at the end."""
        with self.running():
            return self.limited.connection.fetchone()

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows that are left, a few thousand of them in memory at a time; the first are there already."""
        together = self.fetchmany(_TOGETHER)
        return self._rows(together)

    def _rows(self, together: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        while together:
            yield from together
            together = self.fetchmany(_TOGETHER)


def limited(connection: duckdb.DuckDBPyConnection, lake: Path, limits: Limits) -> Limited:
    """Set the limits of a connection whose configuration is not locked yet.

    What it puts on the disk goes to a folder of its own beside the lake's; such folders of processes that were killed
    are deleted.

    Raises:
        QueryError: a limit does not have the form that it must have.
    """
    _delete_left_behind(lake)
    spill = lake / f"{_SPILL}{os.getpid()}-{token_hex(4)}"
    with suppress(OSError):  # where nothing can be written, nothing is: only a query that needs it fails
        spill.mkdir(mode=0o700)
    settings = {"temp_directory": spill, "memory_limit": limits.memory, "max_temp_directory_size": limits.spill}
    try:
        for name, value in settings.items():
            connection.execute(f"SET {name} = {quoted(value)}")
    except duckdb.Error as error:
        raise QueryError(sentence(error)) from error
    return Limited(connection, limits, spill)


def _delete_left_behind(lake: Path) -> None:
    for folder in lake.glob(f"{_SPILL}*-*"):
        owner = folder.name.removeprefix(_SPILL).partition("-")[0]
        if owner.isdecimal() and not _is_running(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
