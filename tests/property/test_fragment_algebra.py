"""Fragments add up the same in any order and any grouping; each rule keeps what it says it keeps."""

import random
from dataclasses import replace
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.fragment import ConsentValue, Fragment, TraitValue, decode, encode, fold, merge
from profiles.policy import ProfilePolicy, Survivorship
from profiles.policy_file import default_profile_policy
from schemas.accepted import AcceptedTouchpoint
from schemas.records import ConsentState
from tests.property.effort import examples

RULES: dict[str, Survivorship] = {
    "city": "newest",
    "joined": "first",
    "first_name": "most_trusted",
    "street": "longest",
}
POLICY = replace(
    default_profile_policy(), survivorship=RULES, trusted_sources=("crm", "store"), recent_touches=3, max_names=4
)

CAUTION: tuple[ConsentState, ...] = ("granted", "denied", "withdrawn", "unknown")


@st.composite
def touchpoints(draw: st.DrawFn, max_size: int = 6) -> list[AcceptedTouchpoint]:
    """Touchpoints of unique ids, with few times, values and sources, so that ties are common."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(-3, 3),
                st.sampled_from(["web", "crm", "store", "call"]),
                st.sampled_from(["page_view", "purchase", "return"]),
                st.dictionaries(
                    st.sampled_from([*RULES, "a", "b"]), st.sampled_from(["", "x", "yy", "zz", "longer"]), max_size=4
                ),
                st.lists(st.tuples(st.sampled_from(["marketing", "profiling"]), st.sampled_from(CAUTION)), max_size=2),
                st.one_of(st.none(), st.tuples(st.integers(0, 10**13), st.sampled_from(["EUR", "SEK"]))),
            ),
            max_size=max_size,
        )
    )
    return [
        touchpoint(f"event {number}", time, source, kind, traits, consents, order)
        for number, (time, source, kind, traits, consents, order) in enumerate(drawn)
    ]


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
        "received_at": 0,
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
            "order": {"order_id": event_id, "amount_micros": order[0], "currency": order[1], "items": []}
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


def folded(events: list[AcceptedTouchpoint], policy: ProfilePolicy = POLICY) -> Fragment:
    fragment = Fragment()
    for event in events:
        fold(fragment, event, policy)
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
    assert merge([one, other], POLICY) == merge([other, one], POLICY)


@settings(max_examples=examples(200))
@given(events=touchpoints(max_size=9), seed=seeds)
def test_merge_is_associative(events: list[AcceptedTouchpoint], seed: int) -> None:
    one, other, third = split(events, seed)
    left = merge([merge([one, other], POLICY), third], POLICY)
    right = merge([one, merge([other, third], POLICY)], POLICY)
    assert left == right == merge([one, other, third], POLICY)


@settings(max_examples=examples(100))
@given(events=touchpoints())
def test_the_empty_fragment_changes_nothing(events: list[AcceptedTouchpoint]) -> None:
    fragment = folded(events)
    assert merge([fragment, Fragment()], POLICY) == merge([Fragment(), fragment], POLICY) == fragment
    assert merge([], POLICY) == Fragment()


@settings(max_examples=examples(200))
@given(events=touchpoints(max_size=9), seed=seeds)
def test_folding_in_any_order_gives_the_same(events: list[AcceptedTouchpoint], seed: int) -> None:
    shuffled = random.Random(seed).sample(events, len(events))  # noqa: S311  # an order of a test
    assert folded(shuffled) == folded(events)


@settings(max_examples=examples(200))
@given(events=touchpoints(max_size=9), seed=seeds)
def test_folding_one_by_one_is_merging_what_single_events_fold_to(events: list[AcceptedTouchpoint], seed: int) -> None:
    assert folded(events) == merge([folded([event]) for event in events], POLICY)
    assert folded(events) == merge(split(events, seed), POLICY)
    assert folded(events) == reduce(
        lambda one, other: merge([one, other], POLICY), (folded([event]) for event in events), Fragment()
    )


@settings(max_examples=examples(100))
@given(events=touchpoints(), seed=seeds)
def test_merging_leaves_its_parts_as_they_were(events: list[AcceptedTouchpoint], seed: int) -> None:
    parts = split(events, seed)
    before = [encode(part) for part in parts]
    whole = merge(parts, POLICY)
    fold(whole, touchpoint("one more", 9, "crm", "purchase", {"city": "new"}, [("marketing", "denied")]), POLICY)
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
    assert folded(events).consents["marketing", "*"].state == max(states, key=CAUTION.index)


@settings(max_examples=examples(100))
@given(events=touchpoints())
def test_the_newest_consent_holds(events: list[AcceptedTouchpoint]) -> None:
    for (purpose, _), kept in folded(events).consents.items():
        times = [
            event["touchpoint"]["event_time"]
            for event in events
            if any(consent["purpose"] == purpose for consent in event["touchpoint"]["consents"])
        ]
        assert kept.time == max(times)


def test_two_consents_in_one_event_deny_where_they_differ() -> None:
    both = folded([touchpoint("a", 1, consents=[("marketing", "denied"), ("marketing", "granted")])])
    assert both.consents["marketing", "*"] == ConsentValue("denied", 1, "a", "web", None)


def test_a_state_nobody_knows_denies_most() -> None:
    """What another version may have written counts as more cautious than any known state."""
    other = Fragment(consents={("marketing", "*"): ConsentValue("paused", 1, "a", "web", None)})
    known = Fragment(consents={("marketing", "*"): ConsentValue("withdrawn", 1, "z", "web", None)})
    assert merge([known, other], POLICY).consents["marketing", "*"].state == "paused"


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


def test_a_profile_may_list_no_touches_at_all() -> None:
    assert folded([touchpoint("a", 1), touchpoint("b", 2)], replace(POLICY, recent_touches=0)).recent == []


def test_returns_are_taken_off_the_revenue_of_their_currency() -> None:
    fragment = folded(
        [
            touchpoint("a", 1, kind="purchase", order=(50, "EUR")),
            touchpoint("b", 2, kind="return", order=(20, "EUR")),
            touchpoint("c", 3, kind="purchase", order=(7, "SEK")),
            touchpoint("d", 4, kind="page_view", order=(99, "EUR")),
        ]
    )
    assert (fragment.orders, fragment.returns, fragment.revenue) == (2, 1, {"EUR": 30, "SEK": 7})


def test_the_default_policy_trusts_legal_names_by_source() -> None:
    rules = default_profile_policy().survivorship
    assert {rules[name] for name in ("birth_date", "first_name", "last_name")} == {"most_trusted"}
