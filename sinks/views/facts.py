"""The view ``customer_facts``: what conditions may name of a customer, as :mod:`profiles.facts` says."""

from collections.abc import Mapping
from typing import Final

from profiles.facts import COUNTED, KEYED, TEXTUAL, windows
from profiles.policy import ProfilePolicy, TraitDeclaration
from sinks.engine import quoted
from sinks.views.fields import counting, number, text, texts
from sinks.views.filters import sql_of
from sinks.views.view import View

_PLACE: Final = "(event_time, event_id, source)"
_ENTRIES: Final = 'STRUCT("name" VARCHAR, fold VARCHAR, "value" DECIMAL(28, 6))[]'


def customer_facts(policy: ProfilePolicy) -> View:
    """Return the view ``customer_facts``."""
    single = {name: declared for name, declared in policy.traits.items() if declared.fold not in KEYED}
    column = {name: f"trait_{place}" for place, name in enumerate(single)}
    singles = [f"{_folded(declared)} AS {column[name]}" for name, declared in single.items()]
    numbers = {name: _number_of(each, column[name]) for name, each in single.items() if each.fold not in TEXTUAL}
    asked = {fact: window for fact, window in windows(policy).items() if fact not in policy.traits}
    for place, (fact, (name, days)) in enumerate(asked.items()):
        singles.append(f"count(*) FILTER ({counting(policy.traits[name], days)}) AS window_{place}")
        numbers[fact] = f"window_{place}"
    worded = {name: column[name] for name, each in single.items() if each.fold in TEXTUAL}
    keyed = {name: declared for name, declared in policy.traits.items() if declared.fold in KEYED}
    return View(
        "customer_facts",
        "One row a customer with a touchpoint up to the moment: every fact that segments and offers may name, by then. "
        "Only known and told are as of now.",
        {
            "customer_id": "The customer.",
            "known": "Whether a personal identifier is known.",
            "touches": "Number of touchpoints.",
            "channels": "Number of channels with touchpoints.",
            "orders": "Number of purchases.",
            "returns": "Number of returns.",
            "revenue": "Purchases less returns in the base currency, in its units; what has no rate is left out.",
            "average_basket": "Mean amount of purchases in the base currency; empty without any that has a rate.",
            "days_since_first_touch": "Days, with their fraction, since the first touchpoint.",
            "days_since_last_touch": "The same since the last touchpoint.",
            "days_since_first_order": "The same since the first purchase; empty without one.",
            "days_since_last_order": "The same since the last purchase; empty without one.",
            "recency_score": "From 1 to 5, by days since the last purchase; empty without one.",
            "frequency_score": "From 1 to 5, by number of purchases; empty without one.",
            "monetary_score": "From 1 to 5, by revenue; empty without a purchase.",
            "engagement": "Points for touchpoints of the policy's last days, today included; days are UTC's.",
            "age": "Full years since the told trait birth_date, where that means one day.",
            "numbers": "Computed traits that are numbers, by NAME or NAME.KEY; sums of amounts in currency units. Of a "
            "trait with a window, of the touchpoints within it.",
            "texts": "Computed traits that are texts, by NAME; of a trait with a window, of the touchpoints within it.",
            "told": "Told traits by name: the value that survives.",
            "permitted": "PURPOSE.CHANNEL of what consent permits.",
            "caps_reached": "Names of the caps without room for another message.",
            "tags": "Whether each tag is on, by its name: one that was taken off is false.",
        },
        f"""
    WITH counted AS (
        SELECT {", ".join(("customer_id", *_COUNTS, _engagement(policy), *singles))}
        FROM touchpoints_by_customer CROSS JOIN moment
        WHERE customer_id IS NOT NULL GROUP BY customer_id
    ), entries AS (
        SELECT customer_id, unnest({_entries_of(keyed)}, recursive := true)
        FROM touchpoints_by_customer CROSS JOIN moment WHERE customer_id IS NOT NULL AND ({_any_of(keyed)})
    ), keyed AS (
        SELECT customer_id, name,
               CASE fold WHEN 'min' THEN min(value) WHEN 'max' THEN max(value) ELSE sum(value) END::DOUBLE AS value
        FROM entries GROUP BY customer_id, name, fold
    ), keyed_numbers AS (
        SELECT customer_id, list({{'name': name, 'value': value}}) AS numbers FROM keyed GROUP BY customer_id
    ), permissions AS (
        SELECT customer_id, list(purpose || '.' || channel ORDER BY purpose, channel) AS permitted
        FROM consent_permissions WHERE permitted GROUP BY customer_id
    ), pressed AS (
        SELECT customer_id, list(cap ORDER BY cap) AS caps_reached
        FROM message_pressure WHERE capped GROUP BY customer_id
    ), tagged AS (
        SELECT customer_id, properties['tag'] AS tag, arg_max(type, {_PLACE}) = 'tag_added' AS is_on
        FROM touchpoints_by_customer
        WHERE customer_id IS NOT NULL AND type IN ('tag_added', 'tag_removed') AND properties['tag'] <> ''
        GROUP BY ALL
    ), tags AS (
        SELECT customer_id, map(list(tag), list(is_on)) AS tags FROM tagged GROUP BY customer_id
    ), people AS (
        SELECT customer_id, known, map(list_transform(traits, lambda told: told.name),
                                       list_transform(traits, lambda told: told.value)) AS told
        FROM profiles WHERE status = 'active'
    )
    SELECT customer_id, known, touches, channels, orders, returns, revenue_base AS revenue,
           average_basket_base AS average_basket, tenure_days AS days_since_first_touch, days_since_last_touch,
           days_since_first_order, days_since_last_order, recency_score, frequency_score, monetary_score,
           engagement, {_AGE} AS age,
           {_map_of(numbers, "DOUBLE", "keyed_numbers.numbers")} AS numbers,
           {_map_of(worded, "VARCHAR")} AS texts,
           coalesce(told, MAP {{}}) AS told,
           coalesce(permitted, []) AS permitted,
           coalesce(caps_reached, []) AS caps_reached,
           coalesce(tags, MAP {{}}) AS tags
    FROM customer_value
    JOIN counted USING (customer_id)
    LEFT JOIN people USING (customer_id)
    LEFT JOIN keyed_numbers USING (customer_id)
    LEFT JOIN permissions USING (customer_id)
    LEFT JOIN pressed USING (customer_id)
    LEFT JOIN tags USING (customer_id)
    CROSS JOIN moment
    """,  # noqa: S608 - literals from the policy, quoted
    )


_BORN: Final = "try_cast(regexp_extract(told['birth_date'], '^[0-9]{4}-[0-9]{2}-[0-9]{2}$') AS DATE)"
_AGE: Final = f"""CASE WHEN {_BORN} <= "at"::DATE THEN date_part('year', age("at"::DATE, {_BORN})) END"""
_COUNTS: Final = "count(*) AS touches", "len(list_distinct(list(source))) AS channels"


def _engagement(policy: ProfilePolicy) -> str:
    points = " ".join(f"WHEN {quoted(kind)} THEN {worth}" for kind, worth in policy.engagement.points.items())
    worth = f"CASE type {points} ELSE 0 END" if points else "0"
    recent = f'event_time::DATE > "at"::DATE - {policy.engagement.days}'
    return f"coalesce(sum({worth}) FILTER ({recent}), 0)::BIGINT AS engagement"


def _folded(declared: TraitDeclaration) -> str:
    """Return the aggregate of a trait with one value; empty or 0 where no touchpoint has one."""
    counts = counting(declared)
    if declared.fold == "count":
        return f"count(*) FILTER ({counts})"
    if declared.fold == "rate":
        hits = f"count(*) FILTER ({counts} AND {sql_of(declared.hit)})"
        return f"{hits} / nullif(count(*) FILTER ({counts}), 0)"
    if declared.fold == "days":
        return f"list_distinct(list(event_time::DATE) FILTER ({counts}))"
    if declared.fold == "mean":
        return f"avg({number(declared.value)[1]}) FILTER ({counts})"
    if declared.fold == "distinct":
        return f"list_distinct(flatten(list({texts(declared.value)}) FILTER ({counts})))"
    newest = "arg_max" if declared.fold == "newest" else "arg_min"
    return f"{newest}({text(declared.value)}, {_PLACE}) FILTER ({counts})"


def _number_of(declared: TraitDeclaration, column: str) -> str:
    """Return the number that the aggregate of a trait stands for, NULL where there is none.

    What counts is NULL where there is nothing at all, and 0 where there is nothing within its window.
    """
    if declared.fold not in COUNTED:
        return column
    counted = column if declared.fold == "count" else f"len({column})"
    if declared.fold == "days":
        counted = f"len(list_filter({column}, lambda day: day > list_max({column}) - {declared.days}))"
    return f"coalesce({counted}, 0)" if declared.window_days else f"nullif({counted}, 0)"


def _any_of(keyed: Mapping[str, TraitDeclaration]) -> str:
    return " OR ".join(f"({counting(declared)})" for declared in keyed.values()) or "false"


def _entries_of(keyed: Mapping[str, TraitDeclaration]) -> str:
    """Return SQL of what a touchpoint adds to traits with a value for each currency or text."""
    return f"flatten([[]::{_ENTRIES}, {', '.join(_entries(name, declared) for name, declared in keyed.items())}])"


def _entries(name: str, declared: TraitDeclaration) -> str:
    named = f"CASE key WHEN '' THEN {quoted(name)} ELSE {quoted(f'{name}.')} || key END"
    if declared.fold == "top":
        keys, value, there = texts(declared.value), "1", ""
    else:
        currency, value = number(declared.value)
        keys, there = f"[{currency}]", f" AND {value} IS NOT NULL"
    entry = f"{{'name': {named}, 'fold': {quoted(declared.fold)}, 'value': {value}}}"
    return f"CASE WHEN {counting(declared)}{there} THEN list_transform({keys}, lambda key: {entry})::{_ENTRIES} END"


def _map_of(values: Mapping[str, str], kind: str, more: str = "[]") -> str:
    """Return SQL of a map of the values that are there, by name, and of more entries."""
    entries = ", ".join(f"{{'name': {quoted(name)}, 'value': ({value})::{kind}}}" for name, value in values.items())
    listed = f'list_concat([{entries}]::STRUCT("name" VARCHAR, "value" {kind})[], {more})'
    return f"map_from_entries(list_filter({listed}, lambda entry: entry.value IS NOT NULL))"
