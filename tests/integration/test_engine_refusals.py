"""What the engine refuses, each with one clear sentence."""

import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from infra.daemon import free_port
from sinks.errors import LakeBusyError
from streams.errors import BrokerDownError, TopicsError, WorkerError
from streams.lag import LagReader, stage_lags
from streams.lake_sink import LakeSink
from streams.openings import partition_statuses
from streams.processes import processes
from streams.serving import Telemetry
from streams.settings import Settings
from streams.topics import Topics, admin, check_topics, create_topics
from streams.worker import Worker
from tests.faults.harness import Running, installation, running

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def made(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation with topics of four partitions."""
    return installation(broker, tmp_path_factory.mktemp("made"))


def test_topics_are_created_once(made: Settings) -> None:
    assert create_topics(admin(made), made) == []


def test_every_partition_answers_once_its_topic_is_created(settings: Settings) -> None:
    """A producer that came earlier could lose its first record without an error."""
    create_topics(admin(settings), settings)

    with closing(LagReader(settings)) as reader:
        assert set(reader.read().ends.values()) == {0}


def test_another_number_of_partitions_is_refused(made: Settings) -> None:
    changed = made.model_copy(update={"partitions": 5})

    with pytest.raises(TopicsError, match=r"has 4 partitions, expected 5 \(ONEFOLD_PARTITIONS\)"):
        create_topics(admin(changed), changed)


def test_a_worker_and_a_sink_refuse_another_number_of_partitions(made: Settings) -> None:
    changed = made.model_copy(update={"partitions": 2})

    with pytest.raises(TopicsError, match="expected 2"):
        Worker(changed, Telemetry("worker", 60))
    with pytest.raises(TopicsError, match="expected 2"):
        LakeSink(changed, Telemetry("sink", 60))


def test_a_missing_topic_is_named_with_what_creates_it(settings: Settings) -> None:
    with pytest.raises(TopicsError, match=r"touch\.web is missing .*'onefold up' creates it"):
        check_topics(admin(settings), settings)


def test_a_worker_process_that_refuses_its_topics_ends_with_the_sentence_and_no_traceback(made: Settings) -> None:
    changed = made.model_copy(update={"partitions": 5})

    with running(changed) as engine:
        engine.start("refusing", "worker")
        engine.until("the worker ended", lambda: "expected 5" in engine.log("refusing"))
        with pytest.raises(WorkerError, match="refusing ended with code 2") as raised:
            _watch(engine)

    assert "Traceback" not in str(raised.value)


def _watch(engine: Running) -> None:
    while True:
        engine.children.check()
        time.sleep(0.05)


def test_a_second_sink_on_a_lake_is_refused_until_the_first_is_gone(made: Settings) -> None:
    at_once = threading.Event()
    at_once.set()
    first = LakeSink(made, Telemetry("sink", 60))
    with pytest.raises(LakeBusyError):
        LakeSink(made, Telemetry("sink", 60))
    first.run(at_once)

    LakeSink(made, Telemetry("sink", 60)).run(at_once)


def test_processes_are_stopped_even_when_the_work_with_them_fails(made: Settings) -> None:
    with pytest.raises(ZeroDivisionError), processes(made) as children:  # noqa: PT012  # the processes are the context
        children.start("left", "sink")
        pid = children.pids()["left"]
        raise ZeroDivisionError

    assert not Path(f"/proc/{pid}").exists()


@pytest.fixture
def dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation whose broker does not answer, and little patience."""
    monkeypatch.setattr("streams.topics.ADMIN_TIMEOUT_SECONDS", 0.5)
    return Settings(home=tmp_path, bootstrap_servers=f"127.0.0.1:{free_port()}")


def test_a_broker_that_is_down_is_told_in_one_sentence(dead: Settings) -> None:
    with pytest.raises(BrokerDownError, match=f"^no Kafka broker answers at {dead.servers}.*'onefold up'$"):
        check_topics(admin(dead), dead)


def test_the_lag_of_a_broker_that_is_down_is_told_in_one_sentence(dead: Settings) -> None:
    with pytest.raises(BrokerDownError, match=f"^no Kafka broker answers at {dead.servers}"):
        stage_lags(dead)
    with pytest.raises(BrokerDownError, match=f"^no Kafka broker answers at {dead.servers}"):
        partition_statuses(dead)


def test_a_topic_name_leads_back_to_its_source() -> None:
    topics = Topics("p.", "p.")

    assert topics.source_of(topics.source("web")) == "web"
