"""The accepted touchpoint: what ingest hands to the later stages, and its form on ``onefold.touchpoints``.

It passes between stages of Onefold only, so it is no Avro contract but a format byte and MessagePack, which is encoded
and decoded in an eighth of the time.
"""

from typing import NotRequired, TypedDict

import msgspec

from schemas.reasons import RejectedError
from schemas.records import Touchpoint

FORMAT = 1
_FORMAT_BYTE = bytes([FORMAT])
_NEWER = frozenset(range(FORMAT + 1, 16))


class NewerFormatError(Exception):
    """A version to come wrote it. To pass over it would lose it, so whoever reads it must stop."""


class Node(TypedDict):
    """An identifier of a touchpoint, normalised.

    ``node_id`` is a keyed hash of type and value, 16 bytes.
    """

    node_id: bytes
    type: str
    value: str


class LeftOutIdentifier(TypedDict):
    """An identifier of a touchpoint that counts for nothing.

    ``type`` is the known one, or a foreign name as far as it may be shown; ``reason`` is a code of identity.normalise.
    """

    type: str
    reason: str


class AcceptedTouchpoint(TypedDict):
    """A touchpoint that passed ingest: what came, where it came from, and the nodes it belongs to.

    ``source`` is its channel: web, mobile, store, call, email, paid, social, partner or crm. ``received_at`` is Kafka's
    timestamp of the source record, in milliseconds, and ``origin_*`` say where that record lies. ``nodes`` are its
    identifiers normalised, without blocked and repeated ones, strongest first: ``nodes[0]`` is the anchor. It is never
    empty. ``touchpoint`` is in canonical form, values as they came but for the name of a known type. ``left_out`` tells
    its other identifiers, and ``unknown_type`` that its type means nothing; both are absent where there is nothing to
    tell.
    """

    source: str
    received_at: int
    origin_topic: str
    origin_partition: int
    origin_offset: int
    nodes: list[Node]
    touchpoint: Touchpoint
    left_out: NotRequired[list[LeftOutIdentifier]]
    unknown_type: NotRequired[bool]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(AcceptedTouchpoint)


def encode_accepted(accepted: AcceptedTouchpoint) -> bytes:
    """Return the Kafka value of an accepted touchpoint."""
    return _FORMAT_BYTE + _encoder.encode(accepted)


def decode_accepted(value: bytes | None) -> AcceptedTouchpoint:
    """Return the accepted touchpoint in a Kafka value.

    Raises:
        RejectedError: ``null_value``, ``unknown_framing`` or ``undecodable``.
        NewerFormatError: it is of a format that this version does not know yet.
    """
    if value is None:
        raise RejectedError("null_value", "expected an accepted touchpoint, got no value")
    if value[:1] != _FORMAT_BYTE:
        if value and value[0] in _NEWER:
            raise NewerFormatError(f"format {value[0]}; this version knows {FORMAT}")
        raise RejectedError("unknown_framing", f"expected an accepted touchpoint of format {FORMAT}")
    try:
        accepted = _decoder.decode(memoryview(value)[1:])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        detail = f"accepted touchpoint: the bytes end early or do not fit ({type(error).__name__})"
        raise RejectedError("undecodable", detail) from None
    if not accepted["nodes"]:
        raise RejectedError("undecodable", "accepted touchpoint: expected nodes")
    return accepted
