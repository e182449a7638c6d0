"""The worker: ingest, gather and resolve as Faust agents. Any number of worker processes share the partitions."""

import asyncio
import logging
import time
from functools import partial
from typing import Any, cast

import faust
import structlog
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from identity.policy_file import parse_policy
from profiles.policy_file import parse_profile_policy
from schemas.contracts import ACTIVATION, CHANGE, DEAD_LETTER, LINK, PROFILE, SIGNAL
from streams.acceptance import acceptance
from streams.changelog import HeldChangelog, KafkaChangelog
from streams.checks import FOR_WORKER, check_start
from streams.chunks import ChunkConsumer, ChunkScheduler, ChunkSchema
from streams.engine import Engine
from streams.errors import BrokerDownError, StreamsError
from streams.gather import Rules
from streams.ingest import Ingest
from streams.metrics import LAG, OLDEST, QUEUED
from streams.openings import OpeningNotes
from streams.partition import PartitionSetting
from streams.policies import policy_in_force
from streams.producer import CheckedProducer
from streams.registry import framing
from streams.serving import Telemetry
from streams.settings import Settings, node_key
from streams.standby import Standby, keeping
from streams.stores import HomeStores
from streams.topics import admin, check_topics, topics_of
from streams.watch import BrokerWatch, waits_for

_MAX_POLL_RECORDS = 5_000
_COMMIT_INTERVAL_SECONDS = 0.25
_CHUNKS_BUFFERED = 16
_STOP_TIMEOUT_SECONDS = 20.0
_WATCH_SECONDS = 1.0
_WRITTEN = (PROFILE, LINK, CHANGE, SIGNAL, ACTIVATION, DEAD_LETTER)

log = structlog.get_logger()


class Worker:
    """One worker process: joins the group, works on the partitions it is given, leaves when told to.

    Args:
        settings: of the installation.
        telemetry: told how it goes.

    Raises:
        StreamsError: broker or topics are not as they must be.
    """

    def __init__(self, settings: Settings, telemetry: Telemetry) -> None:
        if getattr(faust.streams, "_CStreamIterator", None) is None:  # its Python twin acknowledges stale messages
            raise StreamsError("faust-streaming is installed without its compiled stream iterator")
        self._admin = admin(settings)
        check_topics(self._admin, settings)
        check_start(settings, FOR_WORKER)
        topics = topics_of(settings)
        in_force = policy_in_force(settings)
        identity = parse_policy(in_force["text"])
        frames, key = framing(settings, _WRITTEN), node_key(settings)
        self._producer = CheckedProducer(settings.servers)
        profile = parse_profile_policy(in_force["text"])
        ingest = Ingest(topics, frames, acceptance(identity, profile, key))
        stores = HomeStores(settings.home / "state" / f"{settings.topic_prefix}onefold")
        setting = PartitionSetting(
            Rules(topics, frames, identity, in_force["model"], profile, key),
            KafkaChangelog(settings.servers, topics.state),
            stores,
            settings.partitions,
            self._producer,
            self._forget,
            lambda: self._app.consumer_generation_id,
            _now_ms,
            telemetry.meters,
        )
        self._telemetry = telemetry
        self._is_member = False
        self._standby: Standby | None = None
        if settings.standby:
            followed = HeldChangelog(settings.servers, topics.state)
            self._standby = Standby(followed, stores, telemetry.meters, self._is_busy)
        self._engine = Engine(ingest, setting, self._fail, self._standby)
        self._notes = OpeningNotes(settings)
        self._topics = topics
        self._servers = settings.servers
        self._failure: asyncio.Future[None] | None = None
        self._app = self._faust_app(settings)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set.

        Raises:
            Exception: whatever ended the work early; nothing unfinished was acknowledged.
        """
        loop = asyncio.get_running_loop()
        failure = self._failure = loop.create_future()
        standby = keeping(self._standby, lambda error: loop.call_soon_threadsafe(self._fail, error))
        with BrokerWatch(self._admin, self._topics.state) as broker, standby:
            self._telemetry.health.expect(
                {
                    "broker": broker.missing,
                    "group": lambda: None if self._is_member else "not a member of the group",
                    "partitions": self._engine.missing,
                    "registry": self._engine.missing_registry,
                    "delivery": lambda: waits_for(self._producer.stalled_seconds, "no record was acknowledged"),
                }
            )
            await self._work(stop, failure)
        self._producer.close()
        log.info("worker stopped")

    async def _work(self, stop: asyncio.Event, failure: asyncio.Future[None]) -> None:
        starting = asyncio.create_task(self._start_faust())
        stopping = asyncio.create_task(stop.wait())
        ends: list[asyncio.Future[Any]] = [stopping, failure]
        while not (stopping.done() or failure.done()):
            self._telemetry.health.turn()
            self._tell()
            await asyncio.wait(ends, timeout=_WATCH_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if self._app.crashed or self._app.should_stop:
                self._fail(StreamsError(f"Faust gave up: {self._app.crash_reason!r}"))
        stopping.cancel()
        starting.cancel()
        if failure.done():
            failure.result()
        self._engine.release_waiting()
        await self._stop_faust()
        await self._engine.close()

    async def _start_faust(self) -> None:
        """Start Faust, which takes until the group has let this worker in."""
        try:
            await self._app.start()
        except KafkaConnectionError:
            self._fail(BrokerDownError.at(self._servers))
            return
        except Exception as error:  # noqa: BLE001  # told to whoever waits for the worker's end
            self._fail(error)
            return
        logging.getLogger().setLevel(logging.WARNING)  # faust's start-up sets it lower
        log.info("worker ready")

    async def _stop_faust(self) -> None:
        """Have the work in hand finished and committed and the group left, or go without it where that takes long.

        Faust swallows what would cancel its stop, so nobody may wait for that.
        """
        stopping = asyncio.create_task(self._app.stop())
        if not (await asyncio.wait([stopping], timeout=_STOP_TIMEOUT_SECONDS))[0]:
            log.warning("left without the broker's answer; what is not committed comes again")
            return
        stopping.result()

    def _faust_app(self, settings: Settings) -> faust.App:
        topics = self._topics
        app = faust.App(
            topics.group,
            broker_client_id=self._notes.worker,
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
        transport.Consumer = partial(
            ChunkConsumer,
            on_revoke=self._on_revoked,
            on_assign=self._on_assigned,
            held_back=self._engine.held_back,
            claims=self._engine.claims,
        )
        schema = ChunkSchema()
        sources = app.topic(*topics.for_ingest, schema=schema, maxsize=_CHUNKS_BUFFERED)
        keyed = app.topic(*topics.for_gather, schema=schema, maxsize=_CHUNKS_BUFFERED)
        app.agent(sources, name="ingest")(self._ingest_agent)
        app.agent(keyed, name="gather")(self._gather_agent)
        return app

    async def _ingest_agent(self, stream: Any) -> None:  # noqa: ANN401  # a faust stream
        async for event in stream.noack().events():
            await self._engine.ingest(event)

    async def _gather_agent(self, stream: Any) -> None:  # noqa: ANN401  # a faust stream
        async for event in stream.noack().events():
            await self._engine.gather(event)

    def _on_revoked(self) -> None:
        self._is_member = False
        self._engine.release()

    async def _on_assigned(self, assigned: set[TP]) -> None:
        await self._engine.assigned({tp.partition for tp in assigned if tp.topic == self._topics.touchpoints})
        self._is_member = True

    def _is_busy(self) -> bool:
        return not self._is_member or self._engine.missing() is not None

    def _tell(self) -> None:
        """Tell how far behind the stages are, and how far partitions are with being opened."""
        meters, stages = self._telemetry.meters, self._topics.stages
        consumer = cast("ChunkConsumer", self._app.consumer)
        lags = consumer.lags().items() if self._is_member else ()
        meters.put_all(LAG, {(stages[tp.topic], tp.topic, f"{tp.partition}"): lag for tp, lag in lags})
        now = _now_ms()
        oldest = dict.fromkeys(stages.values(), now)
        for tp, since in consumer.oldest_ms().items():
            oldest[stages[tp.topic]] = min(oldest[stages[tp.topic]], since)
        for stage, since in oldest.items():
            meters.put(OLDEST, (now - since) / 1000, stage)
        meters.put(QUEUED, self._producer.queued)
        self._notes.tell(self._engine.openings())

    def _forget(self, event: Any) -> None:  # noqa: ANN401  # a faust event
        consumer: Any = self._app.consumer
        consumer._unacked_messages.discard(event.message)  # noqa: SLF001  # no public way to give a chunk up

    def _fail(self, error: BaseException) -> None:
        if self._failure is not None and not self._failure.done():
            self._failure.set_exception(error)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
