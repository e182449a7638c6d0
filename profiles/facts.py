"""What is known of a customer at a moment, by name: what conditions may name. Pure; the moment is an argument."""

import re
from calendar import isleap
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import MAXYEAR, UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from profiles.conditions import Condition, Kind, Value
from profiles.consents import decided
from profiles.folding import Folding, mark_name, surviving_traits
from profiles.folds import DAY_MS, MICRO
from profiles.fragment import Fragment, OrderMark, TraitValue
from profiles.policy import FoldName, ProfilePolicy

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
    "engagement": "Points for touchpoints of the last days, today included; days are UTC's.",
    "age": "Full years since the told trait birth_date, where that means one day; days are UTC's.",
}
"""Facts by name. Besides, ``trait.NAME`` is a told trait; ``NAME`` is the value of a computed trait, ``NAME.KEY`` one
of several, of a sum by currency or a top list; of a trait with a window, they are of the touchpoints within it;
``NAME.DAYS`` of a ``days`` trait is how many touchpoints there were within so many days, today included;
``consent.PURPOSE.CHANNEL`` is whether that is permitted; ``cap.NAME`` whether the cap is reached; ``tag.NAME`` whether
somebody was tagged so. Those of time are unknown as long as the moment is, those of orders where there are none; what
was never said of consent is false."""

_OPEN = re.compile(r"trait\.\S+|consent\.[^.\s*]+\.[^.\s*]+|tag\.\S+")
KEYED: frozenset[FoldName] = frozenset({"sum", "top", "min", "max"})
"""Folds with several values: one by currency, or by text."""

TEXTUAL: frozenset[FoldName] = frozenset({"first", "newest"})
"""Folds whose value is a text; of others it is a number."""

COUNTED: frozenset[FoldName] = frozenset({"count", "distinct", "days"})
"""Folds that count: within a window, nothing is 0 of them. Of other folds it is unknown."""

_WINDOW = re.compile(r"[1-9][0-9]{0,2}")
_HOUR_MS = 3_600_000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LEAP_DAY = (2, 29)
_EPOCH = date(1970, 1, 1)

_SINCE: Mapping[str, str] = {
    "days_since_first_touch": "first_touch",
    "days_since_last_touch": "last_touch",
    "days_since_first_order": "first_order",
    "days_since_last_order": "last_order",
}


def kind_of_fact(name: str, traits: Mapping[str, FoldName], caps: Container[str]) -> Kind | None:
    """Return what a fact is, where these traits and caps are declared; None where there is no such fact."""
    if name in FACTS:
        return "flag" if name == "known" else "number"
    start, dot, rest = name.partition(".")
    if start in traits:
        return _kind_of_trait(traits[start], rest if dot else None)
    if start == "cap":
        return "flag" if rest in caps else None
    if not _OPEN.fullmatch(name):
        return None
    return "text" if start == "trait" else "flag"


def _kind_of_trait(fold: FoldName, key: str | None) -> Kind | None:
    """Return what a computed trait, or one of its values, is."""
    if key is None:
        return "text" if fold in TEXTUAL else "number"
    has_key = bool(_WINDOW.fullmatch(key)) if fold == "days" else bool(key) and fold in KEYED
    return "number" if has_key else None


class Facts(Mapping[str, "Value | None"]):
    """The facts of a customer, each found when it is first asked for: conditions name few of them.

    Args:
        whole: what all their touchpoints add up to; must not change while facts are asked for.
        known: whether a personal identifier is known.
        now_ms: the moment, milliseconds since 1970 UTC; None where it is not known. What happened after it counts as
            happening at it.
        folding: of the policy in force.
    """

    def __init__(self, whole: Fragment, *, known: bool, now_ms: int | None, folding: Folding) -> None:
        self.whole = whole
        self.known = known
        self.now_ms = now_ms
        self.folding = folding
        self._found: dict[str, Value | None] = {}
        self._groups: set[str] = set()

    def __getitem__(self, name: str) -> Value | None:
        """Return a fact; None where it is unknown.

        Raises:
            KeyError: there is none of this name.
        """
        if name not in self._found:
            self._find(_group_of(self.folding, name))
        return self._found[name]

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401  # as Mapping's, without an error on the way
        """Return a fact; the default where there is none of this name."""
        found = self._found
        if name not in found:
            self._find(_group_of(self.folding, name))
        return found.get(name, default)

    def __iter__(self) -> Iterator[str]:
        """Yield the names of all facts."""
        for group in (*_FINDERS, *self.folding.folds):
            self._find(group)
        return iter(self._found)

    def __len__(self) -> int:
        """Return how many facts there are."""
        return sum(1 for _ in self)

    def _find(self, group: str) -> None:
        if group not in self._groups:
            self._groups.add(group)
            find = _FINDERS.get(group)
            self._found.update(find(self) if find else _computed_facts(self, group))


@lru_cache(maxsize=1024)
def _group_of(folding: Folding, name: str) -> str:
    """Return with what other facts a fact is found."""
    start = name.partition(".")[0]
    return _GROUP_OF.get(name) or (start if start in folding.folds else f"a {start}")


def _count_facts(facts: Facts) -> dict[str, Value | None]:
    by_channel = facts.whole.by_channel
    return {
        "known": facts.known,
        "touches": float(sum(by_channel.values())),
        "channels": float(len(by_channel)),
    }


def _time_facts(facts: Facts) -> dict[str, Value | None]:
    known, now_ms, policy = moments(facts.whole), facts.now_ms, facts.folding.policy
    since: dict[str, Value | None] = {name: _days(known[of], now_ms) for name, of in _SINCE.items()}
    return {
        **since,
        "recency_score": _recency(_days(known["last_order"], now_ms), policy),
        "engagement": None if now_ms is None else _points(facts.whole, now_ms, policy),
    }


def _told_facts(facts: Facts) -> dict[str, Value | None]:
    told = surviving_traits(facts.whole)
    by_name: dict[str, Value | None] = {f"trait.{name}": value.value for name, value in told.items()}
    return {**by_name, "age": _age(told.get("birth_date"), facts.now_ms)}


def _tag_facts(facts: Facts) -> dict[str, Value | None]:
    return {f"tag.{name}": told.value == "added" for name, told in facts.whole.tags.items()}


def _consent_facts(facts: Facts) -> dict[str, Value | None]:
    known = facts.folding.known_consents
    asked = {name: name.split(".") for name in _consents_asked(facts.folding)}
    return {name: decided(facts.whole, of, on, known).permitted for name, (_, of, on) in asked.items()}


def _cap_facts(facts: Facts) -> dict[str, Value | None]:
    now_ms, policy = facts.now_ms, facts.folding.policy
    if now_ms is None:
        return {}
    return {f"cap.{name}": free_again_at(facts.whole, name, now_ms, policy) > now_ms for name in policy.caps}


def _computed_facts(facts: Facts, name: str) -> dict[str, Value | None]:
    """Return what a computed trait tells, within windows that conditions name too."""
    found: dict[str, Value | None] = {}
    fold, state = facts.folding.folds.get(name), facts.whole.computed.get(name)
    if fold is not None and state is not None:
        found = {f"{name}.{value.key}" if value.key else name: value.value for value in fold.values(state)}
    for asked, window in _windows_of(facts.folding, name):
        if facts.now_ms is None:
            found[asked] = None
        else:
            found.update(_in_window(facts.whole, asked, window, facts.now_ms, facts.folding))
    return found


def moments(whole: Fragment) -> dict[str, int | None]:
    """Return the event times that facts of time are reckoned from; None of what never was."""
    bought = [order.time for order in purchases(whole)]
    return {
        "first_touch": whole.first.time if whole.first else None,
        "last_touch": whole.recent[0].time if whole.recent else None,
        "first_order": min(bought, default=None),
        "last_order": max(bought, default=None),
    }


def purchases(whole: Fragment) -> list[OrderMark]:
    """Return the orders that are no returns."""
    return [order for order in whole.orders.values() if not order.is_return]


def base_amount(orders: Iterable[OrderMark], policy: ProfilePolicy) -> tuple[float, int]:
    """Return what orders are worth in the base currency, in its units, and how many that are; others have no rate.

    Amounts are added up by currency before they are converted, so the sum does not depend on order.
    """
    rates = {**policy.currency_rates, policy.base_currency: 1.0}
    micros: dict[str, int] = {}
    counted = 0
    for order in orders:
        if order.currency in rates:
            micros[order.currency] = micros.get(order.currency, 0) + order.amount
            counted += 1
    return sum(amount * rates[currency] for currency, amount in sorted(micros.items())) / MICRO, counted


def free_again_at(whole: Fragment, cap: str, now_ms: int, policy: ProfilePolicy) -> int:
    """Return when a cap leaves room for another message: not after ``now_ms`` where it does now."""
    declared = policy.caps[cap]
    newest = [mark.time for mark in whole.marks.get(mark_name("cap", cap), ())][-declared.most :]
    return newest[0] + declared.hours * _HOUR_MS if len(newest) == declared.most else now_ms


def messages_within(whole: Fragment, cap: str, now_ms: int, policy: ProfilePolicy) -> int:
    """Return how many messages there were within a cap's hours before a moment, counted up to its most."""
    first = now_ms - policy.caps[cap].hours * _HOUR_MS
    return sum(mark.time > first for mark in whole.marks.get(mark_name("cap", cap), ()))


def changes_at(whole: Fragment, folding: Folding, now_ms: int) -> int | None:
    """Return the next moment after ``now_ms`` at which time alone changes a condition or a cap; None: never."""
    policy, known = folding.policy, moments(whole)
    found = [
        known_at + cut
        for of, cuts in _cuts(folding).items()
        if (known_at := known[of]) is not None
        for cut in cuts
        if known_at + cut > now_ms
    ]
    found += [(day + policy.engagement.days) * DAY_MS for day in whole.points]
    for trait, days in _windows(folding).values():
        found += [(day + days) * DAY_MS for day in whole.computed.get(trait, {})]
    found += [free_again_at(whole, cap, now_ms, policy) for cap in policy.caps]
    found += _birthdays(surviving_traits(whole).get("birth_date"), now_ms)
    return min((moment for moment in found if moment > now_ms), default=None)


class Window(NamedTuple):
    """So many UTC days up to a moment's, of a trait that is kept by day; what is later counts as of the last one."""

    trait: str
    days: int


def windows(policy: ProfilePolicy) -> dict[str, Window]:
    """Return the windows that conditions name, by fact; of one with several values by what their names begin with."""
    found = {}
    for condition in _conditions(policy):
        trait, _, rest = condition.fact.partition(".")
        declared = policy.traits.get(trait)
        if declared is not None and declared.window_days is not None:
            found[trait] = Window(trait, declared.window_days)
        elif declared is not None and declared.fold == "days" and rest:
            found[condition.fact] = Window(trait, int(rest))
    return found


@lru_cache(maxsize=4)
def _windows(folding: Folding) -> Mapping[str, Window]:
    return windows(folding.policy)


@lru_cache(maxsize=256)
def _windows_of(folding: Folding, trait: str) -> list[tuple[str, Window]]:
    return [(name, window) for name, window in _windows(folding).items() if window.trait == trait]


def _in_window(
    whole: Fragment, name: str, window: Window, now_ms: int, folding: Folding
) -> Iterator[tuple[str, Value]]:
    """Yield the facts of a window, in which what counts is 0 of nothing."""
    if folding.policy.traits[window.trait].fold in COUNTED:
        yield name, 0.0
    by_day = whole.computed.get(window.trait, {})
    for value in folding.by_day[window.trait].since(by_day, _first_day(now_ms, window.days)):
        yield f"{name}.{value.key}" if value.key else name, value.value


def _points(whole: Fragment, now_ms: int, policy: ProfilePolicy) -> float:
    first = _first_day(now_ms, policy.engagement.days)
    return float(sum(points for day, points in whole.points.items() if day >= first))


def _first_day(now_ms: int, days: int) -> int:
    """Return the first of so many UTC days of which the last is today."""
    return now_ms // DAY_MS - days + 1


def _conditions(policy: ProfilePolicy) -> Iterator[Condition]:
    """Yield every condition that is declared anywhere."""
    for conditions in (*policy.segments.values(), *(offer.eligible for offer in policy.offers.values())):
        yield from conditions.each()


@lru_cache(maxsize=4)
def _consents_asked(folding: Folding) -> frozenset[str]:
    """Return the facts of consent that conditions name."""
    asked = (condition.fact for condition in _conditions(folding.policy))
    return frozenset(name for name in asked if name.startswith("consent."))


@lru_cache(maxsize=4)
def _cuts(folding: Folding) -> Mapping[str, set[int]]:
    """Return how long after each moment a condition may change, in milliseconds."""
    policy = folding.policy
    cuts: dict[str, set[int]] = {of: set() for of in _SINCE.values()}
    for condition in _conditions(policy):
        if condition.fact in _SINCE and isinstance(condition.value, float):
            cut = int(condition.value * DAY_MS)
            cuts[_SINCE[condition.fact]] |= set(range(cut - 1, cut + 3))  # days are a fraction, so near it
    cuts["last_order"] |= {days * DAY_MS + 1 for days in policy.scores.recency_days}
    return cuts


_NO_ORDERS: dict[str, Value | None] = {
    **dict.fromkeys(("orders", "returns", "revenue"), 0.0),
    **dict.fromkeys(("average_basket", "frequency_score", "monetary_score")),
}


def _order_facts(facts: Facts) -> dict[str, Value | None]:
    whole, policy = facts.whole, facts.folding.policy
    if not whole.orders:
        return _NO_ORDERS
    bought = purchases(whole)
    spent, counted = base_amount(bought, policy)
    given_back, _ = base_amount((order for order in whole.orders.values() if order.is_return), policy)
    revenue = spent - given_back
    scores = policy.scores
    return {
        "orders": float(len(bought)),
        "returns": float(len(whole.orders) - len(bought)),
        "revenue": revenue,
        "average_basket": spent / counted if counted else None,
        "frequency_score": 1.0 + sum(len(bought) >= cut for cut in scores.frequency) if bought else None,
        "monetary_score": 1.0 + sum(revenue >= cut for cut in scores.monetary) if bought else None,
    }


def _age(birth_date: TraitValue | None, now_ms: int | None) -> float | None:
    born = _born(birth_date)
    if born is None or now_ms is None:
        return None
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return float(years) if years >= 0 else None


def _birthdays(birth_date: TraitValue | None, now_ms: int) -> list[int]:
    """Return the next days, in milliseconds, at which somebody may be a year older."""
    born = _born(birth_date)
    if born is None:
        return []
    year = datetime.fromtimestamp(now_ms / 1000, UTC).year
    month, day = born.month, born.day
    found = [
        date(later, month, day) if (month, day) != _LEAP_DAY or isleap(later) else date(later, 3, 1)
        for later in (year, year + 1)
        if later <= MAXYEAR
    ]
    return [(one - _EPOCH).days * DAY_MS for one in found]


def _born(birth_date: TraitValue | None) -> date | None:
    if birth_date is None or not _DATE.fullmatch(birth_date.value):
        return None
    try:
        return date.fromisoformat(birth_date.value)
    except ValueError:
        return None


def _recency(days: float | None, policy: ProfilePolicy) -> float | None:
    return None if days is None else 1.0 + sum(days <= cut for cut in policy.scores.recency_days)


def _days(since_ms: int | None, now_ms: int | None) -> float | None:
    return None if since_ms is None or now_ms is None else max(now_ms - since_ms, 0) / DAY_MS


_FINDERS: Mapping[str, Callable[[Facts], dict[str, Value | None]]] = {
    "a count": _count_facts,
    "an order": _order_facts,
    "a time": _time_facts,
    "a trait": _told_facts,
    "a tag": _tag_facts,
    "a consent": _consent_facts,
    "a cap": _cap_facts,
}
"""Facts that are found together. Those of a computed trait are, too, under its name; no name has a space."""

_GROUP_OF: Mapping[str, str] = {
    **dict.fromkeys(("known", "touches", "channels"), "a count"),
    **dict.fromkeys(("orders", "returns", "revenue", "average_basket"), "an order"),
    **dict.fromkeys(("frequency_score", "monetary_score"), "an order"),
    **dict.fromkeys((*_SINCE, "recency_score", "engagement"), "a time"),
    "age": "a trait",
}
