"""What conditions may name of a customer."""

import re
from collections.abc import Mapping

from profiles.policy import FoldName

FACTS: Mapping[str, str] = {
    "known": "Whether a personal identifier is known.",
    "touches": "Number of touchpoints.",
    "channels": "Number of channels with touchpoints.",
    "orders": "Number of orders.",
    "returns": "Number of returns.",
    "revenue": "Orders less returns in the base currency, in its units; what has no rate is left out.",
    "average_basket": "Amount of orders by order, in the base currency; what has no rate is left out.",
    "days_since_first_touch": "Days, with their fraction, since the first touchpoint.",
    "days_since_last_touch": "The same since the last one.",
    "days_since_first_order": "The same since the first order.",
    "days_since_last_order": "The same since the last one.",
    "recency_score": "From 1 to 5, by days since the last order.",
    "frequency_score": "From 1 to 5, by the number of orders.",
    "monetary_score": "From 1 to 5, by revenue.",
    "engagement": "Points for touchpoints of the last days.",
}
"""Facts by name. Besides, ``trait.NAME`` is a told trait; ``NAME`` is the value of a computed trait, ``NAME.KEY`` one of
several, of a sum by currency or a top list; ``consent.PURPOSE.CHANNEL`` is whether that is granted;
``cap.NAME`` whether the cap is reached; ``tag.NAME`` whether somebody was tagged so."""

_OPEN = re.compile(r"trait\.\S+|consent\.[^.\s]+\.[^.\s]+|cap\.\S+|tag\.\S+")
_KEYED: frozenset[FoldName] = frozenset({"sum", "top"})


def is_fact(name: str, traits: Mapping[str, FoldName]) -> bool:
    """Whether there is such a fact, where these traits are computed."""
    if name in FACTS or name in traits or _OPEN.fullmatch(name):
        return True
    trait, _, key = name.partition(".")
    return bool(key) and traits.get(trait) in _KEYED
