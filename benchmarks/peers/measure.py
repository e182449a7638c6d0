"""One peer at the job: how fast, at what cost, how late, and whether it did it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from benchmarks.figures import Spread, spread
from benchmarks.listening import Listener, send_steadily
from benchmarks.peers.contenders import ROOT, Contender, Prepare
from benchmarks.peers.installing import NotInstallableError
from benchmarks.preload import Live
from benchmarks.sampling import Sampler
from infra.errors import InfraError
from streams.errors import StreamsError
from streams.logs import QUIET
from streams.settings import Settings
from streams.topics import ADMIN_TIMEOUT_SECONDS, admin

_MILLION = 1_000_000
_LOOK_SECONDS = 0.1
_QUIET_SECONDS = 10.0
"""A peer that published nothing for so long is done: all publish as they go."""
_FIRST_SECONDS = 120.0
_REST_SECONDS = 60.0
_STOP_SECONDS = 20.0
_LAST_LINES = 5
_BATCH = 10_000


class PeerError(Exception):
    """A peer did not do its work; the message says what is known of it."""


class Load(NamedTuple):
    """What a peer is to do.

    Attributes:
        touchpoints: usable ones in the source topics, each once.
        duplicates: of these, there once more.
        live: to be sent one by one when it is done with the others.
        rate: of these, a second.
    """

    touchpoints: int
    duplicates: int
    live: Sequence[Live]
    rate: float


@dataclass(frozen=True, slots=True)
class PeerResult:
    """What a peer reached.

    Attributes:
        name: which.
        touchpoints: usable ones in the source topics, each once.
        duplicates: of these, there once more.
        counted: touchpoints in the newest profiles: without the duplicates or with them, if nothing was lost; of the
            floor, records decoded.
        people: profiles that count any.
        seconds: from its first output to its last.
        touchpoints_per_second: by these seconds.
        cpu_seconds_per_million: of its process in these seconds, for a million touchpoints.
        broker_cpu_seconds_per_million: the broker's.
        rss_peak_mib: the largest resident memory, from the start of the process to its end.
        sent: touchpoints sent live.
        to_profile_seconds: from sending to receiving the first profile that counts it, by another client.
    """

    name: str
    touchpoints: int
    duplicates: int
    counted: int
    people: int
    seconds: float
    touchpoints_per_second: float
    cpu_seconds_per_million: float
    broker_cpu_seconds_per_million: float
    rss_peak_mib: int
    sent: int
    to_profile_seconds: Spread | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A peer that gave no figures, and why."""

    name: str
    reason: str


def measure_peer(
    name: str, prepare: Prepare, settings: Settings, broker_pid: int | None, load: Load, say: Callable[[str], None]
) -> PeerResult | LeftOut:
    """Start a peer on the source topics, wait until it is done, then send it touchpoints live.

    Args:
        name: which.
        prepare: makes it ready.
        settings: of the installation whose sources it reads.
        broker_pid: the broker's process, where it is of this machine.
        load: what lies in the topics and what is to be sent.
        say: called with a line on what happens.
    """
    home = settings.home / "peers" / name
    home.mkdir(parents=True)
    say(f"Peers: {name}")
    try:
        return _measured(name, prepare(settings, home), settings, broker_pid, load)
    except (NotInstallableError, PeerError, InfraError, StreamsError, KafkaException) as error:
        say(f"  left out: {error}")
        return LeftOut(name, str(error))


def _measured(name: str, contender: Contender, settings: Settings, broker_pid: int | None, load: Load) -> PeerResult:
    log_file = contender.home / "log"
    with _running(contender, log_file) as process:
        watched = {name: process.pid, **({"broker": broker_pid} if broker_pid else {})}
        with Sampler(watched, _LOOK_SECONDS) as sampler:
            start, end = _drained(process, log_file, admin(settings), contender.writes, settings.partitions)
            cpu = sampler.cpu_seconds(start, end)
            counted = _counted(settings, contender)
            live = load.live if contender.has_profiles else ()
            latencies = _latencies(settings, contender, process, live, load.rate)
            peak = sampler.rss_peaks()[name]
    return PeerResult(
        name=name,
        touchpoints=load.touchpoints,
        duplicates=load.duplicates,
        counted=sum(counted),
        people=sum(count > 0 for count in counted) if contender.has_profiles else 0,
        seconds=round(end - start, 2),
        touchpoints_per_second=round(load.touchpoints / (end - start)),
        cpu_seconds_per_million=round(cpu[name] * _MILLION / load.touchpoints, 1),
        broker_cpu_seconds_per_million=round(cpu.get("broker", 0.0) * _MILLION / load.touchpoints, 1),
        rss_peak_mib=peak,
        sent=len(live),
        to_profile_seconds=spread([round(seconds, 4) for seconds in latencies]),
    )


@contextmanager
def _running(contender: Contender, log_file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Provide the peer's process, which is stopped in the end, whatever happens."""
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            contender.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            start_new_session=True,
            env={**os.environ, **contender.environment},
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _drained(
    process: subprocess.Popen[bytes], log_file: Path, client: AdminClient, topics: Sequence[str], partitions: int
) -> tuple[float, float]:
    """Wait until nothing more is published; return when publishing began and ended."""
    started = time.monotonic()
    ends = _ends(client, topics, partitions)
    begin = moved = None
    while True:
        _check(process, log_file)
        at = time.monotonic()
        now = _ends(client, topics, partitions)
        if now != ends:
            ends, moved, begin = now, at, begin or at - _LOOK_SECONDS
        elif begin is not None and moved is not None and at - moved > _QUIET_SECONDS:
            return begin, moved
        elif begin is None and at - started > _FIRST_SECONDS:
            raise PeerError(f"it published nothing within {_FIRST_SECONDS:.0f} s")
        time.sleep(_LOOK_SECONDS)


def _check(process: subprocess.Popen[bytes], log_file: Path) -> None:
    code = process.poll()
    if code is not None:
        lines = log_file.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
        raise PeerError(f"it ended with code {code}; its log ends with:\n" + "\n".join(lines))


def _ends(client: AdminClient, topics: Sequence[str], partitions: int) -> dict[TopicPartition, int]:
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    asked = {TopicPartition(topic, number): latest for topic in topics for number in range(partitions)}
    answers = client.list_offsets(asked)
    return {place: answer.result(ADMIN_TIMEOUT_SECONDS).offset for place, answer in answers.items()}


def _counted(settings: Settings, contender: Contender) -> list[int]:
    """Return how many touchpoints the right profile under each key counts."""
    client = admin(settings)
    ends = _ends(client, [contender.profiles], settings.partitions)
    found: dict[bytes, tuple[int, int]] = {}
    consumer = Consumer({**QUIET, "bootstrap.servers": settings.servers, "group.id": "onefold-benchmark-count"})
    try:
        consumer.assign([TopicPartition(place.topic, place.partition, 0) for place in ends])
        missing = sum(ends.values())
        while missing:
            batch = consumer.consume(_BATCH, timeout=1.0)
            for message in batch:
                error = message.error()
                if error is not None:
                    raise PeerError(f"its profiles cannot be read: {error.str()}")
                key, read = message.key() or b"", contender.read(message.value())
                if read.revision >= found.get(key, (0, 0))[0]:
                    found[key] = read.revision, read.touchpoints
            missing = sum(ends.values()) - sum(max(0, place.offset) for place in consumer.position(list(ends)))
    finally:
        consumer.close()
    return [touchpoints for _, touchpoints in found.values()]


def _latencies(
    settings: Settings, contender: Contender, process: subprocess.Popen[bytes], live: Sequence[Live], rate: float
) -> list[float]:
    """Send touchpoints at a steady rate and return how late each was in a profile; later than a minute counts not."""
    if not live:
        return []
    with Listener(
        settings.servers, contender.profiles, settings.partitions, lambda value: contender.read(value).recent
    ) as listener:
        send_steadily(settings, live, rate, listener.pending, lambda _: None)
        until = time.monotonic() + _REST_SECONDS
        while listener.pending and time.monotonic() < until:
            listener.check()
            _check(process, contender.home / "log")
            if time.monotonic() - listener.heard_at > _QUIET_SECONDS:
                break
            time.sleep(_LOOK_SECONDS)
    return [told.seconds for told in listener.told]
