"""Workers and sink as child processes, watched and stopped together."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from streams.errors import WorkerError
from streams.settings import Settings

_STOP_SECONDS = 30.0
_LAST_LINES = 5


class Processes:
    """Child processes of this one; each writes a log file in the home."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *arguments: str) -> None:
        """Start ``onefold`` with the arguments, under a name for its log file and for messages."""
        log_file = self.log_file(name)
        log_file.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "streams", *arguments]
        with log_file.open("ab") as log:
            # Its own process group: Ctrl-C reaches this process, which then stops its children in order.
            self._running[name] = subprocess.Popen(  # noqa: S603  # our own program
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=self._env()
            )

    def log_file(self, name: str) -> Path:
        """Return where a child writes its log."""
        return self._settings.home / "logs" / f"{name}.log"

    def check(self) -> None:
        """Make sure that all still run.

        Raises:
            WorkerError: one ended; the message has the last lines of its log.
        """
        for name, process in self._running.items():
            code = process.poll()
            if code is not None:
                lines = self.log_file(name).read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
                raise WorkerError(f"{name} ended with code {code}; its log ends with:\n" + "\n".join(lines))

    def kill(self, name: str) -> None:
        """End one at once, as a crash would."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def pids(self) -> dict[str, int]:
        """Return the process ids by name."""
        return {name: process.pid for name, process in self._running.items()}

    def stop(self) -> None:
        """Ask all to stop, wait, and end those that do not."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        until = time.monotonic() + _STOP_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _env(self) -> dict[str, str]:
        settings = {f"ONEFOLD_{name.upper()}": value for name, value in self._settings}
        others = {name: value for name, value in os.environ.items() if name not in settings}
        return {**others, **{name: str(value) for name, value in settings.items() if value is not None}}


@contextlib.contextmanager
def processes(settings: Settings) -> Iterator[Processes]:
    """Provide a set of child processes that is stopped at the end, whatever happens."""
    running = Processes(settings)
    try:
        yield running
    finally:
        running.stop()
