"""What is kept of the identity graph: nodes, gatherings and the messages between them.

All of it merges without an order: counts of a node's own touchpoints only grow, times of first sight only fall,
flags only rise. So a report that arrives twice, late or from work that was lost in a crash can do no harm.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Literal, NamedTuple

import msgspec

from identity.nodes import NodeId

NOBODY = NodeId(b"")
"""In place of a node where there is none."""

NEVER_SEEN = 2**62
"""First sight of a node that no touchpoint was seen with yet; nobody is such a node."""


MOST_OTHERS = 8
"""Compared identifiers and names kept of a node: more than a person has, few enough to be carried along."""


class Moment(NamedTuple):
    """When something was seen: event time in milliseconds and the event, which breaks ties."""

    time: int
    event: str


class Evidence(NamedTuple):
    """How often an anchor was seen together with another node.

    Attributes:
        touches: number of touchpoints with both.
        first: the earliest of them.
        last: the latest of them.
        sources: how many of them came from each source.
        far_shared: the other node is shared, so this joins nobody.
    """

    touches: int
    first: Moment
    last: Moment
    sources: dict[str, int]
    far_shared: bool = False


class RulingKind(IntEnum):
    """What a steward decided on two nodes; at the same moment the higher one holds, so caution wins."""

    WITHDRAWN = 0
    RELEASE = 1
    TOGETHER = 2
    APART = 3

    @property
    def joins(self) -> bool:
        """Whether the two are one person by it."""
        return self in {RulingKind.RELEASE, RulingKind.TOGETHER}


class Ruling(NamedTuple):
    """A steward's decision on a node and another one; the newest holds.

    Attributes:
        made_at: when, in milliseconds since 1970 UTC.
        kind: what.
    """

    made_at: int
    kind: RulingKind


class Block(NamedTuple):
    """A steward's decision that a node names nobody, or that it does after all; the newest holds."""

    made_at: int
    blocked: bool


NO_BLOCK = Block(0, blocked=False)


MOST_DENIALS = 100
"""Purposes and channels kept of the denials that a node was told of."""


class Denial(NamedTuple):
    """What was denied, withdrawn or left unknown on a purpose and channel; the greater one holds.

    Attributes:
        time: when it counts as said.
        caution: how much its state denies; greater is more.
        event_id: of the touchpoint.
        source: of the touchpoint.
        text_version: of the wording; empty: not told.
        state: what was said.
    """

    time: int
    caution: int
    event_id: str
    source: str
    text_version: str
    state: str


class Denials(NamedTuple):
    """The newest denial by purpose and channel, of touchpoints that other nodes anchor; merges without an order.

    Attributes:
        said: the first :data:`MOST_DENIALS` by name.
        left_out: there were more.
    """

    said: dict[tuple[str, str], Denial]
    left_out: bool = False

    def with_more(self, more: "Denials") -> "Denials":
        """Return these and others."""
        if not more.said and not more.left_out:
            return self
        said = dict(self.said)
        for name, denial in more.said.items():
            said[name] = max(said.get(name, denial), denial)
        kept = {name: said[name] for name in sorted(said)[:MOST_DENIALS]}
        return Denials(kept, self.left_out or more.left_out or len(said) > MOST_DENIALS)


NO_DENIALS = Denials({})


class Card(msgspec.Struct, array_like=True):
    """What resolution needs to know of a node.

    Attributes:
        type: identifier type; empty until the node's own record arrives.
        value: normalised value.
        touches: touchpoints folded into the node's fragment.
        first_seen: event time of the first touchpoint with it, own or another anchor's, in milliseconds.
        shared: seen with more others than its type allows; terminal.
        links: evidence by the other node; empty once shared.
        neighbours: anchors that hold evidence of this node, and whether each is shared; empty once shared.
        rulings: a steward's decisions by the other node; both nodes hold them.
        block: whether a steward decided that the node names nobody.
        alone: its owner had no room for it, so it gathers by itself, shared; terminal.
        record: what matching compares of the node, encoded; empty where it takes no part.
        alike: the nodes whose records are like this one's, and how much, in hundredths of a bit of log odds.
        matched: grows with every change of ``record`` and ``alike``.
        denials: of consent, from touchpoints that name this node beside their anchor.
        restated: how often another delivery of a touchpoint changed the node's fragment, which with ``touches`` tells
            the fragment's version.
        crowds: how many times it was told of each other node that what gathers with that one is full, by turns that it
            is and that it is no more; see :mod:`identity.crowds`. Only ever replaced as a whole.
    """

    type: str
    value: str
    touches: int
    first_seen: int
    shared: bool
    links: dict[NodeId, Evidence]
    neighbours: dict[NodeId, bool]
    rulings: dict[NodeId, Ruling] = {}
    block: Block = NO_BLOCK
    alone: bool = False
    record: bytes = b""
    alike: dict[NodeId, int] = {}
    matched: int = 0
    denials: Denials = NO_DENIALS
    restated: int = 0
    crowds: dict[NodeId, int] = {}


class Claim(NamedTuple):
    """Which nodes one partition's blocks find alike to a node; the newest holds."""

    version: int
    alike: dict[NodeId, int]


class Node(msgspec.Struct, array_like=True):
    """The state of one identifier, kept in the partition of its id.

    Attributes:
        card: what others may know of it.
        owner: where it reports to; only ever moves to a better rank.
        fragment: the encoded fold of its own touchpoints; this room does not look inside.
        others: compared identifiers on its touchpoints, type and value, in order; the first :data:`MOST_OTHERS`.
        claims: by partition of the blocks.
        persons: given name and birth date of each whom its touchpoints name, in order; the first :data:`MOST_OTHERS`;
            kept of identifiers that several people may give as theirs.
    """

    card: Card
    owner: NodeId
    fragment: bytes
    others: list[tuple[str, str]] = []
    claims: dict[int, Claim] = {}
    persons: list[tuple[str, str]] = []


class Standing(NamedTuple):
    """What was last told to hold of a customer for the time being; this room does not look inside.

    Attributes:
        holds: since when each of it, in milliseconds since 1970 UTC; 0: in doubt, so that it must be told again.
        due: when time alone may change it; 0: never.
    """

    holds: dict[str, int]
    due: int


class Member(msgspec.Struct, array_like=True):
    """A node as its owner keeps it.

    Attributes:
        card: the newest known.
        named: a customer was published under this node's id at some time.
        customer: the customer this node was last published under; None before the first time, empty where past owners
            published different ones.
        verdicts: what was last published of each of its links, as :mod:`identity.told` numbers it; in doubt where past
            owners published it too, so that it must be told again.
        standing: of the customer under this node's id; None where nothing was told.
        signals: numbers of what was told of the node's own touchpoints.
        crowded: how many times each other node was told that what gathers with this one is full, by turns that it is
            and that it is no more; only ever replaced as a whole.
    """

    card: Card
    named: bool = False
    customer: NodeId | None = None
    verdicts: dict[NodeId, int] = {}
    standing: Standing | None = None
    signals: list[int] = []
    crowded: dict[NodeId, int] = {}


class Gathering(msgspec.Struct, array_like=True):
    """All nodes that joined at one owner, linked directly or not.

    Attributes:
        members: by node id.
        revision: of the newest publication; grows past every revision that any of its customers ever had.
        incarnation: of the store that made that publication.
        published: what was last published of each customer, as a short signature, by customer id.
        due: when time alone may next change what was told of a customer; 0: never.
    """

    members: dict[NodeId, Member]
    revision: int = 0
    incarnation: int = 0
    published: dict[NodeId, bytes] = {}
    due: int = 0


class LinkSeen(msgspec.Struct, array_like=True, tag_field="kind", tag=1):
    """An anchor tells a node that they were seen together, and where the anchor gathers."""

    to: NodeId
    type: str
    value: str
    time: int
    anchor: NodeId
    anchor_shared: bool
    owner: NodeId


class SharedSeen(msgspec.Struct, array_like=True, tag_field="kind", tag=2):
    """A node tells one it was seen with that it is shared."""

    to: NodeId
    node: NodeId


class Join(msgspec.Struct, array_like=True, tag_field="kind", tag=3):
    """A node is asked to gather at an owner.

    Attributes:
        purpose: ``link``: because of evidence, which a shared node does not follow; ``pointer``: because the owner it
            pointed to points there; ``ruling``: because of a steward's decision; ``confirm``: to make sure that it
            still points there; ``likeness``: because their records are alike, which an owner does not follow where
            they are of a crowd; ``welcome``: because the owner asked to be joined by likeness has room.
        members: how many the owner has that asks by likeness.
        asked: the node that is alike to one of that owner's; empty for other purposes.
        asking: the one of that owner's that it is alike to.
    """

    to: NodeId
    owner: NodeId
    purpose: Literal["link", "pointer", "ruling", "confirm", "likeness", "welcome"]
    members: int = 0
    asked: NodeId = NOBODY
    asking: NodeId = NOBODY


class Report(msgspec.Struct, array_like=True, tag_field="kind", tag=4):
    """A node, or on its behalf the owner it had, tells an owner all that is known of it.

    ``revision`` is the past owner's; 0 from the node itself.
    """

    to: NodeId
    node: NodeId
    member: Member
    fragment: bytes
    revision: int


class Ruled(msgspec.Struct, array_like=True, tag_field="kind", tag=5):
    """A node is told what a steward decided on it and another one, which is told the same."""

    to: NodeId
    type: str
    value: str
    other: NodeId
    ruling: Ruling


class Blocked(msgspec.Struct, array_like=True, tag_field="kind", tag=6):
    """A node is told that a steward decided that it names nobody, or withdrew that."""

    to: NodeId
    type: str
    value: str
    block: Block


class Full(msgspec.Struct, array_like=True, tag_field="kind", tag=7):
    """A node is told that its owner holds as many as it may, and what that owner was told of the node.

    ``revision`` is the one of the report that was refused; 0 where it was the node's own.
    """

    to: NodeId
    member: Member
    revision: int


class Placed(msgspec.Struct, array_like=True, tag_field="kind", tag=8):
    """The blocks of one partition are told which of them a node is in from now on, and its record.

    Attributes:
        to: one of the partition's blocks.
        node: whose record it is.
        version: grows with every placing of the node.
        record: encoded; empty where the node takes part no more.
        blocks: all of that partition.
    """

    to: NodeId
    node: NodeId
    version: int
    record: bytes
    blocks: list[bytes]


class Alike(msgspec.Struct, array_like=True, tag_field="kind", tag=9):
    """A node is told all that the blocks of one partition find alike to it."""

    to: NodeId
    partition: int
    version: int
    alike: dict[NodeId, int]


class Denied(msgspec.Struct, array_like=True, tag_field="kind", tag=10):
    """A node is told what was denied on a touchpoint that names it beside its anchor."""

    to: NodeId
    type: str
    value: str
    denials: Denials


class Crowded(msgspec.Struct, array_like=True, tag_field="kind", tag=11):
    """A node is told whether what gathers with a node alike to it is full.

    Attributes:
        to: who is told.
        node: of which node.
        count: how many times it was told of this one: an odd number says that it is, an even one that it is no more.
    """

    to: NodeId
    node: NodeId
    count: int


Message = LinkSeen | SharedSeen | Join | Report | Ruled | Blocked | Full | Placed | Alike | Denied | Crowded


def copy_card(card: Card) -> Card:
    """Return a card that does not change with the given one; some of it is only ever replaced as a whole."""
    return Card(
        card.type,
        card.value,
        card.touches,
        card.first_seen,
        card.shared,
        dict(card.links),
        dict(card.neighbours),
        dict(card.rulings),
        card.block,
        card.alone,
        card.record,
        card.alike,
        card.matched,
        card.denials,
        card.restated,
        card.crowds,
    )


def merge_cards(one: Card, other: Card) -> Card:
    """Return all that two cards of the same node tell; commutative, associative and idempotent.

    The evidence follows the count of touches, which alone changes it, and what matching knows follows its own count;
    everything else only grows.
    """
    if one.shared or other.shared:
        links, neighbours = {}, {}
    else:
        newer, older = (one, other) if one.touches >= other.touches else (other, one)
        links = dict(newer.links)
        for node, evidence in older.links.items():
            if evidence.far_shared:
                links[node] = links[node]._replace(far_shared=True)
        neighbours = dict(one.neighbours)
        for node, shared in other.neighbours.items():
            neighbours[node] = neighbours.get(node, False) or shared
    matched = one if one.matched >= other.matched else other
    return Card(
        one.type or other.type,
        one.value or other.value,
        max(one.touches, other.touches),
        min(one.first_seen, other.first_seen),
        one.shared or other.shared,
        links,
        neighbours,
        merge_rulings(one.rulings, other.rulings),
        max(one.block, other.block),
        one.alone or other.alone,
        matched.record,
        matched.alike,
        matched.matched,
        one.denials.with_more(other.denials),
        max(one.restated, other.restated),
        newest_counts(one.crowds, other.crowds),
    )


def newest_counts(one: dict[NodeId, int], other: dict[NodeId, int]) -> dict[NodeId, int]:
    """Return of each node the higher count."""
    if not one or not other or one == other:
        return one or other
    return {node: max(one.get(node, 0), other.get(node, 0)) for node in sorted(one.keys() | other.keys())}


def merge_rulings(one: Mapping[NodeId, Ruling], other: Mapping[NodeId, Ruling]) -> dict[NodeId, Ruling]:
    """Return of each ruling the newest."""
    merged = dict(one)
    for node, ruling in other.items():
        merged[node] = max(merged.get(node, ruling), ruling)
    return merged
