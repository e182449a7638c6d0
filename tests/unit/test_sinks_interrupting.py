"""Ctrl-C in a statement, pressed by the statement itself, so that it comes in the midst of it on any machine."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from sinks.errors import QueryError, QueryStoppedError
from sinks.interrupting import interruptible
from sinks.limits import COMMANDS, Limited, _Alarm

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


INTERRUPTED = [
    duckdb.InterruptException("INTERRUPT Error: Interrupted!"),
    duckdb.InvalidInputException(
        "Invalid Input Error: a closed pending query result. Error: INTERRUPT Error: Interrupted!"
    ),
]


def fail(connection: duckdb.DuckDBPyConnection, seconds: float, error: Exception) -> None:
    """Raise an error from a block whose time is over, where that is less than an hour."""
    with running(connection).running(seconds):
        if seconds < COMMANDS.seconds:
            with suppress(duckdb.InterruptException):
                connection.execute("SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b")
        raise error


@pytest.mark.parametrize("error", INTERRUPTED, ids=["plain", "wrapped"])
def test_an_engine_that_stopped_itself_does_not_say_interrupted(
    connection: duckdb.DuckDBPyConnection, error: duckdb.Error
) -> None:
    with pytest.raises(QueryError, match=r"^The query failed at one of its later rows .* run it again\.$"):
        fail(connection, COMMANDS.seconds, error)


@pytest.mark.parametrize("error", INTERRUPTED, ids=["plain", "wrapped"])
def test_an_engine_that_was_stopped_tells_of_the_limit(
    connection: duckdb.DuckDBPyConnection, error: duckdb.Error
) -> None:
    with pytest.raises(QueryStoppedError, match=r"^The query was stopped after 3600 seconds: ask for less"):
        fail(connection, 0.001, error)


def test_an_error_is_told_as_it_is_though_the_time_is_over(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(QueryError, match=r"^Binder Error: no such column$"):
        fail(connection, 0.001, duckdb.BinderException("Binder Error: no such column"))


def test_an_alarm_that_rings_after_its_statement_leaves_the_next_one_alone(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("SELECT range FROM range(1000000)")
    alarm = _Alarm(connection)
    alarm.turn_off()
    alarm.ring()
    assert not alarm.has_rung
    assert len(connection.fetchall()) == 1_000_000


def test_a_second_ctrl_c_in_the_engine_is_ctrl_c_too(connection: duckdb.DuckDBPyConnection) -> None:
    def press_and_fail() -> None:
        signal.raise_signal(signal.SIGINT)
        message = "Query interrupted"
        raise RuntimeError(message)

    with pytest.raises(KeyboardInterrupt), interruptible(connection):
        press_and_fail()


def test_what_fails_after_the_first_rows_is_a_sentence(connection: duckdb.DuckDBPyConnection) -> None:
    late = "SELECT CASE WHEN range < 500000 THEN range ELSE error('too far') END FROM range(900000)"
    found = running(connection).execute(late)
    assert found.fetchone() == (0,)
    with pytest.raises(QueryError, match=r"too far|later rows"):
        found.fetchall()
