"""Ingest: what becomes of good records and of every kind of bad one."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from identity.normalise import Normaliser
from identity.policy_file import default_policy
from profiles.policy_file import default_profile_policy
from schemas.accepted import AcceptedTouchpoint, decode_accepted
from schemas.contracts import (
    CALL_RECORD,
    CHANGE,
    DEAD_LETTER,
    MOBILE_EVENT,
    STORE_RECEIPT,
    TOUCHPOINT,
    WEB_EVENT,
)
from schemas.framing import RegistryFraming, SingleObjectFraming
from schemas.reasons import ALL_REASONS
from schemas.records import CallRecord, Consent, DeadLetter, MobileEvent, StoreReceipt, Touchpoint, WebEvent
from sinks.testing import a_merge
from streams.ingest import (
    EARLIEST_EVENT_MS,
    MAX_CLOCK_AHEAD_MS,
    MAX_IDENTIFIERS,
    MAX_NAME,
    MAX_RECORD_BYTES,
    MAX_TEXT,
    Ingest,
    measured,
)
from streams.records import MAX_KEPT_BYTES, Output, SourceRecord
from streams.topics import SOURCES, Topics

ARRIVED = 1_770_000_000_000
YEAR_1970 = 86_400_000
YEAR_2099 = 4_080_000_000_000
MARKER = "Zx9Marker"
"""Stands in values; it must not be seen outside of them."""

TOPICS = Topics("p.", "p.")
FRAMES = SingleObjectFraming()
MEASUREMENT = default_profile_policy().measurement
INGEST = Ingest(TOPICS, FRAMES, Normaliser(default_policy(), bytes(32)), MEASUREMENT)

Change = Mapping[str, Any]


def a_touchpoint(**change: Any) -> Touchpoint:  # noqa: ANN401  # any field
    touchpoint: Touchpoint = {
        "event_id": f"{MARKER}-1",
        "event_time": ARRIVED - 1_000,
        "type": "login",
        "identifiers": [{"type": "email", "value": f"{MARKER}@example.com"}, {"type": "cookie", "value": MARKER}],
        "traits": {"city": MARKER},
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "first",
        "properties": {"note": MARKER},
    }
    return {**touchpoint, **change}  # type: ignore[typeddict-item]  # a change is of one field


def a_web_event(**change: Any) -> WebEvent:  # noqa: ANN401  # any field
    event: WebEvent = {
        "event_id": f"{MARKER}-2",
        "collected_at": ARRIVED - 1_000,
        "event_name": "page_view",
        "visitor_cookie": MARKER,
        "user_id": None,
        "email": None,
        "page_url": f"https://example.com/{MARKER}",
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
    return {**event, **change}  # type: ignore[typeddict-item]  # a change is of one field


def a_mobile_event(**change: Any) -> MobileEvent:  # noqa: ANN401  # any field
    event: MobileEvent = {
        "id": f"{MARKER}-3",
        "timestamp": ARRIVED,
        "name": "purchase",
        "device_id": f"device-{MARKER}",
        "advertising_id": None,
        "user_id": None,
        "os": None,
        "app_version": None,
        "locale": None,
        "screen": None,
        "order_id": f"order-{MARKER}",
        "revenue": 12.5,
        "currency": "EUR",
        "skus": [],
        "push_allowed": None,
        "params": {},
    }
    return {**event, **change}  # type: ignore[typeddict-item]  # a change is of one field


def a_receipt(**change: Any) -> StoreReceipt:  # noqa: ANN401  # any field
    receipt: StoreReceipt = {
        "receipt_no": f"{MARKER}-4",
        "store_id": "s1",
        "till": 1,
        "closed_at": ARRIVED,
        "kind": "sale",
        "loyalty_card": f"card-{MARKER}",
        "email": None,
        "phone": None,
        "kiosk_id": None,
        "cardholder": {},
        "currency": "EUR",
        "total": "12.50",
        "margin": None,
        "lines": [],
    }
    return {**receipt, **change}  # type: ignore[typeddict-item]  # a change is of one field


def a_call(**change: Any) -> CallRecord:  # noqa: ANN401  # any field
    call: CallRecord = {
        "call_id": f"{MARKER}-5",
        "started_at": ARRIVED,
        "direction": "inbound",
        "caller_number": "+4930123456",
        "customer_number": None,
        "email": None,
        "reason": None,
        "outcome": None,
        "duration_seconds": 60,
        "agent": None,
        "sentiment": 0.5,
        "language": None,
        "caller": {},
        "opt_out": [],
    }
    return {**call, **change}  # type: ignore[typeddict-item]  # a change is of one field


def framed(name: str, record: Any) -> bytes:  # noqa: ANN401  # any record
    return FRAMES.encode(name, record)


def a_record(value: bytes | None, source: str = "crm", key: bytes | None = b"k", offset: int = 7) -> SourceRecord:
    return SourceRecord(TOPICS.source(source), 3, offset, ARRIVED, key, value)


def accepted(output: Output) -> AcceptedTouchpoint:
    assert output.topic == TOPICS.touchpoints
    return decode_accepted(output.value)


def letter(output: Output) -> DeadLetter:
    assert output.topic == TOPICS.dead_letters
    name, content = FRAMES.decode(output.value)
    assert name == DEAD_LETTER
    return content  # type: ignore[return-value]  # its name says so


def an_order(micros: int) -> dict[str, Any]:
    return {"order_id": MARKER, "amount_micros": micros, "currency": "EUR", "items": []}


def a_consent(**change: str) -> dict[str, Any]:
    return {"purpose": "", "channel": "*", "state": "granted", "text_version": None, **change}


def an_interaction(**numbers: float) -> dict[str, Any]:
    nothing = {"reason": MARKER, "outcome": None, "duration_seconds": None, "agent": None, "sentiment": None}
    return {**nothing, **numbers}


def a_transaction(total: float) -> dict[str, Any]:
    return {"transaction_id": MARKER, "total": total, "currency": "EUR", "products": []}


VALUE = framed(TOUCHPOINT, a_touchpoint())
NAN, INFINITY = float("nan"), float("inf")


def touch(**change: Any) -> tuple[str, bytes]:  # noqa: ANN401  # any field
    return "crm", framed(TOUCHPOINT, a_touchpoint(**change))


def web(**change: Any) -> tuple[str, bytes]:  # noqa: ANN401  # any field
    return "web", framed(WEB_EVENT, a_web_event(**change))


def mobile(**change: Any) -> tuple[str, bytes]:  # noqa: ANN401  # any field
    return "mobile", framed(MOBILE_EVENT, a_mobile_event(**change))


def store(**change: Any) -> tuple[str, bytes]:  # noqa: ANN401  # any field
    return "store", framed(STORE_RECEIPT, a_receipt(**change))


def call(**change: Any) -> tuple[str, bytes]:  # noqa: ANN401  # any field
    return "call", framed(CALL_RECORD, a_call(**change))


A_CHANGE = a_merge("a", "b")
LONG = MARKER * (MAX_TEXT // len(MARKER) + 1)
LONG_NAME = MARKER * (MAX_NAME // len(MARKER) + 1)
REFUSED: dict[str, tuple[str, tuple[str, bytes | None]]] = {
    "no value": ("null_value", ("crm", None)),
    "an empty value": ("unknown_framing", ("crm", b"")),
    "random bytes": ("unknown_framing", ("crm", b"\xff" + random.Random(5).randbytes(99))),  # noqa: S311
    "JSON": ("unknown_framing", ("crm", f'{{"event_id": "{MARKER}"}}'.encode())),
    "another framing": ("unknown_framing", ("crm", b"\x00\x00\x00\x00\x01" + VALUE[10:])),
    "a cut header": ("unknown_framing", ("crm", VALUE[:9])),
    "a fingerprint of no contract": ("unknown_schema", ("crm", VALUE[:2] + bytes(8) + VALUE[10:])),
    "another source's record": ("unexpected_schema", ("web", framed(STORE_RECEIPT, a_receipt()))),
    "a record that comes from no source": ("unexpected_schema", ("crm", framed(CHANGE, A_CHANGE))),
    "a cut record": ("undecodable", ("crm", VALUE[:-1])),
    "bytes after the record": ("undecodable", ("crm", VALUE + b"\x00")),
    "bytes that fit no string": ("undecodable", ("crm", VALUE.replace(MARKER.encode(), b"\xff" * len(MARKER), 1))),
    "an empty event id": ("missing_field", touch(event_id="")),
    "an empty type": ("missing_field", touch(type="")),
    "a revenue without currency": ("missing_field", mobile(currency=None)),
    "a negative amount": ("bad_value", touch(order=an_order(-1))),
    "an amount beyond all bounds": ("bad_value", touch(order=an_order(2**62))),
    "a negative total": ("bad_value", web(transaction=a_transaction(-5.0))),
    "a total that is no number": ("bad_value", store(total=f"12,5O{MARKER}")),
    "a sentiment that is NaN": ("not_finite", touch(interaction=an_interaction(sentiment=NAN))),
    "a caller's sentiment that is NaN": ("not_finite", call(sentiment=NAN)),
    "an infinite duration": ("not_finite", touch(interaction=an_interaction(duration_seconds=-INFINITY))),
    "a total that is NaN": ("not_finite", web(transaction=a_transaction(NAN))),
    "an infinite revenue": ("not_finite", mobile(revenue=INFINITY)),
    "a receipt over NaN": ("not_finite", store(total="NaN")),
    "the year 1970": ("time_too_old", touch(event_time=YEAR_1970)),
    "seconds for milliseconds": ("time_too_old", touch(event_time=ARRIVED // 1_000)),
    "a time before all times": ("time_too_old", touch(event_time=-(2**63))),
    "the year 2099": ("time_in_future", touch(event_time=YEAR_2099)),
    "the end of all times": ("time_in_future", touch(event_time=2**63 - 1)),
    "microseconds for milliseconds": ("time_in_future", touch(event_time=ARRIVED * 1_000)),
    "a record over its limit": ("too_large", ("crm", VALUE + bytes(MAX_RECORD_BYTES))),
    "a long trait": ("too_large", touch(traits={"city": LONG})),
    "a long name of a property": ("too_large", touch(properties={LONG: "1"})),
    "a long event id": ("too_large", touch(event_id=LONG_NAME)),
    "a long type": ("too_large", touch(type=LONG_NAME)),
    "a long purpose of a consent": ("too_large", touch(consents=[a_consent(purpose=LONG_NAME)])),
    "a long text version of a consent": ("too_large", touch(consents=[a_consent(text_version=LONG_NAME)])),
    "a long currency": ("too_large", touch(order={**an_order(1), "currency": LONG_NAME})),
    "a record that is far larger with the names of its fields": ("too_large", touch(consents=[a_consent()] * 90_000)),
    "too many identifiers": ("too_large", touch(identifiers=[{"type": "cookie", "value": f"{MARKER}{n}"} for n in range(MAX_IDENTIFIERS + 1)])),  # noqa: E501
    "no identifier": ("no_usable_identifier", touch(identifiers=[])),
    "only blocked values": ("no_usable_identifier", touch(identifiers=[{"type": "email", "value": "test@test.com"}])),
    "only an address that is none": ("no_usable_identifier", touch(identifiers=[{"type": "email", "value": MARKER}])),
    "only an unknown type": ("no_usable_identifier", touch(identifiers=[{"type": "tattoo", "value": MARKER}])),
    "only an endless value": ("no_usable_identifier", touch(identifiers=[{"type": "cookie", "value": MARKER * 99}])),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_bad_record_becomes_a_dead_letter_with_its_reason(what: str) -> None:
    reason, (source, value) = REFUSED[what]

    assert letter(INGEST.output(a_record(value, source)))["reason"] == reason


def test_every_reason_is_produced_by_some_record() -> None:
    of_our_own = {"processing_failed", "not_measured"}

    assert {reason for reason, _ in REFUSED.values()} | of_our_own == set(ALL_REASONS)


@pytest.mark.parametrize("what", REFUSED)
def test_a_dead_letter_carries_place_and_bytes_of_its_record(what: str) -> None:
    _, (source, value) = REFUSED[what]

    found = letter(INGEST.output(a_record(value, source, key=b"\x00\xff", offset=41)))

    place = (found["topic"], found["partition"], found["offset"], found["timestamp"], found["stage"])
    assert place == (f"p.touch.{source}", 3, 41, ARRIVED, "ingest")
    assert (found["key"], found["value"]) == (b"\x00\xff", value)


@pytest.mark.parametrize("what", REFUSED)
def test_a_detail_holds_no_value_of_the_record(what: str) -> None:
    _, (source, value) = REFUSED[what]

    detail = letter(INGEST.output(a_record(value, source)))["detail"]

    assert detail
    assert MARKER.lower() not in detail.lower()


def test_a_record_larger_than_a_dead_letter_keeps_its_beginning() -> None:
    found = letter(INGEST.output(a_record(b"\x05" * (MAX_KEPT_BYTES + 1))))

    assert found["value"] == b"\x05" * MAX_KEPT_BYTES
    assert "first" in found["detail"]


def test_neighbours_of_bad_records_are_unharmed() -> None:
    good = [a_record(framed(TOUCHPOINT, a_touchpoint(event_id=f"good-{n}")), offset=n) for n in range(len(REFUSED))]
    bad = [a_record(value, source) for _, (source, value) in REFUSED.values()]

    outputs = [INGEST.output(record) for pair in zip(good, bad, strict=True) for record in pair]

    kept = [accepted(output)["touchpoint"]["event_id"] for output in outputs if output.topic == TOPICS.touchpoints]
    assert kept == [f"good-{n}" for n in range(len(REFUSED))]


@pytest.mark.parametrize("cut", range(len(VALUE)))
def test_a_touchpoint_cut_anywhere_is_a_dead_letter(cut: int) -> None:
    assert letter(INGEST.output(a_record(VALUE[:cut])))["reason"] in {"unknown_framing", "undecodable"}


@given(st.binary(max_size=300), st.sampled_from(sorted(SOURCES)))
@example(VALUE[:10] + b"\xff" * 40, "crm")
def test_no_bytes_whatever_stop_ingest(garbage: bytes, source: str) -> None:
    for value in (garbage, VALUE[:10] + garbage, framed(WEB_EVENT, a_web_event())[:10] + garbage):
        output = INGEST.output(a_record(value, source))
        assert output.topic in {TOPICS.touchpoints, TOPICS.dead_letters}


@given(st.integers(0, len(VALUE) - 1), st.integers(1, 255))
def test_a_flipped_byte_never_stops_ingest(place: int, flip: int) -> None:
    value = bytearray(VALUE)
    value[place] ^= flip

    assert INGEST.output(a_record(bytes(value))).topic in {TOPICS.touchpoints, TOPICS.dead_letters}


@pytest.mark.interpreted
def test_a_record_that_our_own_code_cannot_stand_is_a_dead_letter() -> None:
    class Failing(Normaliser):
        def understand(self, *_: object, **__: object) -> Any:  # noqa: ANN401
            raise ZeroDivisionError(MARKER)

    ingest = Ingest(TOPICS, FRAMES, Failing(default_policy(), bytes(32)), MEASUREMENT)

    found = letter(ingest.output(a_record(VALUE)))

    assert found["reason"] == "processing_failed"
    assert MARKER not in found["detail"]


def test_a_registry_that_is_away_stops_the_work_instead_of_losing_the_record() -> None:
    def away(schema_id: int) -> dict[str, Any]:
        raise ConnectionError(schema_id)

    ingest = Ingest(
        TOPICS,
        RegistryFraming(lambda _: 1, away),
        Normaliser(default_policy(), bytes(32)),
        default_profile_policy().measurement,
    )

    with pytest.raises(ConnectionError):
        ingest.output(a_record(b"\x00\x00\x00\x00\x09rest"))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("web", framed(WEB_EVENT, a_web_event())),
        ("mobile", framed(MOBILE_EVENT, a_mobile_event())),
        ("store", framed(STORE_RECEIPT, a_receipt())),
        ("call", framed(CALL_RECORD, a_call())),
        *((source, VALUE) for source in SOURCES),
    ],
)
def test_a_sources_own_record_and_the_canonical_one_are_accepted(source: str, value: bytes) -> None:
    found = accepted(INGEST.output(a_record(value, source)))

    assert found["source"] == source


def test_an_accepted_touchpoint_says_where_it_lay() -> None:
    found = accepted(INGEST.output(a_record(VALUE, "crm", offset=99)))

    place = (found["origin_topic"], found["origin_partition"], found["origin_offset"], found["received_at"])
    assert place == ("p.touch.crm", 3, 99, ARRIVED)


def test_a_touchpoint_is_kept_as_it_came() -> None:
    assert accepted(INGEST.output(a_record(VALUE)))["touchpoint"] == a_touchpoint()


def test_the_key_is_the_node_of_the_strongest_identifier() -> None:
    output = INGEST.output(a_record(VALUE))

    nodes = accepted(output)["nodes"]
    assert output.key == nodes[0]["node_id"]
    assert [node["type"] for node in nodes] == ["email", "cookie"]


def test_no_key_holds_anything_of_an_identifier() -> None:
    email = f"{MARKER}@example.com".lower().encode()

    key = INGEST.output(a_record(VALUE)).key

    assert key is not None
    assert len(key) == 16
    assert not any(part in key.lower() for part in (email, MARKER.lower().encode()))


def test_a_dead_letter_has_no_key_that_could_hold_anything() -> None:
    assert INGEST.output(a_record(b"", key=b"ann@example.com")).key is None


@pytest.mark.parametrize(
    "edge",
    [
        lambda: a_touchpoint(event_time=EARLIEST_EVENT_MS),
        lambda: a_touchpoint(event_time=ARRIVED + MAX_CLOCK_AHEAD_MS),
        lambda: a_touchpoint(traits={"city": "x" * MAX_TEXT}),
        lambda: a_touchpoint(order=an_order(0)),
        lambda: a_touchpoint(identifiers=[{"type": "cookie", "value": f"c{n}"} for n in range(MAX_IDENTIFIERS)]),
        lambda: a_touchpoint(identifiers=[{"type": "email", "value": "null"}, {"type": "cookie", "value": "c"}]),
    ],
    ids=["oldest time", "newest time", "longest text", "amount of nothing", "most identifiers", "one of two usable"],
)
def test_what_lies_just_inside_the_limits_is_accepted(edge: Callable[[], Touchpoint]) -> None:
    accepted(INGEST.output(a_record(framed(TOUCHPOINT, edge()))))


@pytest.mark.parametrize("key", [None, b"", b"\xff\xfe"])
def test_a_records_own_key_does_not_matter(key: bytes | None) -> None:
    assert INGEST.output(a_record(VALUE, key=key)) == INGEST.output(a_record(VALUE, key=b"another"))


# --- devices that must not be measured ------------------------------------------------------------------------------


def an_event_of(identifiers: list[tuple[str, str]], measurement: str | None, **change: Any) -> Touchpoint:  # noqa: ANN401  # any field
    told = {} if measurement is None else {"measurement": measurement}
    named = [{"type": kind, "value": value} for kind, value in identifiers]
    return a_touchpoint(identifiers=named, properties=told, **change)


EMAIL, COOKIE = ("email", "ann@example.org"), ("cookie", MARKER)


def test_an_event_keeps_no_identifier_of_a_device_that_must_not_be_measured() -> None:
    kept = measured(an_event_of([EMAIL, COOKIE], "denied"), MEASUREMENT)
    assert [identifier["type"] for identifier in kept["identifiers"]] == ["email"]


@pytest.mark.parametrize("told", ["granted", "TRUE", None])
def test_an_event_of_a_device_that_may_be_measured_or_tells_nothing_is_kept_whole(told: str | None) -> None:
    event = an_event_of([EMAIL, COOKIE], told)
    assert measured(event, MEASUREMENT) == event


def test_an_event_that_tells_nothing_keeps_no_identifier_where_the_policy_is_strict() -> None:
    strict = replace(MEASUREMENT, untold="drop")
    kept = measured(an_event_of([EMAIL, COOKIE], None), strict)
    assert [identifier["type"] for identifier in kept["identifiers"]] == ["email"]


def test_a_refusal_itself_counts_for_the_device_it_was_given_on() -> None:
    refusal: Consent = {"purpose": "analytics", "channel": "*", "state": "denied", "text_version": None}
    event = an_event_of([COOKIE], "denied", consents=[refusal])
    assert measured(event, MEASUREMENT) == event


def test_an_event_with_nothing_left_is_a_dead_letter_without_its_bytes() -> None:
    value = FRAMES.encode(TOUCHPOINT, an_event_of([COOKIE], "denied"))
    output = INGEST.output(SourceRecord("p.touch.web", 0, 7, ARRIVED, b"key", value))
    _, letter = FRAMES.decode(output.value)
    assert (letter["reason"], letter["key"], letter["value"]) == ("not_measured", None, None)
    assert MARKER.encode() not in output.value
