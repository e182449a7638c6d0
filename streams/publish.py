"""Publishing to the source topics: canonical JSON lines, and a synthetic world. Every delivery is checked."""

import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from schemas.canonical_json import parse_touchpoint
from schemas.contracts import TOUCHPOINT
from schemas.framing import Framing
from schemas.reasons import RejectedError
from streams.errors import InputError, SettingsError
from streams.ingest import MAX_RECORD_BYTES
from streams.producer import CheckedProducer, Deliveries
from streams.registry import framing
from streams.settings import Settings
from streams.topics import MAX_MESSAGE_BYTES, SOURCES, admin, check_topics, topics_of

if TYPE_CHECKING:
    from infra.world import WorldConfig

RECORDS_BEFORE_CHECK = 20_000
"""So many records may be under way before the delivery of the ones before them is checked."""

MAX_LINE_BYTES = MAX_MESSAGE_BYTES

_REPORT_EVERY = 500
_REGISTRY_WAIT_SECONDS = 5
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """What became of one line.

    Attributes:
        number: from 1.
        size: its bytes, with the line's end.
        outcome: the value to publish, why it is refused, or None for an empty line.
    """

    number: int
    size: int
    outcome: bytes | RejectedError | None


@dataclass(frozen=True, slots=True)
class PublishedLines:
    """What became of a file's lines; empty ones are not counted."""

    published: int
    refused: int


@dataclass(frozen=True, slots=True)
class PublishedWorld:
    """What was published of a synthetic world.

    Attributes:
        records: number of records by source, duplicates and the ones made to be rejected included.
        duplicates: how many of these were published before.
        poison: payloads that are no record, which come on top.
        truth: the folder with the truth about it.
    """

    records: Mapping[str, int]
    duplicates: int
    poison: int
    truth: Path


class _Checked:
    """Sends values with no key, and checks each lot of them while the next is under way."""

    def __init__(self, producer: CheckedProducer) -> None:
        self._producer = producer
        self._before: Deliveries | None = None
        self._now = producer.begin()
        self._sent_now = 0

    def send(self, topic: str, value: bytes) -> None:
        if self._sent_now == RECORDS_BEFORE_CHECK:
            self._check_before()
            self._before, self._now = self._now, self._producer.begin()
            self._sent_now = 0
        self._now.send(topic, None, value)
        self._sent_now += 1

    def finish(self) -> None:
        self._check_before()
        self._now.wait()

    def _check_before(self) -> None:
        if self._before is not None:
            self._before.wait()


def check_source(source: str) -> None:
    """Make sure that there is such a source.

    Raises:
        InputError: there is not.
    """
    if source not in SOURCES:
        raise InputError(f"there is no source {source!r}; the sources are {', '.join(SOURCES)}")


def publish_lines(
    settings: Settings,
    source: str,
    lines: BinaryIO,
    on_refused: Callable[[int, RejectedError], None],
    on_progress: Callable[[int], None],
) -> PublishedLines:
    """Publish canonical touchpoints, one JSON object a line, and wait until all have arrived.

    A line that does not fit is reported and the rest goes on. Memory does not grow with the file.

    Args:
        settings: of the installation; a broker must answer.
        source: whose topic they go to.
        lines: the file.
        on_refused: called with the number of a line that does not fit, and why.
        on_progress: called with the number of bytes newly read.

    Raises:
        InputError: there is no such source.
        BrokerDownError, TopicsError: the topics cannot be used.
        SettingsError: the schema registry does not answer.
        DeliveryError: a record did not arrive. Others may have; publishing all again does no harm.
    """
    check_source(source)
    frames = _ready_framing(settings)
    topic = topics_of(settings).source(source)
    published = refused = unreported = 0
    producer = CheckedProducer(settings.servers)
    try:
        checked = _Checked(producer)
        for number, size, outcome in encoded_lines(lines, frames):
            if isinstance(outcome, RejectedError):
                refused += 1
                on_refused(number, outcome)
            elif outcome is not None:
                published += 1
                checked.send(topic, outcome)
            unreported += size
            if number % _REPORT_EVERY == 0:
                on_progress(unreported)
                unreported = 0
        checked.finish()
        on_progress(unreported)
    finally:
        producer.close()
    return PublishedLines(published, refused)


def encoded_lines(lines: BinaryIO, frames: Framing) -> Iterator[Line]:
    """Turn every line into the value to publish, or into the reason why it cannot be."""
    number = 0
    while line := lines.readline(MAX_LINE_BYTES + 1):
        number += 1
        size = len(line)
        if size > MAX_LINE_BYTES:
            size += _skip_rest(lines, line)
            yield Line(number, size, RejectedError("too_large", f"the line: expected at most {MAX_LINE_BYTES} bytes"))
            continue
        content = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        yield Line(number, size, _encoded(content, frames) if content.strip() else None)


def _skip_rest(lines: BinaryIO, line: bytes) -> int:
    """Read on to the end of a line that is longer than memory should hold; return how many bytes that was."""
    skipped = 0
    while line and not line.endswith(b"\n"):
        line = lines.readline(MAX_LINE_BYTES)
        skipped += len(line)
    return skipped


def _encoded(line: bytes, frames: Framing) -> bytes | RejectedError:
    try:
        value = frames.encode(TOUCHPOINT, parse_touchpoint(line))
    except RejectedError as error:
        return error
    except OverflowError:
        return RejectedError("bad_value", "the line: a number is larger than 64 bits hold")
    if len(value) > MAX_RECORD_BYTES:
        return RejectedError("too_large", f"the record: expected at most {MAX_RECORD_BYTES} bytes")
    return value


def publish_world(
    settings: Settings, config: "WorldConfig", shuffle: int | None, on_progress: Callable[[int], None]
) -> PublishedWorld:
    """Publish a synthetic world, wait until all of it has arrived, and write the truth to ``<home>/world``.

    Args:
        settings: of the installation; a broker must answer.
        config: size and habits of the world.
        shuffle: a seed: publish in an order that follows from it, all in memory. None: in order of arrival.
        on_progress: called with the number of records newly sent.

    Raises:
        BrokerDownError, TopicsError: the topics cannot be used.
        SettingsError: the schema registry does not answer.
        DeliveryError: a record did not arrive.
    """
    from infra.world import PoisonEmission, World, shuffled, write_truth  # noqa: PLC0415 - heavy, and for tests only

    frames = _ready_framing(settings)
    topics = topics_of(settings)
    world = World(config)
    emissions = world.emissions() if shuffle is None else shuffled(world.emissions(), shuffle)
    records: Counter[str] = Counter()
    duplicates = poison = 0
    producer = CheckedProducer(settings.servers)
    try:
        checked = _Checked(producer)
        for number, emission in enumerate(emissions, start=1):
            if isinstance(emission, PoisonEmission):
                poison += 1
                value = emission.payload
            else:
                records[emission.source] += 1
                duplicates += emission.duplicate
                value = frames.encode(emission.record_name, emission.record)
            checked.send(topics.source(emission.source), value)
            if number % _REPORT_EVERY == 0:
                on_progress(_REPORT_EVERY)
        checked.finish()
    finally:
        producer.close()
    on_progress((records.total() + poison) % _REPORT_EVERY)
    truth = settings.home / "world"
    write_truth(world, truth)
    return PublishedWorld(dict(records), duplicates, poison, truth)


def _ready_framing(settings: Settings) -> Framing:
    """Return the framing after a look at all that publishing needs: the topics and, where one is set, the registry."""
    check_topics(admin(settings), settings)
    if settings.schema_registry_url is not None:
        _check_registry(settings.schema_registry_url)
    return framing(settings)


def _check_registry(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise SettingsError("setting ONEFOLD_SCHEMA_REGISTRY_URL: expected an address that begins with http")
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/subjects", timeout=_REGISTRY_WAIT_SECONDS):  # noqa: S310 - http
            pass
    except urllib.error.HTTPError as refusal:
        refusal.close()  # it answers
    except OSError:
        raise SettingsError("no schema registry answers at the address in ONEFOLD_SCHEMA_REGISTRY_URL") from None
