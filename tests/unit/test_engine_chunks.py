"""Chunks: records grouped by partition, and how far is done."""

import asyncio
from collections import defaultdict, deque
from types import SimpleNamespace
from typing import Any

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.chunks import Chunk, ChunkConsumer, ChunkScheduler, _ConsumerThread, _InHand

WEB = TP("touch.web", 0)
CRM = TP("touch.crm", 3)


def a_record(offset: int) -> Any:  # noqa: ANN401  # stands for aiokafka's record
    return SimpleNamespace(offset=offset, timestamp=1_000 + offset, timestamp_type=0)


def a_chunk(tp: TP, offsets: list[int]) -> Chunk:
    ((_, chunk),) = ChunkScheduler().iterate({tp: [a_record(offset) for offset in offsets]})
    return chunk


def test_the_records_of_each_partition_become_one_chunk_in_their_order() -> None:
    records = {WEB: [a_record(4), a_record(7)], CRM: [a_record(1)]}

    chunks = dict(ChunkScheduler().iterate(records))

    assert {tp: [record.offset for record in chunk.value] for tp, chunk in chunks.items()} == {WEB: [4, 7], CRM: [1]}


def test_a_chunk_stands_where_its_last_record_stands() -> None:
    chunk = a_chunk(CRM, [3, 9])

    assert (chunk.topic, chunk.partition, chunk.offset, chunk.timestamp) == ("touch.crm", 3, 9, 1_009)


def test_a_partition_without_records_gives_no_chunk() -> None:
    assert list(ChunkScheduler().iterate({WEB: [], CRM: []})) == []


class Bookkeeping(ChunkConsumer):
    """The bookkeeping of a consumer that was never connected to anything."""

    def __init__(self) -> None:  # the parents would connect
        topics = SimpleNamespace(acks_enabled_for=lambda _: True)
        self.app: Any = SimpleNamespace(consumer_generation_id=1, topics=topics)
        self._delivered: defaultdict[TP, deque[_InHand]] = defaultdict(deque)
        self._acked: defaultdict[TP, list[int]] = defaultdict(list)
        self._acked_index: defaultdict[TP, set[int]] = defaultdict(set)
        self._committed_offset: defaultdict[TP, int | None] = defaultdict(lambda: None)
        self._unacked_messages: set[Any] = set()
        self._waiting_for_ack = None
        self._n_acked = 0

    def deliver(self, tp: TP, *offsets: int) -> Any:  # noqa: ANN401  # faust's message
        return self._to_message(tp, a_chunk(tp, list(offsets)))

    def newly_done(self, tp: TP) -> int | None:
        return self._new_offset(tp)

    def forget(self, tp: TP) -> None:
        self._forget([tp])

    def assignment(self) -> set[TP]:
        return {WEB}

    @property
    def should_stop(self) -> bool:
        return False

    async def sleep(self, _: Any) -> None:  # noqa: ANN401  # faust's signature
        """Faust's own watch rests between partitions."""

    def verify_event_path(self, _: float, tp: TP) -> None:
        raise AssertionError(f"aiokafka has no position of {tp} before it was sought")


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[int], list[int], list[bool]]:
    """Draw the last offsets of chunks with holes, an order of acknowledging them, and when to look between."""
    steps = draw(st.lists(st.integers(1, 50), min_size=1, max_size=25))
    lasts = [sum(steps[: number + 1]) for number in range(len(steps))]
    order = draw(st.permutations(range(len(lasts))))
    looks = draw(st.lists(st.booleans(), min_size=len(lasts), max_size=len(lasts)))
    return lasts, list(order), looks


@given(deliveries())
def test_nothing_behind_an_unfinished_chunk_is_committed(drawn: tuple[list[int], list[int], list[bool]]) -> None:
    lasts, order, looks = drawn
    consumer = Bookkeeping()
    chunks = [consumer.deliver(WEB, last) for last in lasts]
    acked: set[int] = set()
    for number, look in zip(order, looks, strict=True):
        consumer.ack(chunks[number])
        acked.add(lasts[number])
        done = consumer.newly_done(WEB) if look else None
        unfinished = [last for last in lasts if last not in acked]
        assert done is None or all(last >= done for last in unfinished)


@given(deliveries())
def test_when_all_chunks_are_finished_the_end_is_committed(drawn: tuple[list[int], list[int], list[bool]]) -> None:
    lasts, order, looks = drawn
    consumer = Bookkeeping()
    chunks = [consumer.deliver(WEB, last) for last in lasts]
    commits = []
    for number, look in zip(order, looks, strict=True):
        consumer.ack(chunks[number])
        if look:
            commits.append(consumer.newly_done(WEB))
    commits.append(consumer.newly_done(WEB))

    assert max(done for done in commits if done is not None) == lasts[-1] + 1


@given(deliveries())
def test_commits_only_ever_grow(drawn: tuple[list[int], list[int], list[bool]]) -> None:
    lasts, order, _ = drawn
    consumer = Bookkeeping()
    chunks = [consumer.deliver(WEB, last) for last in lasts]
    commits = []
    for number in order:
        consumer.ack(chunks[number])
        commits.append(consumer.newly_done(WEB))
    told = [done for done in commits if done is not None]

    assert told == sorted(set(told))


@given(deliveries())
def test_bookkeeping_of_what_is_committed_takes_no_room(drawn: tuple[list[int], list[int], list[bool]]) -> None:
    lasts, order, _ = drawn
    consumer = Bookkeeping()
    chunks = [consumer.deliver(WEB, last) for last in lasts]
    for number in order:
        consumer.ack(chunks[number])
        consumer.newly_done(WEB)

    assert not consumer._delivered[WEB]
    assert not consumer._acked[WEB]
    assert not consumer._acked_index[WEB]


def test_partitions_do_not_wait_for_each_other() -> None:
    consumer = Bookkeeping()
    consumer.deliver(WEB, 10)
    crm = consumer.deliver(CRM, 20)

    consumer.ack(crm)

    assert consumer.newly_done(CRM) == 21
    assert consumer.newly_done(WEB) is None


def test_a_chunk_from_before_a_rebalance_does_not_finish_the_one_that_comes_again() -> None:
    consumer = Bookkeeping()
    consumer.deliver(WEB, 49)
    before = consumer.deliver(WEB, 50, 99)
    consumer.ack(before)
    consumer.forget(WEB)
    consumer.deliver(WEB, 0, 99)

    assert consumer.newly_done(WEB) is None


def test_a_partition_that_is_not_sought_yet_ends_nothing() -> None:
    asyncio.run(Bookkeeping().verify_all_partitions_active())


def test_a_hole_in_the_offsets_is_not_waited_for() -> None:
    consumer = Bookkeeping()

    asyncio.run(consumer._add_gap(WEB, 10, 20))
    consumer.ack(consumer.deliver(WEB, 21, 30))

    assert consumer.newly_done(WEB) == 31


class Broker:
    """Stands for aiokafka's consumer: what is committed, what a fetch finds, where was sought."""

    def __init__(self, committed: dict[TP, int | None]) -> None:
        self._committed = committed
        self.sought: dict[TP, int | str] = {}

    def assignment(self) -> set[TP]:
        return set(self._committed)

    async def committed(self, tp: TP) -> int | None:
        return self._committed[tp]

    def seek(self, tp: TP, offset: int) -> None:
        self.sought[tp] = offset

    async def seek_to_beginning(self, *tps: TP) -> None:
        self.sought.update(dict.fromkeys(tps, "beginning"))


class Thread(_ConsumerThread):
    """A consumer's thread that was never started, with what each fetch finds in turn."""

    def __init__(self, committed: dict[TP, int | None], *fetches: list[int]) -> None:  # the parents would start
        self._held = deque()
        self.broker = Broker(committed)
        self._fetches = list(fetches)
        self.app: Any = SimpleNamespace(conf=SimpleNamespace(broker_max_poll_records=100))

    def _ensure_consumer(self) -> Any:  # noqa: ANN401  # aiokafka's consumer
        return self.broker

    async def _fetch_records(self, *_: Any, **__: Any) -> Any:  # noqa: ANN401  # faust's signature
        return {WEB: [a_record(offset) for offset in self._fetches.pop(0)]} if self._fetches else {}

    async def call_thread(self, fun: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # faust's signature
        return await fun(*args, **kwargs)

    async def fetched(self) -> list[int]:
        return [record.offset for record in (await self.getmany({WEB}, 1.0)).get(WEB, [])]


def test_partitions_without_a_commit_are_read_from_the_beginning_again() -> None:
    """Aiokafka goes back only where something is committed, so a rebalance before would lose what was fetched."""
    thread = Thread({WEB: None, CRM: 40, TP("touch.web", 1): 0})

    asyncio.run(thread.seek_to_committed())

    assert thread.broker.sought == {WEB: "beginning", CRM: 40, TP("touch.web", 1): "beginning"}


def test_what_a_fetch_found_that_nobody_waits_for_any_more_is_taken_next() -> None:
    async def run() -> list[list[int]]:
        thread = Thread({WEB: 4}, [4, 5], [6])
        await thread._hold({WEB}, 1.0)  # in its thread; who asked was cancelled
        return [await thread.fetched(), await thread.fetched(), await thread.fetched()]

    assert asyncio.run(run()) == [[4, 5], [6], []]


def test_nothing_is_fetched_of_a_partition_that_is_held_back_and_all_of_it_later() -> None:
    async def run() -> list[list[int]]:
        thread = Thread({WEB: 4}, [4, 5])
        thread.held_back = lambda: {(WEB.topic, WEB.partition)}
        before = [record.offset for record in (await thread.getmany({WEB}, 0.01)).get(WEB, [])]
        thread.held_back = frozenset
        return [before, await thread.fetched()]

    assert asyncio.run(run()) == [[], [4, 5]]


def test_what_was_fetched_before_a_seek_is_not_taken_after_it() -> None:
    async def run() -> list[list[int]]:
        thread = Thread({WEB: 4}, [8, 9], [4, 5])
        await thread._hold({WEB}, 1.0)
        await thread.seek_to_committed()
        return [await thread.fetched(), await thread.fetched()]

    assert asyncio.run(run()) == [[4, 5], []]


def test_a_chunk_that_comes_again_in_other_bounds_does_not_hold_commits_back() -> None:
    consumer = Bookkeeping()
    consumer.deliver(WEB, 4, 7)
    consumer.deliver(WEB, 8, 9)

    consumer.ack(consumer.deliver(WEB, 4, 5, 6, 7, 8, 9))

    assert consumer.newly_done(WEB) == 10


def test_a_chunk_that_comes_again_after_it_was_committed_does_not_hold_commits_back() -> None:
    consumer = Bookkeeping()
    consumer.ack(consumer.deliver(WEB, 4, 9))
    consumer._committed_offset[WEB] = consumer.newly_done(WEB)
    consumer.ack(consumer.deliver(WEB, 4, 9))

    consumer.ack(consumer.deliver(WEB, 10, 12))

    assert consumer.newly_done(WEB) == 13
