"""Real processes to torment: a broker of one's own, workers on two machines, a lake sink; and what befalls them."""

import contextlib
import fcntl
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.broker import broker_state, start_local_broker, stop_local_broker
from infra.daemon import free_port
from streams.processes import Processes
from streams.settings import Settings
from tests.faults.harness import KEY, installation
from tests.faults.storm.plan import SESSION_SECONDS

_MACHINES = 2
_LOG_LINE_CHARACTERS = 200
_BITS = 20
_WRITE_SECONDS = 2.0
_POLL_SECONDS = 0.002
_STOP_SECONDS = 60.0
"""More than a worker gives a broker that does not answer."""
_NOT_DATA = {"LOCK", "LOG", "IDENTITY"}


class Broker:
    """A local broker of one's own, with its data in a folder, on a port that stays.

    Args:
        home: its folder.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._port = free_port()
        self.servers = start_local_broker(home, port=self._port).bootstrap_servers

    def start(self) -> None:
        """Start it again; returns when it answers."""
        start_local_broker(self._home, port=self._port)

    def stop(self) -> None:
        """Stop it in order."""
        stop_local_broker(self._home)

    def kill(self) -> None:
        """Kill -9."""
        running = broker_state(self._home)
        if running is not None and running.pid is not None:
            os.kill(running.pid, signal.SIGKILL)
            os.waitpid(running.pid, 0)


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that ended of itself.

    Attributes:
        name: of the process.
        code: its exit code.
        words: the last line that it wrote.
    """

    name: str
    code: int
    words: str


class Children(Processes):
    """Child processes that may end of themselves.

    Args:
        settings: of the installation, with the home of this machine.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.home = settings.home

    def take_ended(self) -> list[Ended]:
        """Return those that ended since the last call, and forget them."""
        found = []
        for name, process in list(self._running.items()):
            code = process.poll()
            if code is not None:
                lines = self.log_file(name).read_text("utf-8", "replace").splitlines() or [""]
                found.append(Ended(name, code, lines[-1][:_LOG_LINE_CHARACTERS]))
                del self._running[name]
        return found


class Cluster:
    """An installation with its processes. Made by :func:`cluster`.

    Workers live on machines in turns: each has a home of its own, so that neither sees the state of the other, nor the
    locks on it. The sink is on the first one.
    """

    def __init__(self, settings: Settings, machines: list[Children]) -> None:
        self.settings = settings
        self._machines = machines
        self._started = 0
        self._sinks = 0
        self.frozen: set[str] = set()
        self.stopping: set[str] = set()

    def start_worker(self) -> str:
        """Start one more worker and return its name."""
        name = f"worker-{self._started}"
        self._machines[self._started % len(self._machines)].start(name, "worker")
        self._started += 1
        return name

    def start_sink(self) -> str:
        """Start the sink."""
        name = f"sink-{self._sinks}"
        self._machines[0].start(name, "sink")
        self._sinks += 1
        return name

    def workers(self) -> list[str]:
        """Return the names of the workers that run and are not about to stop."""
        return [name for name in self._pids() if name.startswith("worker") and name not in self.stopping]

    def sink(self) -> str | None:
        """Return the name of the sink, None where none runs that is not about to stop."""
        return next((name for name in self._pids() if name.startswith("sink") and name not in self.stopping), None)

    def is_gone(self, name: str) -> bool:
        """Whether a process ended."""
        return name not in self._pids()

    def kill(self, name: str) -> None:
        """Kill -9."""
        self._of(name).kill(name)
        self.frozen.discard(name)

    def ask_to_stop(self, name: str) -> None:
        """Send SIGTERM."""
        os.kill(self._pids()[name], signal.SIGTERM)
        self.stopping.add(name)

    def freeze(self, name: str) -> None:
        """Have a process stand still."""
        os.kill(self._pids()[name], signal.SIGSTOP)
        self.frozen.add(name)

    def thaw(self, name: str) -> None:
        """Let a process go on, where it still stands still."""
        if name in self.frozen:
            os.kill(self._pids()[name], signal.SIGCONT)
            self.frozen.discard(name)

    def kill_sink_in_a_write(self, name: str) -> bool:
        """Kill -9 of the sink when it changes something in the lake; return whether it did so in time."""
        lake = self.settings.home / "lake"
        before = _sizes(lake)
        until = time.monotonic() + _WRITE_SECONDS
        while _sizes(lake) == before and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
        is_writing = _sizes(lake) != before
        self.kill(name)
        return is_writing

    def wipe(self, name: str, chance: random.Random) -> int:
        """Kill -9 of a worker, then remove stores that no process has open; return how many."""
        return self._damage(name, chance, _remove)

    def corrupt(self, name: str, chance: random.Random) -> int:
        """Kill -9 of a worker, then flip bits in stores that no process has open; return in how many."""
        return self._damage(name, chance, lambda store: _flip_bits(store, chance))

    def take_ended(self) -> list[Ended]:
        """Return the processes that ended since the last call, not those that were killed here."""
        ended = [one for machine in self._machines for one in machine.take_ended()]
        self.frozen -= {one.name for one in ended}
        return ended

    def stop_all(self) -> list[Ended]:
        """Send SIGTERM to all, wait, and return how they ended; kill those that do not end."""
        for name in list(self.frozen):
            self.thaw(name)
        for name in self._pids():
            self.ask_to_stop(name)
        ended: list[Ended] = []
        until = time.monotonic() + _STOP_SECONDS
        while self._pids() and time.monotonic() < until:
            ended += self.take_ended()
            time.sleep(_POLL_SECONDS)
        for name in self._pids():
            self.kill(name)
            last = (self.log(name).splitlines() or [""])[-1][:_LOG_LINE_CHARACTERS]
            ended.append(Ended(name, -signal.SIGKILL, f"did not stop in {_STOP_SECONDS:g} s, wrote last: {last}"))
        return ended

    def log(self, name: str) -> str:
        """Return what a process wrote so far."""
        files = [machine.log_file(name) for machine in self._machines]
        return "".join(file.read_text("utf-8", "replace") for file in files if file.exists())

    def _damage(self, name: str, chance: random.Random, how: Callable[[Path], None]) -> int:
        self.kill(name)
        stores = sorted(
            file.parent for one in self._machines for file in _files(one.home / "state") if file.name == "CURRENT"
        )
        chosen = [store for store in stores if chance.random() < 0.7] or stores
        return sum(_while_nobody_has_it(store, how) for store in chosen)

    def _of(self, name: str) -> Children:
        return next(machine for machine in self._machines if name in machine.pids())

    def _pids(self) -> dict[str, int]:
        return {name: pid for machine in self._machines for name, pid in machine.pids().items()}


@contextlib.contextmanager
def cluster(home: Path, servers: str) -> Iterator[Cluster]:
    """Provide a new installation on a broker; whatever still runs at the end is killed."""
    settings = installation(servers, home / "machine-0", session_timeout_seconds=SESSION_SECONDS)
    settings.node_key_path.parent.mkdir(parents=True)
    settings.node_key_path.write_text(KEY.hex())
    others = [
        settings.model_copy(
            update={"home": home / f"machine-{number}", "node_key_file": settings.node_key_path, "standby": True}
        )
        for number in range(1, _MACHINES)
    ]
    machines = [Children(one) for one in (settings, *others)]
    try:
        yield Cluster(settings, machines)
    finally:
        for machine in machines:
            for name in list(machine.pids()):
                machine.kill(name)


def _sizes(folder: Path) -> dict[Path, int]:
    found = {}
    for file in _files(folder):
        with contextlib.suppress(FileNotFoundError):
            found[file] = file.stat().st_size
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Tell the files below a folder; ``rglob`` ends with an error where a process removes a folder meanwhile."""
    for within, _, names in os.walk(folder):
        yield from (Path(within, name) for name in names)


def _while_nobody_has_it(store: Path, do: Callable[[Path], None]) -> bool:
    """Do something to a store that no process has open, and keep others out meanwhile, as RocksDB does."""
    try:
        with (store / "LOCK").open("a") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            do(store)
    except (BlockingIOError, FileNotFoundError):
        return False
    return True


def _remove(store: Path) -> None:
    trash = store.with_name(f"{store.name}-removed")
    store.rename(trash)
    shutil.rmtree(trash)


def _flip_bits(store: Path, chance: random.Random) -> None:
    """Flip bits in one of the files that hold data or say where they are."""
    files = [file for file in sorted(_files(store)) if file.name not in _NOT_DATA and file.stat().st_size]
    file = chance.choice(files)
    data = bytearray(file.read_bytes())
    for _ in range(_BITS):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(data)
