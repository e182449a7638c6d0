"""Ctrl-C while lines are read: the lines end there, and what was read is finished."""

import io
import os
import signal
import threading

import pytest

from streams.commands.stopping import stoppable

LINES = b"one\ntwo\nthree\n"


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def test_lines_are_those_of_the_file() -> None:
    with stoppable(io.BytesIO(LINES)) as lines:
        assert [lines.readline(100), lines.readline(2), lines.readline(100)] == [b"one\n", b"tw", b"o\n"]
        assert (lines.has_begun, lines.was_stopped) == (True, False)


def test_ctrl_c_between_lines_lets_the_work_on_one_go_on_and_ends_the_lines() -> None:
    with stoppable(io.BytesIO(LINES)) as lines:
        assert lines.readline(100) == b"one\n"
        press()
        assert lines.was_stopped
        assert lines.readline(100) == b""


def test_ctrl_c_ends_the_wait_for_a_line_and_the_half_of_it_is_left() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"one\ntw")
    timer = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT])
    with open(reading, "rb") as pipe, stoppable(pipe) as lines:  # noqa: PTH123 - a descriptor
        assert lines.readline(100) == b"one\n"
        timer.start()
        assert lines.readline(100) == b""
        assert lines.was_stopped
    timer.join()
    os.close(writing)


def test_ctrl_c_before_the_first_line_interrupts() -> None:
    with stoppable(io.BytesIO(LINES)) as lines:
        with pytest.raises(KeyboardInterrupt):
            press()
        assert (lines.has_begun, lines.was_stopped) == (False, True)


def test_a_second_ctrl_c_interrupts() -> None:
    with stoppable(io.BytesIO(LINES)) as lines:
        lines.readline(100)
        press()
        with pytest.raises(KeyboardInterrupt):
            press()


def test_ctrl_c_is_pythons_own_again_afterwards() -> None:
    with stoppable(io.BytesIO(LINES)):
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_process_that_ignores_ctrl_c_goes_on_doing_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stoppable(io.BytesIO(LINES)) as lines:
            press()
            assert lines.readline(100) == b"one\n"
    finally:
        signal.signal(signal.SIGINT, before)
