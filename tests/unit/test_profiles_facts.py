"""What is known of a customer at a moment."""

import pytest

from identity.policy_file import PolicyError
from profiles.facts import FACTS, Facts, base_amount, changes_at, free_again_at, kind_of_fact, moments, purchases
from profiles.folding import Folding
from profiles.fragment import Fragment, Mark, OrderMark, Told, TouchMark, TraitValue
from profiles.policy_file import parse_profile_policy

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
FOLDING = Folding(
    parse_profile_policy(
        """
[profile]
defaults = false
[profile.currency_rates]
USD = 0.5
[profile.scores]
recency_days = [8, 4, 2, 1]
frequency = [1, 2, 3, 4]
monetary = [10, 20, 30, 40]
[profile.engagement]
days = 2
[profile.engagement.points]
visit = 1
[profile.caps.few]
messages = { type = ["email_sent"] }
most = 2
hours = 3
[profile.traits.interests]
fold = "top"
value = "property.category"
[profile.traits.calls]
fold = "count"
[profile.segments.lapsed]
all = ["days_since_last_order >= 3"]
"""
    )
)
POLICY = FOLDING.policy
TRAITS = {name: declared.fold for name, declared in POLICY.traits.items()}
NOW = 10 * DAY_MS


def an_order(number: int, time: int, amount: int, currency: str = "EUR", *, is_return: bool = False) -> OrderMark:
    return OrderMark(time, f"o{number}", "web", is_return, currency, amount * 1_000_000, None)


def of(*orders: OrderMark, now: int | None = NOW, **parts: object) -> dict[str, object]:
    """Return the facts of a customer with orders."""
    keyed = {bytes([number]): order for number, order in enumerate(orders)}
    return dict(Facts(Fragment(orders=keyed, **parts), known=True, now_ms=now, folding=FOLDING))  # type: ignore[arg-type]  # parts of a fragment


def test_orders_and_returns_are_summed_in_the_base_currency_and_without_a_rate_left_out() -> None:
    facts = of(
        an_order(1, 1, 30),
        an_order(2, 2, 20, "USD"),
        an_order(3, 3, 500, "SEK"),
        an_order(4, 4, 5, is_return=True),
        an_order(5, 5, 8, "SEK", is_return=True),
    )
    assert (facts["orders"], facts["returns"], facts["revenue"], facts["average_basket"]) == (3.0, 2.0, 35.0, 20.0)
    assert (facts["frequency_score"], facts["monetary_score"]) == (4.0, 4.0)


def test_a_return_before_its_order_leaves_a_revenue_below_zero_and_no_score() -> None:
    facts = of(an_order(1, 1, 7, is_return=True))
    assert (facts["orders"], facts["returns"], facts["revenue"]) == (0.0, 1.0, -7.0)
    assert [facts[name] for name in ("average_basket", "frequency_score", "monetary_score", "recency_score")] == [
        None
    ] * 4
    assert facts["days_since_last_order"] is None


@pytest.mark.parametrize(("days", "score"), [(0, 5), (1, 5), (1.001, 4), (2, 4), (4, 3), (8, 2), (8.001, 1), (-3, 5)])
def test_the_recency_score_falls_with_each_cut_point_that_is_passed(days: float, score: float) -> None:
    assert of(an_order(1, round(NOW - days * DAY_MS), 1))["recency_score"] == score


def test_days_are_reckoned_with_their_fraction_and_what_is_later_is_now() -> None:
    facts = of(
        an_order(1, NOW - 6 * HOUR_MS, 1),
        an_order(2, NOW - 60 * HOUR_MS, 1),
        first=TouchMark(NOW - 36 * HOUR_MS, "a", "web", "visit"),
        recent=[TouchMark(NOW + 9, "b", "web", "visit")],
    )
    since = {name: facts[f"days_since_{name}"] for name in ("first_touch", "last_touch", "first_order", "last_order")}
    assert since == {"first_touch": 1.5, "last_touch": 0.0, "first_order": 2.5, "last_order": 0.25}


def test_as_long_as_the_moment_is_unknown_so_are_the_facts_of_time() -> None:
    facts = of(an_order(1, 1, 30), now=None, first=TouchMark(1, "a", "web", "visit"), points={1: 2})
    assert facts["revenue"] == 30.0
    for name in ("days_since_first_touch", "days_since_last_order", "recency_score", "engagement"):
        assert facts[name] is None
    assert "cap.few" not in facts


def test_points_of_the_last_days_count_today_included() -> None:
    points = {7: 100, 8: 10, 9: 1, 10: 1000}
    assert of(now=9 * DAY_MS + 5, points=points)["engagement"] == 1011.0
    assert of(now=10 * DAY_MS - 1, points=points)["engagement"] == 1011.0
    assert of(now=10 * DAY_MS, points=points)["engagement"] == 1001.0


def test_told_traits_tags_and_computed_traits_are_facts_by_name() -> None:
    facts = of(
        traits={"country": TraitValue("DE", 1, "a", "crm")},
        tags={"vip": Told(1, "a", "crm", "added"), "staff": Told(1, "a", "crm", "removed")},
        computed={"interests": {"camping": 3, "": 1}, "calls": 4, "gone": 5},
    )
    assert (facts["trait.country"], facts["tag.vip"], facts["tag.staff"]) == ("DE", True, False)
    assert (facts["interests.camping"], facts["calls"]) == (3.0, 4.0)
    assert "gone" not in facts, "a trait that is declared no more is a fact"


def marks(*times: int) -> Fragment:
    return Fragment(marks={"cap:few": [Mark(time, f"m{time}", "web", "email_sent", "") for time in times]})


def test_a_cap_is_free_again_when_the_oldest_of_so_many_messages_is_out_of_its_hours() -> None:
    capped = marks(1, 100, 200)
    again = 100 + 3 * HOUR_MS
    assert free_again_at(capped, "few", 300, POLICY) == again
    facts = [Facts(capped, known=True, now_ms=now, folding=FOLDING)["cap.few"] for now in (again - 1, again)]
    assert facts == [True, False]
    assert free_again_at(marks(100), "few", 300, POLICY) == 300


def test_time_changes_something_next_when_the_first_of_all_does() -> None:
    whole = Fragment(orders={b"1": an_order(1, NOW, 1)}, points={10: 1}, marks=marks(NOW, NOW + 1).marks)
    seen, at = [], changes_at(whole, FOLDING, NOW)
    while at is not None:
        seen.append(at - NOW)
        at = changes_at(whole, FOLDING, at)
    cap, points, segment = 3 * HOUR_MS, 2 * DAY_MS, 3 * DAY_MS
    scores = {days * DAY_MS + 1 for days in (1, 2, 4, 8)}
    assert seen == sorted(seen)
    assert {cap, points, segment, *scores} <= set(seen)


def test_time_changes_nothing_of_somebody_of_whom_nothing_is_known() -> None:
    assert changes_at(Fragment(), FOLDING, NOW) is None


@pytest.mark.parametrize(
    "name",
    [*FACTS, "calls", "interests", "interests.camping", "trait.city", "consent.marketing.web", "cap.few", "tag.vip"],
)
def test_there_is_such_a_fact(name: str) -> None:
    assert kind_of_fact(name, TRAITS, {"few", "weekly"}) is not None


@pytest.mark.parametrize(
    "name",
    ["", "colour", "calls.x", "interests.", "trait", "trait.", "consent", "consent.marketing", "tag.", "orders.x"],
)
def test_there_is_no_such_fact(name: str) -> None:
    assert kind_of_fact(name, TRAITS, {"few", "weekly"}) is None


def test_the_first_and_last_order_are_purchases() -> None:
    orders = {b"1": an_order(1, 5, 1), b"2": an_order(2, 9, 1), b"3": an_order(3, 1, 1, is_return=True)}
    whole = Fragment(orders=orders)
    assert (moments(whole)["first_order"], moments(whole)["last_order"]) == (5, 9)
    assert len(purchases(whole)) == 2
    assert base_amount(purchases(whole), POLICY) == (2.0, 2)


def test_touchpoints_within_days_are_those_of_so_many_days_up_to_today() -> None:
    policy = parse_profile_policy(
        '[profile]\ndefaults = false\n[profile.traits.calls]\nfold = "days"\nwhen = { type = ["call"] }\ndays = 9\n'
        '[profile.segments.callers]\nall = ["calls.3 >= 2"]'
    )
    folding = Folding(policy)
    whole = Fragment(computed={"calls": {5: 1, 7: 1, 8: 2}})

    def within(day: int) -> object:
        return Facts(whole, known=True, now_ms=day * DAY_MS, folding=folding)["calls.3"]

    assert [within(day) for day in (8, 9, 10, 11)] == [3.0, 3.0, 2.0, 0.0]
    assert changes_at(whole, folding, 8 * DAY_MS) == 10 * DAY_MS
    assert Facts(whole, known=True, now_ms=None, folding=folding)["calls.3"] is None


WINDOWED = Folding(
    parse_profile_policy(
        """
[profile]
defaults = false
[profile.traits.visits]
fold = "count"
window_days = 3
[profile.traits.likes]
fold = "top"
value = "property.category"
window_days = 3
[profile.traits.unasked]
fold = "newest"
value = "type"
window_days = 3
[profile.segments.quiet]
all = ["visits < 2"]
[profile.offers.tent]
all = ["likes.camping >= 2"]
"""
    )
)
VISITED = Fragment(computed={"visits": {5: 1, 7: 1, 8: 2}, "likes": {5: {"camping": 3}, 7: {"camping": 1, "golf": 1}}})


def of_window(whole: Fragment, now: int | None) -> dict[str, object]:
    found = Facts(whole, known=True, now_ms=now, folding=WINDOWED)
    return {name: value for name, value in found.items() if name.partition(".")[0] in WINDOWED.policy.traits}


def test_a_trait_with_a_window_is_what_there_was_on_so_many_days_up_to_today() -> None:
    found = {day: of_window(VISITED, day * DAY_MS) for day in range(7, 12)}
    assert found == {
        7: {"visits": 4.0, "likes.camping": 4.0, "likes.golf": 1.0},
        8: {"visits": 3.0, "likes.camping": 1.0, "likes.golf": 1.0},
        9: {"visits": 3.0, "likes.camping": 1.0, "likes.golf": 1.0},
        10: {"visits": 2.0},
        11: {"visits": 0.0},
    }
    assert of_window(VISITED, 8 * DAY_MS - 1) == found[7]
    assert of_window(Fragment(), NOW) == {"visits": 0.0}


def test_a_trait_with_a_window_is_unknown_as_long_as_the_moment_is() -> None:
    assert of_window(VISITED, None) == {"visits": None, "likes": None}


def test_time_changes_a_trait_with_a_window_when_a_day_leaves_it() -> None:
    seen, at = [], changes_at(VISITED, WINDOWED, 0)
    while at is not None:
        seen.append(at)
        at = changes_at(VISITED, WINDOWED, at)
    assert seen == [(day + 3) * DAY_MS for day in (5, 7, 8)]


def test_what_no_condition_asks_for_changes_nothing_by_time() -> None:
    assert changes_at(Fragment(computed={"unasked": {5: [5 * DAY_MS, "a", "web", "visit"]}}), WINDOWED, 0) is None


def test_a_window_is_no_longer_than_what_its_trait_keeps() -> None:
    with pytest.raises(PolicyError, match="calls keeps 9 days, got 10"):
        parse_profile_policy(
            '[profile.traits.calls]\nfold = "days"\ndays = 9\n[profile.segments.callers]\nall = ["calls.10 >= 2"]'
        )
