"""Records that ingest must reject and bytes that are no records at all."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count, cycle
from random import Random

from infra.world.config import TOUCHPOINT, Emission, PoisonEmission
from schemas.reasons import Reason
from schemas.records import MobileEvent, StoreReceipt, Touchpoint, WebEvent

_FAR_FUTURE = 4_080_000_000_000  # April 2099
_LONG_AGO = 86_400_000  # the second day of 1970: a clock that was never set
_WEB = "onefold.raw.WebEvent"
_MOBILE = "onefold.raw.MobileEvent"
_STORE = "onefold.raw.StoreReceipt"
_SINGLE_OBJECT = b"\xc3\x01"
_CONFLUENT = b"\x00"
_SOURCES = ("web", "mobile", "store", "call", "email", "crm")

_Bad = tuple[str, str, str, Mapping[str, object], Reason]
"""Source, record name, event id, record and why it is rejected."""


def poison(random: Random) -> Iterator[Callable[[int], PoisonEmission | Emission]]:
    """Endlessly, in turns: something bad, made for the time of arrival that it is called with."""
    payloads, records = cycle(_PAYLOADS), cycle(_RECORDS)
    for number in count():
        yield _payload_maker(next(payloads)(random), _SOURCES[number % len(_SOURCES)])
        yield _record_maker(next(records), number)


KINDS = 11
"""Turns until every kind of bad record and bad payload has come up."""


def _payload_maker(payload: bytes, source: str) -> Callable[[int], PoisonEmission]:
    return lambda arrived_at: PoisonEmission(arrived_at, source, payload)


def _record_maker(make: Callable[[str, int], _Bad], number: int) -> Callable[[int], Emission]:
    def emit(arrived_at: int) -> Emission:
        source, name, event_id, record, reason = make(f"bad-{number:06d}", arrived_at)
        return Emission(arrived_at, source, name, event_id, record, None, rejected_as=reason)

    return emit


def _random_bytes(random: Random) -> bytes:
    return bytes([255]) + random.randbytes(random.randrange(8, 200))


def _empty(_random: Random) -> bytes:
    return b""


def _cut_single_object(random: Random) -> bytes:
    return _SINGLE_OBJECT + random.randbytes(8) + b"\x16web-0000"


def _cut_header(_random: Random) -> bytes:
    return _SINGLE_OBJECT + b"\x01\x02"


def _unknown_schema_id(random: Random) -> bytes:
    return _CONFLUENT + (2_000_000_000).to_bytes(4, "big") + random.randbytes(12)


def _text(_random: Random) -> bytes:
    return b'{"event_id": "web-1", "event_name": "page_view"'


_PAYLOADS: tuple[Callable[[Random], bytes], ...] = (
    _random_bytes,
    _empty,
    _cut_single_object,
    _cut_header,
    _unknown_schema_id,
    _text,
)


def _web(event_id: str, time: int) -> WebEvent:
    return {
        "event_id": event_id,
        "collected_at": time,
        "event_name": "page_view",
        "visitor_cookie": f"cookie-{event_id}",
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


def _web_total(total: float, event_id: str, time: int) -> WebEvent:
    event = _web(event_id, time)
    event["event_name"] = "purchase"
    event["transaction"] = {
        "transaction_id": f"order-{event_id}",
        "total": total,
        "currency": "EUR",
        "products": [],
    }
    return event


def _future(event_id: str, _now: int) -> _Bad:
    return "web", _WEB, event_id, _web(event_id, _FAR_FUTURE), "time_in_future"


def _past(event_id: str, _now: int) -> _Bad:
    return "web", _WEB, event_id, _web(event_id, _LONG_AGO), "time_too_old"


def _nan_total(event_id: str, now: int) -> _Bad:
    return "web", _WEB, event_id, _web_total(float("nan"), event_id, now), "not_finite"


def _negative_total(event_id: str, now: int) -> _Bad:
    return "web", _WEB, event_id, _web_total(-5.0, event_id, now), "bad_value"


def _nobody(event_id: str, now: int) -> _Bad:
    event = _web(event_id, now)
    event["visitor_cookie"] = None
    return "web", _WEB, event_id, event, "no_usable_identifier"


def _blocked_only(event_id: str, now: int) -> _Bad:
    event = _web(event_id, now)
    event["visitor_cookie"] = ""
    event["email"] = "test@test.com"
    return "web", _WEB, event_id, event, "no_usable_identifier"


def _infinite_revenue(event_id: str, now: int) -> _Bad:
    event: MobileEvent = {
        "id": event_id,
        "timestamp": now,
        "name": "purchase",
        "device_id": f"device-{event_id}",
        "advertising_id": None,
        "user_id": None,
        "os": None,
        "app_version": None,
        "locale": None,
        "screen": None,
        "order_id": f"order-{event_id}",
        "revenue": float("inf"),
        "currency": "EUR",
        "skus": [],
        "push_allowed": None,
        "params": {},
    }
    return "mobile", _MOBILE, event_id, event, "not_finite"


def _wrong_total(event_id: str, now: int) -> _Bad:
    receipt: StoreReceipt = {
        "receipt_no": event_id,
        "store_id": "store-101",
        "till": 1,
        "closed_at": now,
        "kind": "sale",
        "loyalty_card": f"card-{event_id}",
        "email": None,
        "phone": None,
        "kiosk_id": None,
        "cardholder": {},
        "currency": "EUR",
        "total": "12,5O",
        "margin": None,
        "lines": [],
    }
    return "store", _STORE, event_id, receipt, "bad_value"


def _touchpoint(event_id: str, time: int) -> Touchpoint:
    return {
        "event_id": event_id,
        "event_time": time,
        "type": "profile_update",
        "identifiers": [],
        "traits": {},
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "first",
        "properties": {},
    }


def _crm_nobody(event_id: str, now: int) -> _Bad:
    return "crm", TOUCHPOINT, event_id, _touchpoint(event_id, now), "no_usable_identifier"


def _email_null(event_id: str, now: int) -> _Bad:
    touch = _touchpoint(event_id, now)
    touch["identifiers"] = [{"type": "email", "value": "null"}]
    return "email", TOUCHPOINT, event_id, touch, "no_usable_identifier"


def _paid_future(event_id: str, _now: int) -> _Bad:
    touch = _touchpoint(event_id, _FAR_FUTURE)
    touch["identifiers"] = [{"type": "cookie", "value": f"cookie-{event_id}"}]
    return "paid", TOUCHPOINT, event_id, touch, "time_in_future"


_RECORDS: tuple[Callable[[str, int], _Bad], ...] = (
    _future,
    _past,
    _nan_total,
    _negative_total,
    _nobody,
    _blocked_only,
    _infinite_revenue,
    _wrong_total,
    _crm_nobody,
    _email_null,
    _paid_future,
)
