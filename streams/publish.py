"""Publishing to the source topics: canonical JSON lines, and a synthetic world. Every delivery is checked."""

import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from identity.policy_file import parse_policy
from profiles.policy_file import parse_profile_policy
from schemas.framing import Framing
from schemas.reasons import RejectedError
from streams.acceptance import Acceptance, acceptance
from streams.errors import InputError, SettingsError
from streams.lines import Line, LineReader, Lines
from streams.policies import policy_in_force
from streams.producer import CheckedProducer, Deliveries
from streams.recognise import ARRAY, PRETTY, Kind
from streams.registry import framing
from streams.settings import Settings
from streams.tally import LeftOutLines, LineTally, UnknownType
from streams.topics import SOURCES, admin, check_topics, topics_of

if TYPE_CHECKING:
    from infra.world import WorldConfig

RECORDS_BEFORE_CHECK = 20_000
"""So many records may be under way before the delivery of the ones before them is checked."""

_REPORT_EVERY = 500
_REGISTRY_WAIT_SECONDS = 5
_ANY_KEY = bytes(32)


@dataclass(frozen=True, slots=True)
class LooksLike:
    """What some of the lines that were refused seem to be.

    Attributes:
        what: with its article.
        advice: what to do, a sentence.
        lines: how many there are.
        first_line: number of the first of them.
    """

    what: str
    advice: str
    lines: int
    first_line: int


@dataclass(frozen=True, slots=True)
class PublishedLines:
    """What became of a file's lines; empty ones are not counted.

    Attributes:
        published: lines that ingest will accept.
        refused: lines that are no touchpoint.
        reasons: how many lines were refused by the code of their first problem.
        left_out: identifiers of the published ones that count for nothing, and in which lines.
        unknown_types: types of the published ones that mean nothing.
        empty_grants: consents of the published ones that are granted for no purpose, which grants nothing.
        looks_like: what refused lines seem to be.
    """

    published: int
    refused: int
    reasons: Mapping[str, int]
    left_out: Sequence[LeftOutLines]
    unknown_types: Sequence[UnknownType]
    empty_grants: int
    looks_like: Sequence[LooksLike]


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
    lines: Lines,
    on_refused: Callable[[int, RejectedError], None],
    on_progress: Callable[[int], None],
) -> PublishedLines:
    """Publish canonical touchpoints, one JSON object a line, and wait until all have arrived.

    A line that does not fit is reported and the rest goes on. Memory does not grow with the file. Lines are checked as
    ingest will check them, by the policy in force, so none of those published becomes a dead letter.

    Args:
        settings: of the installation; a broker must answer.
        source: whose topic they go to.
        lines: the file.
        on_refused: called with the number of a line that does not fit, and why.
        on_progress: called with the number of bytes newly read.

    Raises:
        InputError: there is no such source, or the file is no text.
        BrokerDownError, TopicsError: the topics cannot be used.
        SettingsError: the schema registry does not answer.
        DeliveryError: a record did not arrive. Others may have; publishing all again does no harm.
    """
    check_source(source)
    frames = _ready_framing(settings)
    reader = LineReader(frames, source, _rules(settings), _now_ms)
    topic = topics_of(settings).source(source)
    counts = _Counts(reader.rules.normaliser.known_types)
    unreported = 0
    producer = CheckedProducer(settings.servers)
    try:
        checked = _Checked(producer)
        for line in reader.read(lines):
            counts.add(line)
            if isinstance(line.outcome, RejectedError):
                on_refused(line.number, line.outcome)
            elif line.outcome is not None:
                checked.send(topic, line.outcome)
            unreported += line.size
            if line.number % _REPORT_EVERY == 0:
                on_progress(unreported)
                unreported = 0
        checked.finish()
        on_progress(unreported)
    finally:
        producer.close()
    return counts.result()


class _Counts:
    """Counts what becomes of lines."""

    def __init__(self, known_types: Collection[str]) -> None:
        self._published = 0
        self._reasons: Counter[str] = Counter()
        self._tally = LineTally(known_types)
        self._kinds: dict[Kind, tuple[int, int]] = {}

    def add(self, line: Line) -> None:
        if isinstance(line.outcome, RejectedError):
            self._reasons[line.outcome.reason] += 1
            # The advice for an array is for the objects in it too.
            if line.kind is not None and not (line.kind == PRETTY and ARRAY in self._kinds):
                number, first = self._kinds.get(line.kind, (0, line.number))
                self._kinds[line.kind] = number + 1, first
        elif line.outcome is not None:
            self._published += 1
            if line.told is not None:
                self._tally.add_line(line.number, line.told)

    def result(self) -> PublishedLines:
        kinds = [LooksLike(kind.name, kind.advice, number, first) for kind, (number, first) in self._kinds.items()]
        return PublishedLines(
            self._published,
            self._reasons.total(),
            dict(self._reasons.most_common()),
            self._tally.left_out_lines(),
            self._tally.unknown_types(),
            self._tally.empty_grants(),
            kinds,
        )


def _rules(settings: Settings) -> Acceptance:
    """Return the rules of acceptance under the policy in force. Ids do not matter before ingest, nor does the key."""
    text = policy_in_force(settings)["text"]
    return acceptance(parse_policy(text), parse_profile_policy(text), _ANY_KEY)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


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
