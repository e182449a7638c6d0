"""Latency: from the sending of a touchpoint to the profile that counts it, and to that profile in the lake."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from benchmarks.figures import Spread, spread
from benchmarks.listening import EventKey, Listener, Told, send_steadily
from benchmarks.preload import Live
from benchmarks.sampling import Sampler
from schemas.contracts import PROFILE
from sinks.reader import open_lake_reader
from streams.errors import StreamsError
from streams.lag import LagReader
from streams.processes import Processes
from streams.registry import framing
from streams.settings import Settings
from streams.topics import topics_of

LAKE_RESOLUTION_SECONDS = 0.5
_POLL_SECONDS = 0.1
_GIVE_UP_SECONDS = 5.0
_OFFSETS_SQL = 'SELECT "partition", next_offset FROM _offsets WHERE topic = ?'


@dataclass(frozen=True, slots=True)
class Latency:
    """What came of touchpoints sent at a steady rate.

    Attributes:
        rate: touchpoints a second, as asked.
        sent: how many.
        seconds: how long the sending took.
        latest_send_seconds: how far behind its time a touchpoint was sent at most.
        unmatched: never seen in a profile: later arrivals that are older than the newest touches a profile lists.
        to_profile_seconds: from sending to receiving the first profile that counts it, by another client.
        to_lake_seconds: from sending to that profile in the lake, looked at twice a second.
        cpu_seconds: by process while sending.
    """

    rate: float
    sent: int
    seconds: float
    latest_send_seconds: float
    unmatched: int
    to_profile_seconds: Spread | None
    to_lake_seconds: Spread | None
    cpu_seconds: dict[str, float]


def measure_latency(
    settings: Settings,
    records: Sequence[Live],
    rate: float,
    children: Processes,
    sampler: Sampler,
    on_progress: Callable[[int], None],
) -> Latency:
    """Send touchpoints at a steady rate to running processes and time them.

    Args:
        settings: of the installation, with nothing waiting.
        records: what to send.
        rate: touchpoints a second.
        children: worker and sink.
        sampler: of their CPU time.
        on_progress: called now and then with the number sent.

    Raises:
        WorkerError: one of the processes ended.
    """
    with profile_listener(settings) as listener, _LakeWatch(settings) as lake:
        start = time.monotonic()
        latest = send_steadily(settings, records, rate, listener.pending, on_progress)
        end = time.monotonic()
        _wait_for_rest(settings, listener, children)
        lake.wait_until_past(listener.told)
    in_lake = [told.sent_at for told in listener.told], lake.arrivals(listener.told)
    return Latency(
        rate=rate,
        sent=len(records),
        seconds=round(end - start, 2),
        latest_send_seconds=round(latest, 4),
        unmatched=len(listener.pending),
        to_profile_seconds=spread([round(told.seconds, 4) for told in listener.told]),
        to_lake_seconds=spread([round(at - sent, 2) for sent, at in zip(*in_lake, strict=True) if at is not None]),
        cpu_seconds=sampler.cpu_seconds(start, end),
    )


def profile_listener(settings: Settings) -> Listener:
    """Return a listener to the profiles of an installation."""
    frames = framing(settings)

    def touches(value: bytes | None) -> Iterable[EventKey]:
        name, profile = frames.decode(value)
        if name != PROFILE:
            raise StreamsError(f"a record among the profiles is a {name}")
        return [(touch["channel"], touch["event_id"]) for touch in profile["recent_touches"]]

    return Listener(settings.servers, topics_of(settings).profiles, settings.partitions, touches)


def _wait_for_rest(settings: Settings, listener: Listener, children: Processes) -> None:
    """Wait until every touchpoint was seen in a profile, or nothing waits any more and the profiles fell silent."""
    reader = LagReader(settings)
    while listener.pending:
        children.check()
        listener.check()
        silent_seconds = time.monotonic() - listener.heard_at
        if silent_seconds > _GIVE_UP_SECONDS and reader.read().waiting == 0:
            return
        time.sleep(_POLL_SECONDS)


class _LakeWatch:
    """Notes, in a thread, how far the lake is in the profiles and when."""

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home
        self._topic = topics_of(settings).profiles
        self._looks: list[tuple[float, dict[int, int]]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lake-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def wait_until_past(self, all_told: Sequence[Told]) -> None:
        """Wait until the lake has all of these profiles, or gives up on them."""
        until = time.monotonic() + _GIVE_UP_SECONDS * 4
        while time.monotonic() < until:
            offsets = self._looks[-1][1] if self._looks else {}
            if all(offsets.get(told.partition, 0) > told.offset for told in all_told):
                return
            time.sleep(LAKE_RESOLUTION_SECONDS)

    def arrivals(self, all_told: Sequence[Told]) -> list[float | None]:
        """Return when each profile was first seen to be in the lake."""
        found: dict[int, float | None] = {}
        by_partition: dict[int, list[tuple[int, int]]] = {}
        for number, told in enumerate(all_told):
            by_partition.setdefault(told.partition, []).append((told.offset, number))
        for partition, waiting in by_partition.items():
            looks = iter(self._looks)
            look: Any = next(looks, None)
            for offset, number in sorted(waiting):
                while look is not None and look[1].get(partition, 0) <= offset:
                    look = next(looks, None)
                found[number] = look[0] if look is not None else None
        return [found[number] for number in range(len(all_told))]

    def _run(self) -> None:
        with open_lake_reader(self._home) as reader:
            while not self._stop.wait(LAKE_RESOLUTION_SECONDS):
                rows = reader.execute(_OFFSETS_SQL, [self._topic]).fetchall()
                self._looks.append((time.monotonic(), dict(rows)))
