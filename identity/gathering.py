"""The gathering protocol: linked nodes find one owner, over partitions, with plain at-least-once messages.

Every node points to an owner, at first itself, and a pointer only ever moves to a better rank (stronger identifier
type, then smaller id), so pointers form no circle and chains end. Messages are idempotent and free of order:

- a **touch** folds into its anchor; the first sight of a link, or an earlier one, tells the other node (`LinkSeen`);
- `LinkSeen`: the node counts the anchor among its neighbours and, unless either is shared, joins the anchor's owner;
- `Join(x, r)`: r = owner(x): report again. r better: point to r, report there, and hand over what x owned, or pass the
  news to the old owner. r worse: ask r to join owner(x);
- `Report(r, m)`: if r points elsewhere, pass it on; else merge it into the membership, and ask every neighbour of m
  that is not a member yet to join. A new member is asked to confirm: its pointer may be a step behind, and a crash
  may have lost the state it reported from;
- `Ruled`, `Blocked`: the node keeps what a steward decided. Of two that were decided on each asks the other to join its
  owner, shared or not: whatever the decision, it is weighed where both are seen;
- `Denied`: the node keeps what was denied on touchpoints that name it beside their anchor, for whoever it is of;
- `Placed`, `Alike`: a node's record is placed in its blocks, which tell it what they find alike to it; of what is alike
  enough to be one person its owner asks the other to join. See :mod:`identity.matching.placing`;
- `Crowded`: of so many that likeness tells nothing, none asks or follows by it. An owner tells those who are alike to
  one of a part that is full, and takes it back once the part is no more. See :mod:`identity.crowds`;
- a node with more neighbours than its type allows is **shared** for ever: it tells its neighbours (`SharedSeen`), and
  no link of it asks anybody to join. It still answers as an owner, since others may point to it;
- an owner that holds as many members as the policy allows, those aside whom likeness alone brought, takes no more: it
  tells the node so (`Full`), which becomes shared and gathers by itself from then on; an owner that hears of it late
  lets it go. By likeness, gatherings join up to :data:`identity.crowds.MOST_GATHERED` members. These two safety valves
  are all that may depend on the order of arrival.

Ownership says where evidence meets, never who is one person: that is resolution's, and gathering too much is harmless.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from identity.crowds import MOST_GATHERED, full_parts, is_told_full, must_wait
from identity.graph import (
    MOST_OTHERS,
    NEVER_SEEN,
    Alike,
    Blocked,
    Card,
    Claim,
    Crowded,
    Denials,
    Denied,
    Evidence,
    Full,
    Gathering,
    Join,
    LinkSeen,
    Member,
    Message,
    Moment,
    Node,
    Placed,
    Report,
    Ruled,
    SharedSeen,
    copy_card,
)
from identity.matching.likeness import least_centibits
from identity.matching.placing import Matcher
from identity.members import News, merged_member, news_of
from identity.nodes import NodeId
from identity.policy import IdentityPolicy
from identity.room import has_too_many_neighbours, linked_members


class Graph(Protocol):
    """The nodes and gatherings of one partition.

    Objects handed out are the live ones: change them, then put them back, and the change is part of the next commit.
    """

    def node(self, node: NodeId) -> Node | None:
        """Return a node of this partition, None where it was never heard of."""

    def put_node(self, node: NodeId, state: Node) -> None:
        """Keep a node."""

    def gathering(self, owner: NodeId) -> Gathering | None:
        """Return what gathered at a node of this partition, None where nothing does."""

    def put_gathering(self, owner: NodeId, state: Gathering) -> None:
        """Keep a gathering."""

    def drop_gathering(self, owner: NodeId) -> None:
        """Forget a gathering that was handed over, and its members' fragments."""

    def fragment(self, owner: NodeId, member: NodeId) -> bytes:
        """Return the newest fragment an owner knows of a member."""

    def put_fragment(self, owner: NodeId, member: NodeId, fragment: bytes) -> None:
        """Keep a member's fragment."""


class Seen(NamedTuple):
    """An identifier on a touchpoint."""

    node: NodeId
    type: str
    value: str


class Dirty(NamedTuple):
    """What changed in a gathering.

    Attributes:
        members: those with something new.
        news: what may have changed at most.
        revisited: whether only another policy has it resolved anew.
    """

    members: set[NodeId]
    news: News
    revisited: bool = False


class Gatherer:
    """Runs the protocol for the nodes of one partition.

    Call :meth:`touch` and :meth:`receive` for a chunk of work, then :meth:`settle` once.

    Args:
        graph: the partition's nodes.
        policy: ranks and limits.
        is_local: whether a node is of this partition.
        send: takes a message for a node of another partition; called during :meth:`settle` only.
        matcher: of the partition's blocks; None: nothing is matched.
    """

    def __init__(
        self,
        graph: Graph,
        policy: IdentityPolicy,
        is_local: Callable[[NodeId], bool],
        send: Callable[[Message], None],
        matcher: Matcher | None = None,
    ) -> None:
        self._graph = graph
        self._policy = policy
        self._rules = policy.identifiers
        self._max_gathering = policy.max_gathering
        self._is_local = is_local
        self._send = send
        self._matcher = matcher
        self._unites_from = least_centibits(policy.matching.unite) if policy.matching else NEVER_SEEN
        self._handlers: Mapping[type[Message], Callable[[Any], None]] = {
            LinkSeen: self._link_seen,
            SharedSeen: self._shared_seen,
            Join: self._join,
            Report: self._absorb,
            Ruled: self._ruled,
            Blocked: self._blocked,
            Full: self._stay_alone,
            Placed: self._placed,
            Alike: self._alike,
            Denied: self._denied,
            Crowded: self._crowded,
        }
        self._inbox: deque[Message] = deque()
        self._outbox: list[Message] = []
        self._to_report: dict[NodeId, None] = {}
        self._to_tell: dict[NodeId, Alike] = {}
        self._to_hear: dict[NodeId, None] = {}
        """Those that blocks told what is alike to them: put together once, when all of a chunk is heard."""
        self._to_weigh: dict[NodeId, dict[NodeId, None]] = {}
        """By owner, the members of which it may be news whom they are alike to."""
        self._full: dict[NodeId, set[NodeId]] = {}
        """By owner, who is in a full part; of those gatherings only that did not change since."""
        self._welcomed: dict[NodeId, dict[NodeId, int]] = {}
        """By owner, who was welcomed by likeness and is still on the way, and how many each brings."""
        self._put_off: list[Join] = []
        """Those who ask an owner by likeness that waits for others whom it welcomed."""
        self._dirty: dict[NodeId, Dirty] = {}

    def touch(self, seen: list[Seen], moment: Moment, source: str) -> Node:
        """Count a touchpoint at its anchor and note whom it was seen with.

        Args:
            seen: the touchpoint's identifiers, the anchor first.
            moment: when.
            source: where it came from.

        Returns:
            The anchor, whose ``fragment`` the caller brings up to date before :meth:`settle`.
        """
        anchor_id = seen[0].node
        anchor = self._known(seen[0])
        card = anchor.card
        card.touches += 1
        card.first_seen = min(card.first_seen, moment.time)
        for other in seen[1:]:
            self._note_link(anchor_id, anchor, other, moment, source)
            if self._is_compared(other.type) and (other.type, other.value) not in anchor.others:
                anchor.others = sorted([*anchor.others, (other.type, other.value)])[:MOST_OTHERS]
        self._becomes_shared(anchor_id, card)
        self._changed(anchor_id, anchor)
        return anchor

    def restate(self, seen: Seen) -> None:
        """Note that another delivery of a touchpoint changed its anchor's ``fragment``.

        The caller brings that up to date before :meth:`settle`.
        """
        anchor = self._known(seen)
        anchor.card.restated += 1
        self._changed(seen.node, anchor)

    def deny(self, others: Iterable[Seen], denials: Denials) -> None:
        """Tell nodes what was denied on a touchpoint that names them beside its anchor."""
        for other in others:
            self._post(Denied(other.node, other.type, other.value, denials))

    def place(self, node_id: NodeId, node: Node, record: bytes) -> None:
        """Have a node matched by a record from now on; by none where that is empty or the node shared or blocked."""
        card = node.card
        record = b"" if card.shared or has_too_many_neighbours(card, self._policy) else record
        if self._matcher is None or record == card.record:
            return
        past, card.record = _in_blocks(card), record
        self._tell_blocks(node_id, card, past)
        self._changed(node_id, node)

    def _tell_blocks(self, node_id: NodeId, card: Card, past: bytes) -> None:
        card.matched += 1
        for placed in self._matcher.placed(node_id, card.matched, past, _in_blocks(card)) if self._matcher else ():
            self._post(placed)

    def compare_anew(self, node_id: NodeId) -> None:
        """Have a node compared in this partition's blocks anew, under another policy than before."""
        self._tell_alike(self._matcher.revisit(node_id) if self._matcher else ())

    def receive(self, message: Message) -> None:
        """Take a message for a node or block of this partition."""
        self._inbox.append(message)

    def revisit(self, owner: NodeId) -> None:
        """Have a gathering resolved anew though nothing in it changed."""
        gathering = self._graph.gathering(owner)
        if gathering is not None:
            self._weigh_later(owner, gathering.members)
        if owner not in self._dirty:
            self._dirty[owner] = Dirty(set(), News.LINKS, revisited=True)
        else:
            self._regroup(owner)

    def _weigh_later(self, owner: NodeId, members: Iterable[NodeId]) -> None:
        self._to_weigh.setdefault(owner, {}).update(dict.fromkeys(members))
        self._full.pop(owner, None)

    def _regroup(self, owner: NodeId) -> None:
        past = self._dirty.get(owner)
        self._dirty[owner] = Dirty(past.members if past else set(), News.LINKS)

    def settle(self) -> dict[NodeId, Dirty]:
        """Work off all messages within the partition, send the others, and return the gatherings that changed.

        Of each node and addressee only the last report is sent.
        """
        self._work_off()
        while self._to_weigh or self._put_off:
            weighed, self._to_weigh = self._to_weigh, {}
            for owner, members in weighed.items():
                self._weigh(owner, members)
            self._ask_again()
            self._work_off()
        for message in self._last_reports_only():
            self._send(message)
        self._outbox.clear()
        self._welcomed.clear()
        self._full.clear()
        dirty, self._dirty = self._dirty, {}
        return {owner: what for owner, what in dirty.items() if self._graph.gathering(owner) is not None}

    def _work_off(self) -> None:
        while self._inbox or self._to_report or self._to_tell or self._to_hear:
            while self._inbox:
                message = self._inbox.popleft()
                self._handlers[type(message)](message)
            if self._to_tell:
                told, self._to_tell = self._to_tell, {}
                for news in told.values():
                    self._post(news)
                continue
            heard, self._to_hear = self._to_hear, {}
            for node in heard:
                self._hear(node)
            for node in self._taken_reports():
                self._report(node)

    def _taken_reports(self) -> Iterable[NodeId]:
        taken, self._to_report = self._to_report, {}
        return taken

    def _last_reports_only(self) -> Iterable[Message]:
        last = {
            (message.to, message.node): index
            for index, message in enumerate(self._outbox)
            if isinstance(message, Report) and message.revision == 0
        }
        for index, message in enumerate(self._outbox):
            own_report = isinstance(message, Report) and message.revision == 0
            if not own_report or last[message.to, message.node] == index:  # type: ignore[union-attr]  # own_report says
                yield message

    def _known(self, seen: Seen) -> Node:
        """Return the node of an identifier, made where it is new."""
        node = self._graph.node(seen.node)
        if node is None:
            node = _new_node(seen.node, seen.type, seen.value)
        elif not node.card.type:
            node.card.type, node.card.value = seen.type, seen.value
        return node

    def _changed(self, node_id: NodeId, node: Node) -> None:
        self._graph.put_node(node_id, node)
        self._to_report[node_id] = None

    def _post(self, message: Message) -> None:
        (self._inbox if self._is_local(message.to) else self._outbox).append(message)

    def _note_link(self, anchor_id: NodeId, anchor: Node, other: Seen, moment: Moment, source: str) -> None:
        """Count the evidence; tell the other where the link or its first sight is new."""
        links = anchor.card.links
        evidence = links.get(other.node)
        if evidence is None:
            is_news = True
            if not anchor.card.shared:
                links[other.node] = Evidence(1, moment, moment, {source: 1})
        else:
            is_news = moment < evidence.first
            sources = {**evidence.sources, source: evidence.sources.get(source, 0) + 1}
            first, last = min(evidence.first, moment), max(evidence.last, moment)
            links[other.node] = Evidence(evidence.touches + 1, first, last, sources, evidence.far_shared)
        if is_news:
            self._post(
                LinkSeen(other.node, other.type, other.value, moment.time, anchor_id, anchor.card.shared, anchor.owner)
            )

    def _becomes_shared(self, node_id: NodeId, card: Card) -> bool:
        """Make the node shared for ever where it now has too many neighbours, and tell them."""
        if card.shared or not has_too_many_neighbours(card, self._policy):
            return False
        self._share(node_id, card)
        return True

    def _share(self, node_id: NodeId, card: Card) -> None:
        """Make a node shared for ever and tell its neighbours."""
        distinct = card.links.keys() | card.neighbours.keys()
        card.shared = True
        card.links, card.neighbours = {}, {}
        for neighbour in sorted(distinct):
            self._post(SharedSeen(neighbour, node_id))
        node = self._graph.node(node_id)
        if node is not None and card.record:
            self.place(node_id, node, b"")

    def _is_compared(self, identifier_type: str) -> bool:
        rule = self._rules.get(identifier_type)
        return rule is not None and rule.compared

    def _placed(self, message: Placed) -> None:
        self._tell_alike(self._matcher.receive(message) if self._matcher else ())

    def _tell_alike(self, news: Iterable[Alike]) -> None:
        """Keep what to tell nodes until the inbox is empty: of each node the last is all, and a crowd tells many."""
        self._to_tell.update((told.to, told) for told in news)

    def _link_seen(self, message: LinkSeen) -> None:
        node = self._known(Seen(message.to, message.type, message.value))
        card = node.card
        card.first_seen = min(card.first_seen, message.time)
        if card.shared:
            if not message.anchor_shared:
                self._post(SharedSeen(message.anchor, message.to))
            self._changed(message.to, node)
            return
        card.neighbours[message.anchor] = card.neighbours.get(message.anchor, False) or message.anchor_shared
        becomes_shared = self._becomes_shared(message.to, card)
        self._changed(message.to, node)
        if not becomes_shared and not card.neighbours[message.anchor]:
            self._inbox.append(Join(message.to, message.owner, "link"))

    def _shared_seen(self, message: SharedSeen) -> None:
        node = self._graph.node(message.to)
        if node is None or node.card.shared:
            return
        card = node.card
        if message.node in card.neighbours:
            card.neighbours[message.node] = True
        if message.node in card.links:
            card.links[message.node] = card.links[message.node]._replace(far_shared=True)
        self._changed(message.to, node)

    def _ruled(self, message: Ruled) -> None:
        node = self._known(Seen(message.to, message.type, message.value))
        rulings = node.card.rulings
        rulings[message.other] = max(rulings.get(message.other, message.ruling), message.ruling)
        self._changed(message.to, node)
        self._post(Join(message.other, node.owner, "ruling"))

    def _blocked(self, message: Blocked) -> None:
        node = self._known(Seen(message.to, message.type, message.value))
        card = node.card
        past, card.block = _in_blocks(card), max(card.block, message.block)
        if _in_blocks(card) != past:
            self._tell_blocks(message.to, card, past)
        self._changed(message.to, node)

    def _denied(self, message: Denied) -> None:
        node = self._known(Seen(message.to, message.type, message.value))
        denials = node.card.denials.with_more(message.denials)
        if denials != node.card.denials:
            node.card.denials = denials
            self._changed(message.to, node)

    def _alike(self, message: Alike) -> None:
        node = self._graph.node(message.to)
        known = node.claims.get(message.partition) if node else None
        if node is None or (known is not None and known.version >= message.version):
            return
        node.claims[message.partition] = Claim(message.version, message.alike)
        self._graph.put_node(message.to, node)
        self._to_hear[message.to] = None

    def _hear(self, node_id: NodeId) -> None:
        """Bring what is alike to a node up to what the blocks of all partitions told."""
        node = self._graph.node(node_id)
        if node is None:
            return
        alike: dict[NodeId, int] = {}
        for claim in node.claims.values():
            for other, found in claim.alike.items():
                alike[other] = max(alike.get(other, found), found)
        if alike != node.card.alike:
            node.card.alike = alike
            node.card.matched += 1
            self._changed(node_id, node)

    def _crowded(self, message: Crowded) -> None:
        node = self._graph.node(message.to)
        if node is not None and message.count > node.card.crowds.get(message.node, 0):
            node.card.crowds = {**node.card.crowds, message.node: message.count}
            self._changed(message.to, node)

    def _weigh(self, owner: NodeId, news: Iterable[NodeId]) -> None:
        """Ask those to join who may be one person with members, or tell them that these are of a part that is full.

        Unless a part is or was full, only of the members that are news.
        """
        gathering = self._graph.gathering(owner)
        if gathering is None:
            return
        members, full = gathering.members, self._full_parts(owner, gathering)
        is_large = bool(full) or any(member.crowded for member in members.values())
        for node in members if is_large else news:
            if node in members:
                self._tell_crowded(node, owner, gathering, is_full=node in full)
                if node not in full:
                    self._ask_alike(node, owner, gathering)

    def _tell_crowded(self, node: NodeId, owner: NodeId, gathering: Gathering, *, is_full: bool) -> None:
        """Bring those who gather elsewhere and are alike to a member up to whether its part is full."""
        member = gathering.members[node]
        told = member.crowded
        if is_full:
            near = member.card.alike.items()
            ill_told = [other for other, found in near if found >= self._unites_from and told.get(other, 0) % 2 == 0]
        else:
            ill_told = [other for other, count in told.items() if count % 2 == 1]
        changed = {other: told.get(other, 0) + 1 for other in ill_told if other not in gathering.members}
        if changed:
            member.crowded = {**told, **changed}
            self._graph.put_gathering(owner, gathering)
            for other, count in changed.items():
                self._post(Crowded(other, node, count))

    def _ask_alike(self, node: NodeId, owner: NodeId, gathering: Gathering) -> None:
        card = gathering.members[node].card
        for other, found in card.alike.items() if not card.shared else ():
            if found >= self._unites_from and other not in gathering.members and not is_told_full(card, other):
                self._post(Join(other, owner, "likeness", len(gathering.members), other, node))

    def _full_parts(self, owner: NodeId, gathering: Gathering) -> set[NodeId]:
        full = self._full.get(owner)
        if full is None:
            cards = {node: member.card for node, member in gathering.members.items()}
            full = self._full[owner] = full_parts(cards, self._policy, self._unites_from)
        return full

    def _stay_alone(self, message: Full) -> None:
        node = self._graph.node(message.to)
        if node is None or node.owner == message.to:
            return
        card = node.card
        if not card.alone:
            card.alone = True
            self._share(message.to, card)
            self._post(Report(node.owner, message.to, Member(copy_card(card)), b"", 0))
        self._changed(message.to, node)
        if message.revision:
            told = message.member
            member = Member(copy_card(card), told.named, told.customer, told.verdicts, told.standing, told.signals)
            self._absorb(Report(message.to, message.to, member, node.fragment, message.revision))

    def _join(self, message: Join) -> None:
        node = self._graph.node(message.to)
        if node is None:
            node = _new_node(message.to, "", "")
        if message.purpose == "likeness":
            self._join_alike(message, node)
            return
        if message.purpose == "welcome":
            self._join_welcoming(message, node)
            return
        if message.purpose == "link" and node.card.shared:
            return
        if message.purpose == "confirm" and node.card.alone:
            self._post(Report(message.owner, message.to, Member(copy_card(node.card)), b"", 0))
            return
        if message.owner == node.owner:
            if message.purpose != "confirm":
                self._changed(message.to, node)
        elif message.owner < node.owner:
            old_owner, node.owner = node.owner, message.owner
            self._changed(message.to, node)
            if old_owner == message.to:
                self._hand_over(message.to, message.owner)
            else:
                self._post(Join(old_owner, message.owner, "pointer"))
        else:
            self._post(Join(message.owner, node.owner, "pointer"))

    def _join_alike(self, message: Join, node: Node) -> None:
        """Pass on to the owner that another one asks by likeness.

        Of two owners the worse tells how many it brings, and the better one welcomes it; neither where its own one that
        is alike is of a part that is full.
        """
        if node.owner != message.to:
            if message.owner == node.owner:
                self._changed(message.to, node)
            elif message.to != message.asked or not node.card.shared:
                self._post(_passed_on(node.owner, message))
            return
        gathering = self._graph.gathering(message.to)
        if message.owner == message.to or (gathering and message.asked in self._full_parts(message.to, gathering)):
            return
        members = max(1, len(gathering.members) if gathering else 0)
        if message.owner < message.to:
            self._post(Join(message.owner, message.to, "likeness", members, message.asking, message.asked))
            return
        guests = self._welcomed.setdefault(message.to, {})
        if message.owner in guests:
            return
        awaited = sum(guests.values())
        if must_wait(members, awaited, message.members):
            self._put_off.append(message)
        elif members + awaited + message.members <= MOST_GATHERED:
            guests[message.owner] = message.members
            self._post(Join(message.owner, message.to, "welcome"))

    def _ask_again(self) -> None:
        """Have those who were put off ask again: at once where nobody else is awaited from another partition."""
        put_off, self._put_off = self._put_off, []
        for guests in self._welcomed.values():
            for guest in [guest for guest in guests if self._is_local(guest)]:
                del guests[guest]
        for message in put_off:
            (self._outbox if self._welcomed.get(message.to) else self._inbox).append(message)

    def _join_welcoming(self, message: Join, node: Node) -> None:
        if node.owner == message.to and message.owner < message.to:
            node.owner = message.owner
            self._changed(message.to, node)
            self._hand_over(message.to, message.owner)

    def _report(self, node_id: NodeId) -> None:
        node = self._graph.node(node_id)
        if node is None:
            return
        owner = node_id if node.card.alone else node.owner
        report = Report(owner, node_id, Member(copy_card(node.card)), node.fragment, 0)
        if self._is_local(owner):
            self._absorb(report)
        else:
            self._outbox.append(report)

    def _hand_over(self, past_owner: NodeId, owner: NodeId) -> None:
        gathering = self._graph.gathering(past_owner)
        if gathering is None:
            return
        revision = max(gathering.revision, 1)
        for member_id, member in gathering.members.items():
            fragment = self._graph.fragment(past_owner, member_id)
            self._post(Report(owner, member_id, member, fragment, revision))
        self._graph.drop_gathering(past_owner)

    def _absorb(self, report: Report) -> None:
        owner = self._graph.node(report.to)
        if owner is None:
            owner = _new_node(report.to, "", "")
            self._changed(report.to, owner)
        gathers_alone = owner.card.alone and report.node == report.to
        if owner.owner != report.to and not gathers_alone:
            self._post(Report(owner.owner, report.node, report.member, report.fragment, report.revision))
            return
        gathering = self._graph.gathering(report.to)
        if gathering is None:
            gathering = Gathering({})
        if report.member.card.alone and not gathers_alone:
            self._let_go(report, gathering)
        elif self._merge_member(report, gathering):
            self._graph.put_gathering(report.to, gathering)
            self._ask_neighbours(report, gathering)

    def _let_go(self, report: Report, gathering: Gathering) -> None:
        """Give up a member that was told elsewhere that there is no room, and that gathers by itself since."""
        member = gathering.members.pop(report.node, None)
        if member is not None:
            self._post(Full(report.node, member, max(gathering.revision, 1)))
            self._weigh_later(report.to, gathering.members)
            self._graph.put_gathering(report.to, gathering)
            self._regroup(report.to)

    def _merge_member(self, report: Report, gathering: Gathering) -> bool:
        """Take what is new in a report; return whether anything was."""
        handed_over = report.revision > 0
        known = gathering.members.get(report.node)
        if known is None and self._is_full(gathering, report):
            self._post(Full(report.node, report.member, report.revision))
            return False
        member = merged_member(known, report)
        if known and member.card == known.card and not handed_over:
            return False
        if known is None and not member.card.alone:
            self._confirm(report.node, report.to)
        if known is None or _version(member.card) > _version(known.card):
            self._graph.put_fragment(report.to, report.node, report.fragment)
        news = News.LINKS if known is None or handed_over else news_of(known.card, member.card)
        gathering.members[report.node] = member
        if handed_over:
            gathering.revision = max(gathering.revision, report.revision)
            gathering.published = {}
        if news is News.LINKS:
            self._weigh_later(report.to, [report.node])
        past = self._dirty.get(report.to)
        members = past.members if past else set()
        members.add(report.node)
        self._dirty[report.to] = Dirty(members, max(news, past.news) if past else news)
        return True

    def _is_full(self, gathering: Gathering, report: Report) -> bool:
        """Whether links leave no room for a new member; there always is room for the owner itself."""
        others = len(gathering.members) - (report.to in gathering.members)
        if report.node == report.to or others < self._max_gathering - 1:
            return False
        linked = linked_members(gathering.members, report.node, report.member.card, self._unites_from)
        return linked - (report.to in gathering.members) >= self._max_gathering - 1

    def _confirm(self, member: NodeId, owner: NodeId) -> None:
        """Ask a new member whether it still points here, where that is not plain to see."""
        local = self._graph.node(member) if self._is_local(member) else None
        if local is None or local.owner != owner or local.card.alone:
            self._post(Join(member, owner, "confirm"))

    def _ask_neighbours(self, report: Report, gathering: Gathering) -> None:
        for neighbour, shared in gathering.members[report.node].card.neighbours.items():
            if not shared and neighbour not in gathering.members:
                self._post(Join(neighbour, report.to, "link"))
        for other in gathering.members[report.node].card.rulings:
            if other not in gathering.members:
                self._post(Join(other, report.to, "ruling"))


def _passed_on(to: NodeId, message: Join) -> Join:
    """Return the same message to another node."""
    return Join(to, message.owner, message.purpose, message.members, message.asked, message.asking)


def _version(card: Card) -> tuple[int, int]:
    """Return what grows with every change of a node's fragment."""
    return card.touches, card.restated


def _in_blocks(card: Card) -> bytes:
    """Return the record by which a node is in blocks; one that a steward blocked is in none."""
    return b"" if card.block.blocked else card.record


def _new_node(node: NodeId, identifier_type: str, value: str) -> Node:
    return Node(Card(identifier_type, value, 0, NEVER_SEEN, shared=False, links={}, neighbours={}), node, b"")
