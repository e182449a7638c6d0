"""Each raw record becomes the touchpoint it stands for."""

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.reasons import RejectedError
from schemas.records import CallRecord, MobileEvent, StoreReceipt, Touchpoint, WebEvent
from schemas.sources import TO_CANONICAL, from_call, from_mobile, from_store, from_web

NAN = float("nan")
AVRO = Path(__file__).parents[2] / "schemas" / "avro"


def web_event() -> WebEvent:
    return {
        "event_id": "web-1",
        "collected_at": 1_767_600_000_000,
        "event_name": "page_view",
        "visitor_cookie": None,
        "user_id": None,
        "email": None,
        "page_url": "",
        "page_title": None,
        "referrer": None,
        "user_agent": None,
        "browser_language": None,
        "utm_campaign": None,
        "utm_medium": None,
        "utm_source": None,
        "click_id": None,
        "form": {},
        "consents": {},
        "params": {},
        "transaction": None,
    }


def mobile_event() -> MobileEvent:
    return {
        "id": "mobile-1",
        "timestamp": 1_767_600_000_000,
        "name": "screen_view",
        "device_id": "device-1",
        "advertising_id": None,
        "user_id": None,
        "os": None,
        "app_version": None,
        "locale": None,
        "screen": None,
        "order_id": None,
        "revenue": None,
        "currency": None,
        "skus": [],
        "push_allowed": None,
        "params": {},
    }


def receipt() -> StoreReceipt:
    return {
        "receipt_no": "store-1",
        "store_id": "store-101",
        "till": 3,
        "closed_at": 1_767_600_000_000,
        "kind": "sale",
        "loyalty_card": None,
        "email": None,
        "phone": None,
        "kiosk_id": None,
        "cardholder": {},
        "currency": "EUR",
        "total": "0",
        "margin": None,
        "lines": [],
    }


def call() -> CallRecord:
    return {
        "call_id": "call-1",
        "started_at": 1_767_600_000_000,
        "direction": "inbound",
        "caller_number": None,
        "customer_number": None,
        "email": None,
        "reason": None,
        "outcome": None,
        "duration_seconds": 0,
        "agent": None,
        "sentiment": None,
        "language": None,
        "caller": {},
        "opt_out": [],
    }


def identifiers(touch: Touchpoint) -> list[tuple[str, str]]:
    return [(identifier["type"], identifier["value"]) for identifier in touch["identifiers"]]


def test_a_web_event_with_nothing_optional_is_a_bare_touchpoint() -> None:
    assert from_web(web_event()) == {
        "event_id": "web-1",
        "event_time": 1_767_600_000_000,
        "type": "page_view",
        "identifiers": [],
        "traits": {},
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "first",
        "properties": {},
    }


def test_web_identifiers_stay_as_they_came_and_blank_ones_too() -> None:
    event = web_event()
    event["user_id"], event["email"], event["visitor_cookie"] = "C1", " Ann@Example.COM", ""
    assert identifiers(from_web(event)) == [("customer_id", "C1"), ("email", " Ann@Example.COM"), ("cookie", "")]


def test_a_web_checkout_is_an_order_in_millionths() -> None:
    event = web_event()
    event["transaction"] = {
        "transaction_id": "W1",
        "total": 29.97,
        "currency": "EUR",
        "products": [{"sku": "a", "name": None, "quantity": 3, "price": 9.99}],
    }
    assert from_web(event)["order"] == {
        "order_id": "W1",
        "amount_micros": 29_970_000,
        "currency": "EUR",
        "margin_micros": None,
        "items": [{"sku": "a", "name": None, "quantity": 3, "price_micros": 9_990_000}],
    }


@pytest.mark.parametrize(("total", "price"), [(NAN, 1.0), (1.0, NAN)])
def test_a_web_checkout_with_nan_is_rejected(total: float, price: float) -> None:
    event = web_event()
    event["transaction"] = {
        "transaction_id": "W1",
        "total": total,
        "currency": "EUR",
        "products": [{"sku": "a", "name": None, "quantity": 1, "price": price}],
    }
    with pytest.raises(RejectedError, match=r"^not_finite: transaction\.\S+ is not a finite number$"):
        from_web(event)


def test_the_consent_banner_speaks_for_every_channel() -> None:
    event = web_event()
    event["consents"] = {"analytics": True, "marketing": False}
    assert from_web(event)["consents"] == [
        {"purpose": "analytics", "channel": "*", "state": "granted", "text_version": None},
        {"purpose": "marketing", "channel": "*", "state": "denied", "text_version": None},
    ]


def test_a_form_is_traits_and_its_language_beats_the_browser() -> None:
    event = web_event()
    event["form"], event["browser_language"] = {"first_name": "Ann", "language": "fr"}, "en-GB"
    assert from_web(event)["traits"] == {"first_name": "Ann", "language": "fr"}
    event["form"] = {}
    assert from_web(event)["traits"] == {"language": "en-GB"}


def test_campaign_parameters_are_the_marketing_side() -> None:
    event = web_event()
    event["utm_campaign"], event["click_id"] = "spring", "clk1"
    assert from_web(event)["marketing"] == {
        "campaign": "spring",
        "medium": None,
        "source": None,
        "click_id": "clk1",
        "offer_id": None,
        "cost_micros": None,
        "currency": None,
    }


def test_what_a_web_event_has_left_is_kept_as_properties() -> None:
    event = web_event()
    event["page_url"], event["page_title"], event["referrer"] = "https://shop.example.com/", "Shop", "https://x/"
    event["user_agent"], event["params"] = "Browser", {"sku": "a"}
    assert from_web(event)["properties"] == {
        "sku": "a",
        "page_url": "https://shop.example.com/",
        "page_title": "Shop",
        "referrer": "https://x/",
        "user_agent": "Browser",
    }


def test_an_app_event_names_device_network_and_customer() -> None:
    event = mobile_event()
    event["advertising_id"], event["user_id"] = "ad-1", "C1"
    assert identifiers(from_mobile(event)) == [
        ("customer_id", "C1"),
        ("device_id", "device-1"),
        ("advertising_id", "ad-1"),
    ]


def test_an_app_locale_is_a_language_tag() -> None:
    event = mobile_event()
    event["locale"] = "de_DE"
    assert from_mobile(event)["traits"] == {"language": "de-DE"}


def test_an_app_purchase_is_an_order_and_its_products_are_properties() -> None:
    event = mobile_event()
    event["name"], event["order_id"], event["revenue"], event["currency"] = "purchase", "W2", 5.5, "EUR"
    event["skus"] = ["a", "b"]
    touch = from_mobile(event)
    assert touch["order"] == {
        "order_id": "W2",
        "amount_micros": 5_500_000,
        "currency": "EUR",
        "margin_micros": None,
        "items": [],
    }
    assert json.loads(touch["properties"]["skus"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("revenue", "currency", "reason"),
    [(NAN, "EUR", "not_finite"), (-1.0, "EUR", "bad_value"), (1.0, None, "missing_field")],
)
def test_an_app_purchase_without_a_usable_amount_is_rejected(revenue: float, currency: str | None, reason: str) -> None:
    event = mobile_event()
    event["order_id"], event["revenue"], event["currency"] = "W2", revenue, currency
    with pytest.raises(RejectedError, match=f"^{reason}: "):
        from_mobile(event)


@pytest.mark.parametrize(("answer", "state"), [(True, "granted"), (False, "denied")])
def test_the_push_dialogue_is_consent_to_marketing_by_push(answer: bool, state: str) -> None:  # noqa: FBT001
    event = mobile_event()
    event["push_allowed"] = answer
    assert from_mobile(event)["consents"] == [
        {"purpose": "marketing", "channel": "push", "state": state, "text_version": None}
    ]


def test_no_push_dialogue_is_no_consent() -> None:
    assert from_mobile(mobile_event())["consents"] == []


@pytest.mark.parametrize(
    ("kind", "kind_of_touch", "has_order"),
    [
        ("sale", "purchase", True),
        ("return", "return", True),
        ("visit", "visit", False),
        ("registration", "registration", False),
        ("other", "other", False),
    ],
)
def test_each_kind_of_receipt_has_its_type(kind: str, kind_of_touch: str, has_order: bool) -> None:  # noqa: FBT001
    touch = from_store({**receipt(), "kind": kind})  # type: ignore[typeddict-item]
    assert (touch["type"], touch["order"] is not None) == (kind_of_touch, has_order)


def test_a_receipt_names_card_address_number_and_kiosk() -> None:
    record = receipt()
    record["loyalty_card"], record["email"], record["phone"], record["kiosk_id"] = "29", "a@b.example", "0151", "k1"
    assert identifiers(from_store(record)) == [
        ("loyalty_id", "29"),
        ("email", "a@b.example"),
        ("phone", "0151"),
        ("device_id", "k1"),
    ]


def test_printed_amounts_are_exact() -> None:
    record = receipt()
    record["total"] = "0.30"
    record["lines"] = [{"sku": "a", "description": "Sock", "quantity": 3, "unit_price": "0.10"}]
    order = from_store(record)["order"]
    assert order is not None
    assert order["amount_micros"] == 300_000
    assert order["items"] == [{"sku": "a", "name": "Sock", "quantity": 3, "price_micros": 100_000}]


@pytest.mark.parametrize(("margin", "expected"), [(None, None), ("4.20", 4_200_000), ("-0.01", -10_000), ("0", 0)])
def test_a_till_may_tell_the_margin(margin: str | None, expected: int | None) -> None:
    order = from_store({**receipt(), "margin": margin})["order"]
    assert order is not None
    assert order["margin_micros"] == expected


@pytest.mark.parametrize(
    ("margin", "reason"), [("NaN", "not_finite"), ("4,20", "bad_value"), ("-1000000000.01", "bad_value")]
)
def test_a_receipt_with_an_unusable_margin_is_rejected(margin: str, reason: str) -> None:
    with pytest.raises(RejectedError, match=f"^{reason}: margin "):
        from_store({**receipt(), "margin": margin})


@pytest.mark.parametrize(("total", "reason"), [("NaN", "not_finite"), ("12,50", "bad_value"), ("-3", "bad_value")])
def test_a_receipt_with_an_unusable_total_is_rejected(total: str, reason: str) -> None:
    with pytest.raises(RejectedError, match=f"^{reason}: total "):
        from_store({**receipt(), "total": total})


def test_a_call_names_customer_address_and_number() -> None:
    record = call()
    record["caller_number"], record["customer_number"], record["email"] = "0151 23", "C1", "a@b.example"
    assert identifiers(from_call(record)) == [("customer_id", "C1"), ("email", "a@b.example"), ("phone", "0151 23")]


def test_the_caller_of_an_outbound_call_is_ourselves() -> None:
    touch = from_call({**call(), "direction": "outbound", "caller_number": "+4930", "customer_number": "C1"})
    assert identifiers(touch) == [("customer_id", "C1")]
    assert touch["properties"] == {"direction": "outbound", "caller_number": "+4930"}


@pytest.mark.parametrize(("direction", "kind"), [("inbound", "call"), ("outbound", "call"), ("chat", "chat")])
def test_a_chat_is_a_chat_and_the_rest_are_calls(direction: str, kind: str) -> None:
    assert from_call({**call(), "direction": direction})["type"] == kind  # type: ignore[typeddict-item]


def test_an_opt_out_withdraws_marketing_on_its_channel() -> None:
    touch = from_call({**call(), "opt_out": ["email", ""]})
    assert touch["consents"] == [
        {"purpose": "marketing", "channel": "email", "state": "withdrawn", "text_version": None}
    ]


def test_how_a_call_went_is_the_interaction() -> None:
    record = call()
    record["reason"], record["outcome"], record["agent"], record["sentiment"] = "invoice", "solved", "a7", -0.5
    record["duration_seconds"] = 90
    assert from_call(record)["interaction"] == {
        "reason": "invoice",
        "outcome": "solved",
        "duration_seconds": 90.0,
        "agent": "a7",
        "sentiment": -0.5,
    }


def test_what_the_agent_noted_of_the_caller_and_the_language_spoken_are_traits() -> None:
    record = call()
    record["caller"], record["language"] = {"first_name": "Ann", "birth_date": "1980-12-31"}, "de"
    assert from_call(record)["traits"] == {"first_name": "Ann", "birth_date": "1980-12-31", "language": "de"}


def test_a_sentiment_that_is_no_number_is_rejected() -> None:
    with pytest.raises(RejectedError, match=r"^not_finite: sentiment "):
        from_call({**call(), "sentiment": NAN})


@pytest.mark.parametrize(
    ("convert", "record"),
    [
        (from_web, {**web_event(), "form": {"a": "b"}, "params": {"a": "b"}, "browser_language": "de"}),
        (from_mobile, {**mobile_event(), "params": {"a": "b"}, "os": "ios"}),
        (from_store, {**receipt(), "cardholder": {"a": "b"}}),
        (from_call, {**call(), "opt_out": ["sms"], "caller": {"a": "b"}}),
    ],
)
def test_mapping_leaves_the_raw_record_alone(convert: Callable[..., Touchpoint], record: dict[str, object]) -> None:
    before = copy.deepcopy(record)
    touch = convert(record)
    touch["traits"]["x"] = touch["properties"]["x"] = "y"
    assert record == before


def test_every_raw_schema_has_a_mapping() -> None:
    schemas = [json.loads(file.read_text(encoding="utf-8")) for file in AVRO.glob("*.avsc")]
    raw = {f"{s['namespace']}.{s['name']}" for s in schemas if s["namespace"] == "onefold.raw"}
    assert set(TO_CANONICAL) == raw


def problems_of(source: Callable[..., Touchpoint], record: object) -> list[tuple[str, str]]:
    with pytest.raises(RejectedError) as caught:
        source(record)
    return [(problem.reason, problem.field) for problem in caught.value.problems]


def test_a_web_checkout_tells_every_problem_of_its_amounts() -> None:
    products = [{"sku": "a", "name": None, "quantity": 1, "price": price} for price in (1.0, NAN, -1.0)]
    record = web_event() | {
        "transaction": {"transaction_id": "t", "total": NAN, "currency": "EUR", "products": products}
    }
    assert problems_of(from_web, record) == [
        ("not_finite", "transaction.total"),
        ("not_finite", "transaction.products.1.price"),
        ("bad_value", "transaction.products.2.price"),
    ]


def test_a_receipt_tells_every_problem_of_its_amounts() -> None:
    lines = [{"sku": "a", "description": "Sock", "quantity": 3, "unit_price": price} for price in ("-1", "1", "x")]
    record = receipt() | {"total": "NaN", "margin": "4,20", "lines": lines}
    assert problems_of(from_store, record) == [
        ("not_finite", "total"),
        ("bad_value", "margin"),
        ("bad_value", "lines.0.unit_price"),
        ("bad_value", "lines.2.unit_price"),
    ]


def test_a_revenue_in_the_app_tells_its_amount_and_its_currency() -> None:
    record = mobile_event() | {"order_id": "o", "revenue": NAN}
    assert problems_of(from_mobile, record) == [("not_finite", "revenue"), ("missing_field", "currency")]
