"""Moments on the command line."""

import pytest

from streams.commands.moments import moment


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-07-01", "2026-07-01 00:00:00"),
        ("2026-07-01T12:30:00", "2026-07-01 12:30:00"),
        ("2026-07-01T12:30:00Z", "2026-07-01 12:30:00"),
        ("2026-07-01T12:30:00+02:00", "2026-07-01 10:30:00"),
    ],
)
def test_a_moment_is_utc_unless_it_names_a_zone(text: str, meant: str) -> None:
    assert str(moment(text)) == meant
