"""What is true of a world: whose each identifier and each event is."""

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from infra.world.people import Person


class TrueIdentifier(NamedTuple):
    """An identifier as it was emitted, and a person who used it."""

    person_id: str
    type: str
    value: str
    exclusive: bool
    """False for what several people use: family tablets, kiosks, landlines, switchboards, a number that somebody else
    gave as theirs, a family's address of e-mail."""


class TrueEvent(NamedTuple):
    """An event and the person it happened to."""

    source: str
    event_id: str
    person_id: str


class Truth:
    """Grows while a world is emitted, and is whole when the stream has ended. Event ids are numbered by source.

    Args:
        world: stands in every event id, so that those of two worlds differ.
    """

    def __init__(self, world: str) -> None:
        self._world = world
        self._person_ids: dict[int, str] = {}
        self._owners: dict[str, dict[str, int]] = {}
        self._several: dict[tuple[str, str], set[int]] = {}
        self._shared: set[tuple[str, str]] = set()
        self._events: dict[str, array[int]] = {}

    def saw(self, person: Person, kind: str, value: str, *, shared: bool = False) -> None:
        """Note that a person used an identifier, in exactly this spelling.

        Args:
            person: who.
            kind: the type of identifier.
            value: as it is emitted.
            shared: whether others may use it too, even when nobody does in this world.
        """
        owners = self._owners.get(kind)
        if owners is None:
            owners = self._owners[kind] = {}
        owner = owners.setdefault(value, person.index)
        if owner != person.index:
            self._several.setdefault((kind, value), {owner}).add(person.index)
        if shared:
            self._shared.add((kind, value))

    def happened(self, source: str, person: Person) -> str:
        """Note the next event of a source, and give its id."""
        events = self._events.get(source)
        if events is None:
            events = self._events[source] = array("l")
        self._person_ids[person.index] = person.person_id
        events.append(person.index)
        return event_id(source, self._world, len(events) - 1)

    def identifiers(self) -> Iterator[TrueIdentifier]:
        """Every identifier with everyone who used it, by type in order of first use."""
        for kind, owners in self._owners.items():
            for value, owner in owners.items():
                key = (kind, value)
                several = self._several.get(key)
                exclusive = several is None and key not in self._shared
                for index in sorted(several) if several else (owner,):
                    yield TrueIdentifier(self._person_ids[index], kind, value, exclusive)

    def events(self) -> Iterator[TrueEvent]:
        """Every event, by source in order of arrival; a duplicate is the same event."""
        for source, people in self._events.items():
            for number, index in enumerate(people):
                yield TrueEvent(source, event_id(source, self._world, number), self._person_ids[index])


class _HasTruth(Protocol):
    @property
    def truth(self) -> Truth: ...


def event_id(source: str, world: str, number: int) -> str:
    """The id of an event by its world and its number in its source."""
    return f"{source}-{world}-{number:08d}"


def write_truth(world: _HasTruth, path: Path) -> None:
    """Write ``truth_identifiers.parquet`` and ``truth_events.parquet`` into a folder, which is made if missing.

    To be called when the world's stream has ended; what was not emitted is not in them.
    """
    path.mkdir(parents=True, exist_ok=True)
    _write(world.truth.identifiers(), TrueIdentifier._fields, path / "truth_identifiers.parquet")
    _write(world.truth.events(), TrueEvent._fields, path / "truth_events.parquet")


def _write(rows: Iterator[tuple[object, ...]], names: tuple[str, ...], file: Path) -> None:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    types = [pa.bool_() if name == "exclusive" else pa.string() for name in names]
    arrays = [pa.array(column, type=kind) for column, kind in zip(columns, types, strict=True)]
    pq.write_table(pa.table(arrays, names=list(names)), file)
