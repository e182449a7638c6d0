"""Whether consent permits: of a customer's statements, which one decides. Pure and free of order.

The newest statement on the channel or on every channel (``*``) decides, of the same moment the one that denies. Only
``granted`` permits: where nothing was said, or no purpose was named, the answer is no.
"""

from collections.abc import Iterable
from typing import NamedTuple

ANY_CHANNEL = "*"
LEFT_OUT = "\x00"
"""In place of purpose: statements were left out, so nothing is permitted."""


class Statement(NamedTuple):
    """What a person said on a purpose and a channel; ``time`` is the event time in milliseconds since 1970 UTC."""

    purpose: str
    channel: str
    state: str
    time: int
    event_id: str
    source: str
    text_version: str | None


def is_permitted(statements: Iterable[Statement], purpose: str, channel: str) -> bool:
    """Whether a customer's statements permit a purpose on a channel; ``*`` asks for every channel."""
    bearing = [
        (said.time, said.state != "granted")
        for said in statements
        if said.purpose == LEFT_OUT or (said.purpose == purpose and said.channel in {channel, ANY_CHANNEL})
    ]
    if not purpose or not bearing:
        return False
    _, denies = max(bearing)
    return not denies


def consent_at(statements: Iterable[Statement], purpose: str, channel: str, time_ms: int) -> bool:
    """Whether what a customer had said up to a moment, itself included, permits a purpose on a channel."""
    return is_permitted((said for said in statements if said.time <= time_ms), purpose, channel)
