"""The stages of a worker: ingest, then gather and resolve by partition. Whoever delivers the chunks is not in here."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import structlog

from streams.assigning import AT_HAND, Claims
from streams.decisions import decision_outputs
from streams.errors import RegistryDownError
from streams.feeds import source_record
from streams.ingest import Ingest
from streams.metrics import CHUNK_SECONDS, DEAD_LETTERS, REBALANCES, RECORDS, TOUCHPOINTS
from streams.openings import Opening
from streams.partition import Partition, PartitionSetting
from streams.records import Output, SourceRecord, send_output
from streams.standby import Standby
from streams.tally import BoundedNames, Tally
from streams.topics import Position

_INGESTS_IN_FLIGHT = 8
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 8.0

log = structlog.get_logger()


class Engine:
    """Works on the chunks it is handed and acknowledges them when all that follows from them is delivered.

    Args:
        ingest: the ingest stage.
        setting: what the partitions share.
        on_failure: told of what must end the worker; nothing unfinished is acknowledged then.
        standby: follows the partitions that are not worked on here; None where nobody is to.
    """

    def __init__(
        self,
        ingest: Ingest,
        setting: PartitionSetting,
        on_failure: Callable[[BaseException], None],
        standby: Standby | None,
    ) -> None:
        self._ingest = ingest
        self._setting = setting
        self._on_failure = on_failure
        self._partitions: dict[int, Partition] = {}
        self._slots = asyncio.Semaphore(_INGESTS_IN_FLIGHT)
        self._names = BoundedNames()
        self._ingesting: set[asyncio.Task[None]] = set()
        self._standby = standby
        self._waiting: dict[asyncio.Task[None], Position] = {}

    async def ingest(self, event: Any) -> None:  # noqa: ANN401  # a faust event
        """Take a chunk of a source topic; waits while too many are under way."""
        await self._slots.acquire()
        task = asyncio.create_task(self._ingest_chunk(event))
        self._ingesting.add(task)
        task.add_done_callback(self._ingesting.discard)

    async def gather(self, event: Any) -> None:  # noqa: ANN401  # a faust event
        """Take a chunk of a topic of the gather stage; waits while too many are queued."""
        await self._partition(event.message.partition).put(event)

    async def assigned(self, numbers: Collection[int]) -> None:
        """Let go of partitions that went elsewhere, and of those that others had while this process stood still.

        The others are opened at once, so that what comes first does not wait for their state. Standby copies of these
        are let go of first. To be called before any chunk of the assignment is handed over.
        """
        try:
            if self._standby is not None:
                others = set(range(self._setting.partitions)).difference(numbers)
                await asyncio.to_thread(self._standby.follow, others)
            await self._close([number for number in self._partitions if number not in numbers])
            await self._close(await self._overtaken())
            for number in numbers:
                self._partition(number)
        except Exception as error:  # noqa: BLE001  # whatever it is, the worker must not go on
            self._on_failure(error)
        self._setting.meters.add(REBALANCES, 1)
        log.info("partitions assigned", count=len(numbers))

    def missing(self) -> str | None:
        """Return what is missing until all partitions here are at work; None where nothing is. For any thread."""
        found = [partition.missing for partition in list(self._partitions.values())]
        return "; ".join(missing for missing in found if missing is not None) or None

    def openings(self) -> dict[int, Opening]:
        """Return how far each partition here is with being opened."""
        return {
            number: Opening(partition.read_to, is_open=partition.missing is None)
            for number, partition in self._partitions.items()
        }

    def missing_registry(self) -> str | None:
        """Return what waits for the schema registry; None where nothing does. For any thread."""
        waiting = len(self._waiting)
        return f"{waiting} chunks wait for the schema registry" if waiting else None

    def held_back(self) -> set[Position]:
        """Return of which topics and partitions nothing more is to be handed over for now.

        Those whose records wait for the schema registry, and those that are not open yet: their chunks would queue up
        and hold up those of the others, which come the same way.
        """
        unopened = [number for number, partition in self._partitions.items() if partition.missing is not None]
        gathered = self._setting.rules.topics.for_gather
        return {*self._waiting.values(), *((topic, number) for topic in gathered for number in unopened)}

    def claims(self) -> Claims:
        """Return how good the claims of this worker on partitions are. For any thread."""
        here = {number: partition.claim for number, partition in list(self._partitions.items())}
        return {**dict.fromkeys(self._setting.stores.at_hand(), AT_HAND), **here}

    def release(self) -> None:
        """Let go of chunks whose work has not begun: a rebalance begins."""
        self.release_waiting()
        for partition in self._partitions.values():
            partition.release()

    def release_waiting(self) -> None:
        """Let go of chunks that wait for the schema registry: they would be waited for."""
        for task in self._waiting:
            task.cancel()

    async def close(self) -> None:
        """Stop all partitions and release their stores."""
        await self._close(list(self._partitions))

    async def _ingest_chunk(self, event: Any) -> None:  # noqa: ANN401  # a faust event
        """Publish what follows from a chunk, wait until all of it is delivered, then acknowledge."""
        try:
            started = asyncio.get_running_loop().time()
            reasons: Counter[str] = Counter()
            tally = Tally()
            outputs = self._setting.producer.begin()
            for record in map(source_record, event.value):
                try:
                    found = self._outputs(record)
                except RegistryDownError as error:
                    found = await self._outputs_later(record, error)
                for output in found:
                    send_output(outputs, output)
                    if output.reason is not None:
                        reasons[output.reason] += 1
                    if output.told is not None:
                        tally.add(output.told)
            await outputs.arrived()
            event.ack()
            tally.tell(self._setting.meters, self._names)
            self._tell(event, reasons, asyncio.get_running_loop().time() - started)
        except asyncio.CancelledError:
            self._setting.forget(event)
        except Exception as error:  # noqa: BLE001  # a chunk's boundary: stop the worker, acknowledge nothing
            self._on_failure(error)
        finally:
            self._slots.release()

    def _tell(self, event: Any, reasons: Counter[str], seconds: float) -> None:  # noqa: ANN401  # a faust event
        """Tell what became of a chunk."""
        meters, records = self._setting.meters, len(event.value)
        meters.note(CHUNK_SECONDS, seconds, "ingest")
        meters.add(RECORDS, records, "ingest")
        if event.message.topic != self._setting.rules.topics.decisions:
            meters.add(TOUCHPOINTS, records - reasons.total(), "ingest")
        for reason, number in reasons.items():
            meters.add(DEAD_LETTERS, number, "ingest", reason)

    def _outputs(self, record: SourceRecord) -> list[Output]:
        rules = self._setting.rules
        if record.topic == rules.topics.decisions:
            return decision_outputs(rules.topics, rules.framing, record)
        return [self._ingest.output(record)]

    async def _outputs_later(self, record: SourceRecord, error: RegistryDownError) -> list[Output]:
        """Try until the schema registry answers; nothing more is taken of this record's partition meanwhile."""
        task: Any = asyncio.current_task()
        self._waiting[task] = record.topic, record.partition
        pause = _PAUSE_SECONDS
        try:
            while True:
                log.warning("waiting for the schema registry", topic=record.topic, offset=record.offset, why=str(error))
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                try:
                    return await asyncio.to_thread(self._outputs, record)
                except RegistryDownError as again:
                    error = again
        finally:
            del self._waiting[task]

    def _partition(self, number: int) -> Partition:
        """Return a partition at work, which is opened when it is first asked for."""
        partition = self._partitions.get(number)
        if partition is None:
            partition = self._partitions[number] = Partition(self._setting, number, self._on_failure)
        return partition

    async def _overtaken(self) -> list[int]:
        """Return the partitions here that others worked on meanwhile; all are asked for at once."""
        partitions = list(self._partitions.items())
        current = await asyncio.gather(*(partition.is_current() for _, partition in partitions))
        return [number for (number, _), is_current in zip(partitions, current, strict=True) if not is_current]

    async def _close(self, numbers: list[int]) -> None:
        for number in numbers:
            await self._partitions.pop(number).close()
