"""Fault 1 with a standby: a worker is killed, and another machine has a warm copy of its partition."""

from pathlib import Path

from benchmarks.restore import restored
from streams.batches import restore
from streams.changelog import KafkaChangelog
from streams.store import PartitionStore
from streams.topics import topics_of
from tests.faults.harness import installation, publish, running, world
from tests.integration.test_telemetry import port, values

_STAGES = ("ingest", "gather", "graph")
_ALL = 1_000_000


def _content(store: PartitionStore) -> dict[bytes, bytes | None]:
    keys = store.keys_after(b"\x01", _ALL)  # what begins with a zero byte is the store's own
    return dict(zip(keys, store.get_many(keys), strict=True))


def test_fault_01_a_standby_that_takes_over_reads_the_tail_alone_and_has_what_the_changelog_has(
    broker: str, tmp_path: Path
) -> None:
    """Two homes stand for two machines: neither sees the state of the other."""
    records = world(150, 800, seed=111)
    settings = installation(broker, tmp_path / "one", session_timeout_seconds=6, partitions=2)
    there = settings.model_copy(
        update={"home": tmp_path / "two", "standby": True, "metrics_port": 0, "node_key_file": settings.node_key_path}
    )
    changelog = KafkaChangelog(settings.servers, topics_of(settings).state)
    with running(settings) as one, running(there) as two:
        one.start("worker", "worker")
        publish(settings, records[:700])
        one.until_assigned("worker")
        one.until_drained(_STAGES)
        copied = [changelog.bounds(number)[1] for number in range(2)]
        two.start("standby", "worker")
        at = port(two, "standby")
        two.until("the copy is warm", lambda: any(_warm(at)))
        number = _warm(at).index(True)
        one.children.kill("worker")
        publish(settings, records[700:])
        two.until_drained(_STAGES)
        opened = restored(two.log("standby").splitlines())

    (folder,) = (there.home / "state").iterdir()
    store, anew = PartitionStore(folder / f"{number}"), PartitionStore(tmp_path / "anew")
    restore(anew, changelog, number, lambda _: None)
    assert sum(found.records for found in opened if found.partition == number) < copied[number] / 10
    assert _content(store) == _content(anew)
    store.close()
    anew.close()


def _warm(at: int) -> list[bool]:
    """Return of each partition whether the worker that serves its metrics there has a copy up to the end."""
    told = values(at)
    return [told.get(f'onefold_standby_records_left{{partition="{number}"}}') == 0 for number in range(2)]
