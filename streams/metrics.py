"""The metrics: every name that a process serves, with its type, unit, labels and meaning. There are no others.

Counters count what this process did since it started; work that is repeated after a crash is counted again. Nothing
here is told for a single event: a stage tells once a chunk, commit or batch. No label holds personal data.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client import Gauge as PrometheusGauge

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_RECORDS: Final = (1.0, 10.0, 100.0, 1_000.0, 5_000.0, 10_000.0, 20_000.0, 40_000.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """A name that is served, its meaning, and the names of its labels.

    The name ends in the unit, and after it ``_total`` where it counts up.
    """

    kind: ClassVar[str]
    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count(Metric):
    """A number that only grows."""

    kind: ClassVar[str] = "counter"


@dataclass(frozen=True, slots=True)
class Gauge(Metric):
    """A number that goes up and down."""

    kind: ClassVar[str] = "gauge"


@dataclass(frozen=True, slots=True)
class Spread(Metric):
    """How often a value lay below each of some bounds."""

    kind: ClassVar[str] = "histogram"
    bounds: tuple[float, ...] = _SECONDS


INFO: Final = Gauge("onefold_info", "Always 1: which version runs as what, worker or sink.", ("version", "process"))
READY: Final = Gauge("onefold_ready", "1 while /ready says so, else 0.")
LAG: Final = Gauge(
    "onefold_lag_records",
    "Offsets between what is committed and where the partition ends, of the partitions of this process.",
    ("stage", "topic", "partition"),
)
OLDEST: Final = Gauge(
    "onefold_oldest_age_seconds",
    "Age, by its Kafka timestamp, of the oldest record that the stage has in hand; 0 where it has none.",
    ("stage",),
)
RECORDS: Final = Count("onefold_records_total", "Kafka records that a stage took.", ("stage",))
TOUCHPOINTS: Final = Count(
    "onefold_touchpoints_total", "Touchpoints that ingest accepted, gather counted, the lake took.", ("stage",)
)
DUPLICATES: Final = Count("onefold_duplicates_total", "Touchpoints that came again and count no more.", ("stage",))
MESSAGES: Final = Count("onefold_messages_total", "Messages of the gathering protocol from other partitions.")
PROFILES: Final = Count("onefold_profiles_total", "Profiles that gather published, the lake took.", ("stage",))
DEAD_LETTERS: Final = Count(
    "onefold_dead_letters_total", "Records that could not be used, by reason code.", ("stage", "reason")
)
LEFT_OUT: Final = Count(
    "onefold_left_out_identifiers_total",
    "Identifiers of accepted touchpoints that count for nothing, by identifier type and reason.",
    ("type", "reason"),
)
UNKNOWN_TYPES: Final = Count(
    "onefold_unknown_types_total",
    "Accepted touchpoints of a type that means nothing, by type and whether they carry an order, which counts as none.",
    ("type", "order"),
)
CHUNK_SECONDS: Final = Spread(
    "onefold_chunk_seconds", "From the start of the work on a chunk to its acknowledgement.", ("stage",)
)
COMMIT_SECONDS: Final = Spread(
    "onefold_commit_seconds",
    "Of a commit of the gather stage: the work itself, the delivery of the outputs, that of the changelog, the store.",
    ("step",),
)
OPEN: Final = Gauge("onefold_partition_open", "1 while a partition here is at work, 0 while it opens.", ("partition",))
RESTORE_LEFT: Final = Gauge(
    "onefold_restore_records_left", "Offsets of the changelog that a restore has still to read.", ("partition",)
)
STANDBY_LEFT: Final = Gauge(
    "onefold_standby_records_left", "Offsets of the changelog that a standby copy here has not applied.", ("partition",)
)
STORE_BYTES: Final = Gauge("onefold_store_bytes", "Size of a partition's store on disk and in memory.", ("partition",))
REBALANCES: Final = Count("onefold_rebalances_total", "How often partitions were given to this worker.")
QUEUED: Final = Gauge("onefold_producer_queued_records", "Records that wait for the broker's acknowledgement.")
BATCH_RECORDS: Final = Spread("onefold_batch_records", "Kafka records in a batch that the sink wrote.", bounds=_RECORDS)
BATCH_SECONDS: Final = Spread("onefold_batch_seconds", "Time that the sink took to write a batch.")
ROWS: Final = Count("onefold_rows_total", "Rows that the sink added or replaced.", ("table",))
COMPACTION_SECONDS: Final = Spread("onefold_compaction_seconds", "Time that a compaction of the lake took.")
SNAPSHOTS: Final = Gauge("onefold_snapshots", "Snapshots of the lake that can be asked for, after each compaction.")
LAKE_BYTES: Final = Gauge("onefold_lake_bytes", "Size of the lake's data files in use, after each compaction.")

METRICS: Final[tuple[Metric, ...]] = (
    INFO,
    READY,
    LAG,
    OLDEST,
    RECORDS,
    TOUCHPOINTS,
    DUPLICATES,
    MESSAGES,
    PROFILES,
    DEAD_LETTERS,
    LEFT_OUT,
    UNKNOWN_TYPES,
    CHUNK_SECONDS,
    COMMIT_SECONDS,
    OPEN,
    RESTORE_LEFT,
    STANDBY_LEFT,
    STORE_BYTES,
    REBALANCES,
    QUEUED,
    BATCH_RECORDS,
    BATCH_SECONDS,
    ROWS,
    COMPACTION_SECONDS,
    SNAPSHOTS,
    LAKE_BYTES,
)
"""All of them, in the order of docs/operations.md. Those of the process itself (``process_...``) come besides."""


class Meters:
    """The values of all metrics of one process. Thread-safe.

    Labels are given by position, in the order of the metric's own. What was never told is not served, except metrics
    without labels, which begin at 0.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the time of each counter's start helps nobody here
        self._registry = CollectorRegistry()
        self._counters: dict[Metric, Counter] = {}
        self._gauges: dict[Metric, PrometheusGauge] = {}
        self._histograms: dict[Metric, Histogram] = {}
        self._shown: dict[Metric, set[tuple[str, ...]]] = {}
        for metric in METRICS:
            if isinstance(metric, Count):
                self._counters[metric] = Counter(metric.name, metric.help, metric.labels, registry=self._registry)
            elif isinstance(metric, Spread):
                self._histograms[metric] = Histogram(
                    metric.name, metric.help, metric.labels, buckets=metric.bounds, registry=self._registry
                )
            else:
                self._gauges[metric] = PrometheusGauge(metric.name, metric.help, metric.labels, registry=self._registry)
        ProcessCollector(registry=self._registry)

    def add(self, metric: Count, amount: float, *labels: str) -> None:
        """Count some more."""
        counter = self._counters[metric]
        (counter.labels(*labels) if labels else counter).inc(amount)

    def put(self, metric: Gauge, value: float, *labels: str) -> None:
        """Say what is so now."""
        gauge = self._gauges[metric]
        (gauge.labels(*labels) if labels else gauge).set(value)

    def ask(self, metric: Gauge, value: Callable[[], float]) -> None:
        """Have a gauge without labels ask for its value whenever it is read, in another thread."""
        self._gauges[metric].set_function(value)

    def put_all(self, metric: Gauge, values: Mapping[tuple[str, ...], float]) -> None:
        """Say what is so now for these labels, and that there are no others any more. For one caller a metric."""
        for labels, value in values.items():
            self.put(metric, value, *labels)
        for labels in self._shown.get(metric, set()).difference(values):
            self.drop(metric, *labels)
        self._shown[metric] = set(values)

    def drop(self, metric: Gauge, *labels: str) -> None:
        """Serve a gauge no more for these labels."""
        with suppress(KeyError):
            self._gauges[metric].remove(*labels)

    def note(self, metric: Spread, value: float, *labels: str) -> None:
        """Count a value."""
        histogram = self._histograms[metric]
        (histogram.labels(*labels) if labels else histogram).observe(value)

    def text(self) -> bytes:
        """Return all values in Prometheus's text format."""
        return generate_latest(self._registry)
