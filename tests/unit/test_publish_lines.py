"""Lines of a file become values, or reasons."""

import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.policy_file import default_policy
from profiles.policy_file import default_profile_policy
from schemas.contracts import TOUCHPOINT
from schemas.framing import SingleObjectFraming
from schemas.reasons import RejectedError
from streams import lines
from streams.acceptance import acceptance
from streams.errors import InputError
from streams.ingest import Ingest
from streams.lines import Line, LineReader
from streams.publish import check_source
from streams.records import SourceRecord, Told
from streams.topics import Topics

FRAMES = SingleObjectFraming()
COOKIE = {"type": "cookie", "value": "c-1"}
NOW = 1_772_400_000_000
RULES = acceptance(default_policy(), default_profile_policy(), bytes(32))
READER = LineReader(FRAMES, "web", RULES, lambda: NOW)


def line(**changes: Any) -> bytes:  # noqa: ANN401  # any JSON
    touchpoint = {
        "event_id": "e-1",
        "event_time": "2026-03-01T12:00:00Z",
        "type": "login",
        "identifiers": [{"type": "email", "value": "ann@example.com"}],
    }
    return json.dumps(touchpoint | changes).encode() + b"\n"


def outcomes(data: bytes) -> list[Line]:
    return list(READER.read(io.BytesIO(data)))


def refusals(data: bytes) -> list[tuple[int, str]]:
    return [(found.number, str(found.outcome)) for found in outcomes(data) if isinstance(found.outcome, RejectedError)]


def test_a_line_becomes_a_framed_touchpoint() -> None:
    (found,) = outcomes(line())
    assert isinstance(found.outcome, bytes)
    name, record = FRAMES.decode(found.outcome)
    assert name == TOUCHPOINT
    assert record["event_id"] == "e-1"
    assert record["event_time"] == 1_772_366_400_000


def test_a_line_with_a_name_twice_is_refused() -> None:
    twice = line().replace(b"{", b'{"event_id": "e-0", ', 1)
    told = "bad_value: the line: expected each name once in an object, got event_id several times"
    assert refusals(line() + twice) == [(2, told)]


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
    assert refusals(line(event_time=10**30)) == [
        (1, "bad_value: event_time: expected ISO 8601 text or milliseconds, got a number")
    ]


@pytest.mark.parametrize("data", [b"{\xff}\n", b"[" * 100_000 + b"\n"])
def test_bytes_that_are_no_json_are_refused(data: bytes) -> None:
    ((_, told),) = refusals(data)
    assert told.startswith("undecodable:")


def test_a_record_that_ingest_would_refuse_for_its_size_is_refused() -> None:
    ((number, told),) = refusals(line(traits={str(place): "x" * 9_000 for place in range(150)}))
    assert (number, told.split(":")[0]) == (1, "too_large")


def test_an_endless_line_is_refused_without_being_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1_000)
    data = b"x" * 5_000 + b"\n" + line() + b"y" * 3_000
    assert [(number, told.split(":")[0]) for number, told in refusals(data)] == [(1, "too_large"), (3, "too_large")]
    assert sum(found.size for found in outcomes(data)) == len(data)


def test_an_unknown_source_is_named_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="no source 'fax'; the sources are web, mobile"):
        check_source("fax")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"identifiers": []}, "no_usable_identifier"),
        ({"identifiers": None}, "no_usable_identifier"),
        ({"identifiers": [{"type": "email", "value": " "}]}, "no_usable_identifier"),
        ({"identifiers": [{"type": "cookie", "value": f"c{number}"} for number in range(51)]}, "too_large"),
        ({"event_time": 1_772_366_400}, "time_too_old"),
        ({"event_time": "2030-01-01"}, "time_in_future"),
        ({"event_id": "x" * 1_001}, "too_large"),
        ({"traits": {"city": "x" * 10_001}}, "too_large"),
        ({"consents": [{"purpose": "x" * 1_001, "state": "granted"}]}, "too_large"),
        ({"consents": [{"purpose": "x", "state": "granted"}] * 90_000}, "too_large"),
        ({"identifiers": [{"type": "cookie", "value": "c"}], "properties": {"measurement": "denied"}}, "not_measured"),
    ],
)
def test_what_ingest_would_refuse_is_refused_before_it_is_published(changes: dict[str, Any], reason: str) -> None:
    ((_, told),) = refusals(line(**changes))
    assert told.startswith(f"{reason}:")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "event_id": st.text(max_size=1_100),
            "event_time": st.integers(-(2**64), 2**64),
            "type": st.text(max_size=20),
            "identifiers": st.lists(
                st.fixed_dictionaries(
                    {"type": st.sampled_from(["email", "Cookie", "x"]), "value": st.none() | st.text(max_size=9)}
                ),
                max_size=60,
            ),
            "properties": st.dictionaries(st.text(max_size=3), st.text(max_size=3) | st.none()),
            "order": st.fixed_dictionaries(
                {"order_id": st.text(max_size=3), "amount": st.floats(allow_nan=False), "currency": st.just("EUR")}
            ),
        },
    )
)
def test_what_is_published_becomes_no_dead_letter(changes: dict[str, Any]) -> None:
    (found,) = outcomes(line(**changes))
    if isinstance(found.outcome, bytes):
        topics = Topics("", "")
        record = SourceRecord(topics.source("web"), 0, 0, NOW, None, found.outcome)
        output = Ingest(topics, FRAMES, RULES).output(record)
        assert output.topic == topics.touchpoints
        assert output.told == found.told


def test_a_line_tells_every_problem_with_its_field() -> None:
    ((_, told),) = refusals(line(event_time=5, type=7, identifiers=[], order={"order_id": 1, "amount": -1}))
    assert told.count("order.") == 2
    for expected in ("type: expected text, got a number", "time_too_old: event_time:", "no_usable_identifier:"):
        assert expected in told


def test_what_counts_for_less_is_told_with_a_line_that_is_published() -> None:
    order = {"order_id": "1", "amount": 5, "currency": "EUR"}
    (found,) = outcomes(
        line(type="order_completed", order=order, identifiers=[COOKIE, {"type": "email", "value": None}])
    )
    assert isinstance(found.outcome, bytes)
    assert found.told == Told((("email", "blank"),), "order_completed", has_order=True)


@pytest.mark.parametrize("purpose", ["", " ", "*", "All", "?"])
def test_a_grant_without_a_purpose_is_told_and_published(purpose: str) -> None:
    said = [{"purpose": purpose, "channel": "email", "state": state} for state in ("granted", "denied")]
    (found,) = outcomes(line(consents=[*said, {"purpose": "marketing", "channel": "*", "state": "granted"}]))
    assert isinstance(found.outcome, bytes)
    assert found.told == Told((), None, has_order=False, empty_grants=1)


def test_a_file_that_is_no_text_is_refused_whole() -> None:
    with pytest.raises(InputError, match="looks like a gzip file, and nothing of it was published"):
        outcomes(gzip.compress(line()))
