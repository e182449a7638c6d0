"""Ingest: source records become accepted touchpoints or dead letters. Stateless.

Decode, map the source's own schema to the canonical form, validate, normalise the identifiers, pick the anchor. Event
times further ahead than clocks go wrong, or older than any source, are refused: a stamp from the future would win
"newest" until that day comes.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from identity.normalise import Normaliser
from identity.regions import told_region
from profiles.folds import AHEAD_DAYS, DAY_MS
from profiles.policy import Measurement
from schemas.accepted import AcceptedTouchpoint, encode_accepted
from schemas.framing import Framing
from schemas.money import MAX_MICROS
from schemas.reasons import RejectedError
from schemas.records import Touchpoint
from schemas.sources import TO_CANONICAL
from streams.records import Output, SourceRecord, dead_letter
from streams.topics import SOURCES, Topics

MAX_CLOCK_AHEAD_MS = AHEAD_DAYS * DAY_MS
EARLIEST_EVENT_MS = 631_152_000_000
"""1990-01-01: older stamps are clocks never set, or seconds taken for milliseconds."""

MAX_RECORD_BYTES = 1024 * 1024
MAX_ACCEPTED_BYTES = 4 * 1024 * 1024
"""Of an accepted touchpoint, which names its fields: many consents or order items are several times what came in."""
MAX_IDENTIFIERS = 50
MAX_NAME = 1_000
"""Longest event id or type, or text of a consent, order or offer, in characters: many are kept of one customer."""
MAX_TEXT = 10_000
"""Longest text of one trait or property, in characters."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """Turns source records into what is to be published for them.

    Attributes:
        topics: where to.
        framing: how values are framed.
        normaliser: identifiers to nodes.
        measurement: what is kept where measuring is not allowed.
    """

    topics: Topics
    framing: Framing
    normaliser: Normaliser
    measurement: Measurement

    def output(self, record: SourceRecord) -> Output:
        """Return the accepted touchpoint of a record, or its dead letter."""
        try:
            accepted = self.accept(record)
            value = _encoded(accepted)
        except RejectedError as error:
            if error.reason == "not_measured":  # its bytes hold what must not be kept
                record = record._replace(key=None, value=None)
            return dead_letter(self.topics, self.framing, record, error, "ingest")
        key = accepted["nodes"][0]["node_id"]
        return Output(self.topics.touchpoints, key, value)

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
            touchpoint = _canonical(name, content)
            _check(touchpoint, record.timestamp)
            touchpoint = measured(touchpoint, self.measurement)
            country = told_region(touchpoint["traits"])
            understood = self.normaliser.understand(touchpoint["identifiers"], source=source, country=country)
        except RejectedError:
            raise
        except Exception as error:
            # A record that our own code cannot stand must not stop its neighbours; nothing is kept between records.
            raise RejectedError("processing_failed", f"{type(error).__name__} in ingest of {name}") from error
        if not understood.nodes:
            raise RejectedError("no_usable_identifier", "identifiers: all blank, placeholders, malformed or unknown")
        return {
            "source": source,
            "received_at": record.timestamp,
            "origin_topic": record.topic,
            "origin_partition": record.partition,
            "origin_offset": record.offset,
            "nodes": list(understood.nodes),
            "touchpoint": touchpoint,
        }


def _encoded(accepted: AcceptedTouchpoint) -> bytes:
    value = encode_accepted(accepted)
    if len(value) > MAX_ACCEPTED_BYTES:
        raise RejectedError("too_large", f"the accepted touchpoint: expected at most {MAX_ACCEPTED_BYTES} bytes")
    return value


def measured(touchpoint: Touchpoint, measurement: Measurement) -> Touchpoint:
    """Return a touchpoint as it may be kept: without the identifiers of a device whose user did not allow to measure.

    Raises:
        RejectedError: ``not_measured``: nothing is left to tie it to.
    """
    told = touchpoint["properties"].get(measurement.property)
    is_allowed = measurement.untold == "keep" if told is None else told.casefold() in measurement.granted
    if is_allowed or touchpoint["consents"]:
        return touchpoint
    kept = [named for named in touchpoint["identifiers"] if named["type"] not in measurement.identifiers]
    if touchpoint["identifiers"] and not kept:
        raise RejectedError("not_measured", "the user of the device does not allow to be measured")
    return {**touchpoint, "identifiers": kept}


def _canonical(name: str, content: Mapping[str, Any]) -> Touchpoint:
    mapping: Callable[..., Touchpoint] | None = TO_CANONICAL.get(name)
    return mapping(content) if mapping else content  # type: ignore[return-value]  # the contract's name says so


def _check(touchpoint: Touchpoint, received_at: int) -> None:
    """Refuse what no later stage could use.

    Raises:
        RejectedError: ``missing_field``, ``time_too_old``, ``time_in_future``, ``not_finite``, ``bad_value`` or
            ``too_large``.
    """
    _check_name("event_id", touchpoint["event_id"])
    _check_name("type", touchpoint["type"])
    _check_time(touchpoint["event_time"], received_at)
    if len(touchpoint["identifiers"]) > MAX_IDENTIFIERS:
        raise RejectedError("too_large", f"identifiers: expected at most {MAX_IDENTIFIERS}")
    for field, texts in (("traits", touchpoint["traits"]), ("properties", touchpoint["properties"])):
        if any(len(name) > MAX_TEXT or len(value) > MAX_TEXT for name, value in texts.items()):
            raise RejectedError("too_large", f"{field}: expected at most {MAX_TEXT} characters a value")
    _check_kept(touchpoint)
    order = touchpoint["order"]
    if order is not None and not 0 <= order["amount_micros"] <= MAX_MICROS:
        raise RejectedError("bad_value", f"order.amount_micros: expected an amount from 0 to {MAX_MICROS}")
    interaction = touchpoint["interaction"]
    if interaction is not None:
        _check_finite("interaction.duration_seconds", interaction["duration_seconds"])
        _check_finite("interaction.sentiment", interaction["sentiment"])


def _check_kept(touchpoint: Touchpoint) -> None:
    """Refuse texts so long that a customer with many of them would be larger than a message may be."""
    order, marketing = touchpoint["order"], touchpoint["marketing"]
    if order is not None:
        _check_length("order.order_id", order["order_id"])
        _check_length("order.currency", order["currency"])
    if marketing is not None:
        _check_length("marketing.offer_id", marketing["offer_id"])
    for consent in touchpoint["consents"]:
        _check_length("consents.purpose", consent["purpose"])
        _check_length("consents.channel", consent["channel"])
        _check_length("consents.text_version", consent["text_version"])


def _check_name(field: str, text: str) -> None:
    if not text:
        raise RejectedError("missing_field", f"{field}: expected text")
    _check_length(field, text)


def _check_length(field: str, text: str | None) -> None:
    if text is not None and len(text) > MAX_NAME:
        raise RejectedError("too_large", f"{field}: expected at most {MAX_NAME} characters")


def _check_finite(field: str, number: float | None) -> None:
    if number is not None and not math.isfinite(number):
        raise RejectedError("not_finite", f"{field}: expected a finite number")


def _check_time(event_time: int, received_at: int) -> None:
    if event_time < EARLIEST_EVENT_MS:
        raise RejectedError("time_too_old", "event_time: expected milliseconds since 1970, 1990 or later")
    if event_time > received_at + MAX_CLOCK_AHEAD_MS:
        raise RejectedError("time_in_future", "event_time: expected at most 48 hours after the record's arrival")
