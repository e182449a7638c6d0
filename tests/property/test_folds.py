"""Every fold against a plain computation over the raw touchpoints, and what a fragment keeps against all of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any
from zlib import crc32

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.traits import telling_under
from profiles.consent import NOTHING_SAID, STANDARD, Statement, channel_name, decide, purpose_name
from profiles.consents import decided, permissions
from profiles.facts import Facts, base_amount
from profiles.folding import Folding, surviving_traits
from profiles.folds import AHEAD_DAYS, ByDay, Computed, Fold, Origin, fold_of
from profiles.fragment import Fragment, decode, encode
from profiles.policy import TraitDeclaration
from profiles.policy_file import parse_profile_policy
from schemas.accepted import AcceptedTouchpoint
from schemas.records import Consent, ConsentState
from tests.property.effort import examples

DAY_MS = 86_400_000
MICRO = 1_000_000

FOLDING = Folding(
    parse_profile_policy(
        """
[profile]
defaults = false
trusted_sources = ["crm", "store"]
recent_touches = 3
max_names = 6
most_orders = 4
[profile.currency_rates]
USD = 0.5
[profile.survivorship]
city = "most_frequent"
joined = "first"
name = "most_trusted"
street = "longest"
[profile.quality]
verified = { type = ["email_verified"] }
bounced = { type = ["email_bounced"] }
[profile.engagement]
days = 2
[profile.engagement.points]
page_view = 1
purchase = 5
[profile.traits.spent]
fold = "sum"
value = "amount"
[profile.traits.offers_seen]
fold = "top"
value = "offer_id"
most = 2
[profile.traits.offers_lately]
fold = "top"
value = "offer_id"
most = 2
window_days = 3
"""
    )
)
SAYING = telling_under(FOLDING.policy.placeholders)

SOURCES = ["web", "crm", "store", "call"]
STATES: list[ConsentState] = ["granted", "denied", "withdrawn", "unknown"]
_KINDS = ["page_view", "purchase", "return", "offer_made", "offer_seen", "email_verified", "email_bounced"]
_times = st.one_of(st.integers(-2, 3), st.integers(0, 5).map(lambda day: day * DAY_MS), st.just(-4_000 * DAY_MS))
_texts = st.sampled_from(["", "a", "b", "c", "d", "e", "é", "x" * 700])
_consents = st.builds(
    lambda purpose, channel, state: Consent(purpose=purpose, channel=channel, state=state, text_version=None),
    st.sampled_from(["marketing", "analytics"]),
    st.sampled_from(["*", "email", "web"]),
    st.sampled_from(STATES),
)


@st.composite
def touchpoints(draw: st.DrawFn, max_size: int = 10) -> list[AcceptedTouchpoint]:
    """Touchpoints of unique source and event id, with few times and values, so that ties are common."""
    drawn = draw(st.lists(st.tuples(st.sampled_from(SOURCES), st.integers(0, 9)), max_size=max_size, unique=True))
    return [draw(_touchpoint(source, f"event {number}")) for source, number in drawn]


@st.composite
def _touchpoint(draw: st.DrawFn, source: str, event_id: str) -> AcceptedTouchpoint:
    kind, offer = draw(st.sampled_from([*_KINDS, "tag_added", "tag_removed"])), draw(_texts)
    is_order = kind in {"purchase", "return"}
    margin = draw(st.one_of(st.none(), st.integers(-(10**9), 10**9)))
    names = st.sampled_from(["city", "joined", "name", "street", "other"])
    return {
        "source": source,
        "received_at": 2**45,
        "origin_topic": "touch",
        "origin_partition": 0,
        "origin_offset": 0,
        "nodes": [{"node_id": bytes([draw(st.integers(0, 2))]) * 16, "type": "email", "value": "ann@example.org"}],
        "touchpoint": {
            "event_id": event_id,
            "event_time": draw(_times),
            "type": kind,
            "identifiers": [],
            "traits": draw(st.dictionaries(names, st.sampled_from(["", "x", "yy", "zz", "www"]), max_size=3)),
            "order": {
                "order_id": f"order {draw(st.integers(0, 5))}",
                "amount_micros": draw(st.integers(0, 10**10)),
                "currency": draw(st.sampled_from(["EUR", "USD", "SEK"])),
                "items": [],
                "margin_micros": margin,
            }
            if is_order
            else None,
            "marketing": {
                "campaign": None,
                "medium": None,
                "source": None,
                "click_id": None,
                "offer_id": offer or None,
                "cost_micros": None,
                "currency": None,
            },
            "consents": draw(st.lists(_consents, max_size=2)),
            "interaction": {
                "reason": None,
                "outcome": None,
                "agent": None,
                "duration_seconds": draw(st.one_of(st.none(), st.integers(0, 9).map(float))),
                "sentiment": draw(st.one_of(st.none(), st.sampled_from([-1.0, -0.25, 0.1, 1.0]))),
            },
            "party": "first",
            "properties": {
                "points": draw(st.sampled_from(["", "1", "-2.5", "0.0000015", "many", "nan", "1e30"])),
                "tag": draw(st.sampled_from(["", "vip", "staff"])),
            },
        },
    }


def origin(one: AcceptedTouchpoint) -> Origin:
    return Origin(one["touchpoint"]["event_time"], one["touchpoint"]["event_id"], one["source"])


def offer_of(one: AcceptedTouchpoint) -> str | None:
    marketing = one["touchpoint"]["marketing"]
    offer = marketing["offer_id"] if marketing else None
    return offer[:500] if offer else None


def sentiment_of(one: AcceptedTouchpoint) -> int | None:
    interaction = one["touchpoint"]["interaction"]
    return None if interaction is None or interaction["sentiment"] is None else round(interaction["sentiment"] * MICRO)


POINTS = {"1": 1_000_000, "-2.5": -2_500_000, "0.0000015": 2}
"""What a number is in millionths; the even one of two that are as near."""


def points_of(one: AcceptedTouchpoint) -> int | None:
    return POINTS.get(one["touchpoint"]["properties"]["points"])


Raw = Sequence[AcceptedTouchpoint]
Oracle = Callable[[Raw], list[Computed]]


def _amounts(raw: Raw) -> dict[str, list[tuple[int, Origin]]]:
    found: defaultdict[str, list[tuple[int, Origin]]] = defaultdict(list)
    for one in raw:
        order = one["touchpoint"]["order"]
        if order is not None:
            found[order["currency"]].append((order["amount_micros"], origin(one)))
    return dict(sorted(found.items()))


def _sum(raw: Raw) -> list[Computed]:
    return [Computed(code, sum(micros for micros, _ in told) / MICRO) for code, told in _amounts(raw).items()]


def _points(raw: Raw) -> list[Computed]:
    found = [points for one in raw if (points := points_of(one)) is not None]
    return [Computed("", sum(found) / MICRO)] if found else []


def _mean(raw: Raw) -> list[Computed]:
    found = [told for one in raw if (told := sentiment_of(one)) is not None]
    return [Computed("", sum(found) / len(found) / MICRO)] if found else []


def _least(raw: Raw) -> list[Computed]:
    least = {code: min(told) for code, told in _amounts(raw).items()}
    return [Computed(code, micros / MICRO, where) for code, (micros, where) in least.items()]


def _greatest(raw: Raw) -> list[Computed]:
    """Of equal ones the earliest."""
    greatest = {code: min(told, key=lambda one: (-one[0], one[1])) for code, told in _amounts(raw).items()}
    return [Computed(code, micros / MICRO, where) for code, (micros, where) in greatest.items()]


def _newest(raw: Raw) -> list[Computed]:
    found = [(origin(one), offer) for one in raw if (offer := offer_of(one))]
    return [Computed("", offer, where) for where, offer in [max(found)]] if found else []


def _offers(raw: Raw) -> Counter[str]:
    return Counter(offer for one in raw if (offer := offer_of(one)))


def _top(raw: Raw) -> list[Computed]:
    counts = _offers(raw)
    kept = sorted(counts, key=lambda name: (crc32(name.encode()), name))[:2]
    return [Computed(name, float(counts[name])) for name in sorted(kept, key=lambda name: (-counts[name], name))]


def _distinct(raw: Raw) -> list[Computed]:
    return [Computed("", float(len(_offers(raw))))] if _offers(raw) else []


def _rate(raw: Raw) -> list[Computed]:
    hits = sum(one["touchpoint"]["type"] == "purchase" for one in raw)
    return [Computed("", hits / len(raw))] if raw else []


def _days(raw: Raw) -> list[Computed]:
    days = {one["touchpoint"]["event_time"] // DAY_MS for one in raw}
    return [Computed("", float(sum(day > max(days) - 3 for day in days)))] if raw else []


FOLDS: dict[str, tuple[TraitDeclaration, Oracle]] = {
    "count": (TraitDeclaration("count", {}), lambda raw: [Computed("", float(len(raw)))] if raw else []),
    "sum of amounts": (TraitDeclaration("sum", {}, "amount"), _sum),
    "sum of a property": (TraitDeclaration("sum", {}, "number.points"), _points),
    "mean": (TraitDeclaration("mean", {}, "sentiment"), _mean),
    "min": (TraitDeclaration("min", {}, "amount"), _least),
    "max": (TraitDeclaration("max", {}, "amount"), _greatest),
    "newest": (TraitDeclaration("newest", {}, "offer_id"), _newest),
    "top": (TraitDeclaration("top", {}, "offer_id", most=2), _top),
    "distinct": (TraitDeclaration("distinct", {}, "offer_id", most=10), _distinct),
    "rate": (TraitDeclaration("rate", {}, hit={"type": ("purchase",)}), _rate),
    "days": (TraitDeclaration("days", {}, days=3), _days),
}
WINDOW_DAYS = 2
EVERY = {name: declared for name, (declared, _) in FOLDS.items()}
EVERY |= {f"{name}, windowed": replace(declared, window_days=WINDOW_DAYS) for name, declared in EVERY.items()}


def folded(fold: Fold, raw: Raw) -> Any:  # noqa: ANN401  # as the fold that made it says
    state = None
    for one in raw:
        state = fold.add(state, one)
    return state


def valued(fold: Fold, state: object) -> list[Computed]:
    return list(fold.values(state)) if state is not None else []


@settings(max_examples=examples(200))
@given(raw=touchpoints(), name=st.sampled_from(sorted(FOLDS)))
def test_each_fold_is_what_is_reckoned_plainly(raw: list[AcceptedTouchpoint], name: str) -> None:
    declared, oracle = FOLDS[name]
    fold = fold_of(declared)
    assert valued(fold, folded(fold, raw)) == oracle(raw)


@settings(max_examples=examples(200))
@given(raw=touchpoints(), name=st.sampled_from(sorted(EVERY)), cuts=st.tuples(st.integers(0, 10), st.integers(0, 10)))
def test_each_fold_merges_in_any_grouping_and_order_after_it_was_stored(
    raw: list[AcceptedTouchpoint], name: str, cuts: tuple[int, int]
) -> None:
    fold = fold_of(EVERY[name])
    first, last = sorted(cuts)
    parts = [folded(fold, part) for part in (raw[:first], raw[first:last], raw[last:])]
    stored = [msgspec.msgpack.decode(msgspec.msgpack.encode(part)) for part in parts if part is not None]
    for part, again in zip((one for one in parts if one is not None), stored, strict=True):
        assert (list(fold.values(part)), part) == (list(fold.values(again)), again)
    expected = folded(fold, raw)
    for order in (stored, stored[::-1], [*stored[1:], *stored[:1]]):
        left = order[0] if order else None
        right = order[-1] if order else None
        for part in order[1:]:
            left = fold.merge(left, part)
        for part in order[-2::-1]:
            right = fold.merge(part, right)
        assert left == right == expected


def windowed(name: str) -> ByDay:
    """Return a fold of touchpoints within a window."""
    fold = fold_of(replace(FOLDS[name][0], window_days=WINDOW_DAYS))
    assert isinstance(fold, ByDay)
    return fold


def day_of(one: AcceptedTouchpoint) -> int:
    return one["touchpoint"]["event_time"] // DAY_MS


@settings(max_examples=examples(300))
@given(raw=touchpoints(), name=st.sampled_from(sorted(FOLDS)), later=st.integers(-AHEAD_DAYS, WINDOW_DAYS + 1))
def test_within_a_window_each_fold_is_what_is_reckoned_plainly_of_its_touchpoints(
    raw: list[AcceptedTouchpoint], name: str, later: int
) -> None:
    """At any moment from so many days before the newest touchpoint on as it may be dated ahead."""
    fold = windowed(name)
    today = max((day_of(one) for one in raw), default=0) + later
    first = today - WINDOW_DAYS + 1
    state = folded(fold, raw)
    found = list(fold.since(state, first)) if state is not None else []
    assert found == FOLDS[name][1]([one for one in raw if day_of(one) >= first])


@settings(max_examples=examples(200))
@given(raw=touchpoints(), name=st.sampled_from(sorted(FOLDS)))
def test_what_is_kept_of_a_window_is_of_the_newest_days_alone(raw: list[AcceptedTouchpoint], name: str) -> None:
    """Of each of them with a value all that it adds up to; so a state has no more than so many of another fold's."""
    fold = windowed(name)
    plain = {day: folded(fold.fold, [one for one in raw if day_of(one) == day]) for day in map(day_of, raw)}
    told = {day: state for day, state in plain.items() if state is not None}
    newest = max(told, default=0)
    kept = {day: state for day, state in told.items() if day > newest - WINDOW_DAYS - AHEAD_DAYS}
    assert (folded(fold, raw) or {}) == (folded(fold, raw[::-1]) or {}) == kept


@settings(max_examples=examples(100))
@given(raw=touchpoints(), name=st.sampled_from(["min", "max", "newest", "distinct"]), is_windowed=st.booleans())
def test_a_fold_that_counts_nothing_twice_is_the_same_merged_with_itself(
    raw: list[AcceptedTouchpoint], name: str, *, is_windowed: bool
) -> None:
    fold = windowed(name) if is_windowed else fold_of(FOLDS[name][0])
    state = folded(fold, raw)
    assert state is None or fold.merge(state, state) == state


@settings(max_examples=examples(60))
@given(raw=touchpoints(), name=st.sampled_from(sorted(EVERY)))
def test_a_state_is_never_changed_in_place(raw: list[AcceptedTouchpoint], name: str) -> None:
    fold, state = fold_of(EVERY[name]), None
    for one in raw:
        before = msgspec.msgpack.encode(state)
        new = fold.add(state, one)
        assert msgspec.msgpack.encode(state) == before
        if state is not None and new is not None:
            stored = msgspec.msgpack.encode(new)
            fold.merge(state, new)
            assert (msgspec.msgpack.encode(state), msgspec.msgpack.encode(new)) == (before, stored)
        state = new


@settings(max_examples=examples(30))
@given(most=st.integers(30, 300), seen=st.integers(1, 1500), salt=st.integers(0, 10**6))
def test_a_distinct_count_is_exact_below_its_bound_and_near_above(most: int, seen: int, salt: int) -> None:
    """Within six standard errors, which are one over the root of what is kept."""
    fold = fold_of(TraitDeclaration("distinct", {}, "property.p", most=most))
    hashes = [blake2b(f"{salt} {number}".encode(), digest_size=8).digest() for number in range(seen)]
    state = fold.merge([], hashes)
    assert len(state) == min(seen, most)
    (value,) = fold.values(fold.merge(state, state))
    assert isinstance(value.value, float)
    if seen < most:
        assert value.value == seen
    else:
        assert value.value >= most
        assert value.value <= seen * (1 + 6 / most**0.5) + most
        assert value.value >= seen / (1 + 6 / most**0.5)


def whole_of(raw: Raw, cut: int = 0) -> Fragment:
    """Return what touchpoints add up to, merged of two stored fragments."""
    one, other = Fragment(), Fragment()
    for number, accepted in enumerate(raw):
        FOLDING.fold(one if number < cut else other, accepted)
    return FOLDING.merge([decode(encode(one)), decode(encode(other))])


@settings(max_examples=examples(100))
@given(raw=touchpoints(), cut=st.integers(0, 10))
def test_a_fragment_is_the_same_for_any_cut_and_stored_form(raw: list[AcceptedTouchpoint], cut: int) -> None:
    whole = whole_of(raw, cut)
    assert whole == whole_of(raw[::-1], cut) == FOLDING.merge([whole, Fragment()]) == decode(encode(whole))


@settings(max_examples=examples(100))
@given(raw=touchpoints(), cut=st.integers(0, 10))
def test_an_order_told_again_counts_once_by_its_newest_statement_and_the_newest_are_kept(
    raw: list[AcceptedTouchpoint], cut: int
) -> None:
    told: dict[tuple[str, str], tuple[Origin, str, int, int | None]] = {}
    for one in raw:
        order, kind = one["touchpoint"]["order"], one["touchpoint"]["type"]
        if order is not None:
            said = origin(one), order["currency"], order["amount_micros"], order["margin_micros"]
            told[kind, order["order_id"]] = max(told.get((kind, order["order_id"]), said), said, key=lambda it: it[0])
    newest = sorted(((*said, kind == "return") for (kind, _), said in told.items()), key=lambda it: it[0])[-4:]
    kept = sorted(
        (Origin(*order[:3]), order.currency, order.amount, order.margin, order.is_return)
        for order in whole_of(raw, cut).orders.values()
    )
    assert [one[0] for one in kept] == [one[0] for one in newest]
    assert sorted(map(repr, kept)) == sorted(map(repr, newest))
    rates = {"EUR": 1.0, "USD": 0.5}
    known = [amount * rates[code] for _, code, amount, _, is_return in newest if not is_return and code in rates]
    bought = [order for order in whole_of(raw, cut).orders.values() if not order.is_return]
    in_base, counted = base_amount(bought, FOLDING.policy)
    assert counted == len(known), "a currency without a rate was added"
    assert in_base == pytest.approx(sum(known) / 1_000_000)


@settings(max_examples=examples(100))
@given(raw=touchpoints(), cut=st.integers(0, 10))
def test_of_each_told_trait_the_value_survives_that_its_rule_says_with_its_origin(
    raw: list[AcceptedTouchpoint], cut: int
) -> None:
    told: defaultdict[str, list[tuple[Origin, str]]] = defaultdict(list)
    for one in raw:
        for name, value in SAYING.telling(one["touchpoint"]["traits"], one["touchpoint"]["event_time"]).items():
            told[name].append((origin(one), value))
    survived = surviving_traits(whole_of(raw, cut))
    assert survived.keys() == told.keys()
    trust = {"crm": 2, "store": 1}
    for name, said in told.items():
        counts = Counter(value for _, value in said)
        strengths: dict[str, Callable[[tuple[Origin, str]], Any]] = {
            "city": lambda it, counts=counts: (counts[it[1]], *it),  # type: ignore[misc]  # bound at once
            "name": lambda it: (trust.get(it[0].source, 0), *it),
            "street": lambda it: (len(it[1]), *it),
        }
        where, value = min(said) if name == "joined" else max(said, key=strengths.get(name, lambda it: it))
        kept = survived[name]
        assert (kept.value, Origin(kept.time, kept.event_id, kept.source)) == (value, where)


@settings(max_examples=examples(100))
@given(raw=touchpoints(), cut=st.integers(0, 10))
def test_what_consents_permit_is_what_all_statements_permit(raw: list[AcceptedTouchpoint], cut: int) -> None:
    """For any purpose and channel, spoken of or not, though only the newest statements are kept; and so do profiles."""
    said = [
        Statement(purpose_name(one["purpose"]), channel_name(one["channel"]), one["state"], *origin(accepted), None)
        for accepted in raw
        for one in accepted["touchpoint"]["consents"]
    ]
    whole = whole_of(raw, cut)
    told = permissions(whole, STANDARD)
    for purpose in ("marketing", "analytics", "profiling", "a typo", ""):
        for channel in ("*", "email", "web", "push", "pigeon"):
            decision = decide(said, purpose, channel)
            assert decided(whole, purpose, channel, STANDARD) == decision
            name = purpose_name(purpose), channel
            listed = told.get(name, told.get((name[0], "*"), NOTHING_SAID))
            assert listed.permitted == decision.permitted


@settings(max_examples=examples(100))
@given(raw=touchpoints(), cut=st.integers(0, 10))
def test_tags_and_quality_are_what_the_newest_touchpoint_says(raw: list[AcceptedTouchpoint], cut: int) -> None:
    tags: dict[str, tuple[Origin, str]] = {}
    quality: dict[str, tuple[Origin, str]] = {}
    for one in raw:
        kind, tag = one["touchpoint"]["type"], one["touchpoint"]["properties"]["tag"]
        if kind in {"tag_added", "tag_removed"} and tag:
            said = origin(one), kind.removeprefix("tag_")
            tags[tag] = max(tags.get(tag, said), said)
        if kind in {"email_verified", "email_bounced"}:
            node, said = one["nodes"][0]["node_id"].hex(), (origin(one), kind.removeprefix("email_"))
            quality[node] = max(quality.get(node, said), said)
    whole = whole_of(raw, cut)
    assert {name: (Origin(*told[:3]), told.value) for name, told in whole.tags.items()} == tags
    assert {name: (Origin(*told[:3]), told.value) for name, told in whole.quality.items()} == quality


@settings(max_examples=examples(100))
@given(raw=touchpoints(), cut=st.integers(0, 10))
def test_of_offers_each_stage_is_counted_and_its_last_time_kept(raw: list[AcceptedTouchpoint], cut: int) -> None:
    stages: defaultdict[tuple[str, str], list[Origin]] = defaultdict(list)
    for one in raw:
        kind, offer = one["touchpoint"]["type"], offer_of(one)
        if kind in {"offer_made", "offer_seen"} and offer:
            stages[offer, kind.removeprefix("offer_")].append(origin(one))
    names = sorted({offer for offer, _ in stages}, key=lambda name: (crc32(name.encode()), name))[:6]
    expected = {key: (len(told), *max(told)) for key, told in stages.items() if key[0] in names}
    kept = whole_of(raw, cut).offers
    assert {(offer, stage): tuple(tally) for offer, by in kept.items() for stage, tally in by.items()} == expected


@settings(max_examples=examples(100))
@given(raw=touchpoints(), cut=st.integers(0, 10), now=st.integers(1, 8 * DAY_MS))
def test_facts_are_what_is_reckoned_plainly(raw: list[AcceptedTouchpoint], cut: int, now: int) -> None:
    whole = whole_of(raw, cut)
    facts = Facts(whole, known=False, now_ms=now, folding=FOLDING)
    times = [one["touchpoint"]["event_time"] for one in raw]
    assert facts["touches"] == len(raw)
    assert facts["channels"] == len({one["source"] for one in raw})
    assert facts["days_since_first_touch"] == (max(now - min(times), 0) / DAY_MS if raw else None)
    assert facts["days_since_last_touch"] == (max(now - max(times), 0) / DAY_MS if raw else None)
    bought = [order for order in whole.orders.values() if not order.is_return]
    last = max((order.time for order in bought), default=None)
    assert facts["orders"] == len(bought)
    assert facts["days_since_last_order"] == (None if last is None else max(now - last, 0) / DAY_MS)
    assert (facts["frequency_score"] is None) == (facts["recency_score"] is None) == (not bought)
    for name, value in facts.items():
        unknown = name.startswith(("days_since", "cap.")) or name in {"engagement", "recency_score"}
        later = Facts(whole, known=False, now_ms=None, folding=FOLDING).get(name)
        assert later == (None if unknown else value)


def test_a_fragment_stays_small_whatever_the_history() -> None:
    """Of as many names, texts, days, orders and statements as touchpoints; it grows no more from some size on."""
    fragment, sizes = Fragment(), []
    for number in range(3_000):
        one: AcceptedTouchpoint = {
            "source": SOURCES[number % 4],
            "received_at": 2**45,
            "origin_topic": "touch",
            "origin_partition": 0,
            "origin_offset": 0,
            "nodes": [{"node_id": number.to_bytes(16, "big"), "type": "email", "value": "ann@example.org"}],
            "touchpoint": {
                "event_id": f"event {number:5}",
                "event_time": (number * 7919 % 3_000) * DAY_MS,
                "type": ["purchase", "offer_made", "email_verified", "tag_added", f"type {number}"][number % 5],
                "identifiers": [],
                "traits": {f"trait {number:5}": "v", "city": f"city {number:5}", "name": "n" * 900},
                "order": {
                    "order_id": f"order {number:5}",
                    "amount_micros": 10**9,
                    "currency": f"C{number % 90:02}",
                    "items": [],
                    "margin_micros": None,
                },
                "marketing": {
                    "campaign": None,
                    "medium": None,
                    "source": None,
                    "click_id": None,
                    "offer_id": f"offer {number:5}",
                    "cost_micros": None,
                    "currency": None,
                },
                "consents": [
                    {"purpose": f"purpose {number:5}", "channel": "*", "state": "granted", "text_version": None}
                ],
                "interaction": None,
                "party": "first",
                "properties": {"tag": f"tag {number:5}"},
            },
        }
        FOLDING.fold(fragment, one)
        sizes.append(len(encode(fragment)))
    assert max(sizes) < 6_000
    assert max(sizes[1_500:]) <= max(sizes[:1_500]) + 50
