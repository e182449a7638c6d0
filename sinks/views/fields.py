"""The fields of touchpoints that declarations name, as SQL over the columns of ``touchpoints_by_customer``.

The same as :mod:`profiles.fields` reads from a record. Texts are whole here, where profiles keep their beginning.
"""

from collections.abc import Mapping
from typing import Final

from profiles.policy import TraitDeclaration
from sinks.engine import quoted
from sinks.views.filters import ALWAYS_THERE, SOMETIMES_THERE, sql_of

_NUMBERS: Final[Mapping[str, tuple[str, str]]] = {
    "amount": ("currency", "amount"),
    "margin": ("currency", "margin"),
    "cost": ("coalesce(cost_currency, '')", "cost"),
    "sentiment": ("''", "TRY_CAST(interaction_sentiment AS DECIMAL(19, 6))"),
    "seconds": ("''", "TRY_CAST(interaction_seconds AS DECIMAL(19, 6))"),
}
_MOST_UNITS: Final = 10**9
_SKU: Final = "nullif(properties['sku'], '')"


def text(field: str) -> str:
    """Return SQL of a field's text, of several the first; NULL where there is none."""
    if field == "sku":
        return f"CASE WHEN len(items) > 0 THEN items[1].sku ELSE {_SKU} END"
    if field in ALWAYS_THERE:
        return ALWAYS_THERE[field]
    if field in SOMETIMES_THERE:
        return f"nullif({SOMETIMES_THERE[field]}, '')"
    kind, _, name = field.partition(".")
    return f"nullif({'properties' if kind == 'property' else 'traits'}[{quoted(name)}], '')"


def texts(field: str) -> str:
    """Return SQL of a list with each of a field's texts once; empty where there is none."""
    if field == "sku":
        lines = "list_distinct(list_transform(items, lambda line: line.sku))"
        return f"CASE WHEN len(items) > 0 THEN {lines} ELSE list_filter([{_SKU}], lambda one: one IS NOT NULL) END"
    return f"list_filter([{text(field)}], lambda one: one IS NOT NULL)"


def number(field: str) -> tuple[str, str]:
    """Return SQL of a number's currency, empty text of what is no amount, and of the number, DECIMAL(19, 6)."""
    if field in _NUMBERS:
        currency, value = _NUMBERS[field]
        bounded = value if field in {"amount", "margin", "cost"} else _bounded(value)
        return currency, bounded
    return "''", _bounded(f"TRY_CAST(properties[{quoted(field.partition('.')[2])}] AS DECIMAL(19, 6))")


def _bounded(value: str) -> str:
    return f"CASE WHEN abs({value}) <= {_MOST_UNITS} THEN {value} END"


def counting(declared: TraitDeclaration, window_days: int | None = None) -> str:
    """Return the condition that a touchpoint counts for a computed trait: all of them do where nothing is said.

    Within so many days up to the moment, else within the trait's own window; then it needs the view ``moment`` beside.
    """
    days = window_days or declared.window_days
    within = [f'event_time::DATE > "at"::DATE - {days}'] if days else []
    return " AND ".join([*([sql_of(declared.when)] if declared.when else []), *within]) or "true"
