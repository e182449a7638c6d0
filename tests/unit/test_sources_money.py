"""Amounts become whole millionths, exactly, or the record is rejected."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.money import MAX_MICROS, micros
from schemas.reasons import RejectedError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (19.99, 19_990_000),
        ("19.99", 19_990_000),
        (" 7 ", 7_000_000),
        (Decimal("0.000001"), 1),
        ("-0", 0),
        (-0.0, 0),
        ("1e3", 1_000_000_000),
        ("1e-999999", 0),
        (1e9, MAX_MICROS),
    ],
)
def test_amounts_are_exact(value: float | str | Decimal, expected: int) -> None:
    assert micros(value, "total") == expected


@given(st.integers(0, MAX_MICROS))
def test_a_float_and_a_string_of_the_same_decimal_agree(amount: int) -> None:
    decimal = Decimal(amount) / 10**6
    assert micros(float(decimal), "total") == micros(str(decimal), "total") == amount


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), "NaN", "sNaN", "-Infinity"])
def test_what_is_not_finite_is_rejected_as_such(value: float | str) -> None:
    with pytest.raises(RejectedError) as caught:
        micros(value, "transaction.total")
    assert caught.value.reason == "not_finite"
    assert caught.value.detail == "transaction.total is not a finite number"


@pytest.mark.parametrize(
    "value", ["", "12,50", "ten", "1_0 EUR", "-0.01", -5.0, "1e999999", 1.1e9, "1000000000.000001"]
)
def test_what_is_no_amount_is_a_bad_value(value: float | str) -> None:
    with pytest.raises(RejectedError) as caught:
        micros(value, "total")
    assert caught.value.reason == "bad_value"


def test_the_error_does_not_tell_the_value() -> None:
    with pytest.raises(RejectedError) as caught:
        micros("secret-7731", "total")
    assert "7731" not in str(caught.value)
