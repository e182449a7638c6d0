"""Ctrl-C in a statement, pressed by the statement itself, so that it comes in the midst of it on any machine."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from sinks.errors import QueryError
from sinks.interrupting import interruptible
from sinks.limits import COMMANDS, Limited

ENDLESS = "SELECT max(press(range)) FROM range(1000000000000)"
FLOWING = "SELECT press(range) FROM range(1000000000000)"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with a function that presses Ctrl-C at its first call."""
    pressed: list[int] = []

    def press(value: int) -> int:
        if not pressed:
            pressed.append(value)
            os.kill(os.getpid(), signal.SIGINT)
        return value

    with duckdb.connect() as connection:
        connection.create_function("press", press, ["BIGINT"], "BIGINT")
        yield connection


def running(connection: duckdb.DuckDBPyConnection) -> Limited:
    return Limited(connection, COMMANDS, Path("spills-nothing"))


def test_ctrl_c_ends_a_statement(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(KeyboardInterrupt):
        running(connection).execute(ENDLESS)


def test_ctrl_c_ends_what_flows_while_rows_are_fetched(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(KeyboardInterrupt):
        running(connection).execute(FLOWING).fetchall()


def test_ctrl_c_is_pythons_own_again_after_a_statement(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(KeyboardInterrupt):
        running(connection).execute(ENDLESS)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_connection_goes_on_after_an_interrupted_statement(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(KeyboardInterrupt):
        running(connection).execute(ENDLESS)
    assert running(connection).execute("SELECT 1").fetchall() == [(1,)]


def test_a_statement_that_ended_before_ctrl_c_reached_it_raises_too(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(KeyboardInterrupt), interruptible(connection):
        signal.raise_signal(signal.SIGINT)


def test_a_second_ctrl_c_does_not_wait(connection: duckdb.DuckDBPyConnection) -> None:
    reached: list[str] = []

    def press_twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        reached.append("the statement's end")

    with pytest.raises(KeyboardInterrupt), interruptible(connection):
        press_twice()
    assert not reached


def test_who_handles_ctrl_c_himself_goes_on_to_do_so(connection: duckdb.DuckDBPyConnection) -> None:
    handled = []
    signal.signal(signal.SIGINT, lambda *_: handled.append("Ctrl-C"))
    try:
        found = running(connection).execute("SELECT max(press(range)) FROM range(10)").fetchall()
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    assert (found, handled) == ([(9,)], ["Ctrl-C"])


def test_what_fails_after_the_first_rows_is_a_sentence(connection: duckdb.DuckDBPyConnection) -> None:
    late = "SELECT CASE WHEN range < 500000 THEN range ELSE error('too far') END FROM range(900000)"
    found = running(connection).execute(late)
    assert found.fetchone() == (0,)
    with pytest.raises(QueryError, match=r"too far|later rows"):
        found.fetchall()
