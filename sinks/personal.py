"""What of the lake is personal data, by table or view and column, and how each is masked: the one place that says so.

A personal value is masked by ``***`` and 16 hexadecimal digits of a hash with the installation's own key: equal values
have equal masks, so that they can be counted, joined and grouped by, and nobody without the key can try values out.
What is neither named here as personal nor as clear, and holds text or bytes, is masked too: a new column shows
nothing before somebody has said what it is.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from profiles.facts import KEYED, TEXTUAL
from profiles.policy import ProfilePolicy
from sinks.engine import quoted

KEY_VARIABLE: Final = "mask_key"
"""DuckDB variable of a session that holds the key, so that it stands in no view's text."""

Mask = Callable[[str, ProfilePolicy], str]
"""Gives the SQL expression that masks a quoted column, under the policy in force."""

CLEAR: Final = frozenset(
    (
        "abandonment",
        "accepted_channel",
        "activation_id",
        "agent",
        "anchor_id",
        "anchor_type",
        "applied_by",
        "asked_on",
        "bears_on_channel",
        "bears_on_purpose",
        "brand",
        "breakdown",
        "by_channel",
        "campaign",
        "cap",
        "caps",
        "caps_reached",
        "cause",
        "cause_id",
        "channel",
        "channels",
        "city",
        "click_campaign",
        "click_channel",
        "click_event_id",
        "consents",
        "consents_denied",
        "consents_granted",
        "contact_channel",
        "contact_event_id",
        "contact_type",
        "cost",
        "cost_currency",
        "country",
        "currency",
        "customer_id",
        "declined_channel",
        "effect",
        "entry_campaign",
        "entry_channel",
        "entry_type",
        "event_id",
        "exit_channel",
        "exit_type",
        "failure_channel",
        "failure_event_id",
        "failure_type",
        "first_campaign",
        "first_channel",
        "first_order_id",
        "first_touch",
        "from_step",
        "goal",
        "initials",
        "interaction_agent",
        "interaction_outcome",
        "interaction_reason",
        "items",
        "kind",
        "language",
        "last_channel",
        "last_touch",
        "left_out",
        "made_by",
        "made_channel",
        "margin",
        "margin_micros",
        "marketing_source",
        "media",
        "medium",
        "merged_into",
        "model",
        "node_id",
        "node_ids",
        "node_type",
        "of_campaign",
        "of_channel",
        "of_event_id",
        "of_type",
        "offer_id",
        "offers",
        "order_id",
        "origin_topic",
        "other_channel",
        "other_customer_id",
        "other_node_id",
        "other_segment",
        "other_type",
        "outcome",
        "party",
        "path",
        "permissions",
        "permitted",
        "policy_version",
        "preference",
        "preferred_language",
        "previous_channel",
        "previous_type",
        "purpose",
        "quality",
        "reason",
        "recent_touches",
        "reply_channel",
        "reply_event_id",
        "revenue",
        "revenue_micros",
        "rfm",
        "rfm_class",
        "rule",
        "said_channel",
        "said_purpose",
        "seen_channel",
        "segment",
        "segments",
        "signal_id",
        "source",
        "sources",
        "stage",
        "state",
        "status",
        "tags",
        "text_version",
        "tier",
        "to_step",
        "topic",
        "touches_by_channel",
        "touches_by_type",
        "type",
    )
)
"""Columns of any table or view with text that names nobody: what happened, where and what about, and ids that only
Onefold or the source can lead back to a person. Where ``PERSONAL`` has a column of the same name, that counts."""

CLEAR_HERE: Final[Mapping[str, tuple[str, ...]]] = {
    "_lake": ("views",),
    "activations": ("name",),
    "changes": ("identifiers",),
    "contact_points": ("masked",),
    "customers": ("emails", "phones"),
    "dead_letters": ("detail",),
    "look_alikes": ("features",),
    "policies": ("version",),
    "predicted_value": ("reasons",),
    "scores": ("reasons", "values", "version"),
    "signals": ("name",),
}
"""The same of columns whose name tells too little to be clear everywhere, by table or view."""

_TASTES: Final = ("language", "channel", "store", "receipt", "contact")
"""What the preferences that are known are about; another one, such as a preferred name, may be anything."""
_CLEAR_TRAITS: Final = (
    "city",
    "country",
    "language",
    "preferred_language",
    "preferred_channel",
    "preferred_store",
    "receipt_preference",
    "contact_preference",
)
_CLEAR_CONTEXT: Final = (
    "channel",
    "type",
    "failure_channel",
    "failure_type",
    "failure_event_id",
    "failures",
    "seconds_between",
)
_WRITTEN_BY_PEOPLE: Final = ("trait.", "property.")


def masked_text(value: str) -> str:
    """Return the SQL expression that masks a text; empty ones stay empty."""
    hashed = f"left(sha256(getvariable({quoted(KEY_VARIABLE)}) || {value}), 16)"
    return f"CASE WHEN {value} = '' THEN '' ELSE '***' || {hashed} END"


def _text(column: str, _: ProfilePolicy) -> str:
    return masked_text(column)


def _texts(column: str, _: ProfilePolicy) -> str:
    return f"list_transform({column}, lambda one: {masked_text('one')})"


def _bytes(column: str, _: ProfilePolicy) -> str:
    return f"encode({masked_text(f'hex({column})')})"


def _cards(column: str, _: ProfilePolicy) -> str:
    """Mask the field ``value`` of a list of records."""
    return f"list_transform({column}, lambda one: struct_update(one, value := {masked_text('one.value')}))"


def _traits(column: str, _: ProfilePolicy) -> str:
    told = f"CASE WHEN {_is_clear_trait('one.name')} THEN one.value ELSE {masked_text('one.value')} END"
    return f"list_transform({column}, lambda one: struct_update(one, value := {told}))"


def _map(column: str, is_clear: str) -> str:
    value = f"CASE WHEN {is_clear} THEN one.value ELSE {masked_text('one.value')} END"
    entries = f"list_transform(map_entries({column}), lambda one: struct_update(one, value := {value}))"
    return f"CASE WHEN {column} IS NOT NULL THEN map_from_entries({entries}) END"


def _told(column: str, _: ProfilePolicy) -> str:
    return _map(column, _is_clear_trait("one.key"))


def _properties(column: str, _: ProfilePolicy) -> str:
    return _map(column, "false")


def _context(column: str, _: ProfilePolicy) -> str:
    return _map(column, f"one.key IN ({', '.join(map(quoted, _CLEAR_CONTEXT))})")


def _computed(column: str, policy: ProfilePolicy) -> str:
    key = f"CASE WHEN {_named('one.name', _clear_keys(policy))} THEN one.key ELSE {masked_text('one.key')} END"
    text = f"CASE WHEN {_named('one.name', _clear_words(policy))} THEN one.text ELSE {masked_text('one.text')} END"
    return f'list_transform({column}, lambda one: struct_update(one, key := {key}, "text" := {text}))'


def _words(column: str, policy: ProfilePolicy) -> str:
    return _map(column, _named("one.key", _clear_words(policy)))


def _numbers(column: str, policy: ProfilePolicy) -> str:
    """Mask the keys in NAME.KEY of traits that are kept by something personal."""
    name = "one.key"
    for trait in policy.traits:
        if trait not in _clear_keys(policy):
            start = quoted(f"{trait}.")
            key = masked_text(f"substr(one.key, {len(trait) + 2})")
            name = f"CASE WHEN starts_with(one.key, {start}) THEN {start} || {key} ELSE {name} END"
    entries = f"list_transform(map_entries({column}), lambda one: struct_update(one, key := {name}))"
    return f"CASE WHEN {column} IS NOT NULL THEN map_from_entries({entries}) END"


def _is_clear_trait(name: str) -> str:
    """Return the condition that a told trait of this name tells of tastes or of a place as large as a town."""
    return _named(name, _CLEAR_TRAITS)


def _preference(column: str, _: ProfilePolicy) -> str:
    return f"CASE WHEN {_named('preference', _TASTES)} THEN {column} ELSE {masked_text(column)} END"


def _named(name: str, names: tuple[str, ...]) -> str:
    return f"coalesce({name} IN ({', '.join(map(quoted, names)) or 'NULL'}), false)"


def _clear_keys(policy: ProfilePolicy) -> tuple[str, ...]:
    """Return the computed traits that are kept by no trait of a person, or by nothing."""
    return tuple(
        name
        for name, declared in policy.traits.items()
        if declared.fold not in KEYED or not declared.value.startswith("trait.")
    )


def _clear_words(policy: ProfilePolicy) -> tuple[str, ...]:
    """Return the computed traits whose text is none that a person or an unknown field of the source wrote."""
    return tuple(
        name
        for name, declared in policy.traits.items()
        if declared.fold not in TEXTUAL or not declared.value.startswith(_WRITTEN_BY_PEOPLE)
    )


_TOUCHPOINT: Final[Mapping[str, Mask]] = {
    "identifiers": _cards,
    "traits": _told,
    "click_id": _text,
    "properties": _properties,
}
_PERSON: Final[Mapping[str, Mask]] = dict.fromkeys(("first_name", "last_name", "birth_date"), _text)

PERSONAL: Final[Mapping[str, Mapping[str, Mask]]] = {
    "profiles": {
        **_PERSON,
        "street": _text,
        "postcode": _text,
        "identifiers": _cards,
        "traits": _traits,
        "computed": _computed,
    },
    "identifiers": {"value": _text},
    "touchpoints": _TOUCHPOINT,
    "signals": {"context": _context},
    "activations": {"traits": _told},
    "preferences": {"value": _preference},
    "decisions": {"value": _text, "other_value": _text, "reason": _text},
    "policies": {"model": _text, "text": _text},
    "dead_letters": {"key": _bytes, "value": _bytes},
    "customers_personal": {**_PERSON, "emails": _texts, "phones": _texts, "loyalty_ids": _texts},
    "touchpoints_by_customer": _TOUCHPOINT,
    "customer_facts": {"numbers": _numbers, "texts": _words, "told": _told},
    "conversions": {"click_id": _text},
    "link_evidence": {"anchor_value": _text, "node_value": _text},
    "breakdowns": {"error": _text},
}
"""Table or view to column to how it is masked."""

_NO_WORDS: Final = re.compile(
    r"(BOOLEAN|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\s?\d+\)|DATE|TIME|INTERVAL"
    r"|TIMESTAMP(_S|_MS|_NS| WITH TIME ZONE)?)(\[\])*"
)


def is_clear(relation: str, column: str) -> bool:
    """Return whether a column with text is known to name nobody."""
    return column not in PERSONAL.get(relation, {}) and (column in CLEAR or column in CLEAR_HERE.get(relation, ()))


def shown(relation: str, column: str, sql_type: str, policy: ProfilePolicy) -> str:
    """Return the SQL expression that shows a column to who did not ask for personal data."""
    name = '"' + column.replace('"', '""') + '"'
    mask = PERSONAL.get(relation, {}).get(column)
    if mask is not None:
        return mask(name, policy)
    if is_clear(relation, column) or _NO_WORDS.fullmatch(sql_type):
        return name
    if sql_type == "VARCHAR":
        return masked_text(name)
    return f"CASE WHEN {name} IS NOT NULL THEN '***' END"
