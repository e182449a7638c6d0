"""Birth dates of strangers who look like somebody."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from datetime import date, timedelta
from random import Random

from infra.world.dates import digits_swapped, month_and_day_swapped

_NEAR_DAYS = (2, -3, 9, 10, -10, 30, 31, 365)


def near_birth_date(born: date, random: Random) -> date:
    """A birth date close to another one.

    A day apart in a third of the cases, as often with month and day or two digits swapped, else some days, a month or
    a year apart; the same day in one of ten.
    """
    chance = random.random
    roll = chance()
    if roll < 0.1:
        return born
    if roll < 0.43:
        return born + timedelta(days=1 if chance() < 0.5 else -1)
    if roll < 0.76:
        return month_and_day_swapped(born) or digits_swapped(born, chance())
    return born + timedelta(days=_NEAR_DAYS[int(chance() * len(_NEAR_DAYS))])
