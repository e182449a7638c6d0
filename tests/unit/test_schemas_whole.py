"""One rule of what is a whole number, for JSON and for identifiers."""

import pytest

from identity.normalise import normalise_text
from schemas.canonical_json import read_touchpoint
from schemas.whole import whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12345.0", "12345"),
        ("-7.000", "-7"),
        ("0.0", "0"),
        ("1.50", "1.50"),
        ("1e3", "1e3"),
        ("1.0e3", "1.0e3"),
        ("12345.", "12345."),
        ("a.0", "a.0"),
        ("1.2.0", "1.2.0"),
    ],
)
def test_a_whole_number_loses_the_point_and_noughts_that_programs_add(text: str, expected: str) -> None:
    assert whole(text) == expected
    assert normalise_text(text) == expected


@pytest.mark.parametrize("number", ["12345.0", "-7.000", "0.0", "1.50", "1e3", "1.0e3"])
def test_a_number_in_json_is_read_by_the_same_rule(number: str) -> None:
    line = (
        f'{{"event_id": {number}, "event_time": 1772366400000, "type": "login", '
        '"identifiers": [{"type": "email", "value": "ann@example.org"}]}'
    )
    found = read_touchpoint(line.encode()).touchpoint
    assert found is not None
    assert found["event_id"] == whole(number)
