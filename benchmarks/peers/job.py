"""The job that every peer does, in pure functions: four steps with no framework in them.

1. :func:`first_message`: a source record becomes a message to the strongest of its identifiers.
2. :func:`step`: an identifier has a card, which holds a profile or points to a stronger identifier, where what comes
   goes on. A link makes the weaker of two ends point to the stronger one and hand over its profile; pointers only ever
   move to stronger identifiers, so that messages come to rest, whatever their order.
3. A profile is a sum: of one touchpoint, or of two profiles (:func:`merged`).
4. Every profile that changes is published; one that was handed over, with the identifier that has it now.

That is the simplest way that is right as long as nothing goes wrong. Compared to Onefold it gives up: people are
whatever is connected, with no limits, so a kiosk makes one customer of all who use it, and nobody can be taken out
again; a touchpoint delivered twice counts twice; what cannot be used is dropped without a word; there are no revisions,
so a subscriber cannot tell old from new where two identifiers became one; identifiers are compared as typed, but for
case and space; no link has evidence; there are no traits, segments, signals or lake.
"""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from schemas.framing import SingleObjectFraming
from schemas.reasons import RejectedError
from schemas.sources import TO_CANONICAL

_RANKS = (
    "customer_id",
    "loyalty_id",
    "crm_id",
    "email",
    "phone",
    "social_handle",
    "device_id",
    "advertising_id",
    "cookie",
)
_BLOCKED = frozenset({"", "null", "none", "anonymous", "000000", "0000000000", "test@test.com"})
_EARLIEST_MS = 631_152_000_000
_LATEST_MS = 2_524_608_000_000
"""1990 and 2050: stamps outside come of clocks never set."""
_RECENT = 10
_RECORDS = SingleObjectFraming()


class Profile(TypedDict):
    """What is known of a customer.

    Attributes:
        touchpoints: how many.
        channels: how many by channel.
        revenue: of orders less returns, in millionths, by currency.
        recent: the newest touchpoints, newest first: time, channel, event id, type.
        consents: by purpose and channel: the newest answer with its time.
    """

    touchpoints: int
    channels: dict[str, int]
    revenue: dict[str, int]
    recent: list[list[Any]]
    consents: dict[str, list[Any]]


class Card(TypedDict):
    """What is kept of an identifier; a new one is :func:`new_card`.

    Attributes:
        parent: the stronger identifier that it points to.
        known: weaker identifiers that it told of itself.
        profile: of the customer, where it points nowhere.
    """

    parent: str | None
    known: list[str]
    profile: Profile | None


class Message(TypedDict):
    """To an identifier: a profile to add, with weaker identifiers seen beside it, or a stronger identifier to join."""

    to: str
    profile: NotRequired[Profile]
    others: NotRequired[list[str]]
    link: NotRequired[str]


Update = dict[str, Any]
"""What is published: the profile with its ``id``; of one handed over, ``id`` and ``merged_into``."""


def first_message(channel: str, value: bytes | None) -> Message | None:
    """Return what follows from a source record, None where it is unusable."""
    try:
        name, record = _RECORDS.decode(value)
        mapping = TO_CANONICAL.get(name)
        touchpoint: Mapping[str, Any] = mapping(record) if mapping else record
    except RejectedError:
        return None
    time = touchpoint["event_time"]
    keys = sorted({key for named in touchpoint["identifiers"] if (key := _key(named["type"], named["value"]))})
    if not keys or not _EARLIEST_MS <= time < _LATEST_MS:
        return None
    order = touchpoint["order"]
    sign = -1 if touchpoint["type"] == "return" else 1
    profile: Profile = {
        "touchpoints": 1,
        "channels": {channel: 1},
        "revenue": {order["currency"]: sign * order["amount_micros"]} if order else {},
        "recent": [[time, channel, touchpoint["event_id"], touchpoint["type"]]],
        "consents": {f"{one['purpose']}/{one['channel']}": [time, one["state"]] for one in touchpoint["consents"]},
    }
    return {"to": keys[0], "profile": profile, "others": keys[1:]}


def _key(identifier_type: str, value: str) -> str | None:
    plain = value.strip().lower()
    return None if plain in _BLOCKED else f"{_RANKS.index(identifier_type)}:{plain}"


def new_card() -> Card:
    """Return the card of an identifier not seen before."""
    return {"parent": None, "known": [], "profile": None}


def step(card: Card, message: Message) -> tuple[list[Message], list[Update]]:
    """Work a message off on the card of the identifier it is to; return what is to be sent and published.

    Args:
        card: is changed.
        message: what came.
    """
    if "link" in message:
        return _join(card, message["to"], message["link"])
    new = [other for other in message.get("others", ()) if other not in card["known"]]
    card["known"] += new
    links: list[Message] = [{"to": other, "link": message["to"]} for other in new]
    if card["parent"] is not None:
        return [*links, {"to": card["parent"], "profile": message["profile"]}], []
    held, added = card["profile"], message["profile"]
    card["profile"] = profile = merged(held, added) if held else added
    return links, [{"id": message["to"], **profile}]


def _join(card: Card, me: str, stronger: str) -> tuple[list[Message], list[Update]]:
    parent, held = card["parent"], card["profile"]
    if parent is None:
        card["parent"], card["profile"] = stronger, None
        if held is None:
            return [], []
        return [{"to": stronger, "profile": held}], [{"id": me, "merged_into": stronger}]
    if parent == stronger:
        return [], []
    card["parent"] = min(parent, stronger)
    return [{"to": max(parent, stronger), "link": min(parent, stronger)}], []


def merged(one: Profile, other: Profile) -> Profile:
    """Return the profile of both together."""
    consents = dict(one["consents"])
    for key, answer in other["consents"].items():
        consents[key] = max(consents.get(key, answer), answer)
    return {
        "touchpoints": one["touchpoints"] + other["touchpoints"],
        "channels": _sums(one["channels"], other["channels"]),
        "revenue": _sums(one["revenue"], other["revenue"]),
        "recent": sorted([*one["recent"], *other["recent"]], reverse=True)[:_RECENT],
        "consents": consents,
    }


def _sums(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    sums = dict(one)
    for key, amount in other.items():
        sums[key] = sums.get(key, 0) + amount
    return sums
