"""What a worker publishes of a synthetic world, as the sink reads it: made in one process, without Kafka."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from confluent_kafka import Message

from benchmarks.engine import Engine, source_records
from infra.world import WorldConfig
from streams.records import REVISION_HEADER, Output
from streams.topics import Topics

_PARTITIONS = 4
_WITH_TIMESTAMP = 1
_PUBLISHED_AT = 1_800_000_000_000

TOPICS = Topics("", "")


class _Log:
    """Gives each record its place in its topic.

    A key is always in the same partition, though not in the one where Kafka would put it.
    """

    def __init__(self) -> None:
        self._read = set(TOPICS.for_lake)
        self._ends: Counter[tuple[str, int]] = Counter()
        self.messages: list[Message] = []

    def add(self, output: Output) -> None:
        """Take what was published, where the sink reads it."""
        if output.topic not in self._read:
            return
        place = output.topic, crc32(output.key or b"") % _PARTITIONS
        headers: list[tuple[str, str | bytes | None]] = (
            [] if output.revision is None else [(REVISION_HEADER, str(output.revision).encode())]
        )
        message = Message(
            topic=output.topic,
            partition=place[1],
            offset=self._ends[place],
            key=output.key,
            value=output.value,
            headers=headers,
            timestamp=(_WITH_TIMESTAMP, _PUBLISHED_AT),
        )
        self._ends[place] += 1
        self.messages.append(message)


def fed(config: WorldConfig, together: int) -> Iterator[list[Message]]:
    """Yield what follows of each so many source records of a world, in order."""
    sources, log = list(source_records(config)), _Log()
    with tempfile.TemporaryDirectory(prefix="onefold-feed-") as folder:
        engine = Engine(Path(folder), log.add)
        for start in range(0, len(sources), together):
            engine.take(sources[start : start + together])
            yield log.messages
            log.messages = []
        engine.settle()
        engine.close()
    yield log.messages
