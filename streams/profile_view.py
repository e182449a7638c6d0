"""A local keyed view of the profiles topic, for services that look a customer up in microseconds.

    with open_profile_view(load_settings()) as view:
        view.wait(timeout_seconds=60)
        profile = view.profile_of(customer_id)

A thread follows the topic. The files lie in ``profile-view/`` of the home, and one process has them open; what it holds
can be made anew from the topic at any time.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, cast

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from profiles.consents import permits
from schemas.contracts import PROFILE
from schemas.framing import Framing
from schemas.reasons import RejectedError
from schemas.records import Profile
from streams.errors import BrokerDownError, RegistryDownError, StreamsError
from streams.logs import QUIET
from streams.profile_store import Head, ProfileStore, Told
from streams.registry import framing
from streams.settings import Settings
from streams.topics import topics_of

MOST_AWAY_MS = 12 * 60 * 60 * 1000
"""A view that has not asked for news for longer begins anew: Kafka keeps the news of a removal for a day only."""

_MOST_RECORDS = 2_000
_POLL_SECONDS = 0.1
_ANSWER_SECONDS = 15.0
_ASK_EVERY_SECONDS = 2.0
_ASK_SECONDS = 1.0
_SEEN_EVERY_MS = 60_000
_REGISTRY_PAUSE_SECONDS = 2.0
_MOST_QUEUED_KBYTES = 16 * 1024

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far a view is.

    Attributes:
        positions: the next offset of each partition.
        behind: records of the topic that it has not taken yet, of those that the broker told of.
        seconds: since the broker last answered how many there are; it is asked every two seconds.
    """

    positions: dict[int, int]
    behind: int
    seconds: float


class ProfileView:
    """Profiles by customer and by identifier, kept up by a thread. Look-ups may be made from any thread.

    Made by ``open_profile_view``; close it, or use it as a context.

    Where the thread ended by an error, every method but ``close`` raises it: an answer that nobody keeps up is none.
    """

    def __init__(
        self, store: ProfileStore, consumer: Consumer, frames: Framing, topic: str, ends: dict[int, int]
    ) -> None:
        self._store = store
        self._consumer = consumer
        self._framing = frames
        self._topic = topic
        self._ends = ends
        self._heard = time.monotonic()
        self._error: Exception | None = None
        self._stop = threading.Event()
        self._caught_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="profile-view", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop following and release the files. Closing twice is fine."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            self._consumer.close()
            self._store.close()

    def profile_of(self, customer_id: str) -> Profile | None:
        """Return the newest profile of a customer, or of the survivor where they merged; None where there is none.

        Raises:
            StreamsError: the view is not kept up any more, or its files cannot be read.
        """
        self._check()
        value = self._store.profile_value(customer_id)
        return None if value is None else self._profile(value)

    def customer_of(self, node_type: str, normalised_value: str) -> str | None:
        """Return the id of the active customer whom an identifier belongs to; None where nobody has it.

        Args:
            node_type: the identifier's type, for example email.
            normalised_value: its value in the form that matching uses (``identity.normalise``).

        Raises:
            StreamsError: as ``profile_of``.
        """
        self._check()
        return self._store.owner(node_type, normalised_value)

    def permits(self, customer_id: str, purpose: str, channel: str) -> bool:
        """Whether the newest profile of a customer permits a purpose on a channel, both in any spelling.

        Where there is no such customer the answer is no.

        Raises:
            StreamsError: as ``profile_of``.
        """
        profile = self.profile_of(customer_id)
        return profile is not None and permits(profile, purpose, channel)

    def freshness(self) -> Freshness:
        """Return how far the view is.

        Raises:
            StreamsError: the view is not kept up any more.
        """
        self._check()
        positions, ends = self._store.head.positions, self._ends
        behind = sum(max(0, end - positions.get(number, 0)) for number, end in ends.items())
        return Freshness(dict(positions), behind, time.monotonic() - self._heard)

    def wait(self, timeout_seconds: float) -> bool:
        """Wait until all is taken that lay in the topic when the view was opened; return whether it was in time.

        Raises:
            StreamsError: the view is not kept up any more.
        """
        done = self._caught_up.wait(timeout_seconds)
        self._check()
        return done

    def _check(self) -> None:
        if self._error is not None:
            message = f"the view of {self._topic} is not kept up any more"
            raise StreamsError(message) from self._error

    # --- the thread that follows -----------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            until = dict(self._ends)
            while not self._stop.is_set():
                if all(self._store.head.positions.get(number, 0) >= end for number, end in until.items()):
                    self._caught_up.set()
                self._take(self._consumer.consume(_MOST_RECORDS, timeout=_POLL_SECONDS))
                if time.monotonic() - self._heard > _ASK_EVERY_SECONDS:
                    self._ask()
        except Exception as error:  # noqa: BLE001 - the boundary of the thread: whoever asks is told
            self._error = error
            self._caught_up.set()

    def _take(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        told = self._told(messages)
        positions = {_partition(message): (message.offset() or 0) + 1 for message in messages}
        self._store.apply(told, positions, _now_ms())
        for number, position in positions.items():
            _, end = self._consumer.get_watermark_offsets(TopicPartition(self._topic, number), cached=True)
            self._ends[number] = max(end, position)

    def _ask(self) -> None:
        """Ask the broker how much there is, so that a caller knows when it does not answer."""
        try:
            self._ends = _ends(self._consumer, self._topic, len(self._ends), _ASK_SECONDS)
        except KafkaException:
            return
        self._heard = time.monotonic()
        if _now_ms() - self._store.head.seen_at_ms > _SEEN_EVERY_MS:
            self._store.apply((), {}, _now_ms())

    def _told(self, messages: Sequence[Message]) -> list[Told]:
        told = []
        for message in messages:
            error, key, value = message.error(), message.key(), message.value()
            if error is not None:
                raise StreamsError(f"the topic {self._topic} cannot be read: {error.str()}")
            if key is None:
                continue
            try:
                profile = None if value is None else self._decoded(value)
            except RejectedError as rejected:
                place = {"partition": _partition(message), "offset": message.offset()}
                log.warning("a record is no profile", topic=self._topic, reason=rejected.reason, **place)
            else:
                told.append(Told(key.decode("ascii", "replace"), profile, value or b""))
        return told

    def _decoded(self, value: bytes) -> Profile:
        """Decode a profile; waits for the schema registry where one is needed."""
        while True:
            try:
                return self._profile(value)
            except RegistryDownError as error:
                log.warning("waiting for the schema registry", why=str(error))
                if self._stop.wait(_REGISTRY_PAUSE_SECONDS):
                    raise

    def _profile(self, value: bytes) -> Profile:
        name, record = self._framing.decode(value)
        if name != PROFILE:
            raise RejectedError("unexpected_schema", f"expected {PROFILE}")
        return cast("Profile", record)


def open_profile_view(settings: Settings) -> ProfileView:
    """Open the view of an installation's profiles and begin to follow them.

    Raises:
        BrokerDownError: no broker answers within 15 seconds.
        StoreHeldError: another process has it open.
        StoreError: it has another format, or its files cannot be read.
        StreamsError: the topic cannot be read.
    """
    topic = topics_of(settings).profiles
    consumer = _consumer(settings, topic)
    try:
        places = [TopicPartition(topic, number) for number in range(settings.partitions)]
        source = f"{topic} of {_cluster_id(consumer, settings.servers)} by {settings.partitions}"
        store = ProfileStore(settings.home / "profile-view", source)
        try:
            ends = _ends(consumer, topic, settings.partitions, _ANSWER_SECONDS)
            if must_begin_anew(store.head, ends, _now_ms()):
                store.empty(source)
            for place in places:
                place.offset = store.head.positions.get(place.partition, 0)
            consumer.assign(places)
            return ProfileView(store, consumer, framing(settings), topic, ends)
        except BaseException:
            store.close()
            raise
    except KafkaException as error:
        consumer.close()
        raise StreamsError(f"the topic {topic} cannot be read: {error.args[0].str()}") from error
    except BaseException:
        consumer.close()
        raise


def must_begin_anew(head: Head, ends: Mapping[int, int], now_ms: int) -> bool:
    """Return whether a store cannot go on: it was away for too long, or the topic was made anew."""
    beyond = any(at > ends.get(number, 0) for number, at in head.positions.items())
    return bool(head.positions) and (beyond or now_ms - head.seen_at_ms > MOST_AWAY_MS)


def _ends(consumer: Consumer, topic: str, partitions: int, timeout_seconds: float) -> dict[int, int]:
    """Ask where each partition ends."""
    ends = {}
    for number in range(partitions):
        found = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=timeout_seconds)
        if found is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001 - so it is documented
        ends[number] = found[1]
    return ends


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _partition(message: Message) -> int:
    return message.partition() or 0


def _cluster_id(consumer: Consumer, servers: str) -> str:
    try:
        cluster = consumer.list_topics(timeout=_ANSWER_SECONDS)
    except KafkaException:
        raise BrokerDownError.at(servers) from None
    return str(cluster.cluster_id)


def _consumer(settings: Settings, topic: str) -> Consumer:
    config: dict[str, str | int | float | bool] = {
        **QUIET,
        "bootstrap.servers": settings.servers,
        "group.id": f"{topic}-view",  # asked for by the client; nothing is committed
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "fetch.wait.max.ms": 100,
        "queued.max.messages.kbytes": _MOST_QUEUED_KBYTES,
    }
    return Consumer(config)
