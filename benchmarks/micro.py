"""Microseconds a call of what the worker and the sink do most, on a sample of the synthetic world.

Each figure is the best of several rounds, so it says what the code costs when nothing disturbs it.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from identity.gathering import Dirty, Gatherer, Seen
from identity.graph import Gathering, Moment
from identity.members import News
from identity.nodes import NodeId
from identity.normalise import Normaliser
from identity.policy_file import default_policy
from identity.resolution import resolve
from infra.world import Emission, World, WorldConfig
from profiles import fragment as fragments
from profiles.folding import Folding
from profiles.people import Publisher
from profiles.policy_file import default_profile_policy
from profiles.telling import Now
from schemas.accepted import AcceptedTouchpoint, decode_accepted, encode_accepted
from schemas.contracts import PROFILE
from schemas.framing import SingleObjectFraming
from schemas.records import Identifier, Profile
from schemas.sources import TO_CANONICAL
from streams.gather import event_key
from streams.ingest import Ingest
from streams.partitioning import partition_of
from streams.records import SourceRecord
from streams.state import PartitionState
from streams.store import PartitionStore
from streams.topics import Topics

_CUSTOMERS, _TOUCHPOINTS, _SEED = 3_000, 12_000, 1
_KEY = bytes(range(32))
_PARTITIONS = 8
_CHUNK = 1_000
_ROUNDS = 5
_RECEIVED_AT = 1_800_000_000_000


class Figure(NamedTuple):
    """What a call costs.

    Attributes:
        name: what is called.
        calls: in one round.
        microseconds: a call, in the best round.
    """

    name: str
    calls: int
    microseconds: float


@dataclass(frozen=True, slots=True)
class Sample:
    """Records at every step of the way.

    Attributes:
        sources: as they lie in the source topics.
        raw: decoded, with the name of the record; only those that are mapped to the canonical form.
        identifiers: of each touchpoint, as the source sent them.
        accepted: touchpoints that passed ingest.
        gatherings: encoded, after all touchpoints were gathered in one partition.
        fragments: encoded, by node.
        profiles: of all people.
    """

    sources: list[SourceRecord]
    raw: list[tuple[str, Any]]
    identifiers: list[list[Identifier]]
    accepted: list[AcceptedTouchpoint]
    gatherings: list[bytes]
    fragments: dict[NodeId, bytes]
    profiles: list[Profile]


_FRAMING = SingleObjectFraming()
_POLICY = default_policy()
_FOLDING = Folding(default_profile_policy())
_gathering_decoder = msgspec.msgpack.Decoder(Gathering)


def main() -> None:
    """Print all figures."""
    console = Console(highlight=False)
    with console.status("Making the sample"):
        sample = make_sample(_CUSTOMERS, _TOUCHPOINTS)
    table = Table("Call", "Calls", "Microseconds")
    for column in table.columns[1:]:
        column.justify = "right"
    for found in (*transport(sample), *identity(sample), *profiles(sample)):
        table.add_row(found.name, f"{found.calls:,}", f"{found.microseconds:,.2f}")
    console.print(table)


def make_sample(customers: int, touchpoints: int) -> Sample:
    """Return records of a world of this size."""
    topics = Topics("", "")
    emitted = [
        emission
        for emission in World(WorldConfig(customers, touchpoints, _SEED)).emissions()
        if isinstance(emission, Emission) and not emission.duplicate and emission.rejected_as is None
    ]
    sources = [
        SourceRecord(
            topics.source(emission.source),
            0,
            number,
            _RECEIVED_AT,
            None,
            _FRAMING.encode(emission.record_name, emission.record),
        )
        for number, emission in enumerate(emitted)
    ]
    ingest = Ingest(topics, _FRAMING, Normaliser(_POLICY, _KEY), default_profile_policy().measurement)
    accepted = [ingest.accept(source) for source in sources]
    with _partition() as state:
        told = _gather(state, accepted)
        gatherings = [msgspec.msgpack.encode(gathering) for gathering in told]
        nodes = {NodeId(node["node_id"]) for record in accepted for node in record["nodes"]}
        encoded = {node: state.fragment(node, node) for node in nodes}
    decoded = [_FRAMING.decode(source.value) for source in sources]
    return Sample(
        sources,
        [(name, record) for name, record in decoded if name in TO_CANONICAL],
        [record["touchpoint"]["identifiers"] for record in accepted],
        accepted,
        gatherings,
        encoded,
        [profile for gathering in gatherings for profile in _publish(gathering, encoded, _all_new)],
    )


def transport(sample: Sample) -> Iterator[Figure]:
    """Time framing, mapping, ingest as a whole, and keys."""
    values = [source.value for source in sample.sources]
    accepted = [encode_accepted(record) for record in sample.accepted]
    encoded = [_FRAMING.encode(PROFILE, profile) for profile in sample.profiles]
    nodes = [NodeId(record["nodes"][0]["node_id"]) for record in sample.accepted]
    ingest = Ingest(Topics("", ""), _FRAMING, Normaliser(_POLICY, _KEY), default_profile_policy().measurement)
    yield _timed("decode a source record", values, _FRAMING.decode)
    yield _timed("map it to the canonical form", sample.raw, lambda raw: TO_CANONICAL[raw[0]](raw[1]))
    yield _timed("encode an accepted touchpoint", sample.accepted, encode_accepted)
    yield _timed("decode an accepted touchpoint", accepted, decode_accepted)
    yield _timed("ingest, all of it", sample.sources, ingest.output)
    yield _timed("encode a profile", sample.profiles, lambda profile: _FRAMING.encode(PROFILE, profile))
    yield _timed("decode a profile", encoded, _FRAMING.decode)
    yield _timed("event_key", sample.accepted, event_key)
    yield _timed("partition_of", nodes, lambda node: partition_of(node, _PARTITIONS))


def identity(sample: Sample) -> Iterator[Figure]:
    """Time normalising, gathering and resolution."""
    remembers = Normaliser(_POLICY, _KEY)
    yield _timed(
        "normalise a touchpoint's identifiers, known",
        sample.identifiers,
        lambda identifiers: remembers.understand(identifiers, source="web", country=None),
    )
    by_type: dict[str, dict[str, None]] = {}
    for identifiers in sample.identifiers:
        for identifier in identifiers:
            by_type.setdefault(identifier["type"], {})[identifier["value"]] = None
    for kind in ("email", "phone", "cookie"):
        values = list(by_type.get(kind, {}))
        forgets = Normaliser(_POLICY, _KEY)
        yield _timed(
            f"normalise a new {kind}",
            values,
            lambda value, kind=kind, forgets=forgets: forgets.node(kind, value),  # type: ignore[misc]  # bound now
            before=forgets.read.cache_clear,
        )
    yield _gathered("touch and settle, a touchpoint in chunks of 1,000", sample.accepted)
    gatherings = [_gathering_decoder.decode(data) for data in sample.gatherings]
    cards = [{node: member.card for node, member in gathering.members.items()} for gathering in gatherings]
    yield _timed("resolve a gathering", cards, lambda gathered: resolve(gathered, _POLICY))


def profiles(sample: Sample) -> Iterator[Figure]:
    """Time folding, merging and publishing."""
    encoded = [data for data in sample.fragments.values() if data]
    decoded = [fragments.decode(data) for data in encoded]
    yield _timed("decode a fragment", encoded, fragments.decode)
    yield _timed("encode a fragment", decoded, fragments.encode)
    yield _folded(sample)
    pairs = [decoded[place : place + 3] for place in range(0, len(decoded), 3)]
    yield _timed("merge three fragments", pairs, _FOLDING.merge)
    yield _published("publish a gathering, links changed", sample, _all_new)
    yield _published("publish a gathering, one touch more", sample, _one_touched)


def _timed(
    name: str, items: Sequence[Any], call: Callable[[Any], object], before: Callable[[], object] = lambda: None
) -> Figure:
    """Time a call for each item, best of several rounds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        before()
        start = time.perf_counter()
        for item in items:
            call(item)
        best = min(best, time.perf_counter() - start)
    return Figure(name, len(items), best / max(len(items), 1) * 1e6)


class _partition:  # noqa: N801  # used as a function
    """A partition's state over a store in a temporary folder."""

    def __enter__(self) -> PartitionState:
        self._folder = Path(tempfile.mkdtemp(prefix="onefold-micro-"))
        self._store = PartitionStore(self._folder / "0")
        return PartitionState(self._store)

    def __exit__(self, *_: object) -> None:
        self._store.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _gather(state: PartitionState, accepted: Sequence[AcceptedTouchpoint]) -> list[Gathering]:
    """Gather touchpoints in one partition, in chunks; return what gathered."""
    gatherer = Gatherer(state, _POLICY, lambda _: True, lambda _: None)
    owners: dict[NodeId, None] = {}
    for start in range(0, len(accepted), _CHUNK):
        folding: dict[NodeId, fragments.Fragment] = {}
        for record in accepted[start : start + _CHUNK]:
            anchor = NodeId(record["nodes"][0]["node_id"])
            node = _touch(gatherer, record)
            fragment = folding.setdefault(anchor, fragments.decode(node.fragment))
            _FOLDING.fold(fragment, record)
        for anchor, fragment in folding.items():
            known = state.node(anchor)
            if known is not None:
                known.fragment = fragments.encode(fragment)
        owners.update(dict.fromkeys(gatherer.settle()))
        state.take_changes()
    found = (state.gathering(owner) for owner in owners)
    return [gathering for gathering in found if gathering is not None]


def _touch(gatherer: Gatherer, record: AcceptedTouchpoint) -> Any:  # noqa: ANN401  # the anchor's node
    touchpoint = record["touchpoint"]
    seen = [Seen(NodeId(node["node_id"]), node["type"], node["value"]) for node in record["nodes"]]
    return gatherer.touch(seen, Moment(touchpoint["event_time"], touchpoint["event_id"]), record["source"])


def _gathered(name: str, accepted: Sequence[AcceptedTouchpoint]) -> Figure:
    best = float("inf")
    for _ in range(_ROUNDS):
        with _partition() as state:
            gatherer = Gatherer(state, _POLICY, lambda _: True, lambda _: None)
            start = time.perf_counter()
            for first in range(0, len(accepted), _CHUNK):
                for record in accepted[first : first + _CHUNK]:
                    _touch(gatherer, record)
                gatherer.settle()
                state.take_changes()
            best = min(best, time.perf_counter() - start)
    return Figure(name, len(accepted), best / len(accepted) * 1e6)


def _folded(sample: Sample) -> Figure:
    anchors = [sample.fragments[NodeId(record["nodes"][0]["node_id"])] for record in sample.accepted]
    best = float("inf")
    for _ in range(_ROUNDS):
        fresh = [(fragments.decode(data), record) for data, record in zip(anchors, sample.accepted, strict=True)]
        start = time.perf_counter()
        for fragment, record in fresh:
            _FOLDING.fold(fragment, record)
        best = min(best, time.perf_counter() - start)
    return Figure("fold a touchpoint", len(anchors), best / len(anchors) * 1e6)


def _all_new(gathering: Gathering) -> Dirty:
    return Dirty(set(gathering.members), News.LINKS)


def _one_touched(gathering: Gathering) -> Dirty:
    """Count one more touch at the first member that has any, as if it had just been published before."""
    for node, member in gathering.members.items():
        if member.card.touches:
            member.card.touches += 1
            return Dirty({node}, News.TOUCHES)
    return Dirty(set(), News.TOUCHES)


def _publish(encoded: bytes, parts: dict[NodeId, bytes], change: Callable[[Gathering], Dirty]) -> list[Profile]:
    gathering = _gathering_decoder.decode(encoded)
    publisher = Publisher(_POLICY, _FOLDING, 1)
    return publisher.publish(
        gathering, change(gathering), lambda member: fragments.decode(parts.get(member, b"")), Now(0, None)
    ).profiles


def _published(name: str, sample: Sample, change: Callable[[Gathering], Dirty]) -> Figure:
    publisher = Publisher(_POLICY, _FOLDING, 1)

    def fragment_of(member: NodeId) -> fragments.Fragment:
        return fragments.decode(sample.fragments.get(member, b""))

    best = float("inf")
    for _ in range(_ROUNDS):
        fresh = [_gathering_decoder.decode(data) for data in sample.gatherings]
        if change is _one_touched:
            for gathering in fresh:
                publisher.publish(gathering, _all_new(gathering), fragment_of, Now(0, None))
        dirty = [(gathering, change(gathering)) for gathering in fresh]
        start = time.perf_counter()
        for gathering, news in dirty:
            publisher.publish(gathering, news, fragment_of, Now(0, None))
        best = min(best, time.perf_counter() - start)
    return Figure(name, len(sample.gatherings), best / len(sample.gatherings) * 1e6)


if __name__ == "__main__":
    main()
