"""Programs that outlive their starter, tried with small Python programs."""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from infra.daemon import Daemon, check_port_free, free_port, telling_lines
from infra.errors import BrokerStartError, InfraError, PortInUseError
from infra.registry import start_registry

SLEEPER = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path / "it.json", tmp_path / "it.log", marker=str(tmp_path / "marker"))
    yield daemon
    daemon.stop()


def spawn(daemon: Daemon, code: str) -> int:
    return daemon.spawn([sys.executable, "-c", code, daemon.marker], port=1234)


def test_a_spawned_program_is_found_with_its_port(daemon: Daemon) -> None:
    pid = spawn(daemon, SLEEPER)

    assert daemon.running() == (pid, 1234)


def test_a_spawned_program_has_a_session_of_its_own(daemon: Daemon) -> None:
    assert os.getsid(spawn(daemon, SLEEPER)) != os.getsid(0)


def test_a_program_is_recognised_from_its_first_moment(daemon: Daemon) -> None:
    for _ in range(100):
        pid = spawn(daemon, SLEEPER)
        assert daemon.running() == (pid, 1234)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_a_command_without_the_marker_is_refused(daemon: Daemon) -> None:
    with pytest.raises(ValueError, match="by which the program is recognised"):
        daemon.spawn([sys.executable, "-c", ""], port=1)


def test_a_stopped_program_is_gone_and_its_pid_file_too(daemon: Daemon) -> None:
    pid = spawn(daemon, SLEEPER)

    assert daemon.stop()

    assert not psutil.pid_exists(pid)
    assert not daemon.pid_file.exists()
    assert not daemon.stop()


def test_a_program_that_ignores_the_polite_signal_is_killed(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.daemon._STOP_SECONDS", 0.2)
    pid = spawn(daemon, STUBBORN)
    daemon.wait_until(lambda: daemon.log_file.read_text() == "1\n", 20, BrokerStartError)

    assert daemon.stop()

    assert not psutil.pid_exists(pid)


def test_a_recycled_pid_is_not_taken_for_the_program(daemon: Daemon) -> None:
    daemon.pid_file.write_text(json.dumps({"pid": os.getpid(), "port": 1}))

    assert daemon.running() is None
    assert not daemon.stop()


def test_a_program_that_ended_is_not_running_even_before_it_is_reaped(daemon: Daemon) -> None:
    pid = spawn(daemon, "")
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert daemon.running() is None
    os.waitpid(pid, 0)


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"pid": null, "port": 1}'])
def test_a_damaged_pid_file_means_not_running(daemon: Daemon, text: str) -> None:
    daemon.pid_file.write_text(text)

    assert daemon.running() is None


def test_a_program_that_dies_while_starting_is_reported_with_its_last_words(daemon: Daemon) -> None:
    pid = spawn(daemon, "print('INFO hello'); raise RuntimeError('no disk: ERROR')")

    with pytest.raises(BrokerStartError, match="died while starting") as raised:
        daemon.wait_until(lambda: False, 20, BrokerStartError)

    assert raised.value.log_lines == ("RuntimeError: no disk: ERROR",)
    assert raised.value.log_file == daemon.log_file
    os.waitpid(pid, 0)


def test_a_program_not_ready_in_time_is_stopped(daemon: Daemon) -> None:
    spawn(daemon, SLEEPER)

    with pytest.raises(BrokerStartError, match=r"not ready after 0\.1 s"):
        daemon.wait_until(lambda: False, 0.1, BrokerStartError)

    assert daemon.running() is None


def test_a_port_another_program_listens_on_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(PortInUseError, match=rf"Port {port} .* ONEFOLD_KAFKA_PORT") as raised:
            check_port_free(port, "ONEFOLD_KAFKA_PORT")

    assert isinstance(raised.value, InfraError)


def test_a_port_that_no_setting_chooses_is_named_alone(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(PortInUseError, match=rf"Port {port} .* choose a free port") as raised:
            start_registry(tmp_path, port=port)

    assert "ONEFOLD_" not in str(raised.value)


def test_a_port_nobody_listens_on_is_free() -> None:
    check_port_free(free_port(), "ONEFOLD_KAFKA_PORT")


def test_the_telling_lines_of_a_log_are_its_errors_without_stack_frames() -> None:
    log = "INFO up\n12 ERROR kafka.Kafka$ - Exiting\njava.lang.RuntimeException: no data\n\tat kafka.Main\nbye\n"

    assert telling_lines(log) == ("12 ERROR kafka.Kafka$ - Exiting", "java.lang.RuntimeException: no data")


def test_a_log_without_errors_is_told_by_its_end() -> None:
    assert telling_lines("a\nb\n\nc\nd\n") == ("b", "c", "d")
