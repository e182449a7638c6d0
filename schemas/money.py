"""Amounts as sources send them, turned into whole millionths of a currency unit."""

from decimal import Context, Decimal, InvalidOperation
from math import isfinite

from schemas.reasons import Problem, Reason, RejectedError

MAX_MICROS = 10**15
"""A thousand million units: more in one touchpoint is an error of its source, and sums stay inside a long."""

_MAX_UNITS = MAX_MICROS // 10**6
_CONTEXT = Context(prec=60)  # digits enough for any accepted amount, whatever the thread's own context says


def micros(value: float | str | Decimal, field: str) -> int:
    """Turn an amount in currency units into millionths, exactly as it is written in decimal.

    A float stands for the shortest decimal that reads back as the same float: 19.99 is 19,990,000.
    Digits beyond the sixth decimal place are rounded.

    Args:
        value: the amount; a string holds a decimal number with a point.
        field: what the amount is called in the record, for the message of the error.

    Raises:
        RejectedError: ``not_finite`` for NaN and infinities; ``bad_value`` for what is no number, is negative
            or exceeds `MAX_MICROS`.
    """
    if isinstance(value, float):
        if 0 <= value <= _MAX_UNITS:
            # Two roundings of at most 2**-53 each, so under 0.23 off at the limit: the nearest integer is exact.
            return round(value * 1e6)
        if not isfinite(value):
            raise _not_finite(field)
        raise _out_of_range(field)
    amount = _decimal(value, field)
    if not 0 <= amount <= _MAX_UNITS:
        raise _out_of_range(field)
    return _millionths(amount)


def signed_micros(value: str, field: str) -> int:
    """Turn an amount that may be negative into millionths, as `micros` does.

    Raises:
        RejectedError: ``not_finite`` for NaN and infinities; ``bad_value`` for what is no number or is further from
            nought than `MAX_MICROS`.
    """
    amount = _decimal(value, field)
    if abs(amount) > _MAX_UNITS:
        raise _rejected("bad_value", field, "too large for an amount")
    return _millionths(amount)


def _decimal(value: str | Decimal, field: str) -> Decimal:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise _rejected("bad_value", field, "not a decimal number") from None
    if not amount.is_finite():
        raise _not_finite(field)
    return amount


def _millionths(amount: Decimal) -> int:
    return int(amount.scaleb(6, _CONTEXT).to_integral_value())


def _not_finite(field: str) -> RejectedError:
    return _rejected("not_finite", field, "not a finite number")


def _out_of_range(field: str) -> RejectedError:
    return _rejected("bad_value", field, "negative or too large for an amount")


def _rejected(reason: Reason, field: str, what: str) -> RejectedError:
    return RejectedError.of([Problem(reason, f"{field} is {what}", field)])
