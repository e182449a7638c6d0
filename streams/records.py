"""What the stages take in and give out: Kafka records as far as they look at them, and dead letters."""

from typing import NamedTuple

from profiles.consent import grants_nothing, purpose_name
from schemas.accepted import AcceptedTouchpoint, NewerFormatError, decode_accepted
from schemas.contracts import DEAD_LETTER
from schemas.framing import Framing
from schemas.reasons import RejectedError
from schemas.records import DeadLetter
from schemas.touchpoint_types import shown_name
from streams.errors import VersionError
from streams.producer import Sending
from streams.topics import Topics

REVISION_HEADER = "revision"
MAX_KEPT_BYTES = 3 * 1024 * 1024
"""Of a key or value in a dead letter: together they fit into a message."""


class SourceRecord(NamedTuple):
    """A Kafka record that a stage reads."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Told(NamedTuple):
    """What is to be told of an accepted touchpoint, since it counts for less than its source may think.

    Attributes:
        left_out: type and reason of each identifier that counts for nothing, types as they may be shown.
        unknown_type: the name of its type as it may be shown, where that means nothing; else None.
        has_order: whether it carries an order.
        empty_grants: how many of its consents are granted for no purpose in particular, which grants nothing.
    """

    left_out: tuple[tuple[str, str], ...]
    unknown_type: str | None
    has_order: bool
    empty_grants: int = 0


class Output(NamedTuple):
    """A record to publish.

    ``revision`` is sent as a header of that name, so that a reader can pass over what it has passed without decoding.
    ``reason`` is that of a dead letter, ``told`` what is to be told of an accepted touchpoint.
    """

    topic: str
    key: bytes | None
    value: bytes
    revision: int | None = None
    reason: str | None = None
    told: Told | None = None


def told_of(accepted: AcceptedTouchpoint) -> Told | None:
    """Return what is to be told of an accepted touchpoint; None where there is nothing."""
    left_out, unknown = accepted.get("left_out", ()), accepted.get("unknown_type", False)
    touchpoint = accepted["touchpoint"]
    empty_grants = sum(grants_nothing(purpose_name(one["purpose"]), one["state"]) for one in touchpoint["consents"])
    if not left_out and not unknown and not empty_grants:
        return None
    return Told(
        tuple((one["type"], one["reason"]) for one in left_out),
        shown_name(touchpoint["type"]) if unknown else None,
        touchpoint["order"] is not None,
        empty_grants,
    )


def accepted_touchpoint(topic: str, partition: int, offset: int, value: bytes | None) -> AcceptedTouchpoint:
    """Return the accepted touchpoint that lies at a place.

    Raises:
        RejectedError: it is none.
        VersionError: a newer version wrote it.
    """
    try:
        return decode_accepted(value)
    except NewerFormatError as error:
        raise VersionError(f"{topic}[{partition}] holds at offset {offset} a record of {error}") from None


def dead_letter(topics: Topics, framing: Framing, record: SourceRecord, error: RejectedError, stage: str) -> Output:
    """Return the dead letter of a record: where it lies, why it cannot be used, and its bytes.

    Of a record too large for a dead letter the beginning is kept; the whole still lies where it came from.
    """
    key, value = record.key, record.value
    detail = error.detail
    if (value is not None and len(value) > MAX_KEPT_BYTES) or (key is not None and len(key) > MAX_KEPT_BYTES):
        detail += f" (kept here: the first {MAX_KEPT_BYTES} bytes)"
    letter: DeadLetter = {
        "reason": error.reason,
        "detail": detail,
        "stage": stage,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": None if key is None else key[:MAX_KEPT_BYTES],
        "value": None if value is None else value[:MAX_KEPT_BYTES],
    }
    return Output(topics.dead_letters, None, framing.encode(DEAD_LETTER, letter), reason=error.reason)


def send_output(deliveries: Sending, output: Output) -> None:
    """Queue an output for delivery.

    Raises:
        DeliveryError: it is larger than the broker takes.
    """
    if output.revision is None:
        deliveries.send(output.topic, output.key, output.value)
    else:
        headers = [(REVISION_HEADER, str(output.revision).encode())]
        deliveries.send(output.topic, output.key, output.value, headers=headers)
