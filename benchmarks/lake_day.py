"""A day of commits on a real lake: whether writing and asking stay as quick as they were in the first hour.

    python -m benchmarks.lake_day
    python -m benchmarks.lake_day --hours 1 --commits-per-hour 1200

Batches of a synthetic world are written as the sink writes them, one after the other without waiting. The clock is not
the machine's but the day's: snapshots are dated by it and maintenance is due by it, as often as it would be.
"""

import argparse
import gc
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

import msgspec
from confluent_kafka import Message
from rich.console import Console
from rich.table import Table

from benchmarks.feed import TOPICS, fed
from benchmarks.figures import Spread, spread
from benchmarks.machine import Machine, this_machine
from infra.world import WorldConfig
from schemas.framing import Framing, SingleObjectFraming
from sinks.engine import LAKE, data_path
from sinks.find import find_customer
from sinks.lake import LakeWriter, open_lake_writer
from sinks.reader import LakeReader, open_lake_reader
from streams.lake_decoding import Decoding

RESULTS = Path(__file__).parent / "results" / "local"
_PARTS = 24
_START = datetime(2026, 3, 1, tzinfo=UTC)
_ROUNDS = 3
_CATALOG = f"__ducklake_metadata_{LAKE}"
_IN_USE = f"""
    SELECT count(*) + count(d.data_file_id) FROM {_CATALOG}.ducklake_data_file AS f
    LEFT JOIN {_CATALOG}.ducklake_delete_file AS d ON d.data_file_id = f.data_file_id AND d.end_snapshot IS NULL
    WHERE f.end_snapshot IS NULL
"""  # noqa: S608 - a constant
_QUERIES = {
    "count by channel": "SELECT source, count(*) FROM touchpoints GROUP BY ALL",
    "customers of a channel": "SELECT count(*) FROM customers WHERE list_contains(channels, 'web')",
    "segments": "SELECT segment, count(*) FROM segments GROUP BY ALL",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A twenty-fourth of the time, an hour where it is a day.

    Attributes:
        hour: of the day's clock when it ended.
        commits: in all, so far.
        commit_seconds: of the writes of this part, by the wall clock.
        commit_cpu_seconds: the same in CPU time, decoding included.
        maintenance_cpu_seconds: all of this part together.
        query_seconds: by query, the best of three when the part ended, by the wall clock.
        query_cpu_seconds: the same in CPU time.
        touchpoints: in the lake.
        profiles: in the lake.
        files: on disk.
        files_in_use: of the newest snapshot, those with deletions too.
        snapshots: that can be asked for.
        mebibytes: on disk.
        catalog_mebibytes: of these the catalog.
    """

    hour: float
    commits: int
    commit_seconds: Spread
    commit_cpu_seconds: Spread
    maintenance_cpu_seconds: float
    query_seconds: dict[str, float]
    query_cpu_seconds: dict[str, float]
    touchpoints: int
    profiles: int
    files: int
    files_in_use: int
    snapshots: int
    mebibytes: float
    catalog_mebibytes: float


@dataclass(frozen=True, slots=True)
class Day:
    """What was measured, where, and how much of what."""

    at: str
    machine: Machine
    hours: float
    commits_per_hour: int
    touchpoints_per_commit: int
    parts: list[Part]


class _Time(NamedTuple):
    seconds: float
    cpu_seconds: float


class _Clock:
    """The day's clock; the lake's snapshots are dated by it."""

    def __init__(self, step: timedelta) -> None:
        self.now = _START
        self._step = step
        self._dated = 0

    def tick(self) -> None:
        """Let the time of one commit pass."""
        self.now += self._step

    def date(self, writer: LakeWriter) -> None:
        """Give what the lake dated by the machine's clock the present time."""
        stamp = self.now.strftime("%Y-%m-%d %H:%M:%S.%f+00")
        execute = writer.connection.execute
        execute(
            f"UPDATE {_CATALOG}.ducklake_snapshot SET snapshot_time = ? WHERE snapshot_id > ?",  # noqa: S608
            [stamp, self._dated],
        )
        (self._dated,) = execute(f"SELECT max(snapshot_id) FROM {_CATALOG}.ducklake_snapshot").fetchone() or (0,)  # noqa: S608
        execute(
            f"UPDATE {_CATALOG}.ducklake_files_scheduled_for_deletion SET schedule_start = ? "  # noqa: S608
            "WHERE schedule_start::VARCHAR NOT LIKE ?",
            [stamp.replace(" ", "T"), f"{_START:%Y-%m}%"],
        )


def day(home: Path, hours: float, commits_per_hour: int, per_commit: int) -> Iterator[Part]:
    """Write the commits and yield a part at each twenty-fourth."""
    commits = max(_PARTS, round(hours * commits_per_hour))
    clock = _Clock(timedelta(hours=1) / commits_per_hour)
    config = WorldConfig(max(1, commits * per_commit // 10), commits * per_commit, seed=1)
    framing = SingleObjectFraming()
    spent: list[_Time] = []
    maintained: list[_Time] = []
    with open_lake_writer(home) as writer:
        clock.date(writer)
        for number, messages in zip(range(1, commits + 1), fed(config, per_commit), strict=False):
            clock.tick()
            spent.append(_time(lambda: _write(writer, framing, messages)))  # noqa: B023 - called at once
            clock.date(writer)
            maintained.append(_time(lambda: writer.maintain(clock.now)))
            clock.date(writer)
            if number * _PARTS // commits > (number - 1) * _PARTS // commits:
                yield _part(home, writer, clock, number, spent, maintained)
                spent, maintained = [], []


def _write(writer: LakeWriter, framing: Framing, messages: Sequence[Message]) -> None:
    decoding = Decoding(TOPICS, framing)
    for message in messages:
        decoding.add(message)
    writer.write(decoding.lake_batch(), decoding.offsets)


def _part(
    home: Path, writer: LakeWriter, clock: _Clock, commits: int, spent: Sequence[_Time], maintained: Sequence[_Time]
) -> Part:
    folder = home / "lake"
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    catalog = sum(file.stat().st_size for file in folder.glob("catalog*"))
    execute = writer.connection.execute
    ((in_use,),) = execute(_IN_USE).fetchall()
    ((touchpoints, profiles),) = execute(
        "SELECT (SELECT count(*) FROM touchpoints), (SELECT count(*) FROM profiles)"
    ).fetchall()
    asked = _asked(home, clock.now)
    return Part(
        hour=round((clock.now - _START) / timedelta(hours=1), 2),
        commits=commits,
        commit_seconds=_spread([time.seconds for time in spent]),
        commit_cpu_seconds=_spread([time.cpu_seconds for time in spent]),
        maintenance_cpu_seconds=round(sum(time.cpu_seconds for time in maintained), 2),
        query_seconds={name: time.seconds for name, time in asked.items()},
        query_cpu_seconds={name: time.cpu_seconds for name, time in asked.items()},
        touchpoints=touchpoints,
        profiles=profiles,
        files=sum(1 for _ in data_path(home).rglob("*.parquet")),
        files_in_use=in_use,
        snapshots=writer.size().snapshots,
        mebibytes=round(sum(sizes) / 2**20, 1),
        catalog_mebibytes=round(catalog / 2**20, 2),
    )


def _spread(measurements: Sequence[float]) -> Spread:
    found = spread(measurements)
    if found is None:
        raise ValueError("a part without a commit")
    return found


def _asked(home: Path, now: datetime) -> dict[str, _Time]:
    with open_lake_reader(home) as reader:
        ((customer,),) = reader.execute("SELECT min(customer_id) FROM customers").fetchall()
        asking = {**_QUERIES, "profile by id": f"SELECT * FROM profiles WHERE customer_id = '{customer}'"}  # noqa: S608
        found = {name: _best(partial(_ask, reader, sql)) for name, sql in asking.items()}
    found["onefold profile"] = _best(partial(find_customer, home, customer))
    past = now - timedelta(minutes=30)
    if past > _START + timedelta(minutes=30):
        found["as of half an hour ago"] = _best(partial(_count_as_of, home, past))
    return found


def _ask(reader: LakeReader, sql: str) -> None:
    reader.execute(sql).fetchall()


def _count_as_of(home: Path, past: datetime) -> None:
    with open_lake_reader(home, past.isoformat()) as reader:
        reader.execute("SELECT count(*) FROM customers").fetchall()


def _best(ask: Callable[[], object]) -> _Time:
    times = [_time(ask) for _ in range(_ROUNDS)]
    return _Time(min(time.seconds for time in times), min(time.cpu_seconds for time in times))


def _time(work: Callable[[], object]) -> _Time:
    started, cpu_started = perf_counter(), process_time()
    work()
    return _Time(round(perf_counter() - started, 4), round(process_time() - cpu_started, 4))


def main() -> None:
    """Measure, print, keep."""
    asked = _arguments()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)
    console = Console(highlight=False)
    console.print("Making the world")
    home = Path(tempfile.mkdtemp(prefix="onefold-lake-day-"))
    parts: list[Part] = []
    try:
        for part in day(home, asked.hours, asked.commits_per_hour, asked.touchpoints):
            parts.append(part)
            console.print(
                f"Hour {part.hour:g}: {part.commits:,} commits, p50 {part.commit_cpu_seconds.p50 * 1000:,.0f} ms of "
                f"CPU time, {part.files_in_use} files in use"
            )
    finally:
        if asked.keep:
            console.print(f"The lake stays in {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    found = Day(at, this_machine(), asked.hours, asked.commits_per_hour, asked.touchpoints, parts)
    console.print(_table(found))
    console.print("Commits, maintenance and queries in milliseconds of CPU time")
    console.print(f"Kept in {_keep(found, asked.out)}")


def _table(found: Day) -> Table:
    queries = list(found.parts[-1].query_cpu_seconds)
    table = Table("Hour", "Commits", "p50", "p99", "Maintenance", *queries, "Files", "In use", "Snapshots", "MiB")
    for part in found.parts:
        commit = part.commit_cpu_seconds
        asked = [part.query_cpu_seconds.get(name) for name in queries]
        table.add_row(
            f"{part.hour:g}",
            str(part.commits),
            f"{commit.p50 * 1000:,.0f}",
            f"{commit.p99 * 1000:,.0f}",
            f"{part.maintenance_cpu_seconds * 1000:,.0f}",
            *("" if seconds is None else f"{seconds * 1000:,.0f}" for seconds in asked),
            f"{part.files:,}",
            str(part.files_in_use),
            str(part.snapshots),
            f"{part.mebibytes:,.0f}",
        )
    return table


def _keep(found: Day, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"lake-day-{found.at.replace('+00:00', 'Z').replace(':', '')}.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    return file


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lake_day", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--hours", type=float, default=24, metavar="H", help="of the day's clock (24)")
    add("--commits-per-hour", type=int, default=60, metavar="N", help="at full load the sink makes 1,000 to 1,500 (60)")
    add("--touchpoints", type=int, default=100, metavar="N", help="in a commit (100)")
    add("--keep", action="store_true", help="do not remove the temporary folder with the lake")
    add("--out", type=Path, default=RESULTS, metavar="DIR", help="where the results go (results/local)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
