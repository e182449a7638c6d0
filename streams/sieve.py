"""Records that our own code cannot stand, found among those of a commit, so that the others go on without them.

An error leaves state, messages and outputs half done, so all of it is thrown away. The records are then tried over a
layer that is never written, by halves down to the ones that fail alone. Those become dead letters, and the others are
taken once more, together, as if these had never been there. So a commit tells of a customer once, as ever, and the same
records over the same state lead to the same commit: work that was cut short can be done again by its plan.
"""

import asyncio
import traceback
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import structlog

from schemas.reasons import RejectedError
from streams.errors import StreamsError
from streams.gather import Commit, PartitionWork, graph_messages, with_messages
from streams.logs import stack_of
from streams.records import SourceRecord
from streams.store import Readable

_NO_RECORDS_FAULT = (StreamsError, OSError, MemoryError)
"""What the records have no part in: another time the same ones would do."""

log = structlog.get_logger()


class Sieve:
    """The gather stage of one partition, which goes on without the records that it cannot stand.

    Args:
        begin: begins the work anew over what a store holds.
        store: of the partition; it is read only.
        topic: of the messages of the gathering protocol.

    Attributes:
        work: what the next commit begins with; another one after an error.
    """

    def __init__(self, begin: Callable[[Readable], PartitionWork], store: Readable, topic: str) -> None:
        self._begin = begin
        self._store = store
        self._graph = topic
        self.work = begin(store)

    async def commit(self, taken: Sequence[Sequence[SourceRecord]], now_ms: int) -> Commit:
        """Take records, each sequence of one topic, and return what follows from them and from what waits besides.

        Raises:
            Exception: something failed that is not the fault of a record taken; the work is to be thrown away.
        """
        try:
            return _commit(self.work, taken, now_ms)
        except _NO_RECORDS_FAULT:
            raise
        except Exception as error:
            if not taken:
                raise
            partition, why = taken[0][0].partition, stack_of(error)
        records = [record for each in taken for record in each]
        log.warning("work failed, looking for the records", partition=partition, records=len(records), why=why)
        sifting = _Sifting(self._begin, self._store, self._graph, now_ms)
        await sifting.sift(records)
        self.work = self._begin(self._store)
        refused = sifting.refused(records)
        for record, rejected in refused:
            self.work.refuse(record, rejected)
        log.warning("looked for the records, these become dead letters", partition=partition, records=len(refused))
        return _commit(self.work, _by_topic(sifting.kept), now_ms)


def _commit(work: PartitionWork, taken: Iterable[Sequence[SourceRecord]], now_ms: int) -> Commit:
    for records in taken:
        work.take(records)
    return work.commit(now_ms)


def _by_topic(records: Iterable[SourceRecord]) -> list[list[SourceRecord]]:
    return [list(group) for _, group in groupby(records, key=lambda record: record.topic)]


class _Layer:
    """What was tried, over a store that it leaves as it is."""

    def __init__(self, store: Readable) -> None:
        self._store = store
        self.changes: dict[bytes, bytes | None] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.changes[key] if key in self.changes else self._store.get(key)

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        below = iter(self._store.get_many([key for key in keys if key not in self.changes]))
        return [self.changes[key] if key in self.changes else next(below) for key in keys]

    def keys_after(self, key: bytes, most: int) -> list[bytes]:
        gone = sum(value is None for value in self.changes.values())
        found = {other for other in self._store.keys_after(key, most + gone) if other not in self.changes}
        found |= {other for other, value in self.changes.items() if other > key and value is not None}
        return sorted(found)[:most]


class _Sifting:
    """Tells the records that can be taken from those that cannot.

    Attributes:
        kept: those that can, in order; a record of which some messages cannot is here with the others.
    """

    def __init__(self, begin: Callable[[Readable], PartitionWork], store: Readable, graph: str, now_ms: int) -> None:
        self._begin = begin
        self._layer = _Layer(store)
        self._graph = graph
        self._now_ms = now_ms
        self.kept: list[SourceRecord] = []
        self._refused: dict[tuple[str, int], list[tuple[SourceRecord, str]]] = {}

    async def sift(self, records: list[SourceRecord]) -> None:
        await asyncio.sleep(0)  # each try takes as long as a commit's work may; others have their turn between
        why = self._try(records)
        if why is None:
            self.kept += records
        elif halves := self._halves(records):
            for half in halves:
                await self.sift(half)
        else:
            self._refused.setdefault((records[0].topic, records[0].offset), []).append((records[0], why))

    def refused(self, records: Iterable[SourceRecord]) -> list[tuple[SourceRecord, RejectedError]]:
        """Return those of the records that cannot be taken, with what of them cannot, and why."""
        found = []
        for record in records:
            parts = self._refused.get((record.topic, record.offset))
            if parts is None:
                continue
            part, why = parts[0]
            if part != record:
                failed = [message for each, _ in parts for message in graph_messages(each.value)]
                part = with_messages(record, failed)
                why += f" (kept here: {len(failed)} of {len(graph_messages(record.value))} messages)"
            found.append((part, RejectedError("processing_failed", why)))
        return found

    def _try(self, records: Sequence[SourceRecord]) -> str | None:
        """Take records after those kept; return what failed and where, None where all went well."""
        work = self._begin(self._layer)
        try:
            for each in _by_topic(records):
                work.take(each)
            self._layer.changes.update(work.commit_records(self._now_ms).changes)
        except _NO_RECORDS_FAULT:
            raise
        except Exception as error:  # noqa: BLE001  # a record's boundary: it becomes a dead letter
            return _place(error)
        return None

    def _halves(self, records: list[SourceRecord]) -> list[list[SourceRecord]]:
        """Return the halves of what is to be tried; none where it cannot be divided."""
        if len(records) > 1:
            middle = len(records) // 2
            return [records[:middle], records[middle:]]
        if records[0].topic != self._graph:
            return []
        try:
            messages = graph_messages(records[0].value)
        except RejectedError:
            return []
        middle = len(messages) // 2
        return [[with_messages(records[0], half)] for half in (messages[:middle], messages[middle:])] if middle else []


def _place(error: Exception) -> str:
    """Return what failed and where in the code, never what it says: that may hold a customer's data."""
    frame, line = list(traceback.walk_tb(error.__traceback__))[-1]
    where = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}"
    return f"{type(error).__name__} in gather at {where}, line {line}"
