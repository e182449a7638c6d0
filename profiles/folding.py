"""Folding: touchpoints into fragments, and fragments together.

Both are made of folds that are commutative and associative with an empty fragment as identity, so a profile is the same
for any order of events and any cut of the work; money is counted in whole millionths because floating-point sums depend
on order. Merging is for fragments of different touchpoints: counts add up.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

from identity.graph import NO_DENIALS, Denial, Denials
from identity.traits import telling_under
from profiles.consent import MOST_GRANTS, channel_name, grants_nothing, purpose_name, said_at
from profiles.consents import known_of, weight
from profiles.fields import MOST_CHARACTERS, matcher
from profiles.folds import AHEAD_DAYS, DAY_MS, ByDay, Fold, added, fold_of, lowest, newest_days, on_day
from profiles.fragment import (
    ConsentValue,
    Fragment,
    Grant,
    Mark,
    OfferTally,
    OrderMark,
    Told,
    TouchMark,
    TraitValue,
)
from profiles.policy import Filter, ProfilePolicy, Survivorship
from schemas.accepted import AcceptedTouchpoint
from schemas.records import Order, Touchpoint
from schemas.touchpoint_types import ORDER_TYPES, TAG_ADDED, TAG_REMOVED

MOST_MARKS = 10
"""Kept of a declaration that does not say how many it needs."""

OFFER_STAGES: Mapping[str, str] = {
    "offer_made": "made",
    "offer_seen": "seen",
    "offer_accepted": "accepted",
    "offer_declined": "declined",
}
"""Stage of an offer by touchpoint type."""

_TAGGED: Mapping[str, str] = {TAG_ADDED: "added", TAG_REMOVED: "removed"}
_CONTACTS = frozenset({"email", "phone"})
_MOST_VALUES = 20
_ORDER_BYTES = 8
_MOST_AHEAD_MS = AHEAD_DAYS * DAY_MS
_Key = TypeVar("_Key", str, tuple[str, str])
_Value = TypeVar("_Value")
_Matches = Callable[[AcceptedTouchpoint], bool]


class Folding:
    """The folds of a policy, made ready to be used many times.

    Args:
        policy: what is declared.

    Raises:
        ValueError: a declaration names a field that there is not.
    """

    def __init__(self, policy: ProfilePolicy) -> None:
        self.policy = policy
        self.folds: Mapping[str, Fold] = {name: fold_of(declared) for name, declared in policy.traits.items()}
        self.by_day: Mapping[str, ByDay] = {name: fold for name, fold in self.folds.items() if isinstance(fold, ByDay)}
        self._traits = telling_under(policy.placeholders)
        self._quality = _Dispatch(policy.quality.items())
        self._computing = _Dispatch((name, declared.when) for name, declared in policy.traits.items())
        self._most_marks = {mark_name("cap", name): cap.most for name, cap in policy.caps.items()}
        self._marking = _Dispatch(_marked(policy))
        self.known_consents = known_of(policy)
        self._trust = {source: -place for place, source in enumerate(policy.trusted_sources)}

    def fold(self, fragment: Fragment, accepted: AcceptedTouchpoint) -> None:
        """Add one touchpoint to a fragment, in place."""
        policy, touchpoint, channel = self.policy, accepted["touchpoint"], accepted["source"]
        event_id, time, kind = touchpoint["event_id"], touchpoint["event_time"], touchpoint["type"]
        mark = TouchMark(time, event_id, channel, kind)
        fragment.by_channel[channel] = fragment.by_channel.get(channel, 0) + 1
        fragment.by_type[kind] = fragment.by_type.get(kind, 0) + 1
        fragment.by_type = _first_names(fragment.by_type, policy.max_names)
        fragment.first = mark if fragment.first is None else min(fragment.first, mark)
        if len(fragment.recent) < policy.recent_touches or mark > fragment.recent[-1]:
            fragment.recent = sorted([*fragment.recent, mark], reverse=True)[: policy.recent_touches]
        if touchpoint["order"] is not None and kind in ORDER_TYPES:
            told = _order_mark(touchpoint, touchpoint["order"], channel)
            self._keep_orders(fragment, {_order_key(touchpoint["order"]["order_id"], kind): told})
        if touchpoint["traits"]:
            self._keep_traits(fragment, touchpoint, channel)
        if touchpoint["consents"]:
            self._keep_stated(fragment, accepted)
        if kind in policy.engagement.points:
            day, points = time // DAY_MS, policy.engagement.points[kind]
            points += fragment.points.get(day, 0)
            fragment.points = on_day(fragment.points, day, points, policy.engagement.days)
        self._keep_offer(fragment, accepted)
        self._keep_quality(fragment, accepted)
        self._keep_tag(fragment, touchpoint, channel)
        self._fold_declared(fragment, accepted)

    def restate(self, fragment: Fragment, accepted: AcceptedTouchpoint) -> bool:
        """Add to a fragment, in place, what a touchpoint that was folded before states of consent.

        Every delivery counts here, once or often, as it may have been received at another time than the others.

        Returns:
            Whether the fragment is another one now.
        """
        before = dict(fragment.grants), dict(fragment.denials), fragment.consents_left_out
        self._keep_stated(fragment, accepted)
        return (fragment.grants, fragment.denials, fragment.consents_left_out) != before

    def _keep_stated(self, fragment: Fragment, accepted: AcceptedTouchpoint) -> None:
        for name, given in stated(accepted):
            if isinstance(given, Grant):
                self._keep_grants(fragment, {name: [given]})
            else:
                self._keep_denials(fragment, {name: given})
        self._bound_consents(fragment)

    def _fold_declared(self, fragment: Fragment, accepted: AcceptedTouchpoint) -> None:
        for name in self._computing.of(accepted):
            state = self.folds[name].add(fragment.computed.get(name), accepted)
            if state is not None:
                fragment.computed[name] = state
        names = self._marking.of(accepted)
        if names:
            touchpoint = accepted["touchpoint"]
            time, event_id, kind = touchpoint["event_time"], touchpoint["event_id"], touchpoint["type"]
            asked = Mark(time, event_id, accepted["source"], kind, about(touchpoint))
            for name in names:
                fragment.marks[name] = self._newest_marks(name, [*fragment.marks.get(name, ()), asked])

    def merge(self, fragments: Iterable[Fragment]) -> Fragment:
        """Return what fragments of different touchpoints add up to together; the given ones stay as they are."""
        whole = Fragment()
        recent: list[TouchMark] = []
        for part in fragments:
            whole.by_channel = added(whole.by_channel, part.by_channel)
            whole.by_type = added(whole.by_type, part.by_type)
            if part.first is not None and (whole.first is None or part.first < whole.first):
                whole.first = part.first
            recent += part.recent
            self._keep_orders(whole, part.orders)
            for name, value in part.traits.items():
                self._keep_trait(whole, name, value)
            self._merge_frequencies(whole, part)
            whole.consents_left_out |= part.consents_left_out
            self._keep_grants(whole, part.grants)
            self._keep_denials(whole, part.denials)
            self._bound_consents(whole)
            for name, state in part.computed.items():
                self._merge_computed(whole, name, state)
            whole.points = added(whole.points, part.points)
            self._merge_offers(whole, part)
            self._keep_told(whole.quality, part.quality)
            self._keep_told(whole.tags, part.tags)
            for name, marks in part.marks.items():
                whole.marks[name] = [*whole.marks.get(name, ()), *marks]
        whole.recent = sorted(recent, reverse=True)[: self.policy.recent_touches]
        whole.marks = {name: self._newest_marks(name, marks) for name, marks in whole.marks.items()}
        self._bound(whole)
        return whole

    def _bound(self, whole: Fragment) -> None:
        most = self.policy.max_names
        whole.by_type = _first_names(whole.by_type, most)
        whole.offers = lowest(whole.offers, most)
        whole.quality = _first_names(whole.quality, most)
        whole.tags = _first_names(whole.tags, most)
        if whole.points:
            whole.points = newest_days(whole.points, self.policy.engagement.days)

    def _keep_orders(self, fragment: Fragment, told: Mapping[bytes, OrderMark]) -> None:
        """Keep the newest statement of each order, and of all orders the newest."""
        orders = fragment.orders
        for key, order in told.items():
            known = orders.get(key)
            if known is None or order[:3] > known[:3]:
                orders[key] = order
        if len(orders) > self.policy.most_orders:
            newest = sorted(orders, key=lambda key: (orders[key][:3], key), reverse=True)
            fragment.orders = {key: orders[key] for key in newest[: self.policy.most_orders]}

    def _keep_traits(self, fragment: Fragment, touchpoint: Touchpoint, source: str) -> None:
        for name, value in self._traits.telling(touchpoint["traits"], touchpoint["event_time"]).items():
            told = TraitValue(value[:MOST_CHARACTERS], touchpoint["event_time"], touchpoint["event_id"], source)
            if self.policy.survivorship.get(name) == "most_frequent":
                _keep_frequency(fragment, name, 1, told)
            else:
                self._keep_trait(fragment, name, told)

    def _keep_trait(self, fragment: Fragment, name: str, value: TraitValue) -> None:
        known = fragment.traits.get(name)
        if known is None or self._survives(value, known, self.policy.survivorship.get(name, "newest")):
            fragment.traits[name] = value
            fragment.traits = _first_names(fragment.traits, self.policy.max_names)

    def _survives(self, value: TraitValue, known: TraitValue, rule: Survivorship) -> bool:
        """Whether a value takes the place of another one; by a total order, so it does not depend on arrival."""
        if rule == "first":
            return _when(value) < _when(known)
        if rule == "longest":
            return (len(value.value), *_when(value)) > (len(known.value), *_when(known))
        if rule == "most_trusted":
            return (self._trusted(value), *_when(value)) > (self._trusted(known), *_when(known))
        return _when(value) > _when(known)

    def _trusted(self, value: TraitValue) -> int:
        return self._trust.get(value.source, -len(self._trust))

    def _merge_frequencies(self, whole: Fragment, part: Fragment) -> None:
        for name, values in part.frequencies.items():
            for count, told in values.values():
                _keep_frequency(whole, name, count, told)

    @staticmethod
    def _keep_grants(fragment: Fragment, given: Mapping[tuple[str, str], Sequence[Grant]]) -> None:
        for name, grants in given.items():
            known = fragment.grants.get(name)
            fragment.grants[name] = _newest_grants(grants if known is None else [*known, *grants])

    @staticmethod
    def _keep_denials(fragment: Fragment, said: Mapping[tuple[str, str], ConsentValue]) -> None:
        for name, denial in said.items():
            fragment.denials[name] = max(fragment.denials.get(name, denial), denial, key=weight)

    def _bound_consents(self, fragment: Fragment) -> None:
        if len(fragment.grants) + len(fragment.denials) <= self.policy.max_names:
            return
        names = sorted(fragment.grants.keys() | fragment.denials.keys())
        if len(names) > self.policy.max_names:
            # What is left out might have denied, so nothing is permitted any more.
            kept = frozenset(names[: self.policy.max_names])
            fragment.grants = {name: grants for name, grants in fragment.grants.items() if name in kept}
            fragment.denials = {name: denial for name, denial in fragment.denials.items() if name in kept}
            fragment.consents_left_out = True

    def _merge_computed(self, whole: Fragment, name: str, state: object) -> None:
        fold = self.folds.get(name)
        if fold is not None:
            known = whole.computed.get(name)
            whole.computed[name] = state if known is None else fold.merge(known, state)

    def _keep_offer(self, fragment: Fragment, accepted: AcceptedTouchpoint) -> None:
        touchpoint = accepted["touchpoint"]
        marketing, stage = touchpoint["marketing"], OFFER_STAGES.get(touchpoint["type"])
        if stage is None or marketing is None or not marketing["offer_id"]:
            return
        tally = OfferTally(1, touchpoint["event_time"], touchpoint["event_id"], accepted["source"])
        offer = marketing["offer_id"][:MOST_CHARACTERS]
        fragment.offers[offer] = _merged_stages(fragment.offers.get(offer, {}), {stage: tally})
        fragment.offers = lowest(fragment.offers, self.policy.max_names)

    @staticmethod
    def _merge_offers(whole: Fragment, part: Fragment) -> None:
        for offer, stages in part.offers.items():
            whole.offers[offer] = _merged_stages(whole.offers.get(offer, {}), stages)

    def _keep_quality(self, fragment: Fragment, accepted: AcceptedTouchpoint) -> None:
        touchpoint = accepted["touchpoint"]
        for state in self._quality.of(accepted):
            told = Told(touchpoint["event_time"], touchpoint["event_id"], accepted["source"], state)
            nodes = [node["node_id"].hex() for node in accepted["nodes"] if node["type"] in _CONTACTS]
            self._keep_told(fragment.quality, dict.fromkeys(nodes, told))
            fragment.quality = _first_names(fragment.quality, self.policy.max_names)

    def _keep_tag(self, fragment: Fragment, touchpoint: Touchpoint, source: str) -> None:
        tag = touchpoint["properties"].get("tag") if touchpoint["type"] in _TAGGED else None
        if tag:
            state = _TAGGED[touchpoint["type"]]
            told = Told(touchpoint["event_time"], touchpoint["event_id"], source, state)
            self._keep_told(fragment.tags, {tag[:MOST_CHARACTERS]: told})
            fragment.tags = _first_names(fragment.tags, self.policy.max_names)

    @staticmethod
    def _keep_told(known: dict[str, Told], told: Mapping[str, Told]) -> None:
        for name, value in told.items():
            known[name] = max(known.get(name, value), value)

    def _newest_marks(self, name: str, marks: list[Mark]) -> list[Mark]:
        most = self._most_marks.get(name, MOST_MARKS)
        return sorted(marks)[-most:]


class _Dispatch:
    """Filters by name, asked in a fraction of the time because most of them name touchpoint types."""

    def __init__(self, filters: Iterable[tuple[str, Filter]]) -> None:
        self._of_any: list[tuple[str, _Matches | None]] = []
        of_type: dict[str, list[tuple[str, _Matches | None]]] = {}
        for name, wanted in filters:
            rest = {field: values for field, values in wanted.items() if field != "type"}
            entry = name, matcher(rest) if rest else None
            if "type" not in wanted:
                self._of_any.append(entry)
            for kind in dict.fromkeys(wanted.get("type", ())):
                of_type.setdefault(kind, []).append(entry)
        self._entries = {kind: [*self._of_any, *entries] for kind, entries in of_type.items()}

    def of(self, accepted: AcceptedTouchpoint) -> list[str]:
        """Return the names of the filters that mean a touchpoint."""
        entries = self._entries.get(accepted["touchpoint"]["type"], self._of_any)
        return [name for name, matches in entries if matches is None or matches(accepted)]


def _when(value: TraitValue) -> tuple[int, str, str, str]:
    return value.time, value.event_id, value.source, value.value


def mark_name(kind: str, name: str) -> str:
    """Return where the marks of a declaration are kept; kinds are goal, failure, contact, cap and activation."""
    return f"{kind}:{name}"


def about(touchpoint: Touchpoint) -> str:
    """Return what a touchpoint tells of its reason; empty where it tells none."""
    interaction, properties = touchpoint["interaction"], touchpoint["properties"]
    reason = interaction["reason"] if interaction is not None else None
    return (reason or properties.get("error") or properties.get("query") or "")[:MOST_CHARACTERS]


def surviving_traits(fragment: Fragment) -> dict[str, TraitValue]:
    """Return the told traits by name, of those with a frequency rule the most frequent value, of several the newest."""
    traits = dict(fragment.traits)
    for name, values in fragment.frequencies.items():
        traits[name] = max(values.values(), key=lambda known: (known[0], known[1][1:], known[1].value))[1]
    return dict(sorted(traits.items()))


def language_of(traits: Mapping[str, TraitValue]) -> str | None:
    """Return the language to address somebody in: the one they prefer, else the one that was told; BCP 47 tag."""
    told = traits.get("preferred_language") or traits.get("language")
    return told.value if told else None


def _marked(policy: ProfilePolicy) -> Iterable[tuple[str, Filter]]:
    for name, goal in policy.goals.items():
        yield mark_name("goal", name), goal.when
    for name, breakdown in policy.breakdowns.items():
        yield mark_name("failure", name), breakdown.failure
        yield mark_name("contact", name), breakdown.contact
    for name, cap in policy.caps.items():
        yield mark_name("cap", name), cap.messages
    for name, activation in policy.activations.items():
        yield mark_name("activation", name), activation.when


def _order_key(order_id: str, kind: str) -> bytes:
    return blake2b(f"{kind}\x00{order_id}".encode("utf-8", "surrogatepass"), digest_size=_ORDER_BYTES).digest()


def _order_mark(touchpoint: Touchpoint, order: Order, channel: str) -> OrderMark:
    return OrderMark(
        touchpoint["event_time"],
        touchpoint["event_id"],
        channel,
        touchpoint["type"] == "return",
        order["currency"],
        order["amount_micros"],
        order.get("margin_micros"),
    )


def _keep_frequency(fragment: Fragment, name: str, count: int, told: TraitValue) -> None:
    values = dict(fragment.frequencies.get(name, {}))
    known = values.get(told.value)
    newest = told if known is None else max(known[1], told, key=lambda value: (value[1:], value.value))
    values[told.value] = (count + (known[0] if known else 0), newest)
    fragment.frequencies[name] = lowest(values, _MOST_VALUES)


def stated(accepted: AcceptedTouchpoint) -> list[tuple[tuple[str, str], Grant | ConsentValue]]:
    """Return what a delivery of a touchpoint states of consent, by purpose and channel; without what has no effect."""
    touchpoint, source = accepted["touchpoint"], accepted["source"]
    event_time, event_id = touchpoint["event_time"], touchpoint["event_id"]
    time = said_at(event_time, accepted["received_at"])
    told: list[tuple[tuple[str, str], Grant | ConsentValue]] = []
    for said in touchpoint["consents"]:
        purpose, channel, state = purpose_name(said["purpose"]), channel_name(said["channel"]), said["state"]
        if state != "granted":
            given = ConsentValue(state, time, event_id, source, said["text_version"] or None)
            told.append(((purpose, channel), given))
        elif not grants_nothing(purpose, state):
            told.append(((purpose, channel), Grant(event_time, event_id, source, said["text_version"] or "", time)))
    return told


def _newest_grants(given: Iterable[Grant]) -> list[Grant]:
    """Return of grants on one purpose and channel those that may count, newest first; free of order.

    Which grant counts as said last may change with another delivery of any of them, but for those that are older than
    any clock may run ahead. So the newest by event time are kept, which no delivery changes; each once, as of its first
    delivery.
    """
    first: dict[tuple[int, str, str, str], Grant] = {}
    for grant in given:
        first[grant[:4]] = min(first.get(grant[:4], grant), grant)
    newest = sorted(first.values(), reverse=True)[:MOST_GRANTS]
    since = newest[0].event_time - _MOST_AHEAD_MS
    return [grant for grant in newest if grant.event_time >= since]


def denials_of(accepted: AcceptedTouchpoint) -> Denials:
    """Return what a delivery of a touchpoint denies."""
    denials = NO_DENIALS
    for name, given in stated(accepted):
        if isinstance(given, ConsentValue):
            time, caution, event_id, source, text_version = weight(given)
            denial = Denial(time, caution, event_id, source, text_version, given.state)
            denials = denials.with_more(Denials({name: denial}))
    return denials


def denied_besides(denials: Denials) -> Fragment:
    """Return a fragment of what a node was denied on touchpoints of others; to merge it once more changes nothing."""
    said = {
        name: ConsentValue(denial.state, denial.time, denial.event_id, denial.source, denial.text_version or None)
        for name, denial in denials.said.items()
    }
    return Fragment(denials=said, consents_left_out=denials.left_out)


def denied_of(fragment: Fragment) -> Fragment:
    """Return what a fragment denies and nothing else; to merge it once more changes nothing."""
    return Fragment(denials=fragment.denials, consents_left_out=fragment.consents_left_out)


def _merged_stages(one: Mapping[str, OfferTally], other: Mapping[str, OfferTally]) -> dict[str, OfferTally]:
    stages = dict(one)
    for stage, tally in other.items():
        known = stages.get(stage)
        if known is not None:
            newest = max(known, tally, key=lambda one: one[1:])
            tally = newest._replace(times=known.times + tally.times)  # noqa: PLW2901  # the sum takes its place
        stages[stage] = tally
    return stages


def _first_names(named: dict[_Key, _Value], most: int) -> dict[_Key, _Value]:
    """Keep the first names; which these are does not depend on the order of events."""
    return named if len(named) <= most else {name: named[name] for name in sorted(named)[:most]}
