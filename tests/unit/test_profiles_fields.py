"""The fields of a touchpoint that declarations name."""

import pytest

from profiles.fields import MOST_CHARACTERS, matcher, micros_of, number, texts
from schemas.accepted import AcceptedTouchpoint
from schemas.records import OrderItem
from tests.property.test_fragment_algebra import a_marketing, an_interaction, touchpoint


def bought(*skus: str, currency: str = "EUR") -> AcceptedTouchpoint:
    """Return a purchase of items."""
    one = touchpoint("a", 1, kind="purchase", order=(1_500_000, currency))
    items: list[OrderItem] = [{"sku": sku, "name": None, "quantity": 1, "price_micros": 0} for sku in skus]
    order = one["touchpoint"]["order"]
    assert order is not None
    order["items"], order["margin_micros"] = items, -250_000
    return one


def test_each_text_field_reads_what_its_name_says() -> None:
    one = bought("s-1", "s-2", "s-1")
    within = one["touchpoint"]
    within["marketing"], within["interaction"] = a_marketing("gift"), an_interaction("password", 0.5)
    within["traits"], within["properties"] = {"city": "Ulm"}, {"category": "camping", "sku": "other"}
    expected = {
        "channel": ("web",),
        "type": ("purchase",),
        "party": ("first",),
        "sku": ("s-1", "s-2"),
        "order_id": ("a",),
        "currency": ("EUR",),
        "offer_id": ("gift",),
        "campaign": (),
        "medium": (),
        "marketing_source": (),
        "click_id": (),
        "reason": ("password",),
        "outcome": (),
        "agent": (),
        "property.category": ("camping",),
        "property.none": (),
        "trait.city": ("Ulm",),
        "trait.none": (),
    }
    assert {name: texts(name)(one) for name in expected} == expected


def test_each_number_field_reads_millionths_and_amounts_their_currency() -> None:
    one = bought("s", currency="SEK")
    within = one["touchpoint"]
    within["marketing"] = {**a_marketing("x"), "cost_micros": 7, "currency": "USD"}
    within["interaction"] = {**an_interaction("x", -0.25), "duration_seconds": 1.5}
    within["properties"] = {"points": "12.5"}
    expected = {
        "amount": ("SEK", 1_500_000),
        "margin": ("SEK", -250_000),
        "cost": ("USD", 7),
        "sentiment": ("", -250_000),
        "seconds": ("", 1_500_000),
        "number.points": ("", 12_500_000),
        "number.none": None,
    }
    assert {name: number(name)(one) for name in expected} == expected


def test_a_touchpoint_without_an_order_or_a_campaign_has_none_of_their_fields() -> None:
    one = touchpoint("a", 1)
    assert [texts(name)(one) for name in ("order_id", "currency", "sku", "campaign", "offer_id", "reason")] == [()] * 6
    assert [number(name)(one) for name in ("amount", "margin", "cost", "sentiment", "seconds")] == [None] * 5


def test_without_an_order_the_property_sku_counts() -> None:
    one = touchpoint("a", 1, kind="product_view")
    one["touchpoint"]["properties"] = {"sku": "s-9"}
    assert texts("sku")(one) == ("s-9",)


def test_the_first_characters_of_a_long_text_count() -> None:
    one = touchpoint("a", 1, traits={"city": "x" * 600})
    one["touchpoint"]["properties"] = {"sku": "y" * 600}
    assert texts("trait.city")(one) == ("x" * MOST_CHARACTERS,)
    assert texts("sku")(one) == ("y" * MOST_CHARACTERS,)


@pytest.mark.parametrize("name", ["", "colour", "property", "property.", "trait.", "number.points", "amount", "Type"])
def test_there_is_no_such_text_field(name: str) -> None:
    with pytest.raises(ValueError, match="expected a field such as"):
        texts(name)


@pytest.mark.parametrize("name", ["", "type", "property.points", "number.", "number", "Amount"])
def test_there_is_no_such_number_field(name: str) -> None:
    with pytest.raises(ValueError, match="expected amount, margin"):
        number(name)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("1", 1_000_000),
        ("-0.5", -500_000),
        ("1e3", 1_000_000_000),
        (" 2 ", 2_000_000),
        ("0.0000004", 0),
        ("1000000000", 10**15),
        ("1000000000.1", None),
        ("1e40", None),
        ("1e-40", 0),
        ("nan", None),
        ("sNaN", None),
        ("-inf", None),
        ("many", None),
        ("", None),
        ("1,5", None),
    ],
)
def test_a_property_is_a_number_where_it_reads_as_one_within_bounds(told: str, expected: int | None) -> None:
    one = touchpoint("a", 1)["touchpoint"]
    one["properties"] = {"points": told}
    assert micros_of(one, "points") == expected


def test_a_filter_means_touchpoints_with_one_of_the_values_of_each_field() -> None:
    matches = matcher({"type": ("call", "chat"), "channel": ("web",)})
    assert matches(touchpoint("a", 1, "web", "call"))
    assert matches(touchpoint("a", 1, "web", "chat"))
    assert not matches(touchpoint("a", 1, "crm", "call"))
    assert not matches(touchpoint("a", 1, "web", "page_view"))


def test_a_filter_by_sku_means_an_order_with_one_such_line() -> None:
    assert matcher({"sku": ("s-2",)})(bought("s-1", "s-2"))
    assert not matcher({"sku": ("s-3",)})(bought("s-1", "s-2"))


def test_an_empty_filter_means_nothing() -> None:
    assert not matcher({})(touchpoint("a", 1))


def test_a_filter_by_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        matcher({"colour": ("red",)})


@pytest.mark.parametrize("value", ["1e999999", "-1e999999", "inf", "nan", "1e10", "twelve", "", "0x10"])
def test_a_property_that_is_no_number_in_bounds_adds_nothing(value: str) -> None:
    one = touchpoint("a", 1)["touchpoint"]
    one["properties"] = {"points": value}
    assert micros_of(one, "points") is None
