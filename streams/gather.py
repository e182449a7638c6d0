"""Gather and resolve: accepted touchpoints and graph messages of one partition become profiles. No Kafka in here.

A :class:`PartitionWork` is fed a chunk of records, then asked for its :class:`Commit`: what to publish and what to make
durable.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from identity.gathering import Gatherer, Seen
from identity.graph import (
    Alike,
    Blocked,
    Crowded,
    Denied,
    Full,
    Gathering,
    Join,
    LinkSeen,
    Message,
    Moment,
    Placed,
    Report,
    Ruled,
    SharedSeen,
)
from identity.matching.placing import Matcher
from identity.nodes import NODE_ID_BYTES, NodeId
from identity.policy import IdentityPolicy
from identity.policy_file import PolicyError, parse_policy, shape
from profiles import fragment as fragments
from profiles.comparable import comparable_record, note_person
from profiles.folding import Folding, denials_of
from profiles.fragment import Fragment
from profiles.people import Publisher
from profiles.policy import ProfilePolicy
from profiles.policy_file import folding_version, parse_profile_policy
from profiles.telling import Now, Publication
from schemas.accepted import AcceptedTouchpoint
from schemas.contracts import ACTIVATION, CHANGE, LINK, PROFILE, SIGNAL
from schemas.framing import Framing
from schemas.reasons import RejectedError
from schemas.records import Policy
from streams.clock import read_tick
from streams.errors import StoreError
from streams.policies import likeness_by, read_policy
from streams.records import Output, SourceRecord, accepted_touchpoint, dead_letter
from streams.state import PartitionState, PolicyInForce, Stage
from streams.topics import Topics

_ANEW: dict[Stage, int] = {"nodes": 2_000, "placings": 200, "gatherings": 2_000}
"""How many are gone through in one commit after a policy was applied: under a second of work."""

_MOST_DUE = 2_000
"""Gatherings that time alone may have changed, gone through in one commit."""

_MOST_FOLDED = 1_000
"""Fragments that are kept at hand after touchpoints were folded into them: their customer is told of at once, and more
touchpoints of a visit follow soon."""

_MESSAGES_TOGETHER = 200
_BYTES_TOGETHER = 1024 * 1024
"""In one Kafka record: enough that the record's own cost is shared, and far below its limit, whatever they hold."""

_messages_decoder = msgspec.msgpack.Decoder(list[Message])
_message_encoder = msgspec.msgpack.Encoder()

_NODES_OF: Mapping[type[Message], tuple[str, ...]] = {
    LinkSeen: ("to", "anchor", "owner"),
    SharedSeen: ("to", "node"),
    Join: ("to", "owner"),
    Report: ("to", "node"),
    Ruled: ("to", "other"),
    Blocked: ("to",),
    Full: ("to",),
    Placed: ("node",),
    Alike: ("to",),
    Denied: ("to",),
    Crowded: ("to", "node"),
}
"""The fields of a message that name nodes."""


@dataclass(slots=True)
class Commit:
    """What a chunk of work leads to."""

    outputs: list[Output] = field(default_factory=list)
    changes: dict[bytes, bytes | None] = field(default_factory=dict)


@dataclass(slots=True)
class Counts:
    """What a partition did since it was last asked; dead letters by reason."""

    touches: int = 0
    duplicates: int = 0
    messages: int = 0
    profiles: int = 0
    dead_letters: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides the outcome besides the events: policies and framing.

    ``key`` is the installation's secret; ``model`` belongs to the identity policy.
    """

    topics: Topics
    framing: Framing
    identity: IdentityPolicy
    model: str | None
    profile: ProfilePolicy
    key: bytes


class PartitionWork:
    """The gather stage of one partition. Used by one task at a time.

    Args:
        rules: policies and framing.
        state: the partition's state.
        incarnation: how many times the partition was opened, this time included.
        number: of the partition.
        place: the partition of a node.
    """

    def __init__(
        self, rules: Rules, state: PartitionState, incarnation: int, number: int, place: Callable[[NodeId], int]
    ) -> None:
        self._rules = rules
        self._state = state
        self._incarnation = incarnation
        self._number = number
        self._place = place
        self._outgoing: defaultdict[int, list[Message]] = defaultdict(list)
        self._outputs: list[Output] = []
        applied = state.policy()
        if applied is None:
            self._use(rules.identity, rules.profile, rules.model)
        else:
            self._use(parse_policy(applied.text), parse_profile_policy(applied.text), applied.model)
        self._check_folding()
        self._folding: dict[NodeId, Fragment] = {}
        self._folded: dict[NodeId, Fragment] = {}
        self._telling: set[NodeId] = set()
        self.counts = Counts()

    @property
    def is_resolving_anew(self) -> bool:
        """Whether a policy was applied, or time went on, and not all gatherings follow yet; every commit does some."""
        policy, clock = self._state.policy(), self._state.clock()
        return (policy is not None and bool(policy.pending)) or (clock is not None and bool(self._state.due(clock, 1)))

    def take(self, records: Sequence[SourceRecord]) -> None:
        """Take records of one topic; of policies before anything else of a chunk."""
        topics = self._rules.topics
        take = {
            topics.policy: self.policies,
            topics.clock: self.ticks,
            topics.touchpoints: self.touchpoints,
            topics.graph: self.messages,
        }
        take[records[0].topic](records)

    def policies(self, records: Iterable[SourceRecord]) -> None:
        """Take policies; the one applied last counts. To be called before anything else of a chunk."""
        for record in records:
            try:
                applied = read_policy(self._rules.framing, record.value)
            except RejectedError as error:
                self.refuse(record, error)
            except PolicyError as error:
                self.refuse(record, RejectedError("bad_value", f"text: expected a policy; {error.problems[0]}"))
            else:
                self._apply(applied)

    def ticks(self, records: Iterable[SourceRecord]) -> None:
        """Take what time it is; it never goes back."""
        for record in records:
            try:
                at = read_tick(record.value)
            except RejectedError as error:
                self.refuse(record, error)
            else:
                self._state.put_clock(max(at, self._state.clock() or 0))

    def touchpoints(self, records: Iterable[SourceRecord]) -> None:
        """Take accepted touchpoints; those counted before count no more, but for when they state their consents."""
        decoded = list(self._decoded(records))
        keys = [event_key(accepted) for accepted in decoded]
        unseen = self._state.unseen(keys)
        self._state.load_nodes({accepted["nodes"][0]["node_id"] for accepted in decoded})
        for key, accepted in zip(keys, decoded, strict=True):
            if key in unseen:
                unseen.discard(key)
                self._state.count_event(key)
                self._touch(accepted)
                self.counts.touches += 1
            else:
                self.counts.duplicates += 1
                if accepted["touchpoint"]["consents"]:
                    self._restate(accepted)

    def messages(self, records: Iterable[SourceRecord]) -> None:
        """Take messages of the gathering protocol."""
        for record in records:
            try:
                messages = graph_messages(record.value)
            except RejectedError as error:
                self.refuse(record, error)
            else:
                for message in messages:
                    self._gatherer.receive(message)
                self.counts.messages += len(messages)

    def refuse(self, record: SourceRecord, error: RejectedError) -> None:
        """Have a record told as a dead letter."""
        self._outputs.append(dead_letter(self._rules.topics, self._rules.framing, record, error, "gather"))
        self.counts.dead_letters[error.reason] += 1

    def commit(self, now_ms: int) -> Commit:
        """Work the chunk off, and some of what a policy or the time leads to; return what follows from it."""
        self._write_fragments()
        self._resolve_anew()
        now = Now(now_ms, self._state.clock())
        self._tell_due(now, besides=self._tell_changed(now))
        return self._committed()

    def commit_records(self, now_ms: int) -> Commit:
        """Work the chunk off and nothing besides; return what follows from it."""
        self._write_fragments()
        self._tell_changed(Now(now_ms, self._state.clock()))
        return self._committed()

    def _tell_changed(self, now: Now) -> Container[NodeId]:
        changed = self._gatherer.settle()
        for owner, dirty in changed.items():
            publish = partial(self._publisher.publish, dirty=dirty, fragment_of=self._fragment_reader(owner), now=now)
            self._tell(owner, publish)
        return changed

    def _tell_due(self, now: Now, besides: Container[NodeId]) -> None:
        for owner in self._state.due(now.clock, _MOST_DUE) if now.clock is not None else ():
            if owner not in besides:
                publish = partial(self._publisher.publish_due, fragment_of=self._fragment_reader(owner), now=now)
                self._tell(owner, publish)

    def _committed(self) -> Commit:
        self._pack()
        outputs, self._outputs[:] = list(self._outputs), []
        return Commit(outputs, self._state.take_changes())

    def _tell(self, owner: NodeId, publish: Callable[[Gathering], Publication]) -> None:
        gathering = self._state.gathering(owner)
        if gathering is not None:
            due = gathering.due
            told = publish(gathering)
            self._state.put_gathering(owner, gathering)
            self._state.schedule(owner, due, gathering.due)
            self._publish(told)

    def _apply(self, applied: Policy) -> None:
        known = self._state.policy()
        if known is not None and applied["applied_at"] <= known.applied_at:
            return
        policy, profile = parse_policy(applied["text"]), parse_profile_policy(applied["text"])
        if shape(policy) != shape(self._rules.identity) or folding_version(profile) != folding_version(
            self._rules.profile
        ):
            raise StoreError(
                "a policy was applied under which touchpoints have other identifiers, anchors or traits; start the "
                "worker again"
            )
        pending: dict[Stage, bytes] = {**(known.pending if known else {}), "gatherings": b""}
        # Where none was applied before, what is here was matched by another one than the worker began with.
        if known is None or policy.matching != self._policy.matching:
            pending |= {"nodes": b"", "placings": b""}
        elif _most_neighbours(policy) != _most_neighbours(self._policy):
            pending |= {"nodes": b""}
        self._state.put_policy(PolicyInForce(applied["text"], applied["applied_at"], applied["model"], pending))
        self._use(policy, profile, applied["model"])

    def _check_folding(self) -> None:
        """Make sure that all of the state is folded by the same traits.

        Raises:
            StoreError: it was folded by others.
        """
        if self._state.folding() not in {None, folding_version(self._folds.policy)}:
            raise StoreError(
                "the state was folded by other traits than the policy in force declares; apply the policy that it was "
                "folded by, or replay into a fresh installation"
            )

    def _use(self, policy: IdentityPolicy, profile: ProfilePolicy, model: str | None) -> None:
        likeness = likeness_by(model)
        self._policy = policy
        self._folds = Folding(profile)
        self._compared = frozenset(name for name, rule in policy.identifiers.items() if rule.compared)
        self._publisher = Publisher(policy, self._folds, self._incarnation, likeness)
        matcher = Matcher(self._state, policy.matching, likeness, self._rules.key, self._place, self._number)
        self._gatherer = Gatherer(self._state, policy, self._is_local, self._send, matcher)

    def _resolve_anew(self) -> None:
        """Go through some more of what a policy that was applied may change."""
        policy = self._state.policy()
        if policy is None or not policy.pending:
            return
        pending = dict(policy.pending)
        for stage in [stage for stage in _ANEW if stage in pending]:
            nodes = self._state.nodes_after(stage, pending.pop(stage), _ANEW[stage])
            for node in nodes:
                self._go_through(stage, node)
            if len(nodes) == _ANEW[stage]:
                pending[stage] = nodes[-1]
                break
        self._state.put_policy(PolicyInForce(policy.text, policy.applied_at, policy.model, pending))

    def _go_through(self, stage: Stage, node_id: NodeId) -> None:
        if stage == "gatherings":
            self._gatherer.revisit(node_id)
        elif stage == "placings":
            self._gatherer.compare_anew(node_id)
        elif (node := self._state.node(node_id)) is not None:
            record = comparable_record(node, fragments.decode(node.fragment), self._policy)
            self._gatherer.place(node_id, node, record)

    def _decoded(self, records: Iterable[SourceRecord]) -> Iterable[AcceptedTouchpoint]:
        for record in records:
            try:
                yield accepted_touchpoint(record.topic, record.partition, record.offset, record.value)
            except RejectedError as error:
                self.refuse(record, error)

    def _touch(self, accepted: AcceptedTouchpoint) -> None:
        touchpoint = accepted["touchpoint"]
        seen = _seen(accepted)
        moment = Moment(touchpoint["event_time"], touchpoint["event_id"])
        anchor = self._gatherer.touch(seen, moment, accepted["source"])
        self._folds.fold(self._fragment(seen[0].node, anchor.fragment), accepted)
        if touchpoint["consents"]:
            self._deny(seen[1:], accepted)
        if touchpoint["traits"]:
            note_person(anchor, accepted, self._policy)
        if touchpoint["traits"] or any(other.type in self._compared for other in seen[1:]):
            self._telling.add(seen[0].node)

    def _restate(self, accepted: AcceptedTouchpoint) -> None:
        """Take what another delivery of a touchpoint states: it may have been received earlier or later."""
        seen = _seen(accepted)
        node = self._state.node(seen[0].node)
        if self._folds.restate(self._fragment(seen[0].node, node.fragment if node else b""), accepted):
            self._gatherer.restate(seen[0])
        self._deny(seen[1:], accepted)

    def _deny(self, others: Sequence[Seen], accepted: AcceptedTouchpoint) -> None:
        if others and (denials := denials_of(accepted)).said:
            self._gatherer.deny(others, denials)

    def _fragment(self, node: NodeId, stored: bytes) -> Fragment:
        """Return the fragment of a node of this partition, to be changed in place."""
        folding = self._folding.get(node)
        if folding is None:
            folding = self._folded.pop(node, None) or fragments.decode(stored)
            self._folding[node] = folding
        return folding

    def _write_fragments(self) -> None:
        if self._folding and self._state.folding() is None:
            self._state.put_folding(folding_version(self._folds.policy))
        for node_id, fragment in self._folding.items():
            node = self._state.node(node_id)
            if node is not None:
                node.fragment = fragments.encode(fragment)
                if node_id in self._telling:
                    self._gatherer.place(node_id, node, comparable_record(node, fragment, self._policy))
        if len(self._folded) > _MOST_FOLDED:
            self._folded.clear()
        self._folded.update(self._folding)
        self._folding.clear()
        self._telling.clear()

    def _fragment_reader(self, owner: NodeId) -> Callable[[NodeId], Fragment]:
        def read(member: NodeId) -> Fragment:
            folded = self._folded.get(member) if member == owner else None
            return folded or fragments.decode(self._state.fragment(owner, member))

        return read

    def _publish(self, told: Publication) -> None:
        topics, encode = self._rules.topics, self._rules.framing.encode
        for profile in told.profiles:
            key = profile["customer_id"].encode()
            self._outputs.append(Output(topics.profiles, key, encode(PROFILE, profile), profile["revision"]))
        for link in told.links:
            key = f"{link['anchor_id']}:{link['node_id']}".encode()
            self._outputs.append(Output(topics.links, key, encode(LINK, link)))
        for change in told.changes:
            self._outputs.append(Output(topics.changes, change["customer_id"].encode(), encode(CHANGE, change)))
        for signal in told.signals:
            self._outputs.append(Output(topics.changes, signal["customer_id"].encode(), encode(SIGNAL, signal)))
        for asked in told.activations:
            self._outputs.append(Output(topics.activations, asked["customer_id"].encode(), encode(ACTIVATION, asked)))
        self.counts.profiles += len(told.profiles)

    def _send(self, message: Message) -> None:
        self._outgoing[self._place(message.to)].append(message)

    def _pack(self) -> None:
        """Put the messages for each partition together in records; the first addressee's id leads them there."""
        for messages in self._outgoing.values():
            for start in range(0, len(messages), _MESSAGES_TOGETHER):
                self._outputs += graph_outputs(self._rules.topics, messages[start : start + _MESSAGES_TOGETHER])
        self._outgoing.clear()

    def _is_local(self, node: NodeId) -> bool:
        return self._place(node) == self._number


def graph_messages(value: bytes | None) -> list[Message]:
    """Return the messages of the gathering protocol in a record's value.

    Raises:
        RejectedError: ``undecodable``.
    """
    try:
        messages = _messages_decoder.decode(value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise RejectedError("undecodable", "expected messages of the gathering protocol") from None
    if not all(map(_names_nodes, messages)):
        raise RejectedError("undecodable", f"expected node ids of {NODE_ID_BYTES} bytes")
    return messages


def with_messages(record: SourceRecord, messages: Sequence[Message]) -> SourceRecord:
    """Return a record of the gathering protocol with these messages in it."""
    return record._replace(value=_message_encoder.encode(messages))


def graph_outputs(topics: Topics, messages: Sequence[Message]) -> Iterator[Output]:
    """Yield messages to nodes of one partition as a record for it, or as several where they are large."""
    value = _message_encoder.encode(messages)
    if len(value) <= _BYTES_TOGETHER or len(messages) == 1:
        yield Output(topics.graph, messages[0].to, value)
    else:
        half = len(messages) // 2
        yield from graph_outputs(topics, messages[:half])
        yield from graph_outputs(topics, messages[half:])


def _seen(accepted: AcceptedTouchpoint) -> list[Seen]:
    return [Seen(NodeId(node["node_id"]), node["type"], node["value"]) for node in accepted["nodes"]]


def _names_nodes(message: Message) -> bool:
    return all(len(getattr(message, name)) == NODE_ID_BYTES for name in _NODES_OF[type(message)])


def _most_neighbours(policy: IdentityPolicy) -> dict[str, int]:
    return {name: rule.max_neighbours for name, rule in policy.identifiers.items()}


def event_key(accepted: AcceptedTouchpoint) -> bytes:
    """Return what makes an event the same event: its source and id, as 16 bytes."""
    text = f"{accepted['source']}\x00{accepted['touchpoint']['event_id']}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
