"""Installations of Onefold to measure: each with a home and topics of its own, run by its public commands."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.broker import start_local_broker, stop_local_broker
from infra.daemon import free_port
from streams.settings import Settings
from streams.topics import admin, topics_of

_ROOT = Path(__file__).parents[2]
_PREFIX = "ONEFOLD_"
_LAST_LINES = 15
_DELETE_SECONDS = 60.0


class CommandError(Exception):
    """A command of Onefold failed."""


@contextmanager
def broker() -> Iterator[str]:
    """Provide the bootstrap servers of a broker: the one that ONEFOLD_BOOTSTRAP_SERVERS names, or one for this run."""
    named = os.environ.get("ONEFOLD_BOOTSTRAP_SERVERS")
    if named:
        yield named
        return
    home = Path(tempfile.mkdtemp(prefix="onefold-accuracy-broker-"))
    try:
        yield start_local_broker(home, port=free_port()).bootstrap_servers
    finally:
        stop_local_broker(home)
        shutil.rmtree(home, ignore_errors=True)


class Installation:
    """One installation; made by :func:`installation`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def run(self, *arguments: str, lines: Sequence[str] = ()) -> float:
        """Run ``onefold`` with these arguments and lines on its standard input; return how many seconds it took.

        Raises:
            CommandError: it did not end well; the message has the last lines it wrote.
        """
        start = time.perf_counter()
        code, output = self._ended(arguments, "".join(f"{line}\n" for line in lines))
        if code:
            last = "\n".join(output.splitlines()[-_LAST_LINES:])
            raise CommandError(f"onefold {' '.join(arguments)} ended with code {code}:\n{last}")
        return time.perf_counter() - start

    def _ended(self, arguments: Sequence[str], text: str) -> tuple[int, str]:
        """Run a command to its end; where this process is interrupted, it stops all that it started first."""
        with subprocess.Popen(
            [sys.executable, "-m", "streams", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=_ROOT,
            env=self._environment(),
            encoding="utf-8",
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(text)
            except BaseException:
                process.send_signal(signal.SIGINT)
                process.wait()
                raise
        return process.returncode, output

    def _environment(self) -> dict[str, str]:
        own = {
            "HOME": str(self.settings.home),
            "BOOTSTRAP_SERVERS": self.settings.servers,
            "TOPIC_PREFIX": self.settings.topic_prefix,
            "PARTITIONS": str(self.settings.partitions),
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
        return others | {f"{_PREFIX}{name}": value for name, value in own.items()}

    def apply(self, policy: str) -> float:
        """Put a policy in force, whose model lies in the home already; return how many seconds it took."""
        file = self.settings.home / "policy.toml"
        file.write_text(policy, "utf-8")
        return self.run("policy", "apply", str(file))

    def train(self) -> tuple[Path, float]:
        """Learn a model; return its file in the home, and how many seconds it took."""
        seconds = self.run("match", "train", "--out", str(self.settings.home))
        (model,) = self.settings.home.glob("model-*.json")
        return model, seconds


@contextmanager
def installation(servers: str, name: str) -> Iterator[Installation]:
    """Provide an installation with its topics; in the end topics and home are removed.

    Args:
        servers: of the broker.
        name: no other installation on it has; letters, digits, ``.``, ``_`` and ``-``.
    """
    home = Path(tempfile.mkdtemp(prefix="onefold-accuracy-"))
    settings = Settings(home=home, bootstrap_servers=servers, topic_prefix=f"{home.name}.{name}.", partitions=4)
    found = Installation(settings)
    try:
        found.run("up")
        yield found
    finally:
        _delete_topics(settings)
        shutil.rmtree(home, ignore_errors=True)


def _delete_topics(settings: Settings) -> None:
    client = admin(settings)
    there = client.list_topics(timeout=_DELETE_SECONDS).topics
    names = [name for name in topics_of(settings).configs() if name in there]
    if names:
        for done in client.delete_topics(names, operation_timeout=_DELETE_SECONDS).values():
            done.result(_DELETE_SECONDS)
