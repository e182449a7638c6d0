"""Lines of a file become values, or reasons."""

import io
import json
from typing import Any

import pytest

from schemas.contracts import TOUCHPOINT
from schemas.framing import SingleObjectFraming
from schemas.reasons import RejectedError
from streams import publish
from streams.errors import InputError
from streams.publish import Line, check_source, encoded_lines

FRAMES = SingleObjectFraming()


def line(**changes: Any) -> bytes:  # noqa: ANN401  # any JSON
    touchpoint = {
        "event_id": "e-1",
        "event_time": "2026-03-01T12:00:00Z",
        "type": "login",
        "identifiers": [{"type": "email", "value": "ann@example.com"}],
    }
    return json.dumps(touchpoint | changes).encode() + b"\n"


def outcomes(data: bytes) -> list[Line]:
    return list(encoded_lines(io.BytesIO(data), FRAMES))


def refusals(data: bytes) -> list[tuple[int, str]]:
    return [(found.number, str(found.outcome)) for found in outcomes(data) if isinstance(found.outcome, RejectedError)]


def test_a_line_becomes_a_framed_touchpoint() -> None:
    (found,) = outcomes(line())
    assert isinstance(found.outcome, bytes)
    name, record = FRAMES.decode(found.outcome)
    assert name == TOUCHPOINT
    assert record["event_id"] == "e-1"
    assert record["event_time"] == 1_772_366_400_000


def test_bad_lines_are_told_by_number_and_their_neighbours_go_on() -> None:
    data = line() + line(event_id=None) + b"{\n" + line(order={"order_id": 1, "amount": -1, "currency": "EUR"}) + line()
    assert [isinstance(found.outcome, bytes) for found in outcomes(data)] == [True, False, False, False, True]
    told = refusals(data)
    assert [number for number, _ in told] == [2, 3, 4]
    assert told[0][1].startswith("bad_value: event_id:")
    assert told[1][1].startswith("undecodable:")
    assert told[2][1].startswith("bad_value: order.amount:")


@pytest.mark.parametrize(
    "secret",
    [
        line(event_time="ann@example.com"),
        line(identifiers="ann@example.com"),
        line(interaction={"duration_seconds": "ann@example.com"}),
        line(consents=[{"purpose": "x", "state": "ann@example.com"}]),
        b"ann@example.com\n",
        b'"ann@example.com"\n',
    ],
)
def test_a_refusal_never_shows_a_value(secret: bytes) -> None:
    ((_, told),) = refusals(secret)
    assert "ann" not in told


def test_empty_lines_are_skipped_and_counted() -> None:
    found = outcomes(b"\n  \r\n" + line() + b"\n")
    assert [entry.number for entry in found if entry.outcome is not None] == [3]


def test_the_sizes_add_up_to_the_file() -> None:
    data = line() + b"\n{\n" + line().rstrip(b"\n")
    assert sum(found.size for found in outcomes(data)) == len(data)


def test_a_byte_order_mark_and_a_missing_last_newline_do_no_harm() -> None:
    assert refusals(b"\xef\xbb\xbf" + line().rstrip(b"\n")) == []


def test_a_number_too_large_for_the_contract_is_refused() -> None:
    assert refusals(line(event_time=10**30)) == [(1, "bad_value: event_time: expected ISO 8601 text or milliseconds")]


@pytest.mark.parametrize("data", [b"\xff\xfe{}\n", b"[" * 100_000 + b"\n"])
def test_bytes_that_are_no_json_are_refused(data: bytes) -> None:
    ((_, told),) = refusals(data)
    assert told.startswith("undecodable:")


def test_a_record_that_ingest_would_refuse_for_its_size_is_refused() -> None:
    ((number, told),) = refusals(line(traits={str(place): "x" * 9_000 for place in range(150)}))
    assert (number, told.split(":")[0]) == (1, "too_large")


def test_an_endless_line_is_refused_without_being_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "MAX_LINE_BYTES", 1_000)
    data = b"x" * 5_000 + b"\n" + line() + b"y" * 3_000
    assert [(number, told.split(":")[0]) for number, told in refusals(data)] == [(1, "too_large"), (3, "too_large")]
    assert sum(found.size for found in outcomes(data)) == len(data)


def test_an_unknown_source_is_named_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="no source 'fax'; the sources are web, mobile"):
        check_source("fax")
