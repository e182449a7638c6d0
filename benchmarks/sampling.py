"""CPU time and memory of our processes, sampled while they work."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import psutil

from benchmarks.figures import at_time

INTERVAL_SECONDS = 0.5
OTHERS = "others"
"""Name of all processes of the machine that are not ours: above a few percent, figures are worth less."""


@dataclass(slots=True)
class _Readings:
    times: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    def add(self, time_: float, cpu_seconds: float) -> None:
        self.times.append(time_)
        self.cpu_seconds.append(cpu_seconds)

    def between(self, start: float, end: float) -> float:
        before, after = (at_time(self.times, self.cpu_seconds, time_) for time_ in (start, end))
        return after - before


class Sampler:
    """Reads the use of processes again and again, from a thread, while it is entered.

    Args:
        processes: process id by name; a process that ends keeps its last reading.
        interval_seconds: between readings.
    """

    def __init__(self, processes: Mapping[str, int], interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._interval_seconds = interval_seconds
        self._processes = {name: psutil.Process(pid) for name, pid in processes.items()}
        self._readings = {name: _Readings() for name in processes}
        self._machine = _Readings()
        self._rss_peaks = dict.fromkeys(processes, 0)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def __enter__(self) -> Self:
        self._sample()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def cpu_seconds(self, start: float, end: float) -> dict[str, float]:
        """Return the CPU time of each process, and of all others, between two readings of ``time.monotonic``."""
        self._sample()
        used = {name: readings.between(start, end) for name, readings in self._readings.items()}
        used[OTHERS] = max(0.0, self._machine.between(start, end) - sum(used.values()))
        return {name: round(seconds, 2) for name, seconds in used.items()}

    def rss_peaks(self) -> dict[str, int]:
        """Return the largest resident memory seen of each process, in MiB."""
        return {name: round(peak / 2**20) for name, peak in self._rss_peaks.items()}

    def _run(self) -> None:
        while not self._stop.wait(self._interval_seconds):
            self._sample()

    def _sample(self) -> None:
        with self._lock:
            self._read()

    def _read(self) -> None:
        now = time.monotonic()
        for name, process in self._processes.items():
            try:
                with process.oneshot():
                    times, memory = process.cpu_times(), process.memory_info()
            except psutil.NoSuchProcess:
                continue
            self._readings[name].add(now, times.user + times.system)
            self._rss_peaks[name] = max(self._rss_peaks[name], memory.rss)
        whole = psutil.cpu_times()
        self._machine.add(now, sum(whole) - whole.idle - getattr(whole, "iowait", 0.0))
