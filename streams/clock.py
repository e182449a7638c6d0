"""The clock: what time it is for days since and windows that end now, told on a topic so that it can be driven.

Time is data: the same touchpoints and the same ticks give the same segments, on a replay too. In production a process
tells it every few seconds (``onefold clock``); a test or a demo tells the time that it plays in.
"""

from schemas.reasons import RejectedError
from streams.errors import InputError
from streams.producer import CheckedProducer
from streams.settings import Settings
from streams.topics import topics_of

_KEY = b"clock"
_LAST_MS = 253_402_300_799_999
_MOST_DIGITS = 15
_DAY_MS = 86_400_000


def tell_time(settings: Settings, at_ms: int) -> None:
    """Tell every partition what time it is, and wait until it has arrived. The clock never goes back.

    Raises:
        DeliveryError: it did not arrive everywhere; telling it again does no harm.
    """
    producer = CheckedProducer(settings.servers)
    try:
        sent = producer.begin()
        for number in range(settings.partitions):
            sent.send(topics_of(settings).clock, _KEY, str(at_ms).encode(), number)
        sent.wait()
    finally:
        producer.close()


def checked_time(at_ms: int, now_ms: int, *, force: bool) -> int:
    """Return a time that somebody wants to tell, where it may be told.

    Raises:
        InputError: no record can hold it, or it is more than a day from now and not forced.
    """
    if not 0 < at_ms <= _LAST_MS:
        raise InputError("--at: expected a time after 1970 and before the year 10000")
    if abs(at_ms - now_ms) > _DAY_MS and not force:
        raise InputError(
            "--at: expected a time within a day of now, since the clock never goes back and a time that was told too "
            "early stands until it has come; --force tells it all the same"
        )
    return at_ms


def read_tick(value: bytes | None) -> int:
    """Return the time in a Kafka value, milliseconds since 1970 UTC.

    Raises:
        RejectedError: it is no time.
    """
    if value is None:
        raise RejectedError("null_value", "expected a time, got no value")
    if len(value) > _MOST_DIGITS or not value.isdigit() or not 0 < int(value) <= _LAST_MS:
        raise RejectedError("bad_value", "expected milliseconds since 1970 in decimal digits")
    return int(value)
