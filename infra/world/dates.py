"""Birth dates as they are mistaken: month and day swapped, digits in the wrong order, a day off."""

from datetime import date, timedelta

_FIRST_YEAR, _LAST_YEAR = 1900, 2010
_NEIGHBOURS = (2, 4, 6)
"""Places in YYYYMMDD whose digit and the next one are confused: in the year, in the month, in the day."""


def month_and_day_swapped(born: date) -> date | None:
    """The date that is meant where the day is written first and read second; None where it is no other date."""
    try:
        swapped = born.replace(month=born.day, day=born.month)
    except ValueError:
        return None
    return swapped if swapped != born else None


def digits_swapped(born: date, roll: float) -> date:
    """Another date, with two digits in the wrong order; the day after where no such date is plausible.

    Args:
        born: the right date.
        roll: from 0 to 1, chooses among the dates there are.
    """
    text = f"{born:%Y%m%d}"
    swapped = (text[:place] + text[place + 1] + text[place] + text[place + 2 :] for place in _NEIGHBOURS)
    found = [other for other in map(_date, swapped) if other is not None and other != born]
    return found[int(roll * len(found))] if found else born + timedelta(days=1)


def _date(text: str) -> date | None:
    try:
        found = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None
