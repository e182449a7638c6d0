"""What is often published by mistake is seen for what it is; the payloads follow each system's public documents."""

import gzip
import io
import json
import zipfile
import zlib
from typing import Any

import pytest

from streams.recognise import binary_kind, line_kind
from tests.unit.test_publish_lines import READER, line

SEGMENT_TRACK: dict[str, Any] = {
    "anonymousId": "23adfd82-aa0f-45a7-a756-24f2a7a4c895",
    "context": {
        "library": {"name": "analytics.js", "version": "2.11.1"},
        "traits": {"email": "peter@example.com"},
        "ip": "108.0.78.21",
    },
    "event": "Order Completed",
    "integrations": {},
    "messageId": "ajs-f8ca1e4de5024d9430b3928bd8ac6b96",
    "properties": {
        "order_id": "50314b8e9bcf000000000000",
        "total": 27.5,
        "currency": "USD",
        "products": [{"product_id": "507f1f77bcf86cd799439011", "sku": "45790-32", "price": 19, "quantity": 1}],
    },
    "receivedAt": "2015-12-12T19:11:01.266Z",
    "sentAt": "2015-12-12T19:11:01.169Z",
    "timestamp": "2015-12-12T19:11:01.249Z",
    "type": "track",
    "userId": "AiUGstSDIg",
    "originalTimestamp": "2015-12-12T19:11:01.152Z",
}
SEGMENT_BATCH = {
    "batch": [
        {"type": "identify", "userId": "019mr8mf4r", "traits": {"email": "jake@example.com"}},
        {"type": "track", "userId": "019mr8mf4r", "event": "Song Played"},
    ],
    "context": {"device": {"type": "phone"}},
}
RUDDER = {
    "anonymousId": "97c46c81-3140-456d-b2a9-690d70aaca35",
    "channel": "web",
    "context": {"library": {"name": "RudderLabs JavaScript SDK", "version": "3.7.1"}},
    "event": "Product Purchased",
    "messageId": "1601322811899-d9c7dd00-50dc-4364-95c8-e89423eb3cfb",
    "originalTimestamp": "2020-09-28T19:53:31.900Z",
    "type": "track",
    "userId": "",
}
GA4_ROW = {
    "event_date": "20201213",
    "event_timestamp": "1607890560521873",
    "event_name": "purchase",
    "event_params": [{"key": "transaction_id", "value": {"string_value": "T_12345"}}],
    "user_id": None,
    "user_pseudo_id": "1966839820.8342748575",
    "ecommerce": {"total_item_quantity": "1", "purchase_revenue": 19.0, "transaction_id": "T_12345"},
}
GA4_PROTOCOL = {
    "client_id": "123456.7654321",
    "events": [{"name": "purchase", "params": {"currency": "USD", "value": 30.03, "transaction_id": "T_12345"}}],
}
SNOWPLOW = {
    "app_id": "angry-birds",
    "platform": "web",
    "etl_tstamp": "2017-01-26T00:01:25.292Z",
    "collector_tstamp": "2013-11-26T00:02:05Z",
    "event": "page_view",
    "event_id": "c6ef3124-b53a-4b13-a233-0088f79dcbcb",
    "user_id": "jon.doe@email.com",
    "domain_userid": "bc2e92ec6c204a14",
    "event_name": "link_click",
}
MPARTICLE = {
    "events": [{"data": {"event_name": "Buy", "custom_event_type": "transaction"}, "event_type": "custom_event"}],
    "user_identities": {"email": "ann@example.org"},
    "mpid": 7346244611012968789,
    "environment": "production",
}
CLOUD_EVENT = {
    "specversion": "1.0",
    "type": "com.github.pull_request.opened",
    "source": "https://github.com/cloudevents/spec/pull",
    "id": "A234-1234-1234",
    "time": "2018-04-05T17:31:00Z",
    "data": {},
}
MIXPANEL = {
    "event": "Signed up",
    "properties": {"time": 1618716477000, "distinct_id": "91304156-cafc-4673-a237-623d1129c801", "$insert_id": "29fc"},
}


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        (SEGMENT_TRACK, "a Segment event"),
        (SEGMENT_BATCH, "a Segment batch"),
        (RUDDER, "a RudderStack event"),
        (GA4_ROW, "a row of the GA4 export"),
        (GA4_PROTOCOL, "a request of GA4's Measurement Protocol"),
        (SNOWPLOW, "a Snowplow event"),
        (MPARTICLE, "an mParticle batch"),
        (CLOUD_EVENT, "a CloudEvent"),
        (MIXPANEL, "a Mixpanel or PostHog event"),
    ],
)
def test_the_events_of_other_systems_are_recognised_and_refused(payload: dict[str, Any], what: str) -> None:
    (found,) = READER.read(io.BytesIO(json.dumps(payload).encode()))
    assert found.kind is not None
    assert found.kind.name == what
    assert "@" not in str(found.outcome)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("event_id,event_time,type,email", "a CSV file with a header"),
        ("customer_id;first name;mail;phone", "a CSV file with a header"),
        ('"id"\t"when"\t"what"', "a CSV file with a header"),
        ("[", "a JSON array"),
        ('[{"event_id": "1"},', "a JSON array"),
        ("{", "JSON on many lines"),
        ("\t".join(["angry-birds", "web"] + [""] * 129), "enriched events of Snowplow as tab-separated values"),
        ("hello, my name is Ann, and I live at Main St. 5", None),
        ('{"a": 1}', None),
        ("[" * 100_000, "a JSON array"),
        ('{"a":' * 100_000, None),
        ("", None),
    ],
)
def test_text_that_is_no_line_of_json_is_recognised(text: str, what: str | None) -> None:
    kind = line_kind(text.encode())
    assert (kind.name if kind else None) == what


def a_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.ndjson", line())
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (gzip.compress(line()), "a gzip file"),
        (a_zip(), "a zip archive or a spreadsheet"),
        (line().decode().encode("utf-16"), "text in UTF-16"),
        (line().decode().encode("utf-16-le"), "text in UTF-16"),
        (line().decode().encode("utf-16-be"), "text in UTF-16"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"Obj\x01\x04\x16avro.schema", "an Avro file"),
    ],
)
def test_a_file_that_is_no_text_in_utf_8_is_named_with_what_to_do(data: bytes, what: str) -> None:
    kind = binary_kind(data)
    assert kind is not None
    assert kind.name == what


@pytest.mark.parametrize("data", [line(), b"\xef\xbb\xbf" + line(), b"\n", b"{}", zlib.compress(b"x")])
def test_lines_are_taken_for_no_other_file(data: bytes) -> None:
    assert binary_kind(data) is None
