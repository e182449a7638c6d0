"""The fragment: what the touchpoints of one identifier add up to, as it is kept. :mod:`profiles.folding` makes it."""

from typing import Any, NamedTuple

import msgspec


class TouchMark(NamedTuple):
    """A touchpoint in short; compares by time, then event, then channel."""

    time: int
    event_id: str
    channel: str
    type: str


class TraitValue(NamedTuple):
    """A told value and where it comes from."""

    value: str
    time: int
    event_id: str
    source: str


class ConsentValue(NamedTuple):
    """A consent, when it counts as said, and where it comes from."""

    state: str
    time: int
    event_id: str
    source: str
    text_version: str | None


class Grant(NamedTuple):
    """A grant; compares by its event, the newest by its own clock being the greatest.

    Attributes:
        event_time: by the clock of its source.
        event_id: of the touchpoint.
        source: of the touchpoint.
        text_version: of the wording; empty: not told.
        time: when it counts as said, the least of its deliveries.
    """

    event_time: int
    event_id: str
    source: str
    text_version: str
    time: int

    @property
    def given(self) -> ConsentValue:
        """The consent that it is."""
        return ConsentValue("granted", self.time, self.event_id, self.source, self.text_version or None)


class OrderMark(NamedTuple):
    """An order as it was told last; compares by time, then event, then channel. Amounts are in millionths."""

    time: int
    event_id: str
    channel: str
    is_return: bool
    currency: str
    amount: int
    margin: int | None


class OfferTally(NamedTuple):
    """How often an offer was at a stage (made, seen ...), and the last time."""

    times: int
    time: int
    event_id: str
    channel: str


class Told(NamedTuple):
    """A text by its newest touchpoint; compares by time, then event, then source."""

    time: int
    event_id: str
    source: str
    value: str


class Mark(NamedTuple):
    """A touchpoint that a declaration asks for; compares by time, then event, then channel.

    ``about`` is what it tells of its reason: that of an interaction, an error, a query; empty where it tells none.
    """

    time: int
    event_id: str
    channel: str
    type: str
    about: str


class Fragment(msgspec.Struct, array_like=True):
    """What one or more identifiers' touchpoints add up to.

    Attributes:
        by_channel: number of touchpoints by channel.
        by_type: number of touchpoints by type.
        first: the earliest touchpoint.
        recent: the newest touchpoints, newest first, as many as the policy keeps.
        orders: the newest orders and returns, by a hash of which it is and of its number; one told again is the same.
        traits: the surviving value by name of told traits.
        frequencies: of told traits whose most frequent value survives, by name and value: how often, and the newest.
        stated: of states written before grants were kept by themselves; empty once they are read.
        denials: the newest denial by purpose and channel, as its last delivery tells it; of the same moment the one
            that denies more.
        grants: by purpose and channel the newest by event time, newest first; more than one where a delivery may yet
            tell that a newer one was received long before its event time.
        computed: the state of each computed trait, see :mod:`profiles.folds`.
        points: of engagement, by day since 1970 UTC.
        offers: by offer and stage.
        quality: what contact addresses are found to be, by node id in hexadecimal.
        tags: whether each tag is on (``added``) or was taken off (``removed``).
        marks: the newest touchpoints that each declaration asks for, oldest first, by its kind and name.
        consents_left_out: consents were told on more purposes and channels than are kept.
    """

    by_channel: dict[str, int] = {}
    by_type: dict[str, int] = {}
    first: TouchMark | None = None
    recent: list[TouchMark] = []
    orders: dict[bytes, OrderMark] = {}
    traits: dict[str, TraitValue] = {}
    frequencies: dict[str, dict[str, tuple[int, TraitValue]]] = {}
    stated: dict[tuple[str, str], ConsentValue] = {}
    computed: dict[str, Any] = {}
    points: dict[int, int] = {}
    offers: dict[str, dict[str, OfferTally]] = {}
    quality: dict[str, Told] = {}
    tags: dict[str, Told] = {}
    marks: dict[str, list[Mark]] = {}
    denials: dict[tuple[str, str], ConsentValue] = {}
    consents_left_out: bool = False
    grants: dict[tuple[str, str], list[Grant]] = {}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Fragment)


def encode(fragment: Fragment) -> bytes:
    """Return the stored form of a fragment."""
    return _encoder.encode(fragment)


def decode(data: bytes) -> Fragment:
    """Return a fragment from its stored form; empty bytes are the empty fragment."""
    fragment = _decoder.decode(data) if data else Fragment()
    for name, said in fragment.stated.items():
        if said.state == "granted":
            grant = Grant(said.time, said.event_id, said.source, said.text_version or "", said.time)
            fragment.grants[name] = [grant]
        else:
            fragment.denials[name] = said
    fragment.stated = {}
    return fragment
