"""Ctrl-C while DuckDB runs a statement.

Python's own way is to raise KeyboardInterrupt from inside the engine, while its threads still work on the statement: it
arrives as a RuntimeError, and closing the connection then has crashed the process.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import duckdb


@contextmanager
def interruptible(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let Ctrl-C end the statement that runs on a connection; KeyboardInterrupt is raised when the engine has let go.

    To be held around each call into the engine that may take long: ``execute`` and every ``fetch``. A second Ctrl-C
    raises at once. Where Ctrl-C is not Python's own (a worker, a sink, a thread, a process that ignores it), nothing is
    changed.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed meanwhile, whatever the statement came to.
    """
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return
    pressed = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        connection.interrupt()

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except (duckdb.Error, RuntimeError) as error:  # the latter: what the engine makes of a second Ctrl-C
        if pressed:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if pressed:
        raise KeyboardInterrupt
