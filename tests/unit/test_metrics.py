"""The metrics that are declared, and how they are served."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from streams import metrics
from streams.errors import SettingsError
from streams.metrics import DEAD_LETTERS, LAG, METRICS, OPEN, RECORDS, Count, Meters, Metric, Spread
from streams.serving import Telemetry, serving
from streams.settings import Settings

_PERSONAL = {"email", "phone", "value", "node", "customer", "customer_id", "node_id", "name", "event_id"}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_has_a_name_with_its_unit(metric: Metric) -> None:
    assert re.fullmatch(r"onefold(_[a-z]+)+", metric.name)
    assert metric.name.endswith("_total") == isinstance(metric, Count)
    if isinstance(metric, Spread):
        assert metric.name.endswith(("_seconds", "_records"))
    assert metric.help.endswith(".")


def test_no_label_names_a_person() -> None:
    assert {label for metric in METRICS for label in metric.labels}.isdisjoint(_PERSONAL)


def test_every_metric_that_is_declared_is_in_the_list_once() -> None:
    declared = [value for value in vars(metrics).values() if isinstance(value, Metric)]
    assert sorted(declared, key=lambda metric: metric.name) == sorted(METRICS, key=lambda metric: metric.name)
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def lines(meters: Meters) -> list[str]:
    return [line for line in meters.text().decode().splitlines() if line.startswith("onefold")]


def test_counters_add_up_by_label() -> None:
    meters = Meters()
    meters.add(RECORDS, 2, "ingest")
    meters.add(RECORDS, 3, "ingest")
    meters.add(DEAD_LETTERS, 1, "gather", "undecodable")

    assert 'onefold_records_total{stage="ingest"} 5.0' in lines(meters)
    assert 'onefold_dead_letters_total{reason="undecodable",stage="gather"} 1.0' in lines(meters)


def test_a_gauge_told_for_all_labels_forgets_those_that_are_gone() -> None:
    meters = Meters()
    meters.put_all(LAG, {("ingest", "touch.web", "0"): 4, ("ingest", "touch.web", "1"): 5})
    meters.put_all(LAG, {("ingest", "touch.web", "1"): 6})

    assert [line for line in lines(meters) if line.startswith(LAG.name)] == [
        'onefold_lag_records{partition="1",stage="ingest",topic="touch.web"} 6.0'
    ]


def test_a_gauge_that_was_dropped_is_not_served() -> None:
    meters = Meters()
    meters.put(OPEN, 1, "3")
    meters.drop(OPEN, "3")
    meters.drop(OPEN, "4")

    assert not [line for line in lines(meters) if line.startswith(OPEN.name)]


@contextmanager
def served(telemetry: Telemetry) -> Iterator[int]:
    """Serve on a free port and provide it."""
    with serving(Settings(metrics_port=0), telemetry) as port:
        assert port is not None
        yield port


def ask(port: int, path: str) -> tuple[int, object]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_a_process_is_not_ready_until_it_says_what_to_expect() -> None:
    telemetry = Telemetry("worker", 60)
    with served(telemetry) as port:
        assert ask(port, "/ready") == (503, {"ok": False, "missing": {"start": "not started yet"}})
        telemetry.health.expect({"broker": lambda: None})
        assert ask(port, "/ready") == (200, {"ok": True, "missing": {}})


def test_all_that_is_missing_is_named() -> None:
    telemetry = Telemetry("worker", 60)
    telemetry.health.expect({"broker": lambda: "it is silent", "group": lambda: None, "partitions": lambda: "2 left"})
    with served(telemetry) as port:
        missing = {"broker": "it is silent", "partitions": "2 left"}
        assert ask(port, "/ready") == (503, {"ok": False, "missing": missing})


def test_a_process_whose_main_loop_stands_still_is_not_alive() -> None:
    with served(Telemetry("worker", patience_seconds=-1)) as still, served(Telemetry("worker", 60)) as turning:
        assert ask(still, "/live")[0] == 503
        assert ask(turning, "/live")[0] == 200


def test_any_other_path_is_answered_with_those_there_are() -> None:
    with served(Telemetry("worker", 60)) as port:
        assert ask(port, "/") == (404, {"paths": ["/metrics", "/live", "/ready"]})


def test_a_port_that_is_taken_is_told_in_one_sentence() -> None:
    with served(Telemetry("worker", 60)) as port:
        second = serving(Settings(metrics_port=port), Telemetry("sink", 60))
        with pytest.raises(SettingsError, match=f"127.0.0.1:{port}.*set ONEFOLD_METRICS_PORT to a free port"), second:
            pass
