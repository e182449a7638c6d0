"""A program that outlives the command which started it, known again by a pid file."""

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import psutil

from infra.errors import PortInUseError, StartError

LOOPBACK = "127.0.0.1"
_STOP_SECONDS = 20.0  # Kafka needs about 0.5 s; the rest is for a busy machine
_POLL_SECONDS = 0.1


class _PidFile(TypedDict):
    pid: int
    port: int


@dataclass(frozen=True)
class Daemon:
    """One program of one home folder.

    Attributes:
        pid_file: written by `spawn`, removed by `stop`; may be stale after a crash.
        log_file: takes the program's output, emptied at each start.
        marker: an argument of the program's command line which no other process has. A recycled pid is
            recognised by it; unlike a creation time it stays the same when the clock is set.
    """

    pid_file: Path
    log_file: Path
    marker: str

    def running(self) -> tuple[int, int] | None:
        """Return pid and port of the program, or None when it does not run."""
        try:
            record: _PidFile = json.loads(self.pid_file.read_text())
            pid, port = record["pid"], record["port"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return (pid, port) if is_process_with(pid, self.marker) else None

    def spawn(self, command: list[str], port: int) -> int:
        """Start the program in a session of its own, where no Ctrl-C of our terminal reaches it.

        It stands in the folder of its pid file and reads its arguments as UTF-8, whatever this process does.
        """
        if self.marker not in command:
            message = f"the command must hold {self.marker!r}, by which the program is recognised"
            raise ValueError(message)
        log = (os.POSIX_SPAWN_OPEN, 1, str(self.log_file), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        stdin = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
        errors = (os.POSIX_SPAWN_DUP2, 1, 2)
        # Not Popen: it warns when it is dropped while its process runs, which here is the purpose.
        within = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(self.pid_file.parent), *command]
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        pid = os.posix_spawn(within[0], within, environment, file_actions=[stdin, log, errors], setsid=True)
        record: _PidFile = {"pid": pid, "port": port}
        self.pid_file.write_text(json.dumps(record))
        while not _runs(pid, command[0]) and _is_alive(pid):
            time.sleep(0.001)  # the shell comes first, and the kernel shows a new command line a moment after its start
        return pid

    def wait_until(self, ready: Callable[[], bool], seconds: float, error: type[StartError]) -> None:
        """Return when `ready` says so; it is asked again and again and should answer within a second.

        Raises:
            StartError: of the type `error`, when the program died or the time is over. It is stopped then.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if self.running() is None:
                self._fail(error, "died while starting")
            if time.monotonic() > deadline:
                self._fail(error, f"was not ready after {seconds:g} s")
            time.sleep(_POLL_SECONDS)

    def _fail(self, error: type[StartError], what: str) -> None:
        self.stop()
        lines = telling_lines(self.log_file.read_text(errors="replace"))
        raise error(what, log_lines=lines, log_file=self.log_file)

    def stop(self) -> bool:
        """Stop the program, by force when it does not end within 20 s; return whether it was running."""
        running = self.running()
        if running is not None:
            _end(running[0])
        self.pid_file.unlink(missing_ok=True)
        return running is not None


def is_process_with(pid: int, marker: str) -> bool:
    """Tell whether a live process has this pid and this argument on its command line."""
    try:
        return marker in psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # a zombie is a NoSuchProcess too
        return False


def _runs(pid: int, program: str) -> bool:
    try:
        return bool(psutil.Process(pid).cmdline()[:1] == [program])
    except psutil.Error:
        return False


def _is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _end(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(_STOP_SECONDS)


def check_port_free(port: int, setting: str | None = None) -> None:
    """Raise PortInUseError when a program listens on this port of the loopback address.

    Args:
        port: which.
        setting: the environment variable by which a user chooses the port, for the message; None where there is none.
    """
    with socket.socket() as probe:
        # As Java does: connections of a broker stopped a moment ago do not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise PortInUseError(port, setting) from error


def free_port(*, other_than: int | None = None) -> int:
    """Return a port of the loopback address that is free at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return free_port(other_than=other_than) if port == other_than else port


def telling_lines(log: str, limit: int = 3) -> tuple[str, ...]:
    """Return the last lines of a Java program's log that name an error, else its last lines."""
    lines = [line.strip() for line in log.splitlines() if line.strip() and not line.startswith("\tat ")]
    errors = [line for line in lines if "ERROR" in line or "Exception" in line or "Error:" in line]
    return tuple((errors or lines)[-limit:])
