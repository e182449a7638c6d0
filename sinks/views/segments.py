"""Views of segments: whom the conditions of the policy mean."""

from collections.abc import Mapping
from typing import Final

from profiles.conditions import Condition, Conditions
from profiles.consent import channel_name, purpose_name
from profiles.facts import FACTS, TEXTUAL
from profiles.policy import ProfilePolicy
from sinks.engine import quoted
from sinks.views.view import View


def segment_members(policy: ProfilePolicy) -> View:
    """Return the view ``segment_members``."""
    cases = ", ".join(
        f"CASE WHEN {_meant(conditions, policy)} THEN {quoted(name)} END"
        for name, conditions in policy.segments.items()
    )
    return View(
        "segment_members",
        "One row a segment of the policy and a customer who is in it at the moment.",
        {"segment": "Name of the segment.", "customer_id": "The customer."},
        f"""
    WITH placed AS (
        SELECT customer_id, unnest([{cases}]::VARCHAR[]) AS segment FROM customer_facts
    )
    SELECT segment, customer_id FROM placed WHERE segment IS NOT NULL
    """,  # noqa: S608 - literals from the policy, quoted
    )


def segments(policy: ProfilePolicy) -> View:
    """Return the view ``segments``."""
    names = ", ".join(quoted(name) for name in policy.segments)
    return View(
        "segments",
        "One row a segment of the policy, one without members too.",
        {
            "segment": "Name of the segment.",
            "members": "Customers who are in it at the moment.",
            "share": "Their share of all customers with a touchpoint, from 0 to 1; empty where there is no customer.",
            "revenue_base": "Their purchases less returns in the base currency, in its units.",
        },
        f"""
    WITH named AS (
        SELECT unnest([{names}]::VARCHAR[]) AS segment
    ), whole AS (
        SELECT count(*) AS customers FROM customer_value
    ), sums AS (
        SELECT segment, count(*) AS members, sum(revenue_base) AS revenue_base
        FROM segment_members JOIN customer_value USING (customer_id) GROUP BY segment
    )
    SELECT segment, coalesce(members, 0) AS members, coalesce(members, 0) / nullif(customers, 0) AS share,
           coalesce(revenue_base, 0)::DECIMAL(38, 6) AS revenue_base
    FROM named CROSS JOIN whole LEFT JOIN sums USING (segment)
    """,  # noqa: S608 - literals from the policy, quoted
    )


SEGMENT_OVERLAP: Final = View(
    "segment_overlap",
    "One row two segments that have customers in common, each pair once.",
    {
        "segment": "The segment that comes first in the alphabet.",
        "other_segment": "The other one.",
        "customers": "Customers who are in both.",
        "share_of_segment": "Their share of the first one's members, from 0 to 1.",
        "share_of_other": "Their share of the other one's members, from 0 to 1.",
    },
    """
    WITH members AS MATERIALIZED (
        FROM segment_members
    ), sizes AS (
        SELECT segment, count(*) AS customers FROM members GROUP BY segment
    ), pairs AS (
        SELECT one.segment, other.segment AS other_segment, count(*) AS customers
        FROM members AS one
        JOIN members AS other ON other.customer_id = one.customer_id AND other.segment > one.segment
        GROUP BY ALL
    )
    SELECT pairs.segment, other_segment, pairs.customers,
           pairs.customers / one.customers AS share_of_segment, pairs.customers / other.customers AS share_of_other
    FROM pairs
    JOIN sizes AS one ON one.segment = pairs.segment
    JOIN sizes AS other ON other.segment = pairs.other_segment
    """,
)


def _meant(conditions: Conditions, policy: ProfilePolicy) -> str:
    """Return conditions as SQL over ``customer_facts``: true or false, never NULL."""
    parts = [_holds(condition, policy) for condition in conditions.all]
    if conditions.any:
        parts.append(f"({' OR '.join(_holds(condition, policy) for condition in conditions.any)})")
    parts += [f"NOT {_holds(condition, policy)}" for condition in conditions.none]
    return " AND ".join(parts) or "true"


def _holds(condition: Condition, policy: ProfilePolicy) -> str:
    """Return one condition as SQL; it is false where the fact is unknown or of another kind."""
    fact, is_text = _fact(condition.fact, policy)
    if is_text != isinstance(condition.value, str):
        return "false"
    if isinstance(condition.value, str):
        return f"coalesce({fact} {condition.operator} {quoted(condition.value)}, false)"
    return f"coalesce({fact}::DOUBLE {condition.operator} {quoted(float(condition.value))}::DOUBLE, false)"


_IN_LISTS: Final[Mapping[str, str]] = {"consent": "permitted", "cap": "caps_reached"}


def _fact(name: str, policy: ProfilePolicy) -> tuple[str, bool]:
    """Return a fact as SQL over ``customer_facts``, and whether it is a text."""
    if name in FACTS:
        return name, False
    kind, _, rest = name.partition(".")
    if kind in policy.traits:
        is_text = policy.traits[kind].fold in TEXTUAL
        return f"{'texts' if is_text else 'numbers'}[{quoted(name)}]", is_text
    if kind == "consent":
        purpose, channel = rest.split(".")
        rest = f"{purpose_name(purpose)}.{channel_name(channel)}"
    if kind in _IN_LISTS:
        return f"list_contains({_IN_LISTS[kind]}, {quoted(rest)})", False
    return (f"tags[{quoted(rest)}]", False) if kind == "tag" else (f"told[{quoted(rest)}]", True)
