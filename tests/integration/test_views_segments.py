"""Facts and segments in SQL: by hand, and as the conditions of the policy say of facts folded in plain Python."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from profiles.conditions import Condition, Conditions, Kind, Value, parse_condition
from profiles.facts import FACTS, Facts
from profiles.folding import Folding
from profiles.fragment import Fragment
from schemas.accepted import AcceptedTouchpoint
from schemas.records import Trait
from sinks.testing import SOME_TIME_MS, a_profile
from tests.integration.view_lakes import (
    ANN,
    BOB,
    DAY_MS,
    EVE,
    KIM,
    WORLD_DAY,
    SmallWorld,
    a_consent,
    an_offer,
    an_order_of,
    ask,
    place_of,
    policy_of,
    small_world,
    touch,
    write_lake,
)

# Every fold, with a field of each kind; and most of them within a window.
TRAITS = """
[profile]
defaults = false

[profile.currency_rates]
USD = 0.5

[profile.traits]
views = { fold = "count", when = { type = ["page_view", "product_view"] } }
spent = { fold = "sum", value = "amount", when = { type = ["purchase"] } }
points = { fold = "sum", value = "number.points" }
cheapest = { fold = "min", value = "amount", when = { type = ["purchase"] } }
dearest = { fold = "max", value = "amount", when = { type = ["purchase"] } }
mood = { fold = "mean", value = "sentiment" }
opened = { fold = "rate", when = { type = ["email_sent", "email_open"] }, hit = { type = ["email_open"] } }
came_by = { fold = "first", value = "campaign" }
went_by = { fold = "newest", value = "campaign" }
likes = { fold = "top", value = "property.category", when = { type = ["product_view"] }, most = 500 }
basket = { fold = "top", value = "sku", when = { type = ["purchase", "return"] }, most = 500 }
different = { fold = "distinct", value = "campaign", most = 500 }
products = { fold = "distinct", value = "sku", most = 500 }
lately = { fold = "days", days = 3 }
views_lately = { fold = "count", when = { type = ["page_view", "product_view"] }, window_days = 9 }
spent_lately = { fold = "sum", value = "amount", when = { type = ["purchase"] }, window_days = 5 }
dearest_lately = { fold = "max", value = "amount", when = { type = ["purchase"] }, window_days = 30 }
mood_lately = { fold = "mean", value = "sentiment", window_days = 30 }
came_by_lately = { fold = "first", value = "campaign", window_days = 5 }
likes_lately = { fold = "top", value = "property.category", when = { type = ["product_view"] }, window_days = 30 }
different_lately = { fold = "distinct", value = "campaign", window_days = 30 }
active_lately = { fold = "days", window_days = 4 }

[profile.traits.opened_lately]
fold = "rate"
when = { type = ["email_sent", "email_open"] }
hit = { type = ["email_open"] }
window_days = 30

[profile.caps.two]
messages = { type = ["email_sent", "impression"] }
most = 2
hours = 480

[profile.engagement]
days = 10
points = { page_view = 1, product_view = 2, email_open = 5, impression = -1 }
"""


# --- an example by hand --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_crowd(tmp_path_factory.mktemp("crowd"), TRAITS)


def write_crowd(home: Path, policy_text: str) -> Path:
    """Ann does much, Bob one thing of each odd kind, Eve tells of her country, Kim nothing."""
    bought = an_order_of("o-1", 30)
    bought["items"] = [{"sku": sku, "name": None, "quantity": 1, "price_micros": 0} for sku in ("tea", "cup", "tea")]
    told = [
        touch("a-1", day=0.5, marketing=an_offer(None, "spring")),
        touch("a-2", day=1, kind="product_view", properties={"category": "tea", "sku": "tea", "points": "5"}),
        touch("a-3", day=1, kind="product_view", properties={"category": "tea", "points": "-1.5"}),
        touch("a-4", day=5, kind="purchase", order=bought, marketing=an_offer(None, "autumn")),
        touch("a-5", day=5, kind="purchase", source="crm", order=an_order_of("o-2", 8, "USD")),
        touch("a-6", day=6, kind="email_sent", source="email", marketing=an_offer(None, "")),
        touch("a-7", day=6, kind="email_open", source="email", properties={"points": "1e3000"}),
        touch("a-8", day=6, kind="tag_added", properties={"tag": "vip"}),
        touch("b-1", "bob", 0, "tag_added", properties={"tag": "vip"}),
        touch("b-2", "bob", 1, "tag_removed", properties={"tag": "vip"}),
        touch("b-3", "bob", 2, "email_sent", consents=[a_consent("granted", "*")]),
        touch("b-4", "bob", 3, "email_sent", consents=[a_consent("denied", "push")]),
        touch("e-1", "eve", 1, traits={"country": "DE"}),
        touch("k-1", "kim", 1, "call"),
    ]
    eve: Trait = {"name": "country", "value": "DE", "event_time": 0, "source": "web", "event_id": "e-1"}
    people = [a_profile("ann"), a_profile("bob"), a_profile("eve"), a_profile("kim")]
    people[2]["traits"] = [eve]
    people[3]["known"] = False
    return write_lake(home, told, people, policy_text)


def one(home: Path, customer: str, columns: str) -> tuple[Any, ...]:
    [row] = ask(home, 9, f"SELECT {columns} FROM customer_facts WHERE customer_id = '{customer}'")  # noqa: S608
    return row


def test_facts_are_counted_up_to_the_moment(crowd: Path) -> None:
    columns = "known, touches, channels, orders, returns, revenue::DOUBLE, average_basket"
    assert one(crowd, ANN, columns) == (True, 8, 3, 2, 0, 34.0, 17.0)
    assert one(crowd, KIM, columns) == (False, 1, 1, 0, 0, 0.0, None)


def test_engagement_counts_the_days_up_to_today(crowd: Path) -> None:
    assert one(crowd, ANN, "engagement") == (1 + 2 + 2 + 5,)
    sql = f"SELECT engagement FROM customer_facts WHERE customer_id = '{ANN}'"  # noqa: S608
    assert [ask(crowd, day, sql) for day in (9.99, 10, 11, 16)] == [[(10,)], [(9,)], [(5,)], [(0,)]]


def test_computed_traits_have_their_values(crowd: Path) -> None:
    numbers, texts = one(crowd, ANN, "numbers, texts")
    assert texts == {"came_by": "spring", "went_by": "autumn", "came_by_lately": "autumn"}
    assert numbers == {
        "views": 3.0,
        "spent.EUR": 30.0,
        "spent.USD": 8.0,
        "points": 3.5,
        "cheapest.EUR": 30.0,
        "cheapest.USD": 8.0,
        "dearest.EUR": 30.0,
        "dearest.USD": 8.0,
        "opened": 0.5,
        "likes.tea": 2.0,
        "basket.tea": 1.0,
        "basket.cup": 1.0,
        "different": 2.0,
        "products": 2.0,
        "lately": 2.0,  # days 5 and 6; day 1 is more than three days before the newest
        "views_lately": 2.0,  # since day 1
        "spent_lately.EUR": 30.0,
        "spent_lately.USD": 8.0,
        "dearest_lately.EUR": 30.0,
        "dearest_lately.USD": 8.0,
        "opened_lately": 0.5,
        "likes_lately.tea": 2.0,
        "different_lately": 2.0,
        "active_lately": 1.0,  # day 6
    }


def test_traits_with_a_window_lose_a_day_when_a_new_one_begins(crowd: Path) -> None:
    """Of nothing what counts is 0, and what else there is is unknown."""
    names = "views_lately", "spent_lately.EUR", "active_lately"
    columns = ", ".join(f"numbers['{name}']" for name in names)
    sql = f"SELECT {columns}, texts['came_by_lately'] FROM customer_facts WHERE customer_id = '{ANN}'"  # noqa: S608
    found = {day: ask(crowd, day, sql) for day in (4.9, 5, 8, 9.99, 10)}
    assert found == {
        4.9: [(3.0, None, 1.0, "spring")],
        5: [(3.0, 30.0, 1.0, "autumn")],
        8: [(3.0, 30.0, 2.0, "autumn")],
        9.99: [(2.0, 30.0, 1.0, "autumn")],
        10: [(0.0, None, 0.0, None)],
    }


def test_told_traits_consents_caps_and_tags_are_facts(crowd: Path) -> None:
    assert one(crowd, EVE, "told, tags, caps_reached, permitted") == ({"country": "DE"}, {}, [], [])
    assert one(crowd, ANN, "tags, caps_reached") == ({"vip": True}, [])
    tags, caps, permitted = one(crowd, BOB, "tags, caps_reached, permitted")
    assert (tags, caps) == ({"vip": False}, ["two"])
    assert permitted == ["marketing.crm", "marketing.email", "marketing.web"]


SEGMENTS: Mapping[str, tuple[str, set[str]]] = {
    "all_of": ('all = ["touches >= 2", "orders = 0"]', {BOB}),
    "any_of": ('any = ["orders > 1", "trait.country = DE"]', {ANN, EVE}),
    "none_of": ('none = ["orders > 1"]', {BOB, EVE, KIM}),
    "unknown_meets_nothing": ('all = ["average_basket < 1000"]', {ANN}),
    "unknown_differs_from_nothing": ('all = ["average_basket != 1000"]', {ANN}),
    "unknown_is_not_left_out": ('none = ["average_basket < 1000"]', {BOB, EVE, KIM}),
    "truth": ('all = ["known = true"]', {ANN, BOB, EVE}),
    "no_truth": ('all = ["known = false"]', {KIM}),
    "text_in_order": ('any = ["trait.country < DF", "came_by >= spring"]', {ANN, EVE}),
    "a_quote": ("""all = ["trait.country != O'Hara"]""", {EVE}),
    "by_currency": ('all = ["spent.USD >= 8"]', {ANN}),
    "no_currency": ('all = ["spent >= 0"]', set()),
    "not_in_the_list": ('all = ["likes.coffee < 1"]', set()),
    "tagged": ('all = ["tag.vip = true"]', {ANN}),
    "tag_taken_off": ('all = ["tag.vip = false"]', {BOB}),
    "permitted": ('all = ["consent.marketing.email = true"]', {BOB}),
    "another_channel": ('all = ["consent.marketing.fax = true"]', {BOB}),
    "not_permitted": ('all = ["consent.marketing.push = false", "touches > 1"]', {ANN, BOB}),
    "capped": ('all = ["cap.two = true"]', {BOB}),
    "not_capped": ('none = ["cap.two = true"]', {ANN, EVE, KIM}),
    "everybody": ("", {ANN, BOB, EVE, KIM}),
}


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same people, under a policy of many segments."""
    text = TRAITS + "".join(f"\n[profile.segments.{name}]\n{declared}\n" for name, (declared, _) in SEGMENTS.items())
    return write_crowd(tmp_path_factory.mktemp("placed"), text)


@pytest.fixture(scope="module")
def members(placed: Path) -> dict[str, set[str]]:
    return grouped(ask(placed, 9, "FROM segment_members"))


def grouped(rows: Sequence[tuple[Any, ...]]) -> dict[str, set[str]]:
    """Return the customers by segment."""
    return {segment: {customer for name, customer in rows if name == segment} for segment, _ in rows}


@pytest.mark.parametrize("name", SEGMENTS)
def test_whom_a_segment_means(members: Mapping[str, set[str]], name: str) -> None:
    assert members.get(name, set()) == SEGMENTS[name][1]


def test_segments_are_counted_empty_ones_too(placed: Path) -> None:
    rows = {row[0]: row[1:] for row in ask(placed, 9, "FROM segments")}
    assert rows.keys() == SEGMENTS.keys()
    assert {name: row[:2] for name, row in rows.items()} == {
        name: (len(members), len(members) / 4) for name, (_, members) in SEGMENTS.items()
    }
    assert float(rows["all_of"][2]) == 0.0
    assert float(rows["any_of"][2]) == 34.0


def test_segments_have_members_in_common(placed: Path) -> None:
    sql = "FROM segment_overlap WHERE segment = 'all_of' AND other_segment IN ('everybody', 'capped', 'any_of')"
    assert sorted(ask(placed, 9, sql)) == [("all_of", "capped", 1, 1.0, 1.0), ("all_of", "everybody", 1, 1.0, 0.25)]


# --- masked customers ----------------------------------------------------------------------------------------------


def test_masked_customers_are_not_named(tmp_path: Path) -> None:
    traits = {
        "first_name": "Ånn",
        "last_name": "Smith",
        "birth_date": "1980-02-03",
        "city": "Berlin",
        "street": "Main 1",
    }
    told = [
        {"name": name, "value": value, "event_time": 0, "source": "web", "event_id": "e"}
        for name, value in traits.items()
    ]
    ann = a_profile("ann")
    phone = {**ann["identifiers"][0], "node_id": "0f", "type": "phone", "value": "+491701234567"}
    ann["identifiers"].append(phone)  # type: ignore[arg-type]
    home = write_lake(tmp_path, [], [ann | {"traits": told}, a_profile("bob")])  # type: ignore[list-item]
    columns = "customer_id, initials, birth_year, city, emails, phones"
    rows = ask(home, 9, f"SELECT {columns} FROM customers WHERE initials IS NOT NULL")  # noqa: S608
    assert rows == [(ANN, "Å. S.", 1980, "Berlin", ["a***@example.com"], ["***67"])]
    [whole] = ask(home, 9, f"SELECT v::VARCHAR FROM customers v WHERE customer_id = '{ANN}'")  # noqa: S608
    assert not any(name in whole[0] for name in ("Ånn", "Smith", "02-03", "Main", "+49", "ann@"))


@pytest.mark.parametrize("birth_date", ["unknown", "03.02.1980", "", "19800203"])
def test_what_is_no_birth_date_has_no_year(tmp_path: Path, birth_date: str) -> None:
    told = {"name": "birth_date", "value": birth_date, "event_time": 0, "source": "web", "event_id": "e"}
    home = write_lake(tmp_path, [], [a_profile("ann") | {"traits": [told]}])  # type: ignore[list-item]
    assert ask(home, 9, "SELECT birth_year, initials FROM customers") == [(None, None)]


# --- a plain fold of a generated world -----------------------------------------------------------------------------


def condition(text: str) -> Condition:
    """Return a condition on a fact that is what its value looks like."""

    def kind(_fact: str) -> Kind:
        value = text.rsplit(maxsplit=1)[-1]
        if value in {"true", "false"}:
            return "flag"
        return "number" if value.replace(".", "").isdigit() else "text"

    return parse_condition(text, kind)


WANTED = {
    "lately_here": Conditions(all=(condition("days_since_last_touch < 20"),)),
    "buyers": Conditions(all=(condition("orders >= 1"), condition("revenue > 50"))),
    "viewers": Conditions(any=(condition("views >= 4"), condition("different >= 2"))),
    "campers": Conditions(any=(condition("likes.camping >= 1"), condition("likes.running >= 1"))),
    "not_letters": Conditions(none=(condition("came_by = weekly-letter"), condition("touches < 5"))),
    "capped": Conditions(all=(condition("cap.two = true"),)),
    "busy": Conditions(all=(condition("engagement >= 3"), condition("channels >= 2"))),
    "good": Conditions(any=(condition("recency_score >= 4"), condition("monetary_score = 5"))),
    "moody": Conditions(all=(condition("mood != 0"), condition("opened < 0.9"))),
    "spenders": Conditions(all=(condition("spent.EUR >= 100"), condition("dearest.EUR < 300"))),
    "viewing": Conditions(all=(condition("views_lately >= 1"),)),
    "quiet": Conditions(all=(condition("views_lately < 1"), condition("views >= 3"))),
    "buying": Conditions(any=(condition("spent_lately.EUR > 0"), condition("dearest_lately.EUR >= 100"))),
    "browsing": Conditions(any=(condition("likes_lately.camping >= 1"), condition("different_lately = 1"))),
    "answering": Conditions(any=(condition("mood_lately != 0"), condition("opened_lately >= 0.5"))),
    "led": Conditions(any=(condition("came_by_lately = weekly-letter"), condition("active_lately >= 2"))),
}


def _declared(conditions: Conditions) -> str:
    parts = {"all": conditions.all, "any": conditions.any, "none": conditions.none}
    texts = {
        name: [f'"{one.fact} {one.operator} {str(one.value).lower()}"' for one in part]
        for name, part in parts.items()
        if part
    }
    return "\n".join(f"{name} = [{', '.join(told)}]" for name, told in texts.items())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    declared = "".join(f"\n[profile.segments.{name}]\n{_declared(conditions)}\n" for name, conditions in WANTED.items())
    return small_world(tmp_path_factory.mktemp("world"), TRAITS + declared)


def facts_of(records: Sequence[AcceptedTouchpoint]) -> dict[str, Value | None]:
    """Return what the segments of the world ask of a customer."""
    now_ms = SOME_TIME_MS + round(WORLD_DAY * DAY_MS)
    touches = [record["touchpoint"] for record in sorted(records, key=place_of)]
    kinds = Counter(touch["type"] for touch in touches)
    named = campaigns_of(touches)
    sent = [touch for touch in touches if touch["type"] in {"email_sent", "impression"}]
    points = {"page_view": 1, "product_view": 2, "email_open": 5, "impression": -1}
    facts: dict[str, Value | None] = {
        "touches": float(len(records)),
        "channels": float(len({record["source"] for record in records})),
        "days_since_last_touch": (now_ms - touches[-1]["event_time"]) / DAY_MS,
        "views": float(kinds["page_view"] + kinds["product_view"]) or None,
        "different": float(len(set(named))) or None,
        "came_by": named[0] if named else None,
        "mood": mood_of(touches),
        "opened": opened_of(touches),
        "cap.two": sum(touch["event_time"] > now_ms - 20 * DAY_MS for touch in sent) >= 2,
        "engagement": float(
            sum(
                points.get(touch["type"], 0)
                for touch in touches
                if touch["event_time"] // DAY_MS > now_ms // DAY_MS - 10
            )
        ),
    }
    facts |= {f"likes.{name}": count for name, count in likes_of(touches).items()}
    return facts | _order_facts(touches, now_ms) | _late_facts(touches, now_ms)


def _late_facts(touches: Sequence[Any], now_ms: int) -> dict[str, Value | None]:
    """Return the traits with a window."""

    def since(days: int) -> list[Any]:
        return [touch for touch in touches if touch["event_time"] // DAY_MS > now_ms // DAY_MS - days]

    named = campaigns_of(since(5))
    facts: dict[str, Value | None] = {
        "views_lately": float(sum(touch["type"] in {"page_view", "product_view"} for touch in since(9))),
        "spent_lately.EUR": sum(euros_of(since(5))) or None,
        "dearest_lately.EUR": max(euros_of(since(30)), default=None),
        "mood_lately": mood_of(since(30)),
        "opened_lately": opened_of(since(30)),
        "came_by_lately": named[0] if named else None,
        "different_lately": float(len(set(campaigns_of(since(30))))),
        "active_lately": float(len({touch["event_time"] // DAY_MS for touch in since(4)})),
    }
    return facts | {f"likes_lately.{name}": count for name, count in likes_of(since(30)).items()}


def campaigns_of(touches: Sequence[Any]) -> list[str]:
    campaigns = [touch["marketing"]["campaign"] for touch in touches if touch["marketing"]]
    return [campaign for campaign in campaigns if campaign]


def mood_of(touches: Sequence[Any]) -> float | None:
    moods = [
        round(touch["interaction"]["sentiment"] * 1e6)
        for touch in touches
        if touch["interaction"] and touch["interaction"]["sentiment"] is not None
    ]
    return sum(moods) / len(moods) / 1e6 if moods else None


def opened_of(touches: Sequence[Any]) -> float | None:
    kinds = Counter(touch["type"] for touch in touches)
    letters = kinds["email_sent"] + kinds["email_open"]
    return kinds["email_open"] / letters if letters else None


def likes_of(touches: Sequence[Any]) -> dict[str, float]:
    views = [told["properties"].get("category", "") for told in touches if told["type"] == "product_view"]
    return {name: float(count) for name, count in Counter(views).items()}


def euros_of(touches: Sequence[Any]) -> list[float]:
    bought = [touch["order"] for touch in touches if touch["order"] and touch["type"] == "purchase"]
    return [order["amount_micros"] / 1e6 for order in bought if order["currency"] == "EUR"]


def _order_facts(touches: Sequence[Any], now_ms: int) -> dict[str, Value | None]:
    told = [touch for touch in touches if touch["order"] and touch["type"] in {"purchase", "return"}]
    euros = euros_of(touches)
    orders = {(touch["order"]["order_id"], touch["type"]): touch for touch in told}
    rates = {"EUR": 1.0, "USD": 0.5}
    revenue = sum(
        (1 if kind == "purchase" else -1)
        * touch["order"]["amount_micros"]
        / 1e6
        * rates.get(touch["order"]["currency"], 0)
        for (_, kind), touch in orders.items()
    )
    bought = [touch["event_time"] for (_, kind), touch in orders.items() if kind == "purchase"]
    scores = policy_of().scores
    days = (now_ms - max(bought)) / DAY_MS if bought else None
    return {
        "orders": float(len(bought)),
        "revenue": revenue,
        "recency_score": None if days is None else 1.0 + sum(days <= cut for cut in scores.recency_days),
        "monetary_score": 1.0 + sum(revenue >= cut for cut in scores.monetary) if bought else None,
        "spent.EUR": sum(euros) if euros else None,
        "dearest.EUR": max(euros) if euros else None,
    }


@pytest.fixture(scope="module")
def found(world: SmallWorld) -> dict[str, set[str]]:
    return grouped(world.ask("FROM segment_members"))


@pytest.mark.parametrize("name", WANTED)
def test_members_are_those_of_whom_the_conditions_hold(
    world: SmallWorld, found: Mapping[str, set[str]], name: str
) -> None:
    expected = {customer for customer, records in world.by_customer.items() if WANTED[name].hold(facts_of(records))}
    assert found[name] == expected
    assert 0 < len(expected) < len(world.by_customer)


# --- the stream and SQL --------------------------------------------------------------------------------------------


def test_sql_has_the_facts_that_the_stream_has_of_the_same_touchpoints(world: SmallWorld) -> None:
    """All of them, but for what told traits say, which SQL takes from profiles, and consent that only SQL tells."""
    folding = Folding(world.policy)
    now_ms = SOME_TIME_MS + round(WORLD_DAY * DAY_MS)
    columns = f"customer_id, {', '.join(FACTS)}, numbers, texts, tags, caps_reached, permitted"
    rows = {row[0]: row[1:] for row in world.ask(f"SELECT {columns} FROM customer_facts")}  # noqa: S608
    assert rows.keys() == world.by_customer.keys()
    for customer, records in world.by_customer.items():
        whole = Fragment()
        for record in records:
            folding.fold(whole, record)
        *plain, numbers, texts, tags, caps, permitted = rows[customer]
        in_sql = dict(zip(FACTS, plain, strict=True)) | numbers | texts
        in_sql |= {f"tag.{name}": is_on for name, is_on in tags.items()}
        in_sql |= {f"cap.{name}": name in caps for name in world.policy.caps}
        in_stream = Facts(whole, known=True, now_ms=now_ms, folding=folding)
        for name, value in in_stream.items():
            kind, _, rest = name.partition(".")
            if kind == "consent":
                assert value == (rest in permitted) or rest.endswith("*")
            elif kind not in {"trait", "age"}:
                found = in_sql.pop(name)
                assert found == value or float(found) == pytest.approx(value), name
        assert in_sql.keys() <= {"age"}
