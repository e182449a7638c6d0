"""How values of touchpoints add up, by hand."""

import msgspec
import pytest

from profiles.folding import Folding
from profiles.folds import ByDay, Computed, Origin, fold_of, lowest
from profiles.fragment import Fragment
from profiles.policy import FoldName, TraitDeclaration
from profiles.policy_file import parse_profile_policy
from schemas.accepted import AcceptedTouchpoint
from tests.property.test_fragment_algebra import an_interaction, touchpoint

DAY_MS = 86_400_000


def values(declared: TraitDeclaration, *touchpoints: AcceptedTouchpoint) -> list[Computed]:
    """Return the values of a trait, folded in order and merged of one state for each touchpoint."""
    fold, state, parts = fold_of(declared), None, []
    for one in touchpoints:
        state = fold.add(state, one)
        part = fold.add(None, one)
        parts += [part] if part is not None else []
    merged = parts[-1]
    for part in parts[-2::-1]:
        merged = fold.merge(merged, part)
    assert list(fold.values(merged)) == list(fold.values(state))
    return list(fold.values(state))


def an_order(event_id: str, time: int, amount: int, currency: str = "EUR") -> AcceptedTouchpoint:
    return touchpoint(event_id, time, kind="purchase", order=(amount * 1_000_000, currency))


def test_a_sum_is_by_currency_and_never_over_two() -> None:
    orders = an_order("a", 1, 2), an_order("b", 2, 3, "SEK"), an_order("c", 3, 4)
    assert values(TraitDeclaration("sum", {}, "amount"), *orders) == [Computed("EUR", 6.0), Computed("SEK", 3.0)]


@pytest.mark.parametrize(("fold", "event_id", "amount"), [("min", "b", 2.0), ("max", "c", 9.0)])
def test_the_least_and_the_greatest_come_with_the_earliest_touchpoint_that_told_them(
    fold: FoldName, event_id: str, amount: float
) -> None:
    told = [("a", 3, 2), ("b", 1, 2), ("c", 2, 9), ("d", 4, 9)]
    (found,) = values(TraitDeclaration(fold, {}, "amount"), *(an_order(*one) for one in told))
    assert found.value == amount
    assert found.origin is not None
    assert found.origin.event_id == event_id


def test_the_first_and_the_newest_text_are_by_event_time_however_late_they_come() -> None:
    told = [touchpoint(name, time, kind=name) for name, time in [("b", 2), ("c", 3), ("a", -9_000 * DAY_MS)]]
    assert values(TraitDeclaration("first", {}, "type"), *told) == [
        Computed("", "a", Origin(-9_000 * DAY_MS, "a", "web"))
    ]
    assert values(TraitDeclaration("newest", {}, "type"), *told) == [Computed("", "c", Origin(3, "c", "web"))]


def test_a_mean_is_of_those_touchpoints_that_tell_the_number() -> None:
    told = [touchpoint(name, 1) for name in ("a", "b", "c")]
    told[0]["touchpoint"]["interaction"] = an_interaction("x", 1.0)
    told[2]["touchpoint"]["interaction"] = an_interaction("x", -0.5)
    assert values(TraitDeclaration("mean", {}, "sentiment"), *told) == [Computed("", 0.25)]


def test_a_rate_is_the_share_of_hits() -> None:
    told = [touchpoint(str(number), 1, kind="purchase" if number == 2 else "call") for number in range(4)]
    assert values(TraitDeclaration("rate", {}, hit={"type": ("purchase",)}), *told) == [Computed("", 0.25)]


def test_days_are_those_up_to_the_newest_one_by_utc() -> None:
    times = [0, 1, DAY_MS - 1, DAY_MS, 4 * DAY_MS]
    told = [touchpoint(str(time), time) for time in times]
    assert values(TraitDeclaration("days", {}, days=4), *told) == [Computed("", 2.0)]
    assert values(TraitDeclaration("days", {}, days=5), *told) == [Computed("", 3.0)]


def spent_within(days: int, *orders: AcceptedTouchpoint) -> tuple[ByDay, dict[int, object]]:
    """Return the fold of what was spent within so many days, and its state after orders."""
    fold, state = fold_of(TraitDeclaration("sum", {}, "amount", window_days=days)), None
    for order in orders:
        state = fold.add(state, order)
    assert isinstance(fold, ByDay)
    assert state is not None
    return fold, state


def test_a_window_of_three_days_has_today_yesterday_and_the_day_before() -> None:
    """A purchase of 20 in the last millisecond of day 2, then late one of 5 on day 0, and 1 as day 4 begins."""
    orders = an_order("b", 3 * DAY_MS - 1, 20), an_order("a", 0, 5), an_order("c", 4 * DAY_MS, 1)
    fold, state = spent_within(3, *orders)
    assert state == {0: {"EUR": 5_000_000}, 2: {"EUR": 20_000_000}, 4: {"EUR": 1_000_000}}
    found = {today: [one.value for one in fold.since(state, today - 2)] for today in range(4, 8)}
    assert found == {4: [21.0], 5: [1.0], 6: [1.0], 7: []}


def test_a_window_forgets_the_days_that_no_moment_asks_for_any_more() -> None:
    """Three days and two more, since a touchpoint may be dated ahead."""
    orders = an_order("a", 4 * DAY_MS, 1), an_order("b", 5 * DAY_MS, 2), an_order("c", 9 * DAY_MS, 4)
    kept = {5: {"EUR": 2_000_000}, 9: {"EUR": 4_000_000}}
    assert spent_within(3, *orders)[1] == spent_within(3, *reversed(orders))[1] == kept


def test_a_top_list_counts_each_text_and_lists_the_most_frequent_first() -> None:
    told = [touchpoint(str(number), 1, kind=kind) for number, kind in enumerate("babcbc")]
    assert values(TraitDeclaration("top", {}, "type"), *told) == [
        Computed("b", 3.0),
        Computed("c", 2.0),
        Computed("a", 1.0),
    ]


def test_a_distinct_count_knows_a_text_once() -> None:
    told = [touchpoint(str(number), 1, kind=kind) for number, kind in enumerate("babcbc")]
    assert values(TraitDeclaration("distinct", {}, "type"), *told) == [Computed("", 3.0)]


def test_those_with_the_lowest_hash_are_kept_whatever_they_come_as() -> None:
    named = {"a": 1, "b": 2, "c": 3, "d": 4}
    kept = lowest(named, 2)
    assert len(kept) == 2
    assert kept == lowest(dict(reversed(named.items())), 2) == lowest(lowest(named, 3), 2)
    assert lowest(named, 4) is named


def test_only_touchpoints_that_are_meant_count_and_all_where_nothing_is_said() -> None:
    folding = Folding(
        parse_profile_policy(
            """
[profile]
defaults = false
[profile.traits.all]
fold = "count"
[profile.traits.calls]
fold = "count"
when = { type = ["call", "chat"] }
[profile.traits.web_calls]
fold = "count"
when = { type = ["call"], channel = ["web"] }
[profile.traits.at_web]
fold = "count"
when = { channel = ["web"] }
"""
        )
    )
    fragment = Fragment()
    for number, (source, kind) in enumerate([("web", "call"), ("crm", "call"), ("web", "chat"), ("web", "visit")]):
        folding.fold(fragment, touchpoint(str(number), 1, source, kind))
    assert fragment.computed == {"all": 4, "calls": 3, "web_calls": 1, "at_web": 3}


def test_a_sum_may_grow_beyond_what_a_whole_number_of_64_bits_holds() -> None:
    fold = fold_of(TraitDeclaration("sum", {}, "amount"))
    state = {"EUR": 2**62 - 1}
    grown = decode_state(fold.merge(fold.merge(state, state), state))
    (value,) = fold.values(grown)
    assert value.value == pytest.approx(3 * (2**62 - 1) / 1_000_000)


def decode_state(state: object) -> object:
    """Return a state as it comes back from where it is kept."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state))
