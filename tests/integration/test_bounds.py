"""What a worker and a sink hold in memory does not grow with what lies in the topics."""

import random
import re
import threading
from pathlib import Path

import pytest
from confluent_kafka import Producer

from schemas.contracts import TOUCHPOINT
from sinks.testing import a_touchpoint
from streams.changelog import KafkaChangelog
from streams.lake_sink import _MOST_BYTES, LakeSink
from streams.producer import CheckedProducer, Deliveries, producer_settings
from streams.serving import Telemetry
from streams.settings import Settings
from streams.topics import topics_of
from tests.faults.harness import FRAMES, Sent, installation, publish, running

pytestmark = pytest.mark.broker

_MIB = 1024 * 1024


def huge_touchpoints(number: int) -> list[Sent]:
    """Return touchpoints of nearly a MiB that no compression makes smaller, all of one customer."""
    chance = random.Random(7)  # noqa: S311  # data of a test
    sent = []
    for count in range(number):
        touchpoint = a_touchpoint(f"e-{count}")["touchpoint"]
        properties = {f"p{at}": chance.randbytes(4_900).hex() for at in range(100)}
        told = {**touchpoint, "identifiers": [{"type": "email", "value": "ann@example.com"}], "properties": properties}
        sent.append(Sent("web", FRAMES.encode(TOUCHPOINT, told), ("web", f"e-{count}")))
    return sent


def peak_bytes(pid: int) -> int:
    """Return the most memory that a process had at any time."""
    (found,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
    return int(found) * 1024


@pytest.fixture
def made(broker: str, tmp_path: Path) -> Settings:
    return installation(broker, tmp_path, partitions=2)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the peak of memory")
def test_a_worker_holds_a_part_only_of_huge_touchpoints_of_one_hot_key(made: Settings) -> None:
    huge = huge_touchpoints(200)
    with running(made) as engine:
        pid = engine.start("worker", "worker")
        publish(made, huge[:1])
        engine.until_drained(("ingest", "gather", "graph"))
        before = peak_bytes(pid)
        publish(made, huge[1:])
        engine.until_drained(("ingest", "gather", "graph"))

        grown = peak_bytes(pid) - before

    assert sum(len(record.value) for record in huge) > 180 * _MIB
    assert grown < 120 * _MIB


def test_a_batch_of_the_sink_has_a_bound_in_bytes(made: Settings) -> None:
    size, number = 900_000, 100
    producer = CheckedProducer(made.servers)
    sent = producer.begin()
    for at in range(number):
        sent.send(topics_of(made).touchpoints, None, random.Random(at).randbytes(size), at % 2)  # noqa: S311  # data
    sent.wait()
    producer.close()

    sink, stop = LakeSink(made, Telemetry("sink", 60)), threading.Event()
    batches: list[int] = []
    while sum(batches) < number * size:
        batches.append(sum(len(message) for message in sink._fetch(stop)))
    stop.set()
    sink.run(stop)

    assert sum(batches) == number * size
    assert max(batches) < _MOST_BYTES + size


def test_records_that_the_clients_queue_has_no_room_for_arrive_behind_the_others_in_order(made: Settings) -> None:
    topic = topics_of(made).state
    client = Producer({**producer_settings(made.servers), "queue.buffering.max.messages": 10})
    keys = [b"%d" % at for at in range(1_000)]
    sent, arrived = Deliveries(client.produce), threading.Event()

    def poll() -> None:
        while not arrived.is_set():
            client.poll(0.01)

    poller = threading.Thread(target=poll)
    poller.start()
    for key in keys:
        sent.send(topic, key, b"value", 0)
    sent.wait()
    arrived.set()
    poller.join()

    changelog = KafkaChangelog(made.servers, topic)
    assert [record.key for read in changelog.read(0, 0, changelog.bounds(0)[1]) for record in read] == keys
