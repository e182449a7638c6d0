"""What a file is that holds no touchpoints: forms that are often tried, and what to do with each. Pure."""

import csv
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple


class Kind(NamedTuple):
    """A form of data that is no canonical touchpoint.

    Attributes:
        name: what it is, with its article.
        advice: what to do, a sentence.
    """

    name: str
    advice: str


Record = Mapping[str, Any]

_LINES: Final = "Publish one JSON object a line"
_UTF_8: Final = f"{_LINES} in UTF-8, for example from 'iconv -f UTF-16 -t UTF-8'."
_BINARY: Final[Mapping[bytes, Kind]] = {
    b"\x1f\x8b": Kind("a gzip file", "Publish what is in it: 'gunzip -c FILE | onefold publish SOURCE -'."),
    b"\x28\xb5\x2f\xfd": Kind("a Zstandard file", "Publish what is in it: 'zstd -dc FILE | onefold publish SOURCE -'."),
    b"BZh": Kind("a bzip2 file", "Publish what is in it: 'bunzip2 -c FILE | onefold publish SOURCE -'."),
    b"\xfd7zXZ": Kind("an xz file", "Publish what is in it: 'xz -dc FILE | onefold publish SOURCE -'."),
    b"PK\x03\x04": Kind("a zip archive or a spreadsheet", f"{_LINES}; unpack or export it first."),
    b"PAR1": Kind("a Parquet file", f"{_LINES}, for example from DuckDB: COPY (SELECT ...) TO 'lines.ndjson'."),
    b"ORC": Kind("an ORC file", f"{_LINES}, for example from Spark: write.json."),
    b"Obj\x01": Kind("an Avro file", f"{_LINES}, or send its records to the topic of the source with a producer."),
    b"\xc3\x01": Kind("an Avro record", "Send Avro to the topic of the source with a producer; here go lines of JSON."),
    b"\xff\xfe": Kind("text in UTF-16", _UTF_8),
    b"\xfe\xff": Kind("text in UTF-16", _UTF_8),
    b"{\x00": Kind("text in UTF-16", _UTF_8),
    b"\x00{": Kind("text in UTF-16", _UTF_8),
}
ARRAY: Final = Kind("a JSON array", f"{_LINES}: 'jq -c \".[]\" FILE | onefold publish SOURCE -'.")
PRETTY: Final = Kind("JSON on many lines", f"{_LINES}: 'jq -c . FILE | onefold publish SOURCE -'.")
_CSV: Final = Kind("a CSV file with a header", f"{_LINES}; each row needs event_id, event_time, type and identifiers.")
_TSV: Final = Kind(
    "enriched events of Snowplow as tab-separated values",
    "Turn them into JSON with a Snowplow Analytics SDK, then map them as docs/touchpoint.md says.",
)
_CUSTOMER_DATA: Final = (
    "Map messageId to event_id, timestamp to event_time, event or the call's type to type (Order Completed to "
    "purchase), and userId, anonymousId and traits.email to identifiers."
)
_SNOWPLOW_FIELDS: Final = 100
_FEWEST_COLUMNS: Final = 3
_LONGEST_HEADER: Final = 20_000
_COLUMN: Final = re.compile(r"[A-Za-z_]\w*(?:[ .()/-]+\w+){0,2}")
_CALLS: Final = frozenset({"track", "identify", "page", "screen", "group", "alias"})


def binary_kind(beginning: bytes) -> Kind | None:
    """Return what a file is by its first bytes, where these cannot be text in UTF-8."""
    return next((kind for mark, kind in _BINARY.items() if beginning.startswith(mark)), None)


def line_kind(line: bytes) -> Kind | None:
    """Return what a line is that is no touchpoint; None where nobody knows."""
    text = line.decode(errors="replace").strip()
    if text.startswith("["):
        return ARRAY
    if text == "{":
        return PRETTY
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return _tabular(line.decode(errors="replace")) if len(line) <= _LONGEST_HEADER else None
    return next((kind for is_one, kind in _RECORDS if is_one(found)), None) if isinstance(found, dict) else None


def _tabular(text: str) -> Kind | None:
    if text.count("\t") >= _SNOWPLOW_FIELDS:
        return _TSV
    for separator in ",;\t|":
        columns = next(csv.reader([text.strip()], delimiter=separator), [])
        if len(columns) >= _FEWEST_COLUMNS and all(_COLUMN.fullmatch(column.strip()) for column in columns):
            return _CSV
    return None


def _has(*names: str) -> Callable[[Record], bool]:
    return lambda found: all(name in found for name in names)


def _is_batch(found: Record) -> bool:
    batch = found.get("batch")
    return isinstance(batch, list) and bool(batch) and isinstance(batch[0], dict) and _is_call(batch[0])


def _is_call(found: Record) -> bool:
    return found.get("type") in _CALLS and not {"messageId", "anonymousId", "userId"}.isdisjoint(found)


def _is_rudder(found: Record) -> bool:
    library = _part(_part(found, "context"), "library").get("name")
    return _is_call(found) and ("rudderId" in found or (isinstance(library, str) and "rudder" in library.casefold()))


def _is_snowplow(found: Record) -> bool:
    return str(found.get("schema", "")).startswith("iglu:com.snowplowanalytics") or (
        "collector_tstamp" in found and not {"domain_userid", "event_fingerprint", "app_id"}.isdisjoint(found)
    )


def _is_mparticle(found: Record) -> bool:
    return "events" in found and not {"mpid", "user_identities", "source_request_id"}.isdisjoint(found)


def _part(found: Record, name: str) -> Record:
    part = found.get(name)
    return part if isinstance(part, dict) else {}


_RECORDS: Final[tuple[tuple[Callable[[Record], bool], Kind], ...]] = (
    (_is_rudder, Kind("a RudderStack event", _CUSTOMER_DATA)),
    (_is_batch, Kind("a Segment batch", f"Take each event out of batch, one a line. {_CUSTOMER_DATA}")),
    (_is_call, Kind("a Segment event", _CUSTOMER_DATA)),
    (
        _is_snowplow,
        Kind(
            "a Snowplow event",
            "Map event_id to event_id, collector_tstamp to event_time, event_name to type, "
            "and user_id and domain_userid to identifiers (customer_id and cookie).",
        ),
    ),
    (
        _is_mparticle,
        Kind(
            "an mParticle batch",
            "Take each of events out, one a line, with user_identities and mpid as "
            "its identifiers; timestamp_unixtime_ms is the event_time.",
        ),
    ),
    (
        _has("event_name", "event_timestamp"),
        Kind(
            "a row of the GA4 export",
            "Map event_timestamp, which is in microseconds, "
            "to event_time (divide it by 1,000), event_name to type, and user_id and user_pseudo_id to identifiers "
            "(customer_id and cookie); a row has no id of its own, so make an event_id that stays the same.",
        ),
    ),
    (
        _has("event_name", "user_pseudo_id"),
        Kind(
            "a row of the GA4 export",
            "Map event_name to type, user_pseudo_id to an identifier of type cookie, and add event_id and event_time.",
        ),
    ),
    (
        _has("client_id", "events"),
        Kind(
            "a request of GA4's Measurement Protocol",
            "Take each of events out, one a line: "
            "name is the type, client_id an identifier of type cookie, timestamp_micros / 1,000 the event_time.",
        ),
    ),
    (
        _has("specversion", "source"),
        Kind(
            "a CloudEvent",
            "Map id to event_id, time to event_time and type to type, and take the identifiers out of data.",
        ),
    ),
    (
        _has("op", "after"),
        Kind("a Debezium change", "Publish what the change means: map after to a touchpoint."),
    ),
    (_has("schema", "payload"), Kind("a record of Kafka Connect", "Publish the payload, mapped to a touchpoint.")),
    (
        lambda found: "event" in found and "distinct_id" in _part(found, "properties"),
        Kind(
            "a Mixpanel or PostHog event",
            "Map event to type, properties.time to event_time, $insert_id to event_id, distinct_id to an identifier.",
        ),
    ),
    (
        _has("event_type", "user_properties"),
        Kind(
            "an Amplitude event",
            "Map insert_id to event_id, time to event_time, "
            "event_type to type, and user_id and device_id to identifiers.",
        ),
    ),
)
