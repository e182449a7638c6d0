"""Fragments add up the same in any order and any grouping; each rule keeps what it says it keeps."""

import random
import re
from dataclasses import replace
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.consents import consents_in_force
from profiles.folding import Folding, stated
from profiles.fragment import ConsentValue, Fragment, TraitValue, decode, encode
from profiles.policy import Survivorship
from profiles.policy_file import default_profile_policy, parse_profile_policy
from schemas.accepted import AcceptedTouchpoint
from schemas.records import ConsentState, Interaction, Marketing
from tests.property.effort import examples

RULES: dict[str, Survivorship] = {
    "city": "newest",
    "joined": "first",
    "first_name": "most_trusted",
    "street": "longest",
    "shop": "most_frequent",
}
FOLDS = """
[profile]
defaults = false
[profile.quality]
verified = { type = ["email_verified"] }
bounced = { type = ["email_bounced"] }
[profile.goals.buy]
when = { type = ["purchase"] }
[profile.breakdowns.login]
failure = { type = ["login_failed"] }
contact = { type = ["call"] }
[profile.engagement]
days = 2
[profile.engagement.points]
page_view = 1
purchase = 5
[profile.caps.few]
messages = { type = ["offer_made"] }
most = 2
hours = 24
"""
DECLARED = """
[profile.traits.touches_of_web]
fold = "count"
when = { channel = ["web"] }
[profile.traits.spent]
fold = "sum"
value = "amount"
[profile.traits.mood]
fold = "mean"
value = "sentiment"
[profile.traits.least]
fold = "min"
value = "amount"
[profile.traits.most]
fold = "max"
value = "amount"
[profile.traits.first_offer]
fold = "first"
value = "offer_id"
[profile.traits.last_reason]
fold = "newest"
value = "reason"
[profile.traits.offers]
fold = "top"
value = "offer_id"
most = 2
[profile.traits.cities]
fold = "distinct"
value = "trait.city"
most = 2
[profile.traits.bought]
fold = "rate"
when = { type = ["page_view", "purchase"] }
hit = { type = ["purchase"] }
[profile.traits.days]
fold = "days"
days = 2
"""
WINDOWED = re.sub(r"traits\.(\w+)]", r"traits.\1_lately]\nwindow_days = 1", DECLARED)
FOLDING = Folding(
    replace(
        parse_profile_policy(FOLDS + DECLARED + WINDOWED),
        survivorship=RULES,
        trusted_sources=("crm", "store"),
        recent_touches=3,
        max_names=4,
        most_orders=3,
    )
)

CAUTION: tuple[ConsentState, ...] = ("granted", "denied", "withdrawn", "unknown")


@st.composite
def touchpoints(draw: st.DrawFn, max_size: int = 6) -> list[AcceptedTouchpoint]:
    """Touchpoints of unique ids, with few times, values and sources, so that ties are common."""
    drawn = draw(st.lists(_one, max_size=max_size))
    events = []
    for number, (time, source, kind, traits, consents, order, rest) in enumerate(drawn):
        event = touchpoint(f"event {number}", time, source, kind, traits, consents, order)
        offer, reason, sentiment, order_id, tag = rest
        within = event["touchpoint"]
        within["marketing"] = a_marketing(offer) if offer else None
        within["interaction"] = an_interaction(reason, sentiment) if reason else None
        within["properties"] = {"tag": tag}
        if within["order"] is not None:
            within["order"]["order_id"] = order_id
        event["nodes"] = [{"node_id": bytes([number % 2]) * 16, "type": "email", "value": "ann@example.org"}]
        events.append(event)
    return events


_KINDS = [
    "page_view",
    "purchase",
    "return",
    "login_failed",
    "call",
    "offer_made",
    "offer_accepted",
    "email_bounced",
    "email_verified",
    "tag_added",
    "tag_removed",
]
_one = st.tuples(
    st.one_of(st.integers(-3, 3), st.sampled_from([0, 1, 2, 3, 5]).map(lambda day: day * 86_400_000)),
    st.sampled_from(["web", "crm", "store", "call"]),
    st.sampled_from(_KINDS),
    st.dictionaries(st.sampled_from([*RULES, "a", "b"]), st.sampled_from(["", "x", "yy", "zz", "longer"]), max_size=4),
    st.lists(st.tuples(st.sampled_from(["marketing", "Profiling", "typo", ""]), st.sampled_from(CAUTION)), max_size=2),
    st.one_of(st.none(), st.tuples(st.integers(0, 10**13), st.sampled_from(["EUR", "SEK"]))),
    st.tuples(
        st.sampled_from(["", "gift", "card", "sale", "ride", "meal"]),
        st.sampled_from(["", "password", "delivery"]),
        st.sampled_from([-1.0, 0.25, 1.0]),
        st.sampled_from(["o-1", "o-2", "o-3", "o-4", "o-5"]),
        st.sampled_from(["vip", "staff"]),
    ),
)


def a_marketing(offer: str) -> Marketing:
    """Return the campaign side of a touchpoint that is about an offer."""
    return {
        "campaign": None,
        "medium": None,
        "source": None,
        "click_id": None,
        "offer_id": offer,
        "cost_micros": None,
        "currency": None,
    }


def an_interaction(reason: str, sentiment: float) -> Interaction:
    """Return the service side of a touchpoint."""
    return {"reason": reason, "outcome": None, "duration_seconds": None, "agent": None, "sentiment": sentiment}


def touchpoint(  # noqa: PLR0913, PLR0917  # a record is made of its parts
    event_id: str,
    time: int,
    source: str = "web",
    kind: str = "page_view",
    traits: dict[str, str] | None = None,
    consents: list[tuple[str, ConsentState]] | None = None,
    order: tuple[int, str] | None = None,
) -> AcceptedTouchpoint:
    return {
        "source": source,
        "received_at": 2**45,
        "origin_topic": "touch",
        "origin_partition": 0,
        "origin_offset": 0,
        "nodes": [],
        "touchpoint": {
            "event_id": event_id,
            "event_time": time,
            "type": kind,
            "identifiers": [],
            "traits": traits or {},
            "order": {
                "order_id": event_id,
                "amount_micros": order[0],
                "currency": order[1],
                "items": [],
                "margin_micros": None,
            }
            if order
            else None,
            "marketing": None,
            "consents": [
                {"purpose": purpose, "channel": "*", "state": state, "text_version": None}
                for purpose, state in consents or []
            ],
            "interaction": None,
            "party": "first",
            "properties": {},
        },
    }


def folded(events: list[AcceptedTouchpoint]) -> Fragment:
    fragment = Fragment()
    for event in events:
        FOLDING.fold(fragment, event)
    return fragment


def split(events: list[AcceptedTouchpoint], seed: int) -> list[Fragment]:
    """Return the folds of the parts of a random cut."""
    chance = random.Random(seed)  # noqa: S311  # a cut of a test
    parts: list[list[AcceptedTouchpoint]] = [[], [], []]
    for event in events:
        chance.choice(parts).append(event)
    return [folded(part) for part in parts]


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=examples(200))
@given(events=touchpoints(), seed=seeds)
def test_merge_is_commutative(events: list[AcceptedTouchpoint], seed: int) -> None:
    one, other, _ = split(events, seed)
    assert FOLDING.merge([one, other]) == FOLDING.merge([other, one])


@settings(max_examples=examples(200))
@given(events=touchpoints(max_size=9), seed=seeds)
def test_merge_is_associative(events: list[AcceptedTouchpoint], seed: int) -> None:
    one, other, third = split(events, seed)
    left = FOLDING.merge([FOLDING.merge([one, other]), third])
    right = FOLDING.merge([one, FOLDING.merge([other, third])])
    assert left == right == FOLDING.merge([one, other, third])


@settings(max_examples=examples(100))
@given(events=touchpoints())
def test_the_empty_fragment_changes_nothing(events: list[AcceptedTouchpoint]) -> None:
    fragment = folded(events)
    assert FOLDING.merge([fragment, Fragment()]) == FOLDING.merge([Fragment(), fragment]) == fragment
    assert FOLDING.merge([]) == Fragment()


@settings(max_examples=examples(200))
@given(events=touchpoints(max_size=9), seed=seeds)
def test_folding_in_any_order_gives_the_same(events: list[AcceptedTouchpoint], seed: int) -> None:
    shuffled = random.Random(seed).sample(events, len(events))  # noqa: S311  # an order of a test
    assert folded(shuffled) == folded(events)


@settings(max_examples=examples(200))
@given(events=touchpoints(max_size=9), seed=seeds)
def test_folding_one_by_one_is_merging_what_single_events_fold_to(events: list[AcceptedTouchpoint], seed: int) -> None:
    assert folded(events) == FOLDING.merge([folded([event]) for event in events])
    assert folded(events) == FOLDING.merge(split(events, seed))
    assert folded(events) == reduce(
        lambda one, other: FOLDING.merge([one, other]), (folded([event]) for event in events), Fragment()
    )


@settings(max_examples=examples(100))
@given(events=touchpoints(), seed=seeds)
def test_merging_leaves_its_parts_as_they_were(events: list[AcceptedTouchpoint], seed: int) -> None:
    parts = split(events, seed)
    before = [encode(part) for part in parts]
    whole = FOLDING.merge(parts)
    FOLDING.fold(whole, touchpoint("one more", 9, "crm", "purchase", {"city": "new"}, [("marketing", "denied")]))
    assert [encode(part) for part in parts] == before


@settings(max_examples=examples(100))
@given(events=touchpoints())
def test_a_fragment_reads_back_as_it_was_written(events: list[AcceptedTouchpoint]) -> None:
    assert decode(encode(folded(events))) == folded(events)


def test_no_bytes_are_the_empty_fragment() -> None:
    assert decode(b"") == Fragment()


def test_fresh_fragments_share_nothing() -> None:
    """Folding into one empty fragment does not show in the next."""
    folded([touchpoint("a", 1, traits={"city": "x"}, consents=[("marketing", "granted")], order=(5, "EUR"))])
    assert encode(Fragment()) == encode(decode(b""))
    assert Fragment().by_channel == {}


@settings(max_examples=examples(100))
@given(states=st.lists(st.sampled_from(CAUTION), min_size=1, max_size=4), seed=seeds)
def test_at_the_same_moment_the_most_cautious_consent_holds(states: list[ConsentState], seed: int) -> None:
    """Ties deny: one refusal at the same time is enough, whatever the ids of the events."""
    chance = random.Random(seed)  # noqa: S311  # ids of a test
    events = [
        touchpoint(f"{chance.random()}", 5, chance.choice(["web", "crm"]), consents=[("marketing", state)])
        for state in states
    ]
    assert consents_in_force(folded(events))["marketing", "*"].state == max(states, key=CAUTION.index)


@settings(max_examples=examples(100))
@given(events=touchpoints())
def test_the_newest_consent_holds(events: list[AcceptedTouchpoint]) -> None:
    for (purpose, _), kept in consents_in_force(folded(events)).items():
        times = [
            event["touchpoint"]["event_time"]
            for event in events
            if any(name == (purpose, "*") for name, _ in stated(event))
        ]
        assert kept.time == max(times)


def test_two_consents_in_one_event_deny_where_they_differ() -> None:
    both = folded([touchpoint("a", 1, consents=[("marketing", "denied"), ("marketing", "granted")])])
    assert consents_in_force(both)["marketing", "*"] == ConsentValue("denied", 1, "a", "web", None)


def test_a_state_nobody_knows_denies_most() -> None:
    """What another version may have written counts as more cautious than any known state."""
    other = Fragment(denials={("marketing", "*"): ConsentValue("paused", 1, "a", "web", None)})
    known = Fragment(denials={("marketing", "*"): ConsentValue("withdrawn", 1, "z", "web", None)})
    assert FOLDING.merge([known, other]).denials["marketing", "*"].state == "paused"


def kept(rule_of: str, *events: AcceptedTouchpoint) -> str:
    return folded(list(events)).traits[rule_of].value


def test_a_trait_is_the_newest_value_unless_the_policy_says_otherwise() -> None:
    assert kept("city", touchpoint("a", 2, traits={"city": "x"}), touchpoint("b", 1, traits={"city": "yy"})) == "x"


def test_the_rule_first_keeps_the_earliest_value() -> None:
    events = touchpoint("a", 2, traits={"joined": "x"}), touchpoint("b", 1, traits={"joined": "yy"})
    assert kept("joined", *events) == "yy"


def test_the_rule_longest_keeps_the_longest_and_among_them_the_newest() -> None:
    one, two = touchpoint("a", 1, traits={"street": "longer"}), touchpoint("b", 2, traits={"street": "x"})
    newer = touchpoint("c", 3, traits={"street": "LONGER"})
    assert kept("street", one, two) == "longer"
    assert kept("street", one, two, newer) == "LONGER"


def test_the_rule_most_trusted_prefers_sources_in_order_and_then_age() -> None:
    web = touchpoint("a", 9, "web", traits={"first_name": "web"})
    store = touchpoint("b", 2, "store", traits={"first_name": "store"})
    crm = touchpoint("c", 1, "crm", traits={"first_name": "crm"})
    newer = touchpoint("d", 2, "crm", traits={"first_name": "newer"})
    assert kept("first_name", web, store) == "store"
    assert kept("first_name", web, store, crm) == "crm"
    assert kept("first_name", web, store, crm, newer) == "newer"


def test_sources_that_nobody_named_are_trusted_alike() -> None:
    web, call = touchpoint("a", 1, "web", traits={"first_name": "web"}), touchpoint("b", 2, "call")
    call["touchpoint"]["traits"]["first_name"] = "call"
    assert kept("first_name", web, call) == "call"


def test_an_empty_value_tells_nothing() -> None:
    assert kept("city", touchpoint("a", 1, traits={"city": "x"}), touchpoint("b", 2, traits={"city": ""})) == "x"


def test_a_trait_knows_where_it_comes_from() -> None:
    fragment = folded([touchpoint("a", 1, "crm", traits={"city": "x"})])
    assert fragment.traits == {"city": TraitValue("x", 1, "a", "crm")}


def test_no_more_traits_are_kept_than_the_policy_allows() -> None:
    fragment = folded([touchpoint("a", 1, traits={f"trait {index}": "x" for index in range(9)})])
    assert sorted(fragment.traits) == [f"trait {index}" for index in range(4)]


def test_the_newest_touches_are_listed_newest_first() -> None:
    fragment = folded([touchpoint(name, time) for name, time in [("a", 4), ("b", 1), ("c", 3), ("d", 4), ("e", 2)]])
    assert [mark.event_id for mark in fragment.recent] == ["d", "a", "c"]
    assert fragment.first is not None
    assert fragment.first.event_id == "b"


def test_purchases_and_returns_with_an_order_are_orders() -> None:
    fragment = folded(
        [
            touchpoint("a", 1, kind="purchase", order=(50, "EUR")),
            touchpoint("b", 2, kind="return", order=(20, "EUR")),
            touchpoint("c", 3, kind="purchase", order=(7, "SEK")),
            touchpoint("d", 4, kind="page_view", order=(99, "EUR")),
        ]
    )
    told = sorted((order.is_return, order.currency, order.amount) for order in fragment.orders.values())
    assert told == [(False, "EUR", 50), (False, "SEK", 7), (True, "EUR", 20)]


def test_the_default_policy_trusts_legal_names_by_source() -> None:
    rules = default_profile_policy().survivorship
    assert {rules[name] for name in ("birth_date", "first_name", "last_name")} == {"most_trusted"}
