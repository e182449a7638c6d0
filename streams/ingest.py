"""Ingest: source records become accepted touchpoints or dead letters. Stateless.

Decode, map the source's own schema to the canonical form, check, normalise the identifiers, pick the anchor.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.accepted import AcceptedTouchpoint, encode_accepted
from schemas.framing import Framing
from schemas.reasons import RejectedError
from schemas.records import Touchpoint
from schemas.sources import TO_CANONICAL
from schemas.touchpoint_types import shown_name
from streams.acceptance import Acceptance, Accepted
from streams.records import Output, SourceRecord, dead_letter, told_of
from streams.topics import SOURCES, Topics

MAX_RECORD_BYTES = 1024 * 1024
MAX_ACCEPTED_BYTES = 4 * 1024 * 1024
"""Of an accepted touchpoint, which names its fields: many consents or order items are several times what came in."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """Turns source records into what is to be published for them.

    Attributes:
        topics: where to.
        framing: how values are framed.
        acceptance: which touchpoints are accepted, and what is kept of them.
    """

    topics: Topics
    framing: Framing
    acceptance: Acceptance

    def output(self, record: SourceRecord) -> Output:
        """Return the accepted touchpoint of a record, or its dead letter."""
        try:
            accepted = self.accept(record)
            value = encoded(accepted)
        except RejectedError as error:
            if error.reason == "not_measured":  # its bytes hold what must not be kept
                record = record._replace(key=None, value=None)
            return dead_letter(self.topics, self.framing, record, error, "ingest")
        key = accepted["nodes"][0]["node_id"]
        return Output(self.topics.touchpoints, key, value, told=told_of(accepted))

    def accept(self, record: SourceRecord) -> AcceptedTouchpoint:
        """Return the accepted touchpoint of a record.

        Raises:
            RejectedError: it cannot be used.
        """
        if record.value is not None and len(record.value) > MAX_RECORD_BYTES:
            raise RejectedError("too_large", f"the record: expected at most {MAX_RECORD_BYTES} bytes")
        source = self.topics.source_of(record.topic)
        name, content = self.framing.decode(record.value)
        if name not in SOURCES[source]:
            raise RejectedError("unexpected_schema", f"{name} is not a record of source {source}")
        try:
            found = self.acceptance.accept(_canonical(name, content), source, record.timestamp)
        except RejectedError:
            raise
        except Exception as error:
            # A record that our own code cannot stand must not stop its neighbours; nothing is kept between records.
            raise RejectedError("processing_failed", f"{type(error).__name__} in ingest of {name}") from error
        return accepted_of(found, source, record)


def accepted_of(found: Accepted, source: str, record: SourceRecord) -> AcceptedTouchpoint:
    """Return an accepted touchpoint with where it came from, as the later stages take it."""
    accepted: AcceptedTouchpoint = {
        "source": source,
        "received_at": record.timestamp,
        "origin_topic": record.topic,
        "origin_partition": record.partition,
        "origin_offset": record.offset,
        "nodes": list(found.nodes),
        "touchpoint": found.touchpoint,
    }
    if found.left_out:
        accepted["left_out"] = [{"type": shown_name(one.type), "reason": one.reason} for one in found.left_out]
    if not found.is_type_known:
        accepted["unknown_type"] = True
    return accepted


def encoded(accepted: AcceptedTouchpoint) -> bytes:
    """Return the Kafka value of an accepted touchpoint.

    Raises:
        RejectedError: ``too_large``.
    """
    value = encode_accepted(accepted)
    if len(value) > MAX_ACCEPTED_BYTES:
        raise RejectedError("too_large", f"the accepted touchpoint: expected at most {MAX_ACCEPTED_BYTES} bytes")
    return value


def _canonical(name: str, content: Mapping[str, Any]) -> Touchpoint:
    mapping: Callable[..., Touchpoint] | None = TO_CANONICAL.get(name)
    return mapping(content) if mapping else content  # type: ignore[return-value]  # the contract's name says so
