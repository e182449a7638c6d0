"""What makes a touchpoint acceptable: one set of checks, for ingest and for whoever publishes.

Event times further ahead than clocks go wrong, or older than any source, are refused: a stamp from the future would win
"newest" until that day comes.
"""

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from identity.normalise import LeftOut, Normaliser
from identity.policy import IdentityPolicy
from identity.regions import told_region
from identity.usual_names import likely_types
from profiles.folds import AHEAD_DAYS, DAY_MS
from profiles.named_types import named_types
from profiles.policy import Measurement, ProfilePolicy
from schemas.accepted import Node
from schemas.money import MAX_MICROS
from schemas.reasons import Problem, Reason, RejectedError
from schemas.records import Touchpoint
from schemas.touchpoint_types import TouchpointTypes, shown_name

MAX_CLOCK_AHEAD_MS = AHEAD_DAYS * DAY_MS
EARLIEST_EVENT_MS = 631_152_000_000
"""1990-01-01: older stamps are clocks never set, or seconds taken for milliseconds."""

MAX_IDENTIFIERS = 50
MAX_NAME = 1_000
"""Longest event id or type, or text of a consent, order or offer, in characters: many are kept of one customer."""
MAX_TEXT = 10_000
"""Longest text of one trait or property, in characters."""

TOLD_TYPE = "told_type"
"""The property that keeps a touchpoint's type as the source wrote it, where that is not the known one's name."""


class Accepted(NamedTuple):
    """A touchpoint that every later stage can use.

    Attributes:
        touchpoint: with the known type's name, and with what must not be kept left out.
        nodes: its identifiers, strongest first; at least one.
        left_out: the identifiers that count for nothing; of a known type under its own name.
        is_type_known: whether its type means anything.
    """

    touchpoint: Touchpoint
    nodes: tuple[Node, ...]
    left_out: tuple[LeftOut, ...]
    is_type_known: bool


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The rules by which touchpoints are accepted.

    Attributes:
        normaliser: identifiers to nodes.
        measurement: what is kept where measuring is not allowed.
        types: the types that mean something.
    """

    normaliser: Normaliser
    measurement: Measurement
    types: TouchpointTypes

    def accept(self, touchpoint: Touchpoint, source: str, received_at: int) -> Accepted:
        """Return what is kept of a touchpoint.

        Args:
            touchpoint: in canonical form; it is not changed.
            source: that tells it.
            received_at: when it arrived, in milliseconds.

        Raises:
            RejectedError: no later stage could use it; it tells every problem.
        """
        problems = list(_problems(touchpoint, received_at))
        kept = measured(touchpoint, self.measurement, self.normaliser.known_type)
        if len(kept["identifiers"]) > MAX_IDENTIFIERS:
            raise RejectedError.of(problems)
        country = told_region(kept["traits"])
        nodes, left_out = self.normaliser.understand(kept["identifiers"], source=source, country=country)
        if not nodes:
            if len(kept["identifiers"]) < len(touchpoint["identifiers"]):
                raise _not_measured()
            problems.append(_no_usable(left_out, self.normaliser.known_types))
        if problems:
            raise RejectedError.of(problems)
        known = self.types.known(kept["type"])
        if known is not None and known != kept["type"]:
            properties = {TOLD_TYPE: kept["type"], **kept["properties"]}
            kept = {**kept, "type": known, "properties": properties}
        if left_out:
            left_out = tuple(one._replace(type=self.normaliser.known_type(one.type) or one.type) for one in left_out)
        return Accepted(kept, nodes, left_out, known is not None)


def acceptance(identity: IdentityPolicy, profile: ProfilePolicy, key: bytes) -> Acceptance:
    """Return the rules of acceptance under a policy; the key is that of the node ids."""
    return Acceptance(Normaliser(identity, key), profile.measurement, TouchpointTypes(named_types(profile)))


def measured(touchpoint: Touchpoint, measurement: Measurement, known_type: Callable[[str], str | None]) -> Touchpoint:
    """Return a touchpoint as it may be kept: without the identifiers of a device whose user did not allow to measure.

    Args:
        touchpoint: in canonical form.
        measurement: what is kept where measuring is not allowed.
        known_type: returns the identifier type that a source's spelling means.

    Raises:
        RejectedError: ``not_measured``: nothing is left to tie it to.
    """
    told = touchpoint["properties"].get(measurement.property)
    is_allowed = measurement.untold == "keep" if told is None else told.casefold() in measurement.granted
    if is_allowed or touchpoint["consents"]:
        return touchpoint
    kept = [named for named in touchpoint["identifiers"] if known_type(named["type"]) not in measurement.identifiers]
    if touchpoint["identifiers"] and not kept:
        raise _not_measured()
    return {**touchpoint, "identifiers": kept}


def _not_measured() -> RejectedError:
    return RejectedError("not_measured", "the user of the device does not allow to be measured")


def _no_usable(left_out: Sequence[LeftOut], known_types: Collection[str]) -> Problem:
    why = ", ".join(sorted({one.reason for one in left_out})) or "there is none"
    unknown = dict.fromkeys(shown_name(one.type) for one in left_out if one.reason == "unknown_type")
    meant = {name: likely for name in unknown if (likely := likely_types(name, known_types))}
    hints = "".join(f"; '{name}' is likely meant for {' or '.join(likely)}" for name, likely in meant.items())
    return Problem(
        "no_usable_identifier", f"identifiers: expected at least one that can be used ({why}){hints}", "identifiers"
    )


def _problems(touchpoint: Touchpoint, received_at: int) -> Iterator[Problem]:
    """Yield what no later stage could use, identifiers apart."""
    yield from _name("event_id", touchpoint["event_id"])
    yield from _name("type", touchpoint["type"])
    yield from _time(touchpoint["event_time"], received_at)
    if len(touchpoint["identifiers"]) > MAX_IDENTIFIERS:
        yield _too_large("identifiers", f"at most {MAX_IDENTIFIERS}")
    for field, texts in (("traits", touchpoint["traits"]), ("properties", touchpoint["properties"])):
        if any(len(name) > MAX_TEXT or len(value) > MAX_TEXT for name, value in texts.items()):
            yield _too_large(field, f"at most {MAX_TEXT} characters a value")
    yield from _kept(touchpoint)
    order = touchpoint["order"]
    if order is not None and not 0 <= order["amount_micros"] <= MAX_MICROS:
        yield _bad("bad_value", "order.amount_micros", f"an amount from 0 to {MAX_MICROS}")
    interaction = touchpoint["interaction"]
    if interaction is not None:
        yield from _finite("interaction.duration_seconds", interaction["duration_seconds"])
        yield from _finite("interaction.sentiment", interaction["sentiment"])


def _kept(touchpoint: Touchpoint) -> Iterator[Problem]:
    """Yield texts so long that a customer with many of them would be larger than a message may be."""
    order, marketing = touchpoint["order"], touchpoint["marketing"]
    if order is not None:
        yield from _length("order.order_id", order["order_id"])
        yield from _length("order.currency", order["currency"])
    if marketing is not None:
        yield from _length("marketing.offer_id", marketing["offer_id"])
    for place, consent in enumerate(touchpoint["consents"]):
        yield from _length(f"consents.{place}.purpose", consent["purpose"])
        yield from _length(f"consents.{place}.channel", consent["channel"])
        yield from _length(f"consents.{place}.text_version", consent["text_version"])


def _bad(reason: Reason, field: str, expected: str) -> Problem:
    return Problem(reason, f"{field}: expected {expected}", field)


def _too_large(field: str, expected: str) -> Problem:
    return _bad("too_large", field, expected)


def _name(field: str, text: str) -> Iterator[Problem]:
    if not text.strip():
        yield _bad("missing_field", field, "text that is not blank")
    yield from _length(field, text)


def _length(field: str, text: str | None) -> Iterator[Problem]:
    if text is not None and len(text) > MAX_NAME:
        yield _too_large(field, f"at most {MAX_NAME} characters, got {len(text)}")


def _finite(field: str, number: float | None) -> Iterator[Problem]:
    if number is not None and not math.isfinite(number):
        yield _bad("not_finite", field, "a finite number")


def _time(event_time: int, received_at: int) -> Iterator[Problem]:
    if event_time < EARLIEST_EVENT_MS:
        yield _bad("time_too_old", "event_time", "milliseconds since 1970, 1990 or later")
    if event_time > received_at + MAX_CLOCK_AHEAD_MS:
        yield _bad("time_in_future", "event_time", "at most 48 hours after the record's arrival")
