"""Moments on the command line."""

from contextlib import suppress
from datetime import UTC, datetime

from streams.errors import InputError


def moment(text: str) -> datetime:
    """Return a moment in UTC without a zone, from ISO 8601; UTC where the text names no zone.

    Raises:
        InputError: it is none.
    """
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(text.strip())
        return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)
    raise InputError(
        f"expected a time like 2026-03-01 or 2026-03-01T12:00:00, UTC unless it names a zone; got {text!r}"
    )
