"""The worker: ingest, gather and resolve as Faust agents. Any number of worker processes share the partitions."""

import asyncio
import logging
from functools import partial
from typing import Any

import faust
import structlog
from faust.types import TP

from identity.normalise import Normaliser
from identity.policy_file import parse_policy
from profiles.policy_file import parse_profile_policy
from streams.chunks import ChunkConsumer, ChunkScheduler, ChunkSchema
from streams.decisions import decision_outputs
from streams.errors import StreamsError
from streams.gather import Rules
from streams.ingest import Ingest
from streams.partition import Partition, PartitionSetting
from streams.policies import policy_in_force
from streams.producer import CheckedProducer
from streams.records import Output, SourceRecord, send_output
from streams.registry import framing
from streams.settings import Settings, node_key
from streams.topics import Topics, admin, check_topics, topics_of

_MAX_POLL_RECORDS = 5_000
_COMMIT_INTERVAL_SECONDS = 0.25
_CHUNKS_BUFFERED = 16
_INGESTS_IN_FLIGHT = 8
_STOP_TIMEOUT_SECONDS = 20.0
_WATCH_SECONDS = 1.0

log = structlog.get_logger()


class Worker:
    """One worker process: joins the group, works on the partitions it is given, leaves when told to.

    Args:
        settings: of the installation.

    Raises:
        StreamsError: broker or topics are not as they must be.
    """

    def __init__(self, settings: Settings) -> None:
        if getattr(faust.streams, "_CStreamIterator", None) is None:  # its Python twin acknowledges stale messages
            raise StreamsError("faust-streaming is installed without its compiled stream iterator")
        check_topics(admin(settings), settings)
        topics = topics_of(settings)
        in_force = policy_in_force(settings)
        identity = parse_policy(in_force["text"])
        frames, key = framing(settings), node_key(settings)
        self._producer = CheckedProducer(settings.servers)
        profile = parse_profile_policy(in_force["text"])
        self._ingest = Ingest(topics, frames, Normaliser(identity, key), profile.measurement)
        self._setting = PartitionSetting(
            Rules(topics, frames, identity, in_force["model"], profile, key),
            settings.servers,
            settings.home / "state" / f"{settings.topic_prefix}onefold",
            settings.partitions,
            self._producer,
            self._forget,
            lambda: self._app.consumer_generation_id,
        )
        self._partitions: dict[int, Partition] = {}
        self._slots = asyncio.Semaphore(_INGESTS_IN_FLIGHT)
        self._ingesting: set[asyncio.Task[None]] = set()
        self._failure: asyncio.Future[None] | None = None
        self._app = self._faust_app(settings, topics)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set.

        Raises:
            Exception: whatever ended the work early; nothing unfinished was acknowledged.
        """
        self._failure = asyncio.get_running_loop().create_future()
        await self._app.start()
        logging.getLogger().setLevel(logging.WARNING)  # faust's start-up sets it lower
        log.info("worker ready")
        stopping = asyncio.create_task(stop.wait())
        ends: list[asyncio.Future[Any]] = [stopping, self._failure]
        while not (stopping.done() or self._failure.done()):
            await asyncio.wait(ends, timeout=_WATCH_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if self._app.crashed or self._app.should_stop:
                self._fail(StreamsError(f"Faust gave up: {self._app.crash_reason!r}"))
        stopping.cancel()
        if self._failure.done():
            self._failure.result()
        await asyncio.wait_for(self._app.stop(), _STOP_TIMEOUT_SECONDS)
        await self._close_partitions(list(self._partitions))
        self._producer.close()
        log.info("worker stopped")

    def _faust_app(self, settings: Settings, topics: Topics) -> faust.App:
        app = faust.App(
            topics.group,
            broker=[f"kafka://{server}" for server in settings.servers.split(",")],
            store="memory://",
            datadir=settings.home / "faust",
            web_enabled=False,
            topic_disable_leader=True,
            topic_allow_declare=False,
            ConsumerScheduler=ChunkScheduler,
            consumer_auto_offset_reset="earliest",
            broker_max_poll_records=_MAX_POLL_RECORDS,
            broker_commit_interval=_COMMIT_INTERVAL_SECONDS,
            broker_session_timeout=settings.session_timeout_seconds,
            broker_heartbeat_interval=min(3.0, settings.session_timeout_seconds / 3),
            broker_request_timeout=max(90.0, 2 * settings.session_timeout_seconds),
            stream_buffer_maxsize=_CHUNKS_BUFFERED,
            stream_wait_empty=True,
        )
        transport: Any = app.transport
        transport.Consumer = partial(ChunkConsumer, on_revoke=self._release, on_assign=self._on_assigned)
        schema = ChunkSchema()
        sources = app.topic(*topics.for_ingest, schema=schema, maxsize=_CHUNKS_BUFFERED)
        keyed = app.topic(*topics.for_gather, schema=schema, maxsize=_CHUNKS_BUFFERED)
        app.agent(sources, name="ingest")(self._ingest_agent)
        app.agent(keyed, name="gather")(self._gather_agent)
        return app

    async def _ingest_agent(self, stream: Any) -> None:  # noqa: ANN401  # a faust stream
        async for event in stream.noack().events():
            await self._slots.acquire()
            task = asyncio.create_task(self._ingest_chunk(event))
            self._ingesting.add(task)
            task.add_done_callback(self._ingesting.discard)

    async def _ingest_chunk(self, event: Any) -> None:  # noqa: ANN401  # a faust event
        """Publish what follows from a chunk, wait until all of it is delivered, then acknowledge."""
        try:
            outputs = self._producer.begin()
            for record in event.value:
                source = SourceRecord(
                    record.topic, record.partition, record.offset, record.timestamp, record.key, record.value
                )
                for output in self._outputs(source):
                    send_output(outputs, output)
            await outputs.arrived()
            event.ack()
        except Exception as error:  # noqa: BLE001  # a chunk's boundary: stop the worker, acknowledge nothing
            self._fail(error)
        finally:
            self._slots.release()

    def _outputs(self, record: SourceRecord) -> list[Output]:
        topics = self._setting.rules.topics
        if record.topic == topics.decisions:
            return decision_outputs(topics, self._setting.rules.framing, record)
        return [self._ingest.output(record)]

    async def _gather_agent(self, stream: Any) -> None:  # noqa: ANN401  # a faust stream
        async for event in stream.noack().events():
            number = event.message.partition
            await self._partition(number).put(event)

    def _partition(self, number: int) -> Partition:
        """Return a partition at work, which is opened when it is first asked for."""
        partition = self._partitions.get(number)
        if partition is None:
            partition = self._partitions[number] = Partition(self._setting, number, self._fail)
        return partition

    async def _on_assigned(self, assigned: set[TP]) -> None:
        """Let go of partitions that went elsewhere, and of those that others had while this process stood still.

        The others are opened at once, so that what comes first does not wait for their state.
        """
        kept = {tp.partition for tp in assigned if tp.topic == self._setting.rules.topics.touchpoints}
        try:
            for number, partition in list(self._partitions.items()):
                if number not in kept or not await partition.is_current():
                    await self._close_partitions([number])
            for number in kept:
                self._partition(number)
        except Exception as error:  # noqa: BLE001  # whatever it is, the worker must not go on
            self._fail(error)
        log.info("partitions assigned", count=len(kept))

    def _forget(self, event: Any) -> None:  # noqa: ANN401  # a faust event
        consumer: Any = self._app.consumer
        consumer._unacked_messages.discard(event.message)  # noqa: SLF001  # no public way to give a chunk up

    def _release(self) -> None:
        for partition in self._partitions.values():
            partition.release()

    async def _close_partitions(self, numbers: list[int]) -> None:
        for number in numbers:
            await self._partitions.pop(number).close()

    def _fail(self, error: BaseException) -> None:
        if self._failure is not None and not self._failure.done():
            self._failure.set_exception(error)
