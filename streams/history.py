"""All of history out of the lake, gathered in memory by a policy: for rehearsals, and for learning from it."""

from collections.abc import Callable, Iterator
from typing import Any

from identity.gathering import Gatherer, Seen
from identity.graph import Moment
from identity.matching.likeness import Likeness
from identity.matching.placing import Matcher
from identity.memory import MemoryGraph, MemoryPlacings
from identity.nodes import NodeId
from identity.normalise import Normaliser
from identity.policy import IdentityPolicy
from identity.regions import told_region
from profiles import fragment as fragments
from profiles.comparable import comparable_record, note_person
from profiles.folding import Folding
from profiles.fragment import Fragment
from profiles.policy import ProfilePolicy
from schemas.accepted import AcceptedTouchpoint
from sinks.reader import LakeReader

_ROWS = 5_000
_TOUCHPOINTS = "SELECT source, event_id, epoch_ms(event_time), identifiers, traits FROM touchpoints"
_OF_ANCHOR = f"{_TOUCHPOINTS} WHERE anchor_id = ?"
_COUNT = "SELECT count(*) FROM touchpoints"

Row = tuple[str, str, int, list[Any], dict[str, str]]


def history_size(reader: LakeReader) -> int:
    """Return the number of touchpoints in the lake."""
    found = reader.execute(_COUNT).fetchone()
    return int(found[0]) if found else 0


class History:
    """The lake's touchpoints as one process sees them, with no Kafka and nothing durable.

    Args:
        policy: identity's.
        profile: says which of a node's traits survive.
        key: of node ids and blocks, the installation's.
        likeness: of records, by the policy's model; None: records are gathered but not matched.
    """

    def __init__(self, policy: IdentityPolicy, profile: ProfilePolicy, key: bytes, likeness: Likeness | None) -> None:
        self.graph = MemoryGraph()
        self.touchpoints = 0
        self.unusable = 0
        self._policy = policy
        self._folding = Folding(profile)
        self._normaliser = Normaliser(policy, key)
        self._fragments: dict[NodeId, Fragment] = {}
        self._lists: dict[NodeId, str] = {}
        matcher = None
        if likeness is not None:
            matcher = Matcher(MemoryPlacings(), policy.matching, likeness, key, lambda _: 0, 0)
        self.gatherer = Gatherer(self.graph, policy, lambda _: True, lambda _: None, matcher)

    def read(self, reader: LakeReader, on_progress: Callable[[int], None]) -> None:
        """Take in all touchpoints; ``on_progress`` is called with the number newly read."""
        for rows in _chunks(reader):
            for row in rows:
                self._take(row)
            self.gatherer.settle()
            self.touchpoints += len(rows)
            on_progress(len(rows))

    def read_anchor(self, reader: LakeReader, anchor_id: str) -> None:
        """Take in the touchpoints of one node."""
        for row in reader.execute(_OF_ANCHOR, [anchor_id]).fetchall():
            self._take(row)
        self.gatherer.settle()

    def records(self) -> Iterator[tuple[NodeId, bytes]]:
        """Yield the encoded record of each node that has one."""
        for node_id, fragment in self._fragments.items():
            node = self.graph.node(node_id)
            if node is not None and (record := comparable_record(node, fragment, self._policy)):
                yield node_id, record

    def listed_records(self) -> Iterator[tuple[bytes, str]]:
        """Yield the same records, each with the list that it is from.

        That is a source and the type of its identifier, as in the customer numbers of one system; empty where several
        sources told of it.
        """
        for node_id, record in self.records():
            yield record, self._lists[node_id]

    def match(self) -> None:
        """Match the records; to be called once, when all is read."""
        for node_id, record in self.records():
            node = self.graph.node(node_id)
            if node is not None:
                self.gatherer.place(node_id, node, record)
        self.gatherer.settle()

    def _take(self, row: Row) -> None:
        source, event_id, time, identifiers, traits = row
        country = told_region(traits or {})
        nodes = self._normaliser.understand(identifiers, source=source, country=country).nodes
        if not nodes:
            self.unusable += 1
            return
        seen = [Seen(NodeId(node["node_id"]), node["type"], node["value"]) for node in nodes]
        anchor = self.gatherer.touch(seen, Moment(time, event_id), source)
        if traits:
            told = _with_traits(source, event_id, time, traits)
            note_person(anchor, told, self._policy)
            listed = f"{source}/{seen[0].type}"
            if self._lists.setdefault(seen[0].node, listed) != listed:
                self._lists[seen[0].node] = ""
            fragment = self._fragments.setdefault(seen[0].node, fragments.decode(b""))
            self._folding.fold(fragment, told)


def _chunks(reader: LakeReader) -> Iterator[list[Row]]:
    cursor = reader.execute(_TOUCHPOINTS)
    while rows := cursor.fetchmany(_ROWS):
        yield rows


def _with_traits(source: str, event_id: str, time: int, traits: dict[str, str]) -> AcceptedTouchpoint:
    """Return a touchpoint that says no more than its traits."""
    return {
        "source": source,
        "received_at": time,
        "origin_topic": "",
        "origin_partition": 0,
        "origin_offset": 0,
        "nodes": [],
        "touchpoint": {
            "event_id": event_id,
            "event_time": time,
            "type": "",
            "identifiers": [],
            "traits": traits,
            "order": None,
            "marketing": None,
            "consents": [],
            "interaction": None,
            "party": "first",
            "properties": {},
        },
    }
