"""Conversions, attribution and campaigns: by hand, and against a plain fold of the same touchpoints."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from math import isclose
from pathlib import Path
from typing import NamedTuple

import pytest

from profiles.policy_file import default_profile_policy
from schemas.accepted import AcceptedTouchpoint
from sinks.lake import LakeBatch
from sinks.testing import a_profile
from tests.integration.analyst import (
    HOUR,
    MINUTE,
    a_world,
    bought,
    by_customer,
    email,
    in_order,
    lake,
    milliseconds,
    purchases,
    records,
    rows,
    told,
    write,
)

DEFAULT = default_profile_policy()
POLICY = replace(DEFAULT, currency_rates={"CHF": 1.05})
AT = datetime(2026, 6, 1, tzinfo=UTC).replace(tzinfo=None)
"""After most of the world."""
MODELS = ("first", "last", "linear", "position_based", "time_decay", "shapley")
SHARES = ", ".join(f"share_{model}" for model in MODELS)


def seen(
    event_id: str, day: float, campaign: str | None, source: str = "paid", *, type_: str = "click", who: str = "ann"
) -> AcceptedTouchpoint:
    return told(event_id, day, type_, source, who=who, marketing={"campaign": campaign} if campaign else None)


def shares(home: Path) -> list[tuple[object, ...]]:
    """Event id and shares of the touches of the one order there is, in order of position."""
    return [
        (row[0], *(round(share, 6) for share in row[1:]))
        for row in rows(home, f"SELECT event_id, {SHARES} FROM attributed_touches ORDER BY position")  # noqa: S608
    ]


# --- by hand -------------------------------------------------------------------------------------------------------


def test_a_single_touch_has_all_of_the_credit(tmp_path: Path) -> None:
    write(tmp_path, POLICY, [seen("e-1", 0, "spring"), bought("e-2", 1, "o-1", 10)])
    assert shares(tmp_path) == [("e-1", 1, 1, 1, 1, 1, 1)]


def test_two_touches_share_by_position_in_proportion_and_by_age_in_half_lives(tmp_path: Path) -> None:
    """Seven days are a half-life: weights 1 and 2."""
    policy = replace(POLICY, attribution=replace(POLICY.attribution, first_share=0.2, last_share=0.6))
    write(tmp_path, policy, [seen("e-1", 0, "spring"), seen("e-2", 7, "letter"), bought("e-3", 9, "o-1", 10)])
    assert shares(tmp_path) == [
        ("e-1", 1, 0, 0.5, 0.25, 0.333333, 0.5),
        ("e-2", 0, 1, 0.5, 0.75, 0.666667, 0.5),
    ]


def test_of_four_touches_those_between_share_the_rest_and_a_campaign_met_twice_is_one_player(tmp_path: Path) -> None:
    """Players are paid:spring, email:spring and paid:letter; at once, so that nothing decays."""
    touches = [
        seen("e-1", 0, "spring"),
        seen("e-2", 0, "spring", "email"),
        seen("e-3", 0, "letter"),
        seen("e-4", 0, "spring"),
        seen("e-5", 0, None, "web", type_="page_view"),
        bought("e-6", 0, "o-1", 10),
    ]
    write(tmp_path, POLICY, touches)
    assert shares(tmp_path) == [
        ("e-1", 1, 0, 0.25, 0.4, 0.25, 0.166667),
        ("e-2", 0, 0, 0.25, 0.1, 0.25, 0.333333),
        ("e-3", 0, 0, 0.25, 0.1, 0.25, 0.333333),
        ("e-4", 0, 1, 0.25, 0.4, 0.25, 0.166667),
    ]


def test_every_order_is_credited_to_something(tmp_path: Path) -> None:
    """Each on day 30, with what went before and what is credited."""
    own = ("order", "store")
    cases = {
        "the last without any": ([seen("a-1", 0, None), seen("a-2", 1, None, "web")], ("a-2", "web")),
        "the order itself without a touch": ([], own),
        "too long before": ([seen("c-1", -0.001, "spring")], own),
        "the edge of the days": ([seen("d-1", 0, "spring"), seen("d-2", 1, None)], ("d-1", "paid")),
        "the very time": ([seen("e-1", 30, "spring"), seen("e-2", 1, None)], ("e-1", "paid")),
        "after": ([seen("f-1", 30.001, "spring"), seen("f-2", 1, None)], ("f-2", "paid")),
        "a return": ([seen("g-1", 1, "spring", type_="return")], own),
    }
    touches = []
    for case, (before, _) in cases.items():
        theirs = [*before, bought(f"order {case}", 30, case, 10, "store")]
        for touch in theirs:
            touch["nodes"] = [email(case)]
        touches += theirs
    write(tmp_path, POLICY, touches)
    found = rows(tmp_path, f"SELECT order_id, event_id, channel, {SHARES} FROM attributed_touches")  # noqa: S608
    assert {row[0]: (row[1].removesuffix(f" {row[0]}"), row[2]) for row in found} == {
        case: credited for case, (_, credited) in cases.items()
    }
    assert all(row[3:] == (1, 1, 1, 1, 1, 1) for row in found)


def test_decay_leaves_a_sum_however_short_the_half_life(tmp_path: Path) -> None:
    policy = replace(POLICY, attribution=replace(POLICY.attribution, half_life_days=1e-4))
    write(tmp_path, policy, [seen("e-1", 0, "spring"), seen("e-2", 1, "spring"), bought("e-3", 20, "o-1", 10)])
    assert [row[5] for row in shares(tmp_path)] == [0, 1]


def test_the_even_split_is_the_shapley_value(tmp_path: Path) -> None:
    """Worked by its definition: what a player adds to those before it, on average over all orders of players."""
    journeys = ["a", "ab", "abc", "bc", "aab"]
    touches = []
    for number, journey in enumerate(journeys):
        who = f"p{number}"
        touches += [seen(f"{who}-{place}", place * HOUR, name, who=who) for place, name in enumerate(journey)]
        touches.append(bought(f"{who}-o", 1, who, 10, who=who))
    write(tmp_path, POLICY, touches)

    expected: dict[str, float] = defaultdict(float)
    orders = list(permutations("abc"))
    for order in orders:
        for place, player in enumerate(order):
            worth = [sum(set(journey) <= set(order[:end]) for journey in journeys) for end in (place, place + 1)]
            expected[player] += (worth[1] - worth[0]) / len(orders)
    found = dict(rows(tmp_path, "SELECT campaign, conversions FROM attribution WHERE model = 'shapley'"))
    assert found == pytest.approx(expected)


def test_a_conversion_knows_its_journey_and_the_very_click(tmp_path: Path) -> None:
    touches = [
        told("e-1", 1, "click", "paid", marketing={"campaign": "spring", "click_id": "c-1"}),
        told("e-2", 2, "page_view", "web", marketing={"campaign": "letter", "click_id": "c-2"}),
        told("e-3", 3, "product_view"),
        bought("e-4", 3 + MINUTE, "o-1", 10),
        bought("e-5", 50, "o-2", 5, "store", currency="CHF"),
    ]
    write(tmp_path, POLICY, touches)
    found = records(tmp_path, "SELECT * FROM conversions ORDER BY order_number", AT)
    assert [(row["order_id"], row["order_number"], row["amount_base"], row["touches"]) for row in found] == [
        ("o-1", 1, 10, 3),
        ("o-2", 2, Decimal("5.25"), 0),
    ]
    first, second = found
    assert first["channels"] == 2
    assert first["seconds_from_first_touch"] == 2 * 86_400 + 60
    assert (first["click_event_id"], first["click_channel"], first["click_campaign"], first["click_id"]) == (
        "e-2",
        "web",
        "letter",
        "c-2",
    )
    assert first["seconds_from_click"] == 86_460
    assert (second["first_touch_at"], second["click_event_id"], second["seconds_from_click"]) == (None, None, None)


def test_a_late_touch_is_credited_too(tmp_path: Path) -> None:
    write(tmp_path, POLICY, [seen("e-2", 7, "letter"), bought("e-3", 8, "o-1", 10)])
    assert [row[:4] for row in shares(tmp_path)] == [("e-2", 1, 1, 1)]
    write(tmp_path, POLICY, [seen("e-1", 0, "spring")])
    assert [row[:4] for row in shares(tmp_path)] == [("e-1", 1, 0, 0.5), ("e-2", 0, 1, 0.5)]


def test_credit_moves_with_an_identifier(tmp_path: Path) -> None:
    """Bob's click is Ann's once his address is found to be hers, and no longer when it is found not to be."""
    touches = [seen("e-1", 0, "spring", who="bob"), seen("e-2", 1, "letter"), bought("e-3", 2, "o-1", 10)]
    write(tmp_path, POLICY, touches)
    assert [row[:2] for row in shares(tmp_path)] == [("e-2", 1)]

    ann, bob = a_profile("ann", 2), a_profile("bob", 2)
    hers = [*ann["identifiers"], *bob["identifiers"]]
    with lake(tmp_path, POLICY) as writer:
        writer.write(LakeBatch(profiles=[a_profile("ann", 2, hers)]), {})
    assert [row[:2] for row in shares(tmp_path)] == [("e-1", 1), ("e-2", 0)]

    with lake(tmp_path, POLICY) as writer:
        writer.write(LakeBatch(profiles=[a_profile("ann", 3), a_profile("bob", 3)]), {})
    assert [row[:2] for row in shares(tmp_path)] == [("e-2", 1)]


def test_what_is_on_its_way_to_a_customer_or_after_the_moment_is_left_out(tmp_path: Path) -> None:
    touches = [
        seen("e-1", 0, "spring"),
        bought("e-2", 1, "o-1", 10),
        seen("e-3", 0, "spring", who="eve"),
        bought("e-4", 1, "o-2", 10, who="eve"),
        bought("e-5", 40, "o-3", 10),
    ]
    write(tmp_path, POLICY, touches, [a_profile("ann")])
    assert rows(tmp_path, "SELECT order_id FROM attributed_touches", 30) == [("o-1",)]
    assert rows(tmp_path, "SELECT order_id FROM conversions", 30) == [("o-1",)]


def test_an_order_told_twice_is_one_conversion(tmp_path: Path) -> None:
    touches = [seen("e-1", 0, "spring"), bought("e-2", 1, "o-1", 10), bought("e-3", 2, "o-1", 12, "crm")]
    write(tmp_path, POLICY, touches)
    assert rows(tmp_path, "SELECT event_id, amount::DOUBLE, touches FROM conversions") == [("e-3", 12.0, 1)]
    assert rows(tmp_path, "SELECT conversions, revenue_base::DOUBLE FROM attribution WHERE model = 'linear'") == [
        (1.0, 12.0)
    ]


JOURNEYS = [
    seen("e-1", 0, "spring"),
    seen("e-2", 1, "letter", "email"),
    bought("e-3", 2, "o-1", 10),
    seen("e-4", 0, "letter", "email", who="bob"),
    bought("e-5", 2, "o-2", 20, currency="XYZ", who="bob"),
    seen("e-6", 0, None, "web", type_="page_view", who="eve"),
    seen("e-7", 0.1, "spring", who="eve"),
    seen("e-8", 40, None, "web", type_="page_view", who="eve"),
]


def test_paths_are_of_journeys_that_converted_and_of_those_that_did_not(tmp_path: Path) -> None:
    """Eve's last page view is open for 30 days."""
    write(tmp_path, POLICY, JOURNEYS)
    sql = "SELECT path, converted, journeys, new_customers, revenue_base::INT, orders_without_rate FROM journey_paths"
    paths = [
        (["email:letter"], True, 1, 1, 0, 1),
        (["paid:spring", "email:letter"], True, 1, 1, 10, 0),
        (["paid:spring"], False, 1, 0, 0, 0),
    ]
    assert sorted(rows(tmp_path, sql, 70)) == sorted(paths)
    assert sorted(rows(tmp_path, sql, 71)) == sorted([*paths, (["web"], False, 1, 0, 0, 0)])


def test_a_touch_that_helps_is_told_from_one_that_closes(tmp_path: Path) -> None:
    write(tmp_path, POLICY, JOURNEYS)
    sql = """SELECT campaign, last_conversions, last_revenue_base::DOUBLE, assisted_conversions,
                    assisted_revenue_base::DOUBLE, orders_without_rate, assists_by_last FROM assisted_conversions"""
    assert sorted(rows(tmp_path, sql)) == [("letter", 2, 10.0, 0, 0.0, 1, 0.0), ("spring", 0, 0.0, 1, 10.0, 0, None)]


def test_media_contribute_their_part_of_every_model(tmp_path: Path) -> None:
    write(tmp_path, POLICY, JOURNEYS)
    sql = """SELECT media, conversions, conversion_share, revenue_base::DOUBLE, revenue_share, conversions_without_rate,
                    new_customers FROM media_contribution WHERE model = 'linear'"""
    assert sorted(rows(tmp_path, sql)) == [
        ("owned", 1.5, 0.75, 5.0, 0.5, 1.0, 1.5),
        ("paid", 0.5, 0.25, 5.0, 0.5, 0.0, 0.5),
    ]


def test_a_customer_is_won_by_the_first_touch_of_all(tmp_path: Path) -> None:
    touches = [
        told("e-1", 0, "partner_profile", "partner", party="second"),
        seen("e-2", 1, "spring"),
        bought("e-3", 3, "o-1", 10),
        bought("e-4", 4, "o-1", 4, type_="return"),
        bought("e-5", 5, "o-2", 7, currency="XYZ"),
        seen("e-6", 0, "spring", who="bob"),
    ]
    write(tmp_path, POLICY, touches)
    sql = """SELECT channel, campaign, party, media, first_campaign, first_order_id, days_to_first_order, orders,
                    returns, revenue_base::DOUBLE, orders_without_rate FROM customers_won"""
    assert sorted(rows(tmp_path, sql)) == [
        ("paid", "spring", "first", "paid", "spring", None, None, 0, 0, 0.0, 0),
        ("partner", None, "second", "earned", "spring", "o-1", 3.0, 2, 1, 6.0, 1),
    ]
    sql = """SELECT campaign, channel, customers, buyers, orders, revenue_base::DOUBLE, revenue_per_buyer
             FROM lifetime_value_by_campaign"""
    assert sorted(rows(tmp_path, sql), key=str) == [
        ("spring", "paid", 1, 0, 0, 0.0, None),
        (None, "partner", 1, 1, 2, 6.0, 6.0),
    ]


def test_a_campaign_is_measured_by_what_it_costs_and_brings_in(tmp_path: Path) -> None:
    cost = {"campaign": "spring", "medium": "cpc", "cost_micros": 2_000_000, "currency": "EUR"}
    touches = [
        told("e-1", 0, "impression", "paid", marketing=cost),
        told("e-2", 1, "impression", "paid", marketing={**cost, "currency": "CHF"}),
        told("e-3", 2, "click", "paid", marketing={**cost, "currency": "XYZ"}),
        bought("e-4", 3, "o-1", 20.5),
        bought("e-5", 4, "o-2", 10),
        told("e-6", 0, "email_sent", "email", marketing={"campaign": "letter"}, who="bob"),
        told("e-7", 1, "click", "email", marketing={"campaign": "letter"}, who="bob"),
    ]
    write(tmp_path, POLICY, touches)
    spring, letter = records(tmp_path, "SELECT * FROM campaign_performance ORDER BY campaign DESC", AT)
    assert {name: value for name, value in spring.items() if name not in ("sent", "opened")} == {
        "campaign": "spring",
        "channel": "paid",
        "medium": "cpc",
        "touches": 3,
        "customers": 1,
        "impressions": 2,
        "clicks": 1,
        "click_rate": 0.5,
        "cost": {"CHF": 2, "EUR": 2, "XYZ": 2},
        "cost_base": Decimal("4.1"),
        "costs_without_rate": 1,
        "conversions_last": 2,
        "revenue_base_last": Decimal("30.5"),
        "conversions_shapley": pytest.approx(2),
        "revenue_base_shapley": Decimal("30.5"),
        "conversions_without_rate": 0,
        "new_customers": 1,
        "return_on_investment_last": pytest.approx(26.4 / 4.1),
        "return_on_investment_shapley": pytest.approx(26.4 / 4.1),
        "cost_per_new_customer": pytest.approx(4.1),
    }
    assert (letter["sent"], letter["click_rate"], letter["cost"], letter["cost_base"]) == (1, 1.0, {}, 0)
    assert (letter["medium"], letter["conversions_last"], letter["return_on_investment_last"]) == (None, 0, None)


# --- against a plain fold of a world -------------------------------------------------------------------------------


class Credit(NamedTuple):
    """A touch that is credited for an order, worked without SQL."""

    touch: AcceptedTouchpoint
    order: AcceptedTouchpoint
    first_order: bool
    shares: dict[str, float]

    @property
    def base(self) -> Decimal | None:
        order = self.order["touchpoint"]["order"]
        assert order is not None
        rate = {"EUR": Decimal(1), "CHF": Decimal("1.05")}.get(order["currency"])
        return None if rate is None else Decimal(order["amount_micros"]) * rate / 10**6


def medium_of(touch: AcceptedTouchpoint) -> str | None:
    marketing = touch["touchpoint"]["marketing"]
    return marketing["medium"] if marketing else None


def campaign_of(touch: AcceptedTouchpoint) -> str | None:
    marketing = touch["touchpoint"]["marketing"]
    return (marketing["campaign"] or None) if marketing else None


def is_click(touch: AcceptedTouchpoint) -> bool:
    marketing = touch["touchpoint"]["marketing"]
    return bool(marketing and marketing["click_id"])


def credits_of(theirs: Sequence[AcceptedTouchpoint]) -> Iterator[Credit]:
    for number, order in enumerate(purchases(theirs)):
        ordered_at = order["touchpoint"]["event_time"]
        journey = [
            touch
            for touch in theirs
            if ordered_at - 30 * 86_400_000 <= touch["touchpoint"]["event_time"] <= ordered_at
            and touch["touchpoint"]["type"] not in ("purchase", "return")
        ]
        touches = [touch for touch in journey if campaign_of(touch)] or journey[-1:] or [order]
        by_player = Counter((touch["source"], campaign_of(touch)) for touch in touches)
        weights = [0.5 ** ((ordered_at - touch["touchpoint"]["event_time"]) / 86_400_000 / 7) for touch in touches]
        count = len(touches)
        for place, touch in enumerate(touches):
            ends = 0.4 * (place == 0) + 0.4 * (place == count - 1)
            position = ends / 0.8 if count <= 2 else ends or 0.2 / (count - 2)
            players = by_player[touch["source"], campaign_of(touch)]
            yield Credit(
                touch,
                order,
                number == 0,
                {
                    "first": float(place == 0),
                    "last": float(place == count - 1),
                    "linear": 1 / count,
                    "position_based": position,
                    "time_decay": weights[place] / sum(weights),
                    "shapley": 1 / len(by_player) / players,
                },
            )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[AcceptedTouchpoint]]]:
    """A lake of a world, and the touchpoints of each of its customers."""
    home = tmp_path_factory.mktemp("world")
    touches, profiles = a_world(400, 4_000)
    write(home, POLICY, touches, profiles)
    return home, by_customer(touches, profiles, AT)


World = tuple[Path, dict[str, list[AcceptedTouchpoint]]]


def test_the_shares_of_a_world_are_those_of_a_plain_fold(world: World) -> None:
    home, people = world
    expected = {}
    for owner, theirs in people.items():
        for credit in credits_of(theirs):
            order = credit.order["touchpoint"]["order"]
            assert order is not None
            expected[owner, order["order_id"], *in_order(credit.touch)[1:]] = credit.shares
    found = {
        (row["customer_id"], row["order_id"], row["event_id"], row["channel"]): {
            model: row[f"share_{model}"] for model in MODELS
        }
        for row in records(home, "SELECT * FROM attributed_touches", AT)
    }
    assert found.keys() == expected.keys()
    assert len(found) > 500
    for touch, of_models in expected.items():
        assert found[touch] == pytest.approx(of_models, abs=1e-12)


def test_the_shares_of_every_order_and_model_are_one_together(world: World) -> None:
    home, people = world
    sums = ", ".join(f"sum(share_{model})" for model in MODELS)
    sql = f"SELECT {sums} FROM attributed_touches GROUP BY customer_id, order_id"  # noqa: S608
    found = records(home, sql, AT)
    assert len(found) == sum(len(purchases(theirs)) for theirs in people.values())
    assert all(isclose(total, 1, abs_tol=1e-9) for row in found for total in row.values())


def test_the_attribution_of_a_world_is_that_of_a_plain_fold(world: World) -> None:
    home, people = world
    media = {channel: medium for medium, channels in DEFAULT.media.items() for channel in channels}
    expected: dict[tuple[object, ...], list[float]] = defaultdict(lambda: [0.0] * 4)
    for theirs in people.values():
        for credit in credits_of(theirs):
            source, party = credit.touch["source"], credit.touch["touchpoint"]["party"]
            for model, share in credit.shares.items():
                sums = expected[
                    model,
                    source,
                    campaign_of(credit.touch),
                    party,
                    media.get(medium_of(credit.touch) or "") or media.get(source),
                ]
                sums[0] += share
                sums[1] += share * float(credit.base or 0)
                sums[2] += share * (credit.base is None)
                sums[3] += share * credit.first_order
    found: dict[tuple[object, ...], list[float]] = {
        (row["model"], row["channel"], row["campaign"], row["party"], row["media"]): [
            row["conversions"],
            float(row["revenue_base"]),
            row["conversions_without_rate"],
            row["new_customers"],
        ]
        for row in records(home, "SELECT * FROM attribution", AT)
    }
    assert found.keys() == expected.keys()
    for place, sums in expected.items():
        assert found[place] == pytest.approx(sums, abs=1e-6)
    assert sum(sums[2] for sums in expected.values()) > 0


def test_the_conversions_of_a_world_know_their_journeys(world: World) -> None:
    home, people = world
    expected = {}
    for owner, theirs in people.items():
        for order in purchases(theirs):
            ordered_at = order["touchpoint"]["event_time"]
            journey = [
                touch
                for touch in theirs
                if 0 <= ordered_at - touch["touchpoint"]["event_time"] <= 30 * 86_400_000
                and touch["touchpoint"]["type"] not in ("purchase", "return")
            ]
            clicks = [touch for touch in journey if touch["touchpoint"]["type"] == "click" or is_click(touch)]
            started = milliseconds(AT) if not journey else journey[0]["touchpoint"]["event_time"]
            content = order["touchpoint"]["order"]
            assert content is not None
            expected[owner, content["order_id"]] = (
                len(journey),
                (ordered_at - started) / 1000 if journey else None,
                clicks[-1]["touchpoint"]["event_id"] if clicks else None,
            )
    found = {
        (row["customer_id"], row["order_id"]): (row["touches"], row["seconds_from_first_touch"], row["click_event_id"])
        for row in records(home, "SELECT * FROM conversions", AT)
    }
    assert found == expected


def test_paths_of_a_world_cover_every_conversion(world: World) -> None:
    home, people = world
    expected: Counter[tuple[str, ...]] = Counter()
    for theirs in people.values():
        paths: dict[str, list[str]] = defaultdict(list)
        for credit in credits_of(theirs):
            order = credit.order["touchpoint"]["event_id"] + credit.order["source"]
            paths[order].append(":".join(filter(None, (credit.touch["source"], campaign_of(credit.touch)))))
        expected.update(map(tuple, paths.values()))
    found = records(home, "SELECT path, journeys FROM journey_paths WHERE converted", AT)
    assert {tuple(row["path"]): row["journeys"] for row in found} == expected


def test_journeys_of_a_world_that_led_nowhere_are_those_of_a_plain_fold(world: World) -> None:
    home, people = world
    month = 30 * 86_400_000
    expected: Counter[tuple[str, ...]] = Counter()
    for theirs in people.values():
        bought_at = [order["touchpoint"]["event_time"] for order in purchases(theirs)]
        lost: list[list[AcceptedTouchpoint]] = []
        for touch in theirs:
            time = touch["touchpoint"]["event_time"]
            if touch["touchpoint"]["type"] in ("purchase", "return"):
                continue
            if any(0 <= at - time <= month for at in bought_at):
                continue
            if not lost or time - lost[-1][-1]["touchpoint"]["event_time"] > month:
                lost.append([])
            lost[-1].append(touch)
        for journey in lost:
            if journey[-1]["touchpoint"]["event_time"] + month < milliseconds(AT):
                path = [touch for touch in journey if campaign_of(touch)] or journey[-1:]
                expected[tuple(":".join(filter(None, (one["source"], campaign_of(one)))) for one in path)] += 1
    found = records(home, "SELECT path, journeys FROM journey_paths WHERE NOT converted", AT)
    assert {tuple(row["path"]): row["journeys"] for row in found} == expected


def test_what_campaigns_are_credited_for_is_what_attribution_says(world: World) -> None:
    home, _ = world
    for model in ("last", "shapley"):
        by_campaign = records(
            home,
            f"""SELECT campaign, channel, round(sum(conversions_{model}), 9) AS conversions,
                       round(sum(revenue_base_{model}), 3) AS revenue
                FROM campaign_performance GROUP BY ALL HAVING sum(conversions_{model}) > 0 ORDER BY ALL""",  # noqa: S608
            AT,
        )
        attributed = records(
            home,
            f"""SELECT campaign, channel, round(sum(conversions), 9) AS conversions,
                       round(sum(revenue_base), 3) AS revenue
                FROM attribution WHERE model = '{model}' AND campaign IS NOT NULL
                GROUP BY ALL HAVING sum(conversions) > 0 ORDER BY ALL""",  # noqa: S608
            AT,
        )
        assert by_campaign == attributed
