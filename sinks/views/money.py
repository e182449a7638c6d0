"""Amounts in the base currency, by the rates that the policy declares."""

from decimal import Decimal

from profiles.policy import ProfilePolicy
from sinks.engine import quoted


def in_base(policy: ProfilePolicy, amount: str, currency: str) -> str:
    """Return an SQL expression: an amount in the base currency, exact to a millionth; NULL where there is no rate.

    A rate of ten million or more is none.

    Args:
        policy: the rates.
        amount: SQL expression of a DECIMAL(19, 6).
        currency: SQL expression of its currency.
    """
    rates = {**policy.currency_rates, policy.base_currency: 1.0}
    cases = " ".join(
        f"WHEN {quoted(code)} THEN {quoted(f'{Decimal(str(rate)):f}')}" for code, rate in sorted(rates.items())
    )
    rate = f"TRY_CAST(CASE {currency} {cases} END AS DECIMAL(19, 12))"
    return f"({amount} * {rate})::DECIMAL(28, 6)"
