"""Take-over: how long a partition stands still when its worker is killed, with a standby copy and without.

    ONEFOLD_BOOTSTRAP_SERVERS=127.0.0.1:29092 python -m benchmarks.takeover
    ONEFOLD_BOOTSTRAP_SERVERS=127.0.0.1:29092 python -m benchmarks.takeover --records 1000000

Two workers on two homes share two partitions, whose changelogs hold as many records as told. One worker is killed; from
when the other is given its partition, it is timed until that is at work.
"""

import argparse
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from rich.console import Console

from infra.daemon import free_port
from streams.batches import batch_records
from streams.errors import WorkerError
from streams.metrics import OPEN, REBALANCES, STANDBY_LEFT
from streams.processes import processes
from streams.producer import CheckedProducer
from streams.settings import Settings
from streams.store import FORMAT, Marker
from streams.topics import admin, create_topics, topics_of

_PARTITIONS = 2
_BATCH = 500
_VALUE = bytes(400)
_SESSION_SECONDS = 6.0
_TIMEOUT_SECONDS = 600.0
_POLL_SECONDS = 0.02
_CPU = "process_cpu_seconds_total"


def main() -> None:
    """Measure without a standby, then with one."""
    parser = argparse.ArgumentParser(description="Time a take-over with and without a standby copy.")
    parser.add_argument("--records", type=int, default=300_000, help="Records in each partition's changelog.")
    records = parser.parse_args().records
    for standby in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            Console().print(_measure(Path(folder), records, standby=standby))


def _measure(folder: Path, records: int, *, standby: bool) -> str:
    settings = Settings(
        home=folder / "one",
        topic_prefix=f"b{uuid4().hex[:8]}.",
        partitions=_PARTITIONS,
        session_timeout_seconds=_SESSION_SECONDS,
        standby=standby,
        metrics_port=free_port(),
    )
    other = settings.model_copy(
        update={"home": folder / "two", "node_key_file": settings.node_key_path, "metrics_port": free_port()}
    )
    create_topics(admin(settings), settings)
    _fill(settings, records)
    with processes(settings) as one, processes(other) as two:
        one.start("worker", "worker")
        _until(lambda: _total(settings, OPEN.name) == _PARTITIONS)
        two.start("worker", "worker")
        _until(lambda: _total(other, OPEN.name) == 1 == _total(settings, OPEN.name))
        cpu, began = _total(other, _CPU), time.monotonic()
        if standby:
            _until(lambda: _lines(other, STANDBY_LEFT.name) == [0])
        copied, cpu = time.monotonic() - began, _total(other, _CPU) - cpu
        rebalances = _total(other, REBALANCES.name)
        one.kill("worker")
        killed = time.monotonic()
        _until(lambda: _total(other, REBALANCES.name) > rebalances)
        given = time.monotonic()
        _until(lambda: _total(other, OPEN.name) == _PARTITIONS)
        at_work = time.monotonic()
    copy = f"; the copy took {copied:.1f} s and {cpu:.1f} s of CPU time before" if standby else ""
    return f"standby {standby}: {given - killed:.1f} s until it is given, {at_work - given:.2f} s until at work{copy}"


def _fill(settings: Settings, records: int) -> None:
    """Write changelogs as workers would have left them."""
    producer, topic = CheckedProducer(settings.servers), topics_of(settings).state
    try:
        sending = producer.begin()
        for batch in range(records // _BATCH):
            changes = {b"x%014d" % (batch * _BATCH + number): _VALUE for number in range(_BATCH - 1)}
            for partition in range(_PARTITIONS):
                for key, value, _ in batch_records(changes, Marker(FORMAT, 1, batch, {})):
                    sending.send(topic, key, value, partition)
        sending.wait()
    finally:
        producer.close()


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + _TIMEOUT_SECONDS
    while not holds():
        if time.monotonic() > until:
            raise WorkerError(f"waited for {_TIMEOUT_SECONDS:.0f} s in vain")
        time.sleep(_POLL_SECONDS)


def _total(settings: Settings, metric: str) -> float:
    return sum(_lines(settings, metric))


def _lines(settings: Settings, metric: str) -> list[float]:
    """Return the values of a metric that a worker serves; none while it does not."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.metrics_port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
    except urllib.error.URLError:
        return []
    return [float(line.rpartition(" ")[2]) for line in lines if line.startswith(metric)]


if __name__ == "__main__":
    main()
