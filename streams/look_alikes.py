"""Look-alikes of a segment: what is known of everybody read from the lake, and who of the others is like its members.

What makes somebody a customer is no part of what is compared: orders, returns, revenue, basket, scores, and computed
traits of purchases and returns. So prospects can be like customers at all. Nor is what the segment is declared by: who
has that is a member already. Nor is consent.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
import numpy as np

from profiles.buying import Floats
from profiles.conditions import Conditions
from profiles.facts import KEYED, TEXTUAL
from profiles.look_alikes import Facts, Flags, Search, find
from profiles.policy import ProfilePolicy, TraitDeclaration
from schemas.records import Score
from schemas.touchpoint_types import ORDER_TYPES
from sinks.policies import profile_policy_in
from sinks.reader import LakeReader
from sinks.views.scores import LOOK_ALIKE
from streams.errors import InputError
from streams.scores import version_of

Among = Literal["prospects", "others"]

_COMPARED = ("touches", "channels", "engagement", "days_since_first_touch", "days_since_last_touch")
_TEXTS = ("country", "language", "first_channel")
_PEOPLE = f"""
    SELECT customer_id, profiles.known AND customer_facts.orders = 0 AS is_prospect, numbers, texts,
           {", ".join(f"customer_facts.{name}::DOUBLE" for name in _COMPARED)},
           country, lower(split_part(coalesce(preferred_language, language), '-', 1)), first_channel
    FROM customer_facts JOIN profiles USING (customer_id)
    ORDER BY customer_id
"""  # noqa: S608 - constants
_MEMBERS = "SELECT customer_id FROM segment_members WHERE segment = ?"

_BUYING_TYPES = frozenset(ORDER_TYPES)
_BUYING_FIELDS = frozenset({"amount", "margin", "order_id"})
_NOTHING_IS_0 = frozenset({"count", "sum", "distinct", "days"})
_LEAST_SHARE = 0.01
_MOST_KEYS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Everybody with a touchpoint up to a moment, and who of them is in a segment.

    Attributes:
        segment: its name.
        at: the moment, UTC without a zone.
        customers: their ids, in order.
        facts: what is compared.
        members: who is in the segment.
        prospects: who is known and never bought.
    """

    segment: str
    at: datetime
    customers: Sequence[str]
    facts: Facts
    members: Flags
    prospects: Flags


def read_crowd(reader: LakeReader, segment: str, at: datetime) -> Crowd:
    """Return everybody, and who of them is in a segment.

    Args:
        reader: of the lake, opened with the same moment.
        segment: of the policy in force.
        at: the moment, UTC without a zone.

    Raises:
        InputError: the policy has no such segment.
    """
    policy = profile_policy_in(reader)
    if segment not in policy.segments:
        raise InputError(
            f"the policy in force has no segment {segment!r}; it has {', '.join(policy.segments) or 'none'}"
        )
    rows = reader.execute(_PEOPLE).fetchall()
    members = {customer for (customer,) in reader.execute(_MEMBERS, [segment]).fetchall()}
    customers = [row[0] for row in rows]
    plain = {name: np.array([row[4 + place] for row in rows], dtype=np.float64) for place, name in enumerate(_COMPARED)}
    texts = {name: [row[4 + len(_COMPARED) + place] or "" for row in rows] for place, name in enumerate(_TEXTS)}
    computed = _computed([row[2] or {} for row in rows], _compared(policy))
    told = [row[3] or {} for row in rows]
    worded = {
        name: [each.get(name) or "" for each in told]
        for name, declared in _compared(policy).items()
        if declared.fold in TEXTUAL
    }
    return Crowd(
        segment=segment,
        at=at,
        customers=customers,
        facts=_without(Facts(plain | computed, texts | worded), policy.segments[segment]),
        members=np.array([customer in members for customer in customers], dtype=np.bool_),
        prospects=np.array([row[1] for row in rows], dtype=np.bool_),
    )


def search(crowd: Crowd, among: Among, most: int) -> Search:
    """Return those who are most like the members, of the prospects or of all others.

    Raises:
        NotFittedError: there are too few data.
    """
    others = ~crowd.members
    return find(crowd.facts, crowd.members, others & crowd.prospects if among == "prospects" else others, most)


def version(crowd: Crowd, among: Among, done: Search) -> str:
    """Return the hash of what a search learnt and of what it was about."""
    about = {"segment": crowd.segment, "at": crowd.at.isoformat(), "among": among}
    learnt = {"weights": done.weights, "labelled_share": done.labelled_share}
    return version_of(msgspec.json.encode({**about, **learnt}, order="deterministic"))


def model_of(segment: str) -> str:
    """Return the name of the model of a segment's look-alikes."""
    return f"{LOOK_ALIKE}{segment}"


def scores_of(crowd: Crowd, done: Search, of_version: str, made_at: int) -> Iterator[Score]:
    """Yield the score of everybody who was found, the most similar first."""
    for rank, found in enumerate(done.found, start=1):
        yield {
            "customer_id": crowd.customers[found.place],
            "model": model_of(crowd.segment),
            "version": of_version,
            "values": {"rank": float(rank), "similarity": found.similarity, "lift": found.lift},
            "reasons": list(found.reasons),
            "made_at": made_at,
        }


def _without(facts: Facts, declared: Conditions) -> Facts:
    """Return the facts without those that conditions name."""
    named = {condition.fact.removeprefix("trait.") for condition in declared.each()}
    return Facts(
        {name: values for name, values in facts.numbers.items() if name not in named},
        {name: values for name, values in facts.texts.items() if name not in named},
    )


def _compared(policy: ProfilePolicy) -> dict[str, TraitDeclaration]:
    """Return the computed traits that do not tell of purchases and returns."""
    return {name: declared for name, declared in policy.traits.items() if not _tells_of_buying(declared)}


def _tells_of_buying(declared: TraitDeclaration) -> bool:
    named = {*declared.when.get("type", ()), *declared.hit.get("type", ())}
    return declared.value in _BUYING_FIELDS or not _BUYING_TYPES.isdisjoint(named)


def _computed(numbers: Sequence[Mapping[str, float]], traits: Mapping[str, TraitDeclaration]) -> dict[str, Floats]:
    """Return computed traits as columns.

    Of a count, a sum or the like, nothing is 0; of a mean or a rate it is unknown. A top list becomes the number of all
    that it counts, and the share in it of each key that enough customers have.
    """
    columns: dict[str, Floats] = {}
    keys = _keys(numbers)
    for trait, declared in traits.items():
        if declared.fold in TEXTUAL:
            continue
        if declared.fold != "top":
            names = keys[trait] if declared.fold in KEYED else [trait]
            nothing = 0.0 if declared.fold in _NOTHING_IS_0 else np.nan
            columns |= {name: _column(numbers, name, nothing) for name in names}
            continue
        counts = {name: _column(numbers, name, 0.0) for name in keys[trait]}
        total = _totals(numbers, trait)
        columns[trait] = total
        columns |= {name: count / np.maximum(total, 1.0) for name, count in counts.items()}
    return columns


def _keys(numbers: Sequence[Mapping[str, float]]) -> dict[str, list[str]]:
    """Return the names that enough customers have a value of, by trait, the most frequent first."""
    counted = Counter(name for each in numbers for name in each)
    found: dict[str, list[str]] = defaultdict(list)
    for name, customers in sorted(counted.items(), key=lambda entry: (-entry[1], entry[0])):
        trait = name.partition(".")[0]
        if customers >= _LEAST_SHARE * len(numbers) and len(found[trait]) < _MOST_KEYS:
            found[trait].append(name)
    return found


def _column(numbers: Sequence[Mapping[str, float]], name: str, nothing: float) -> Floats:
    found = (each.get(name) for each in numbers)
    return np.fromiter((nothing if one is None else one for one in found), np.float64, len(numbers))


def _totals(numbers: Sequence[Mapping[str, float]], trait: str) -> Floats:
    """Return what all keys of a top list add up to."""
    start = f"{trait}."
    sums = (sum(value for name, value in each.items() if name.startswith(start)) for each in numbers)
    return np.fromiter(sums, np.float64, len(numbers))
