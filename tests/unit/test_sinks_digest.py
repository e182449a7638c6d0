"""What of a person counts for the digest."""

from typing import Any

import duckdb
import pytest

from sinks import rows
from sinks.digest import PERSON_SQL
from sinks.testing import a_profile, an_identifier

IDENTIFIERS = [an_identifier("email", "ann@example.com"), an_identifier("cookie", "c-1")]


def _text(**changes: object) -> str:
    profile: Any = {**a_profile("ann", identifiers=IDENTIFIERS), **changes}
    with duckdb.connect() as connection:
        connection.register("profiles", rows.profiles([profile]))
        (row,) = connection.execute(f"SELECT {PERSON_SQL} FROM profiles").fetchall()  # noqa: S608 - a constant
    return str(row[0])


@pytest.mark.parametrize(
    "changes",
    [
        {"revision": 9},
        {"updated_at": 9},
        {"policy_version": "9"},
        {"identifiers": IDENTIFIERS[::-1]},
    ],
)
def test_how_it_came_to_be_does_not_count(changes: dict[str, Any]) -> None:
    assert _text(**changes) == _text()


def test_the_key_of_node_ids_does_not_count() -> None:
    """Another secret gives other node ids and so another customer id, but the same person."""
    renamed = [identifier | {"node_id": f"{place:032x}"} for place, identifier in enumerate(IDENTIFIERS)]
    assert _text(identifiers=renamed, customer_id=f"{0:032x}") == _text()


@pytest.mark.parametrize(
    "changes",
    [
        {"known": False},
        {"identifiers": IDENTIFIERS[:1]},
        {"customer_id": IDENTIFIERS[1]["node_id"]},
        {"traits": []},
        {"preferred_language": "en"},
        {"touches": 2},
        {"touches_by_channel": {"store": 1}},
        {"touches_by_type": {"return": 1}},
        {"first_touch": None},
        {"orders": 2},
        {"returns": 1},
        {"revenue_micros": {"EUR": 12_500_001}},
    ],
)
def test_everything_known_of_a_person_counts(changes: dict[str, Any]) -> None:
    assert _text(**changes) != _text()
