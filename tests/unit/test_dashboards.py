"""Dashboard and alerts ask for metrics that there are, by labels that they have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.metrics import METRICS, Metric, Spread
from tests.unit.test_docs_reference import first_column

ROOT = Path(__file__).parents[2]
ALERTS = (ROOT / "infra" / "alerts.yaml").read_text("utf-8")
DASHBOARD = json.loads((ROOT / "infra" / "dashboards" / "onefold.json").read_text("utf-8"))

SERIES: dict[str, Metric] = {metric.name: metric for metric in METRICS if not isinstance(metric, Spread)} | {
    f"{metric.name}_{part}": metric
    for metric in METRICS
    if isinstance(metric, Spread)
    for part in ("bucket", "sum", "count")
}
"""What Prometheus stores of each metric."""

_SCRAPED = {"instance", "le"}
"""Labels that Prometheus adds, or that a histogram has."""


def alert_expressions() -> list[str]:
    """Return the expression of each alert; one of several lines is indented below its name."""
    return re.findall(r"^        expr: (?:>-\n)?((?:.+\n)(?:          .+\n)*)", ALERTS, re.MULTILINE)


def panel_expressions() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


EXPRESSIONS = [*alert_expressions(), *panel_expressions()]


def asked(expression: str) -> set[str]:
    """Return the series of ours that an expression asks for."""
    return set(re.findall(r"\bonefold_\w+", expression))


def test_every_alert_has_an_expression() -> None:
    assert len(alert_expressions()) == ALERTS.count("- alert:") > 0


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_asks_for_series_that_there_are(expression: str) -> None:
    assert asked(expression)
    assert asked(expression) <= set(SERIES)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_goes_by_labels_that_its_metrics_have(expression: str) -> None:
    named = set(re.findall(r'(\w+)="', expression))
    for group in re.findall(r"(?:by|on|group_left) \(([^)]*)\)", expression):
        named |= {label.strip() for label in group.split(",") if label.strip()}

    assert named <= {label for name in asked(expression) for label in SERIES[name].labels} | _SCRAPED


def test_every_metric_is_on_the_dashboard() -> None:
    shown = {SERIES[name].name for expression in panel_expressions() for name in asked(expression)}

    assert shown == {metric.name for metric in METRICS}


def test_panels_have_a_place_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_the_operations_document_says_what_to_do_at_every_alert() -> None:
    assert first_column(ROOT / "docs" / "operations.md", "alert") == re.findall(r"- alert: (\w+)", ALERTS)
