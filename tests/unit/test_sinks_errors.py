"""What the engine says, as a sentence for people."""

import duckdb
import pytest

from sinks.errors import sentence


def said(sql: str) -> str:
    """Return the sentence of a statement that fails."""
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as raised:
        connection.execute(sql)
    return sentence(raised.value)


@pytest.mark.parametrize(
    "call",
    [
        "is_permitted('a', 'b', 'c')",
        "permits('a', 'b')",
        "has_consent('a')",
        "consent('a', 'b', 'c')",
        "isAllowed('a')",
        "main.opted_in('a')",
        "consent_on('a') OVER ()",
    ],
)
def test_who_asks_for_a_function_of_consent_hears_which_one_there_is(call: str) -> None:
    told = said(f"SELECT {call}")
    assert told.endswith("; consent_at(customer_id, purpose, channel, time) says what is permitted.")
    assert "did you mean" not in told.lower()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT cout(1)", "There is no function cout; did you mean count?"),
        ("SELECT date_dif('day', now(), now())", "There is no function date_dif; did you mean date_diff?"),
        ("SELECT lifetime_value('a')", "There is no function lifetime_value."),
        ("SELECT segment('a')", "There is no function segment."),
        ("SELECT * FROM journeys_of(1)", "There is no function journeys_of."),
    ],
)
def test_of_an_unknown_function_only_what_it_resembles_is_named(sql: str, expected: str) -> None:
    assert said(sql) == expected


def test_hints_to_tables_and_arguments_stay() -> None:
    assert 'Did you mean "profiles"' in said("CREATE TEMP TABLE profiles AS SELECT 1; FROM profile")
    assert "consent_at(a, b)" in said("CREATE MACRO consent_at(a, b) AS 1; SELECT consent_at(1)")
