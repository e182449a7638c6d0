"""Chunks of records cut into commits that take about as long, whatever is in the records."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from streams.errors import StoreError
from streams.records import SourceRecord
from streams.store import Portion

_COMMIT_SECONDS = 0.5
"""Of work in a commit: long beside a commit's own cost, short beside what a rebalance or a heartbeat waits."""
_LEAST_BYTES, _MOST_BYTES = 16 * 1024, 4 * 1024 * 1024


class Feed(NamedTuple):
    """Records for the work, and which they are."""

    portion: Portion
    records: list[SourceRecord]


class Pace:
    """How many bytes of records make a commit, by how long the last one took.

    Bytes tell better than numbers how much work a record is: one of messages holds up to some hundred.
    """

    def __init__(self) -> None:
        self.bytes = _LEAST_BYTES * 16

    def took(self, feeds: Iterable[Feed], seconds: float) -> None:
        """Learn from a commit."""
        done = sum(len(record.value or b"") for feed in feeds for record in feed.records)
        if done >= _LEAST_BYTES and seconds > 0:
            self.bytes = int(min(max(done / seconds * _COMMIT_SECONDS, _LEAST_BYTES), _MOST_BYTES))


def feeds_of(events: Iterable[Any], done: Mapping[str, int]) -> list[Feed]:
    """Return the chunks' records without those the state holds already.

    Args:
        events: faust's, each a chunk.
        done: next offset by topic.

    Raises:
        StoreError: records in between are missing; our own topics have no holes, so something deleted them.
    """
    offsets = dict(done)
    feeds = []
    for event in events:
        topic: str = event.message.topic
        start, end = offsets.get(topic, 0), event.message.offset + 1
        if event.value[0].offset > start > 0:
            raise StoreError(f"{topic}: records from offset {start} to {event.value[0].offset} are gone unread")
        records = [source_record(record) for record in event.value if record.offset >= start]
        feeds.append(Feed(Portion(topic, start, end), records))
        offsets[topic] = max(start, end)
    return feeds


def commits(feeds: Iterable[Feed], pace: Pace) -> Iterator[list[Feed]]:
    """Yield the feeds, in their order, cut into what makes a commit each at the pace of that moment."""
    batch: list[Feed] = []
    room = pace.bytes
    for feed in feeds:
        portion, records = feed
        while records:
            taken = _fitting(records, room)
            rest = records[taken:]
            end = rest[0].offset if rest else portion.end
            batch.append(Feed(Portion(portion.topic, portion.start, end), records[:taken]))
            room -= sum(len(record.value or b"") for record in records[:taken])
            portion, records = Portion(portion.topic, end, portion.end), rest
            if room <= 0 or rest:
                yield batch
                batch, room = [], pace.bytes
    if batch:
        yield batch


def _fitting(records: list[SourceRecord], room: int) -> int:
    """Return how many records fill the room; at least one."""
    for number, record in enumerate(records, start=1):
        room -= len(record.value or b"")
        if room <= 0:
            return number
    return len(records)


def source_record(record: Any) -> SourceRecord:  # noqa: ANN401  # aiokafka's ConsumerRecord
    """Return a consumed record as the stages see it."""
    return SourceRecord(record.topic, record.partition, record.offset, record.timestamp, record.key, record.value)
