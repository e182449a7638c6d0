"""The fields of a touchpoint by which declarations name what they filter by and what they add up.

``channel``, ``type``, ``campaign``, ``medium``, ``marketing_source``, ``click_id``, ``offer_id``, ``party``,
``reason``, ``outcome``, ``agent``, ``order_id``, ``currency``, ``sku`` (of each line of the order, else of the property
of that name), ``property.NAME`` and ``trait.NAME`` are texts. ``amount``, ``margin``, ``cost``, ``sentiment``,
``seconds`` and ``number.NAME`` (a property that is a number) are numbers, in millionths; amounts are by currency. Of a
text its first :data:`MOST_CHARACTERS` count, so that a profile stays small.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from profiles.policy import Filter
from schemas.accepted import AcceptedTouchpoint
from schemas.money import MAX_MICROS
from schemas.records import Touchpoint

Texts = Callable[[AcceptedTouchpoint], tuple[str, ...]]
Number = Callable[[AcceptedTouchpoint], tuple[str, int] | None]
"""Gives the currency, empty of what is no amount, and millionths; None where the touchpoint has no such number."""

MOST_CHARACTERS = 500

_PATH = re.compile(r"(property|trait|number)\.(\S+)")
_MICRO = Decimal(10) ** 6
_MOST_UNITS = MAX_MICROS // 10**6


def _order(field: str) -> Texts:
    def read(accepted: AcceptedTouchpoint) -> tuple[str, ...]:
        order = accepted["touchpoint"]["order"]
        return () if order is None else (str(order[field])[:MOST_CHARACTERS],)  # type: ignore[literal-required]

    return read


def _marketing(field: str) -> Texts:
    def read(accepted: AcceptedTouchpoint) -> tuple[str, ...]:
        marketing = accepted["touchpoint"]["marketing"]
        value = None if marketing is None else marketing[field]  # type: ignore[literal-required]
        return (value[:MOST_CHARACTERS],) if value else ()

    return read


def _interaction(field: str) -> Texts:
    def read(accepted: AcceptedTouchpoint) -> tuple[str, ...]:
        interaction = accepted["touchpoint"]["interaction"]
        value = None if interaction is None else interaction[field]  # type: ignore[literal-required]
        return (value[:MOST_CHARACTERS],) if value else ()

    return read


def _skus(accepted: AcceptedTouchpoint) -> tuple[str, ...]:
    touchpoint = accepted["touchpoint"]
    order, sku = touchpoint["order"], touchpoint["properties"].get("sku")
    if order is not None and order["items"]:
        return tuple(dict.fromkeys(item["sku"][:MOST_CHARACTERS] for item in order["items"]))
    return (sku[:MOST_CHARACTERS],) if sku else ()


def _mapped(part: str, name: str) -> Texts:
    def read(accepted: AcceptedTouchpoint) -> tuple[str, ...]:
        value = accepted["touchpoint"][part].get(name)  # type: ignore[literal-required]
        return (value[:MOST_CHARACTERS],) if value else ()

    return read


_TEXTS: Mapping[str, Texts] = {
    "channel": lambda accepted: (accepted["source"],),
    "type": lambda accepted: (accepted["touchpoint"]["type"],),
    "party": lambda accepted: (accepted["touchpoint"]["party"],),
    "sku": _skus,
    "order_id": _order("order_id"),
    "currency": _order("currency"),
    **{name: _marketing(name) for name in ("campaign", "medium", "click_id", "offer_id")},
    "marketing_source": _marketing("source"),
    **{name: _interaction(name) for name in ("reason", "outcome", "agent")},
}


def _amount(accepted: AcceptedTouchpoint) -> tuple[str, int] | None:
    order = accepted["touchpoint"]["order"]
    return None if order is None else (order["currency"], order["amount_micros"])


def _margin(accepted: AcceptedTouchpoint) -> tuple[str, int] | None:
    order = accepted["touchpoint"]["order"]
    margin = None if order is None else order.get("margin_micros")
    return None if order is None or margin is None else (order["currency"], margin)


def _cost(accepted: AcceptedTouchpoint) -> tuple[str, int] | None:
    marketing = accepted["touchpoint"]["marketing"]
    cost = None if marketing is None else marketing["cost_micros"]
    return None if marketing is None or cost is None else (marketing["currency"] or "", cost)


def _measured(field: str) -> Number:
    def read(accepted: AcceptedTouchpoint) -> tuple[str, int] | None:
        interaction = accepted["touchpoint"]["interaction"]
        value = None if interaction is None else interaction[field]  # type: ignore[literal-required]
        return None if value is None or abs(value) > _MOST_UNITS else ("", round(value * 1e6))

    return read


def _numeric(name: str) -> Number:
    def read(accepted: AcceptedTouchpoint) -> tuple[str, int] | None:
        micros = micros_of(accepted["touchpoint"], name)
        return None if micros is None else ("", micros)

    return read


_NUMBERS: Mapping[str, Number] = {
    "amount": _amount,
    "margin": _margin,
    "cost": _cost,
    "sentiment": _measured("sentiment"),
    "seconds": _measured("duration_seconds"),
}


def micros_of(touchpoint: Touchpoint, name: str) -> int | None:
    """Return a property that is a number in millionths; None where there is none, or it is out of all bounds."""
    try:
        value = Decimal(touchpoint["properties"].get(name, "")) * _MICRO
    except ArithmeticError:
        return None
    return int(value.to_integral_value()) if value.is_finite() and abs(value) <= MAX_MICROS else None


def texts(field: str) -> Texts:
    """Return the reader of a field's texts.

    Raises:
        ValueError: there is no such field.
    """
    if field in _TEXTS:
        return _TEXTS[field]
    path = _PATH.fullmatch(field)
    if path is None or path[1] == "number":
        raise ValueError(f"expected a field such as channel, type or property.NAME, got {field!r}")
    return _mapped("properties" if path[1] == "property" else "traits", path[2])


def number(field: str) -> Number:
    """Return the reader of a field's number.

    Raises:
        ValueError: there is no such field.
    """
    if field in _NUMBERS:
        return _NUMBERS[field]
    path = _PATH.fullmatch(field)
    if path is None or path[1] != "number":
        raise ValueError(f"expected amount, margin, cost, sentiment, seconds or number.NAME, got {field!r}")
    return _numeric(path[2])


def matcher(wanted: Filter) -> Callable[[AcceptedTouchpoint], bool]:
    """Return whether a touchpoint is meant by a filter; nothing is by an empty one.

    Raises:
        ValueError: it names a field that there is not.
    """
    parts = [(texts(name), frozenset(values)) for name, values in wanted.items()]

    def matches(accepted: AcceptedTouchpoint) -> bool:
        return bool(parts) and all(not values.isdisjoint(read(accepted)) for read, values in parts)

    return matches
