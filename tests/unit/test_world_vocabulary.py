"""What happens in the synthetic world is told in the words of the documents, and hangs together."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from infra.world import Emission, WorldConfig, generate
from infra.world.catalogue import CATEGORIES, PRODUCTS, basket, product
from infra.world.households import population
from infra.world.write_crm import CHANNELS
from schemas.canonical_json import parse_touchpoint, to_json
from schemas.records import Consent, Marketing, Order, Touchpoint
from schemas.sources import TO_CANONICAL

DOCUMENT = Path(__file__).parents[2] / "docs" / "touchpoint.md"
CONFIG = WorldConfig(customers=1_500, touchpoints=18_000, seed=3)
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Touch(NamedTuple):
    """A touchpoint of the world, whose it is, and when it reached its topic."""

    person: str
    source: str
    arrived_at: int
    told: Touchpoint

    @property
    def time(self) -> int:
        """When it happened."""
        return self.told["event_time"]

    @property
    def order(self) -> Order:
        """The order that it surely has."""
        assert self.told["order"] is not None
        return self.told["order"]

    @property
    def marketing(self) -> Marketing:
        """The campaign side that it surely has."""
        assert self.told["marketing"] is not None
        return self.told["marketing"]

    @property
    def reason(self) -> str | None:
        """Why they got in touch."""
        return self.told["interaction"]["reason"] if self.told["interaction"] else None


@pytest.fixture(scope="module")
def touches() -> list[Touch]:
    """Every touchpoint of the world once, by time."""
    found = [
        Touch(emission.person, emission.source, emission.arrived_at, canonical(emission))
        for emission in generate(CONFIG)
        if isinstance(emission, Emission) and not emission.duplicate and emission.person
    ]
    return sorted(found, key=lambda touch: touch.time)


@pytest.fixture(scope="module")
def of_type(touches: list[Touch]) -> Callable[..., list[Touch]]:
    """What gives the touchpoints of some types."""
    found = defaultdict(list)
    for touch in touches:
        found[touch.told["type"]].append(touch)
    return lambda *types: sorted((touch for name in types for touch in found[name]), key=lambda touch: touch.time)


@pytest.fixture(scope="module")
def journeys(touches: list[Touch]) -> dict[str, list[Touch]]:
    """The touchpoints of each person by time."""
    found = defaultdict(list)
    for touch in touches:
        found[touch.person].append(touch)
    return found


def canonical(emission: Emission) -> Touchpoint:
    convert = TO_CANONICAL.get(emission.record_name)
    return convert(emission.record) if convert else emission.record  # type: ignore[return-value]


def followers(journeys: dict[str, list[Touch]], kind: str, within_ms: int) -> Iterator[list[Touch]]:
    """For each touchpoint of a type, what the same person does within a time after it."""
    for journey in journeys.values():
        for place, touch in enumerate(journey):
            if touch.told["type"] == kind:
                yield [later for later in journey[place + 1 :] if later.time - touch.time <= within_ms]


def property_of(touches: list[Touch], name: str) -> Counter[str]:
    """How often a property has which value; every touchpoint must have it."""
    return Counter(touch.told["properties"][name] for touch in touches)


def test_the_document_has_exactly_the_types_of_the_world(touches: list[Touch]) -> None:
    section = DOCUMENT.read_text("utf-8").split("## Types that Onefold knows")[1].split("\n## ")[0]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    described = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(described) == sorted({touch.told["type"] for touch in touches})


def test_every_touchpoint_can_be_published_as_a_line_of_json(touches: list[Touch]) -> None:
    for touch in touches[::5]:
        assert parse_touchpoint(to_json(touch.told)) == touch.told


def test_every_product_has_a_category_and_a_number_of_its_own() -> None:
    assert len({one.sku for one in PRODUCTS}) == len({one.name for one in PRODUCTS}) == len(PRODUCTS) > 40
    assert {one.category for one in PRODUCTS} == set(CATEGORIES)
    assert len(CATEGORIES) > 6


def test_people_look_for_what_they_like() -> None:
    for person in population(WorldConfig(customers=20, touchpoints=0, seed=1)):
        seen = Counter(product(person, scene).category for scene in range(0, 3_000, 3))
        assert 0.5 < seen[CATEGORIES[person.index % len(CATEGORIES)]] / seen.total() < 0.9
        assert len(seen) > 6


@pytest.mark.parametrize("cents", [99, 1_499, 1_500, 123_456])
def test_the_lines_of_a_basket_sum_to_its_total(cents: int) -> None:
    person = population(WorldConfig(customers=1, touchpoints=0, seed=1))[0]
    for scene in range(50):
        lines = basket(person, scene, cents)
        assert sum(price for _, price in lines) == cents
        assert all(price > 0 for _, price in lines)
        assert lines[0][0] == product(person, scene)


def test_a_view_of_a_product_says_which_and_of_what_category(of_type: Callable[..., list[Touch]]) -> None:
    categories = {one.sku: one.category for one in PRODUCTS}
    views = of_type("product_view")
    assert {touch.source for touch in views} == {"web", "mobile"}
    assert all(categories[touch.told["properties"]["sku"]] == touch.told["properties"]["category"] for touch in views)


def test_some_searches_find_nothing(of_type: Callable[..., list[Touch]]) -> None:
    searches = of_type("search")
    found = [int(results) for results in property_of(searches, "results").elements()]
    assert 0.1 < found.count(0) / len(found) < 0.4
    assert all(property_of(searches, "query"))


@pytest.mark.parametrize("kind", ["login_failed", "checkout_failed"])
def test_what_fails_says_why(kind: str, of_type: Callable[..., list[Touch]]) -> None:
    assert len(property_of(of_type(kind), "error")) > 2


@pytest.mark.parametrize(
    ("failure", "reason", "channels"),
    [
        ("login_failed", "password", {"call"}),
        ("checkout_failed", "checkout", {"call", "chat"}),
        ("search", "product", {"chat"}),
    ],
)
def test_some_who_fail_get_in_touch_about_it_within_the_hour(
    failure: str, reason: str, channels: set[str], journeys: dict[str, list[Touch]]
) -> None:
    after = list(followers(journeys, failure, HOUR_MS))
    contacted = [[later.told["type"] for later in then if later.reason == reason] for then in after]
    assert channels <= {kind for kinds in contacted for kind in kinds}
    assert 0.02 < sum(map(bool, contacted)) / len(after) < 0.9


def test_after_a_failed_checkout_some_buy_some_go_to_a_store_and_some_do_nothing(
    journeys: dict[str, list[Touch]],
) -> None:
    after = [{later.told["type"] for later in then} for then in followers(journeys, "checkout_failed", HOUR_MS)]
    assert sum("purchase" in kinds for kinds in after) > 5
    assert sum("visit" in kinds for kinds in after) > 2
    assert sum(not kinds for kinds in after) > 5


def test_many_checkouts_are_given_up(journeys: dict[str, list[Touch]]) -> None:
    after = [{later.told["type"] for later in then} for then in followers(journeys, "checkout_started", HOUR_MS)]
    assert 0.2 < sum("purchase" not in kinds for kinds in after) / len(after) < 0.7


def test_an_offer_is_seen_accepted_or_declined_after_it_was_made(journeys: dict[str, list[Touch]]) -> None:
    answers: Counter[str] = Counter()
    for journey in journeys.values():
        made = set()
        for touch in journey:
            if touch.told["type"] == "offer_made":
                made.add(touch.marketing["offer_id"])
            elif touch.told["type"].startswith("offer_"):
                assert touch.marketing["offer_id"] in made
                answers[touch.told["type"]] += 1
    assert min(answers[kind] for kind in ("offer_seen", "offer_accepted", "offer_declined")) > 20


def test_an_accepted_offer_often_leads_to_a_purchase(journeys: dict[str, list[Touch]]) -> None:
    after = [[later.told["type"] for later in then] for then in followers(journeys, "offer_accepted", 3 * DAY_MS)]
    assert 0.3 < sum("purchase" in kinds for kinds in after) / len(after) < 0.9


def test_who_bounces_opens_nothing(journeys: dict[str, list[Touch]]) -> None:
    bouncing = []
    for journey in journeys.values():
        kinds = Counter(touch.told["type"] for touch in journey if touch.source == "email")
        if kinds["email_bounced"]:
            bouncing.append(kinds)
    assert 5 < len(bouncing) < 0.03 * CONFIG.customers
    for kinds in bouncing:
        assert not kinds.keys() & {"email_open", "click", "email_verified", "offer_seen"}
        assert kinds["email_sent"] >= kinds["email_bounced"]


def test_an_address_is_verified_after_the_registration(journeys: dict[str, list[Touch]]) -> None:
    verified = 0
    for journey in journeys.values():
        kinds = [touch.told["type"] for touch in journey]
        if "email_verified" in kinds:
            verified += 1
            assert "registration" in kinds[: kinds.index("email_verified")]
    assert verified > 50


def test_a_few_get_more_than_five_messages_in_a_week(of_type: Callable[..., list[Touch]]) -> None:
    weeks = Counter(
        (touch.person, (touch.time - CONFIG.start) // (7 * DAY_MS)) for touch in of_type("email_sent", "push_sent")
    )
    often = {person for (person, _), sent in weeks.items() if sent > 5}
    assert len(often) > 5
    assert len(often) < 0.2 * len({person for person, _ in weeks})


def test_a_reply_names_the_complaint_that_came_hours_or_days_before(of_type: Callable[..., list[Touch]]) -> None:
    complaints = {touch.told["event_id"]: touch for touch in of_type("call", "chat") if touch.reason == "complaint"}
    replies = of_type("reply")
    assert {complaints[touch.told["properties"]["in_reply_to"]].told["type"] for touch in replies} == {"call", "chat"}
    for reply in replies:
        complaint = complaints[reply.told["properties"]["in_reply_to"]]
        assert (reply.person, reply.reason) == (complaint.person, "complaint")
        assert complaint.arrived_at <= reply.arrived_at
        assert complaint.time <= reply.time <= complaint.time + 10 * DAY_MS
    assert len(replies) < len(complaints)


def test_complaints_are_angry(of_type: Callable[..., list[Touch]]) -> None:
    moods = [
        touch.told["interaction"]["sentiment"]
        for touch in of_type("call", "chat")
        if touch.told["interaction"] and touch.reason == "complaint"
    ]
    assert all(mood is not None and -1 <= mood < 0 for mood in moods)


def test_some_get_in_touch_again_about_the_same_within_days(journeys: dict[str, list[Touch]]) -> None:
    again = 0
    for journey in journeys.values():
        contacts = [touch for touch in journey if touch.source == "call" and touch.reason != "password"]
        pairs = pairwise(contacts)
        again += any(one.reason == other.reason and other.time - one.time < 7 * DAY_MS for one, other in pairs)
    assert again > 20


def test_a_product_is_registered_with_a_serial_of_its_own_by_who_bought_it(journeys: dict[str, list[Touch]]) -> None:
    serials = []
    for journey in journeys.values():
        bought: set[str] = set()
        for touch in journey:
            if touch.told["type"] == "purchase":
                bought.update(item["sku"] for item in touch.order["items"])
            elif touch.told["type"] == "product_registered":
                assert touch.told["properties"]["sku"] in bought
                serials.append(touch.told["properties"]["serial"])
    assert len(serials) == len(set(serials)) > 10


def test_a_survey_has_a_question_and_an_answer_from_one_to_five(of_type: Callable[..., list[Touch]]) -> None:
    surveys = of_type("survey")
    assert property_of(surveys, "answer").keys() == set("12345")
    assert len(property_of(surveys, "question")) > 1
    assert {touch.reason for touch in surveys} == {"satisfaction"}


def test_points_are_earned_and_redeemed_in_three_tiers(of_type: Callable[..., list[Touch]]) -> None:
    accounts = of_type("points")
    points = [int(number) for number in property_of(accounts, "points").elements()]
    assert 0 < sum(number < 0 for number in points) < 0.4 * len(points)
    assert {touch.told["traits"]["loyalty_tier"] for touch in accounts} == {"basic", "silver", "gold"}
    assert all(identifier["type"] == "loyalty_id" for touch in accounts for identifier in touch.told["identifiers"])


def test_some_profiles_say_how_somebody_wants_to_be_served(of_type: Callable[..., list[Touch]]) -> None:
    profiles = [touch.told["traits"] for touch in of_type("profile_update") if touch.source == "crm"]
    preferring = [traits for traits in profiles if "preferred_channel" in traits]
    assert 0.3 < len(preferring) / len(profiles) < 0.7
    assert {traits["preferred_channel"] for traits in preferring} == set(CHANNELS)
    assert {traits["contact_preference"] for traits in preferring} == set(CHANNELS)
    assert {traits["receipt_preference"] for traits in preferring} == {"email", "paper"}
    assert all(traits["preferred_language"] and traits["preferred_store"] for traits in preferring)


def test_people_talk_about_us_and_a_competitor_with_a_mood(of_type: Callable[..., list[Touch]]) -> None:
    mentions = of_type("mention")
    assert property_of(mentions, "topic").keys() == {"delivery", "quality", "price", "service"}
    brands = property_of(mentions, "brand")
    assert len(brands) == 2
    assert brands["onefold-shop"] > 0.5 * len(mentions)


def statements(touch: Touch) -> list[Consent]:
    return [consent for consent in touch.told["consents"] if consent["purpose"] == "marketing"]


def test_marketing_is_allowed_and_refused_by_each_channel_under_more_than_one_wording(touches: list[Touch]) -> None:
    said = [consent for touch in touches for consent in statements(touch)]
    for channel in CHANNELS:
        states = {consent["state"] for consent in said if consent["channel"] == channel}
        assert {"granted", "denied"} <= states
    assert len({consent["text_version"] for consent in said} - {None}) == 2


def test_some_opt_out_some_of_them_in_again_and_some_were_never_asked(journeys: dict[str, list[Touch]]) -> None:
    mails = [
        [consent["state"] for touch in journey for consent in statements(touch) if consent["channel"] == "email"]
        for journey in journeys.values()
    ]
    withdrawn = [states for states in mails if "withdrawn" in states]
    assert len(withdrawn) > 10
    assert sum("granted" in states[states.index("withdrawn") :] for states in withdrawn) > 2
    never = sum(not any(statements(touch) for touch in journey) for journey in journeys.values())
    assert 0.3 < never / len(journeys) < 0.8


def test_a_few_orders_are_in_other_currencies(of_type: Callable[..., list[Touch]]) -> None:
    currencies = Counter(touch.order["currency"] for touch in of_type("purchase"))
    assert currencies.keys() == {"EUR", "CHF", "GBP"}
    assert currencies["EUR"] > 0.9 * currencies.total()


def test_some_orders_are_told_twice_alike_and_hours_apart(of_type: Callable[..., list[Touch]]) -> None:
    orders = defaultdict(list)
    for touch in of_type("purchase"):
        orders[touch.order["order_id"]].append(touch)
    several = [told for told in orders.values() if len(told) > 1]
    assert 0.005 < len(several) / len(orders) < 0.05
    for first, second in several:
        assert (first.person, first.source, second.source) == (second.person, "web", "crm")
        assert {**first.order, "margin_micros": None} == {**second.order, "margin_micros": None}
        assert 0 <= second.time - first.time <= 10 * HOUR_MS


def test_a_return_names_the_order_and_what_was_in_it_and_a_few_come_before_it(
    of_type: Callable[..., list[Touch]],
) -> None:
    bought = {touch.order["order_id"]: touch for touch in of_type("purchase")}
    returns = [touch for touch in of_type("return") if touch.source == "web"]
    early = [touch for touch in returns if touch.arrived_at < bought[touch.order["order_id"]].arrived_at]
    assert 0 < len(early) < 0.4 * len(returns)
    assert all(touch.order == bought[touch.order["order_id"]].order for touch in returns)


def test_some_orders_tell_what_they_earn_and_some_of_these_a_loss(of_type: Callable[..., list[Touch]]) -> None:
    orders = [touch.order for touch in of_type("purchase")]
    margins = [margin for order in orders if (margin := order.get("margin_micros")) is not None]
    assert 0.1 < len(margins) / len(orders) < 0.5
    assert 0 < sum(margin < 0 for margin in margins) < 0.3 * len(margins)


def test_some_categories_earn_more_than_others(of_type: Callable[..., list[Touch]]) -> None:
    category = {one.sku: one.category for one in PRODUCTS}
    shares = defaultdict(list)
    for touch in of_type("purchase"):
        if (margin := touch.order.get("margin_micros")) is not None and touch.order["items"]:
            shares[category[touch.order["items"][0]["sku"]]].append(margin / touch.order["amount_micros"])
    means = [sum(found) / len(found) for found in shares.values() if len(found) > 5]
    assert max(means) > min(means) + 0.1


def test_some_customers_stay_away_from_some_day_on(journeys: dict[str, list[Touch]]) -> None:
    busy = [journey for journey in journeys.values() if len(journey) >= 15]
    gone = sum(journey[-1].time < CONFIG.end - 60 * DAY_MS for journey in busy)
    assert 0.05 < gone / len(busy) < 0.4


def test_letters_clicks_and_impressions_cost_something(of_type: Callable[..., list[Touch]]) -> None:
    letters = [touch.marketing for touch in of_type("email_sent")]
    paid = [touch.marketing for touch in of_type("click", "impression") if touch.source == "paid"]
    assert all(touch["cost_micros"] and touch["currency"] == "EUR" for touch in (*letters, *paid))
    assert max(touch["cost_micros"] or 0 for touch in letters) < 10_000


def test_prospects_never_buy(of_type: Callable[..., list[Touch]]) -> None:
    prospects = {person.person_id for person in population(CONFIG) if person.habit == "prospect"}
    assert prospects
    assert not prospects & {touch.person for touch in of_type("purchase")}


def test_other_campaigns_open_than_close(journeys: dict[str, list[Touch]]) -> None:
    first: Counter[str | None] = Counter()
    last: Counter[str | None] = Counter()
    for journey in journeys.values():
        clicked = []
        for touch in journey:
            if touch.told["type"] == "click":
                clicked.append(touch.marketing["campaign"])
            elif touch.told["type"] == "purchase" and clicked:
                first[clicked[0]] += 1
                last[clicked[-1]] += 1
    assert last["brand-search"] > 1.3 * first["brand-search"]
    assert last["spring-looks"] < first["spring-looks"]
    assert sum(abs(first[name] - last[name]) for name in first | last) > 0.2 * first.total()
