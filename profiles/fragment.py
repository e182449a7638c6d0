"""The fragment: the fold of one identifier's touchpoints, and its merge.

:func:`fold` adds a touchpoint, :func:`merge` puts fragments together. Both are made of folds that are commutative and
associative with an empty one as identity, so a profile is the same for any order of events and any cut of the work;
money is counted in whole millionths because floating-point sums depend on order. Merging is for fragments of different
touchpoints: counts add up.
"""

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

import msgspec

from profiles.policy import ProfilePolicy, Survivorship
from schemas.accepted import AcceptedTouchpoint

_Name = TypeVar("_Name", str, tuple[str, str])
_Value = TypeVar("_Value")

_CONSENT_ORDER = {"granted": 0, "denied": 1, "withdrawn": 2}
"""At the same moment the higher one holds: denial wins, and what is unknown denies most."""


class TouchMark(NamedTuple):
    """A touchpoint in short; compares by time, then event, then channel."""

    time: int
    event_id: str
    channel: str
    type: str


class TraitValue(NamedTuple):
    """A value and where it comes from."""

    value: str
    time: int
    event_id: str
    source: str


class ConsentValue(NamedTuple):
    """A consent and where it comes from."""

    state: str
    time: int
    event_id: str
    source: str
    text_version: str | None


class Fragment(msgspec.Struct, array_like=True):
    """What one or more identifiers' touchpoints add up to.

    Attributes:
        by_channel: number of touchpoints by channel.
        by_type: number of touchpoints by type.
        first: the earliest touchpoint.
        recent: the newest touchpoints, newest first, as many as the policy keeps.
        orders: number of purchases with an order.
        returns: number of returns with an order.
        revenue: purchases less returns by currency, in millionths of its unit.
        traits: the surviving value by trait name.
        consents: the consent in force by purpose and channel.
    """

    by_channel: dict[str, int] = {}
    by_type: dict[str, int] = {}
    first: TouchMark | None = None
    recent: list[TouchMark] = []
    orders: int = 0
    returns: int = 0
    revenue: dict[str, int] = {}
    traits: dict[str, TraitValue] = {}
    consents: dict[tuple[str, str], ConsentValue] = {}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Fragment)


def encode(fragment: Fragment) -> bytes:
    """Return the stored form of a fragment."""
    return _encoder.encode(fragment)


def decode(data: bytes) -> Fragment:
    """Return a fragment from its stored form; empty bytes are the empty fragment."""
    return _decoder.decode(data) if data else Fragment()


def fold(fragment: Fragment, accepted: AcceptedTouchpoint, policy: ProfilePolicy) -> None:
    """Add one touchpoint to a fragment, in place."""
    touchpoint, channel = accepted["touchpoint"], accepted["source"]
    event_id, time, kind = touchpoint["event_id"], touchpoint["event_time"], touchpoint["type"]
    mark = TouchMark(time, event_id, channel, kind)
    fragment.by_channel[channel] = fragment.by_channel.get(channel, 0) + 1
    fragment.by_type[kind] = fragment.by_type.get(kind, 0) + 1
    fragment.first = mark if fragment.first is None else min(fragment.first, mark)
    if len(fragment.recent) < policy.recent_touches or (fragment.recent and mark > fragment.recent[-1]):
        fragment.recent = sorted([*fragment.recent, mark], reverse=True)[: policy.recent_touches]
    order = touchpoint["order"]
    if order is not None and kind in {"purchase", "return"}:
        sign = 1 if kind == "purchase" else -1
        fragment.orders += kind == "purchase"
        fragment.returns += kind == "return"
        currency = order["currency"]
        fragment.revenue[currency] = fragment.revenue.get(currency, 0) + sign * order["amount_micros"]
    for name, value in touchpoint["traits"].items():
        if value:
            _keep_trait(fragment.traits, name, TraitValue(value, time, event_id, channel), policy)
    for consent in touchpoint["consents"]:
        given = ConsentValue(consent["state"], time, event_id, channel, consent["text_version"])
        _keep_consent(fragment.consents, (consent["purpose"], consent["channel"]), given)
    _bound(fragment, policy)


def merge(fragments: Iterable[Fragment], policy: ProfilePolicy) -> Fragment:
    """Return what fragments of different touchpoints add up to together; the given ones stay as they are."""
    whole = Fragment(by_channel={}, by_type={}, recent=[], revenue={}, traits={}, consents={})
    recent: list[TouchMark] = []
    for part in fragments:
        for channel, count in part.by_channel.items():
            whole.by_channel[channel] = whole.by_channel.get(channel, 0) + count
        for kind, count in part.by_type.items():
            whole.by_type[kind] = whole.by_type.get(kind, 0) + count
        if part.first is not None and (whole.first is None or part.first < whole.first):
            whole.first = part.first
        recent += part.recent
        whole.orders += part.orders
        whole.returns += part.returns
        for currency, amount in part.revenue.items():
            whole.revenue[currency] = whole.revenue.get(currency, 0) + amount
        for name, value in part.traits.items():
            _keep_trait(whole.traits, name, value, policy)
        for kind_of_consent, given in part.consents.items():
            _keep_consent(whole.consents, kind_of_consent, given)
    whole.recent = sorted(recent, reverse=True)[: policy.recent_touches]
    _bound(whole, policy)
    return whole


def _keep_trait(traits: dict[str, TraitValue], name: str, value: TraitValue, policy: ProfilePolicy) -> None:
    known = traits.get(name)
    if known is None:
        traits[name] = value
        return
    rule = policy.survivorship.get(name, "newest")
    if _strength(value, rule, policy) > _strength(known, rule, policy):
        traits[name] = value


def _strength(value: TraitValue, rule: Survivorship, policy: ProfilePolicy) -> tuple[int, int, str, str, str]:
    """Order the values of one trait; a total order, so the survivor does not depend on arrival."""
    ties = (value.event_id, value.source, value.value)
    if rule == "first":
        return 0, -value.time, *ties
    if rule == "longest":
        return len(value.value), value.time, *ties
    if rule == "most_trusted":
        trusted = policy.trusted_sources
        place = trusted.index(value.source) if value.source in trusted else len(trusted)
        return -place, value.time, *ties
    return 0, value.time, *ties


def _bound(fragment: Fragment, policy: ProfilePolicy) -> None:
    """Keep the first names of each kind; which these are does not depend on the order of events."""
    most = policy.max_names
    fragment.by_type = _first_names(fragment.by_type, most)
    fragment.revenue = _first_names(fragment.revenue, most)
    fragment.traits = _first_names(fragment.traits, most)
    fragment.consents = _first_names(fragment.consents, most)


def _first_names(named: dict[_Name, _Value], most: int) -> dict[_Name, _Value]:
    return named if len(named) <= most else {name: named[name] for name in sorted(named)[:most]}


def _keep_consent(consents: dict[tuple[str, str], ConsentValue], purpose: tuple[str, str], given: ConsentValue) -> None:
    known = consents.get(purpose)
    if known is None or _consent_strength(given) > _consent_strength(known):
        consents[purpose] = given


def _consent_strength(given: ConsentValue) -> tuple[int, int, str, str, str]:
    caution = _CONSENT_ORDER.get(given.state, len(_CONSENT_ORDER))
    return given.time, caution, given.event_id, given.source, given.text_version or ""
