"""Latency: from the sending of a touchpoint to the profile that counts it, and to that profile in the lake."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from confluent_kafka import Consumer, Message, TopicPartition

from benchmarks.figures import Spread, spread
from benchmarks.preload import Live
from benchmarks.sampling import Sampler
from schemas.contracts import PROFILE
from sinks.reader import open_lake_reader
from streams.errors import StreamsError
from streams.lag import LagReader
from streams.logs import QUIET
from streams.processes import Processes
from streams.producer import CheckedProducer
from streams.registry import framing
from streams.settings import Settings
from streams.topics import topics_of

LAKE_RESOLUTION_SECONDS = 0.5
_TICK_SECONDS = 0.005
_POLL_SECONDS = 0.1
_GIVE_UP_SECONDS = 5.0
_WATERMARK_TIMEOUT_SECONDS = 15.0
_OFFSETS_SQL = 'SELECT "partition", next_offset FROM _offsets WHERE topic = ?'

EventKey = tuple[str, str]
"""Source and event id."""


class Told(NamedTuple):
    """The first profile that counts a touchpoint.

    Attributes:
        seconds: since the touchpoint was sent.
        sent_at: reading of ``time.monotonic``.
        partition: of the profile's record.
        offset: of the profile's record.
    """

    seconds: float
    sent_at: float
    partition: int
    offset: int


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
    with _Listener(settings) as listener, _LakeWatch(settings) as lake:
        start = time.monotonic()
        latest = _send_steadily(settings, records, rate, listener, on_progress)
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


def _send_steadily(
    settings: Settings,
    records: Sequence[Live],
    rate: float,
    listener: "_Listener",
    on_progress: Callable[[int], None],
) -> float:
    """Send each record when its time has come; return how late the latest was."""
    topics = topics_of(settings)
    producer = CheckedProducer(settings.servers)
    latest = 0.0
    try:
        deliveries = producer.begin()
        start = time.monotonic()
        for number, record in enumerate(records):
            due = start + number / rate
            while (now := time.monotonic()) < due:
                time.sleep(_TICK_SECONDS)  # what falls due meanwhile is sent at once
            latest = max(latest, now - due)
            listener.pending[record.source, record.event_id] = now
            deliveries.send(topics.source(record.source), None, record.value)
            if number % int(10 * rate) == 0:
                on_progress(number)
        deliveries.wait()
    finally:
        producer.close()
    return latest


def _wait_for_rest(settings: Settings, listener: "_Listener", children: Processes) -> None:
    """Wait until every touchpoint was seen in a profile, or nothing waits any more and the profiles fell silent."""
    reader = LagReader(settings)
    while listener.pending:
        children.check()
        listener.check()
        silent_seconds = time.monotonic() - listener.heard_at
        if silent_seconds > _GIVE_UP_SECONDS and reader.read().waiting == 0:
            return
        time.sleep(_POLL_SECONDS)


class _Listener:
    """Reads the profiles published from now on, in a thread, and matches them to what is pending."""

    def __init__(self, settings: Settings) -> None:
        self.pending: dict[EventKey, float] = {}
        self.told: list[Told] = []
        self.heard_at = time.monotonic()
        self._framing = framing(settings)
        self._consumer = _profile_consumer(settings)
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def check(self) -> None:
        """Raise what ended the reading early, if anything did."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                message = self._consumer.poll(0.1)
                if message is not None:
                    self._hear(message, time.monotonic())
        except Exception as error:  # noqa: BLE001  # a thread's boundary; check() raises it
            self._error = error

    def _hear(self, message: Message, now: float) -> None:
        error = message.error()
        if error is not None:
            raise StreamsError(f"the profiles cannot be read: {error.str()}")
        self.heard_at = now
        name, profile = self._framing.decode(message.value())
        if name != PROFILE:
            raise StreamsError(f"a record among the profiles is a {name}")
        for touch in profile["recent_touches"]:
            sent_at = self.pending.pop((touch["channel"], touch["event_id"]), None)
            if sent_at is not None:
                self.told.append(Told(now - sent_at, sent_at, message.partition() or 0, message.offset() or 0))


def _profile_consumer(settings: Settings) -> Consumer:
    """Return a consumer that stands at the end of every partition of the profiles."""
    config: dict[str, str | int | float | bool] = {
        **QUIET,
        "bootstrap.servers": settings.servers,
        "group.id": "onefold-benchmark",
        "enable.auto.commit": False,
        "fetch.queue.backoff.ms": 10,
    }
    consumer = Consumer(config)
    topic = topics_of(settings).profiles
    ends = []
    for number in range(settings.partitions):
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_WATERMARK_TIMEOUT_SECONDS)
        ends.append(TopicPartition(topic, number, end))
    consumer.assign(ends)
    return consumer


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
