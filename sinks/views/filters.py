"""Filters of the policy as SQL conditions on the columns of touchpoints."""

from collections.abc import Iterable, Mapping
from typing import Final

from profiles.policy import Filter
from sinks.engine import quoted

ALWAYS_THERE: Final[Mapping[str, str]] = {"channel": "source", "type": "type", "party": "party"}
"""Field to column of what every touchpoint has."""

SOMETIMES_THERE: Final[Mapping[str, str]] = {
    **{name: name for name in ("campaign", "medium", "marketing_source", "click_id", "offer_id")},
    **{name: f"interaction_{name}" for name in ("reason", "outcome", "agent")},
    **{name: name for name in ("order_id", "currency")},
}

_MAPS: Final[Mapping[str, str]] = {"property": "properties", "trait": "traits"}


def sql_of(wanted: Filter) -> str:
    """Return the condition that a touchpoint is meant by a filter, true or false of every one; nothing is by an empty.

    Raises:
        ValueError: it names a field that there is not.
    """
    return f"({' AND '.join(_one_of(*part) for part in wanted.items())})" if wanted else "false"


def either(*wanted: Filter) -> str:
    """Return the condition that a touchpoint is meant by any of these filters."""
    return f"({' OR '.join(map(sql_of, wanted))})"


def listed(values: Iterable[str]) -> str:
    """Return texts as the right side of IN, which matches nothing where there is none."""
    return f"({', '.join(map(quoted, values)) or 'NULL'})"


def _one_of(field: str, values: tuple[str, ...]) -> str:
    if field in ALWAYS_THERE:
        return f"{ALWAYS_THERE[field]} IN {listed(values)}"
    told = listed(value for value in values if value)
    if field == "sku":
        items = f"len(list_filter(items, lambda item: item.sku IN {told})) > 0"
        return f"coalesce(CASE WHEN len(items) > 0 THEN {items} ELSE properties['sku'] IN {told} END, false)"
    if field in SOMETIMES_THERE:
        return f"coalesce({SOMETIMES_THERE[field]} IN {told}, false)"
    part, _, name = field.partition(".")
    if part not in _MAPS or not name:
        raise ValueError(f"expected a field such as channel, type or property.NAME, got {field!r}")
    return f"coalesce({_MAPS[part]}[{quoted(name)}] IN {told}, false)"
