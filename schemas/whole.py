"""Whole numbers as they come out of spreadsheets and data frames."""

import re

_WHOLE = re.compile(r"([+-]?\d+)\.0+", re.ASCII)


def whole(value: str) -> str:
    """Return a whole number without the ``.0`` that spreadsheets and data frames add; other text as it is."""
    found = _WHOLE.fullmatch(value)
    return found[1] if found else value
