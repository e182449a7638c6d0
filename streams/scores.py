"""What models say of customers, on its way to the lake: results of batch work travel through Kafka as all else does."""

import hashlib
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from schemas.contracts import SCORE
from schemas.records import Score
from sinks.reader import LakeReader
from streams.producer import CheckedProducer
from streams.publish import RECORDS_BEFORE_CHECK
from streams.registry import framing
from streams.settings import Settings
from streams.topics import topics_of

_NEWEST = "SELECT epoch_ms(max(made_at)) FROM scores WHERE model = ?"
_VERSION_BYTES = 8
_REPORT_EVERY = 500


def version_of(model: bytes) -> str:
    """Return the version of a fitted model, which follows from what is in it."""
    return hashlib.blake2b(model, digest_size=_VERSION_BYTES).hexdigest()


def moment_asked(at: datetime | None) -> datetime:
    """Return the moment that a user asks for, UTC without a zone, to the millisecond; None asks for the present one."""
    moment = datetime.now(UTC).replace(tzinfo=None) if at is None else at
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def milliseconds(moment: datetime) -> int:
    """Return a moment in UTC without a zone as milliseconds since 1970."""
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)


def present_ms() -> int:
    """Return the present moment in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def made_now(reader: LakeReader, model: str, now_ms: int) -> int:
    """Return when a fit of now is made: later than any fit of the model that the lake knows of."""
    ((newest,),) = reader.execute(_NEWEST, [model]).fetchall()
    return now_ms if newest is None else max(now_ms, int(newest) + 1)


def score_key(score: Score) -> bytes:
    """Return the key of a score in its topic: a newer one of the same customer and model replaces it."""
    return f"{score['model']}:{score['customer_id']}".encode()


def publish_scores(settings: Settings, scores: Iterable[Score], on_progress: Callable[[int], None]) -> int:
    """Publish scores, wait until all have arrived, and return how many.

    Args:
        settings: of the installation; a broker must answer.
        scores: of one fit.
        on_progress: called with the number newly sent.

    Raises:
        DeliveryError: one did not arrive; others may have. Publishing all again does no harm.
    """
    encode, topic = framing(settings).encode, topics_of(settings).scores
    producer = CheckedProducer(settings.servers)
    number = 0
    try:
        sent = producer.begin()
        for number, score in enumerate(scores, start=1):
            sent.send(topic, score_key(score), encode(SCORE, score))
            if number % _REPORT_EVERY == 0:
                on_progress(_REPORT_EVERY)
            if number % RECORDS_BEFORE_CHECK == 0:
                sent.wait()
                sent = producer.begin()
        sent.wait()
    finally:
        producer.close()
    on_progress(number % _REPORT_EVERY)
    return number
