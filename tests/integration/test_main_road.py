"""The whole way on a real broker: from the source topics to the lake, undisturbed and disturbed."""

import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Consumer

from infra.daemon import free_port
from infra.registry import start_registry, stop_registry
from infra.world import WorldConfig
from sinks.digest import people_digest
from sinks.query import run_sql
from streams.drain import drain
from streams.lag import Lag
from streams.processes import processes
from streams.publish import PublishedWorld, publish_world
from streams.settings import Settings
from streams.topics import admin, create_topics, topics_of

WORLD = WorldConfig(customers=300, touchpoints=1_500, seed=11)


@dataclass(frozen=True, slots=True)
class Road:
    """An installation that a world was published to."""

    settings: Settings
    published: PublishedWorld
    refused: int = 0

    def drain(self, workers: int = 1) -> str:
        drain(self.settings, workers, _ignore)
        return self.digest()

    def digest(self) -> str:
        return people_digest(self.settings.home).hex

    def count(self, sql: str) -> int:
        (row,) = run_sql(self.settings.home, sql).rows
        return int(row[0])


def _ignore(_: Lag) -> None:
    pass


def _road(broker: str, home: Path, shuffle: int | None = None, registry: str | None = None) -> Road:
    settings = Settings(
        home=home,
        bootstrap_servers=broker,
        topic_prefix=f"t{uuid4().hex[:12]}.",
        partitions=4,
        schema_registry_url=registry,
        session_timeout_seconds=6,
    )
    create_topics(admin(settings), settings)
    return Road(settings, publish_world(settings, WORLD, shuffle, lambda _: None))


@pytest.fixture(scope="module")
def undisturbed(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Road:
    """The world, drained by one worker in the order it was made."""
    road = _road(broker, tmp_path_factory.mktemp("undisturbed"))
    road.drain()
    return replace(road, refused=road.count("SELECT count(*) FROM dead_letters"))


def test_every_touchpoint_is_in_the_lake_once(undisturbed: Road) -> None:
    assert undisturbed.count("SELECT count(*) FROM touchpoints") == WORLD.touchpoints
    assert undisturbed.count("SELECT count(DISTINCT (source, event_id)) FROM touchpoints") == WORLD.touchpoints


def test_every_published_record_is_accounted_for(undisturbed: Road) -> None:
    published = undisturbed.published
    sent = sum(published.records.values()) + published.poison
    assert sent == WORLD.touchpoints + published.duplicates + undisturbed.refused


def test_the_profiles_count_every_touchpoint_once(undisturbed: Road) -> None:
    assert undisturbed.count("SELECT sum(touches) FROM profiles WHERE status = 'active'") == WORLD.touchpoints


def test_every_identifier_belongs_to_an_active_customer(undisturbed: Road) -> None:
    orphans = """SELECT count(*) FROM identifiers i ANTI JOIN
                 (SELECT customer_id FROM profiles WHERE status = 'active') p USING (customer_id)"""
    assert undisturbed.count(orphans) == 0


def test_shuffled_order_three_workers_and_another_key_give_the_same_people(
    undisturbed: Road, broker: str, tmp_path: Path
) -> None:
    assert _road(broker, tmp_path, shuffle=5).drain(workers=3) == undisturbed.digest()


def test_the_same_world_published_again_changes_nobody(undisturbed: Road) -> None:
    before = undisturbed.digest()
    publish_world(undisturbed.settings, WORLD, 3, lambda _: None)
    assert undisturbed.drain() == before


def test_workers_killed_in_mid_work_lose_and_double_nothing(undisturbed: Road, broker: str, tmp_path: Path) -> None:
    road = _road(broker, tmp_path, shuffle=7)
    dice = random.Random(4)  # noqa: S311  # a reproducible fault
    for attempt in range(3):
        with processes(road.settings) as children:
            children.start(f"victim-{attempt}", "worker")
            _until_at_work(children.log_file(f"victim-{attempt}"))
            time.sleep(dice.uniform(0.2, 1.5))
            children.kill(f"victim-{attempt}")
    assert road.drain(workers=2) == undisturbed.digest()


def test_state_that_is_gone_is_rebuilt_from_the_changelog(undisturbed: Road) -> None:
    before = undisturbed.digest()
    shutil.rmtree(undisturbed.settings.home / "state")
    publish_world(undisturbed.settings, WORLD, None, lambda _: None)
    assert undisturbed.drain() == before


def test_no_message_key_holds_personal_data(undisturbed: Road) -> None:
    values = run_sql(undisturbed.settings.home, "SELECT value FROM identifiers WHERE length(value) > 8").rows
    known = {str(value).encode() for (value,) in values}
    topics = topics_of(undisturbed.settings)
    keys = set(_keys(undisturbed.settings, [topics.touchpoints, topics.profiles, topics.links, topics.changes]))
    assert keys
    assert not [key for key in keys if any(value in key for value in known)]


def test_a_schema_registry_changes_the_framing_and_nothing_else(undisturbed: Road, broker: str, tmp_path: Path) -> None:
    registry = start_registry(tmp_path / "registry", port=free_port())
    try:
        road = _road(broker, tmp_path / "home", registry=registry.url)
        assert road.drain() == undisturbed.digest()
    finally:
        stop_registry(tmp_path / "registry")


def _until_at_work(log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if log.exists() and "partitions assigned" in log.read_text("utf-8"):
            return
        time.sleep(0.1)
    pytest.fail("the worker was given no partitions")


def _keys(settings: Settings, topics: list[str]) -> Iterator[bytes]:
    consumer = Consumer(
        {
            "bootstrap.servers": settings.servers,
            "group.id": uuid4().hex,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    consumer.subscribe(topics)
    open_partitions = len(topics) * settings.partitions
    while open_partitions:
        message = consumer.poll(30)
        assert message is not None
        if message.error():
            open_partitions -= 1
        else:
            key = message.key()
            assert isinstance(key, bytes)
            yield key
    consumer.close()
