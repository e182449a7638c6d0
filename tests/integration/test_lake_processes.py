"""The lake between processes: readers beside a writer, compaction beside readers, kill -9."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sinks.errors import LakeBusyError
from sinks.lake import LakeBatch, open_lake_writer
from sinks.maintenance import Retention
from sinks.query import run_sql, snapshots
from sinks.reader import open_lake_reader
from sinks.testing import a_dead_letter, a_profile, a_touchpoint

ROOT = Path(__file__).parents[2]
PER_BATCH = 20

WRITE = """
import os, signal, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sinks import lake
from sinks.testing import a_profile, a_touchpoint

home, batches, die_after_step, compact_every = Path(sys.argv[1]), *map(int, sys.argv[2:5])
PER_BATCH = 20

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

with lake.open_lake_writer(home) as writer:
    start = writer.offsets().get(("t", 0), 0)
    for number in range(start, start + batches):
        if die_after_step >= 0 and number == start + 2:
            lake._STEPS = (*lake._STEPS[:die_after_step], die)
        writer.write(
            lake.LakeBatch(
                touchpoints=[a_touchpoint(f"{number}-{place}") for place in range(PER_BATCH)],
                profiles=[a_profile(f"p{place}", number + 1) for place in range(PER_BATCH)],
            ),
            {("t", 0): number + 1},
        )
        print(number + 1, flush=True)
        if compact_every and (number + 1) % compact_every == 0:
            writer.compact(datetime.now(UTC), grace=timedelta(seconds=20))
"""

CONSISTENT = f"""
    WITH place AS (SELECT coalesce(max(next_offset), 0) AS batches FROM _offsets),
    touched AS (SELECT count(*) AS touchpoints, count(DISTINCT event_id) AS events FROM touchpoints),
    said AS (SELECT count(*) AS consents FROM consents),
    people AS (
        SELECT count(*) AS people, coalesce(min(revision), 0) AS oldest, coalesce(max(revision), 0) AS newest
        FROM profiles
    ),
    known_by AS (SELECT count(*) AS identifiers FROM identifiers)
    SELECT batches,
           touchpoints = batches * {PER_BATCH} AND events = touchpoints AND consents = touchpoints
           AND oldest = batches AND newest = batches AND identifiers = people
    FROM place, touched, said, people, known_by
"""  # noqa: S608 - a constant


def _batch(number: int) -> LakeBatch:
    return LakeBatch(
        touchpoints=[a_touchpoint(f"{number}-{place}") for place in range(PER_BATCH)],
        profiles=[a_profile(f"p{place}", number + 1) for place in range(PER_BATCH)],
    )


@contextmanager
def _writing(
    home: Path, batches: int, *, die_after_step: int = -1, compact_every: int = 0
) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WRITE, str(home), str(batches), str(die_after_step), str(compact_every)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _assert_consistent(home: Path) -> int:
    ((batches, consistent),) = run_sql(home, CONSISTENT).rows
    assert consistent
    return int(batches)


@pytest.mark.parametrize("step", range(7))
def test_a_kill_between_two_statements_leaves_the_snapshot_before(tmp_path: Path, step: int) -> None:
    """After step 6 only the offsets are missing; then the next writer goes on from them."""
    with _writing(tmp_path, 5, die_after_step=step) as process:
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    assert _assert_consistent(tmp_path) == 2
    with _writing(tmp_path, 2) as process:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert _assert_consistent(tmp_path) == 4


def test_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    """In the middle of statements, commits and compactions; what was acknowledged stays."""
    choice = random.Random(20)  # noqa: S311 - moments, not secrets
    acknowledged = 0
    for _ in range(8):
        with _writing(tmp_path, 1_000, compact_every=4) as process:
            assert process.stdout is not None
            acknowledged = int(process.stdout.readline())
            time.sleep(choice.uniform(0, 1.2))
            process.kill()
            rest = process.stdout.read().split()
            acknowledged = int(rest[-1]) if rest else acknowledged
        assert _assert_consistent(tmp_path) >= acknowledged


def _read_while_it_is_written(home: Path, compact_every: int) -> None:
    """Make sure that every read is of one whole batch, however long it takes to see some, and that both go on."""
    with open_lake_writer(home):
        pass
    seen: list[int] = []
    with _writing(home, 10_000, compact_every=compact_every) as process, open_lake_reader(home) as lasting:
        while len(set(seen)) < 6:
            assert process.poll() is None
            seen.append(_assert_consistent(home))
            for _ in range(5):
                ((read, consistent),) = lasting.execute(CONSISTENT).fetchall()
                assert consistent
                seen.append(read)
    assert seen == sorted(seen)
    assert _assert_consistent(home) >= seen[-1]


def test_readers_and_the_writer_do_not_disturb_each_other(tmp_path: Path) -> None:
    _read_while_it_is_written(tmp_path, compact_every=0)


def test_readers_and_a_compaction_do_not_disturb_each_other(tmp_path: Path) -> None:
    _read_while_it_is_written(tmp_path, compact_every=2)


def test_a_transaction_sees_one_state_of_the_lake_though_a_compaction_merges_its_files(tmp_path: Path) -> None:
    """A statement is a transaction too: a compaction in the midst of one would be hard to hit with certainty."""
    with open_lake_writer(tmp_path) as writer:
        for number in range(3):
            writer.write(_batch(number), {("t", 0): number + 1})
        writer.write(LakeBatch(dead_letters=[a_dead_letter(1)]), {})  # a last file that is not merged
        past = snapshots(tmp_path)[-2].version
        with open_lake_reader(tmp_path) as now, open_lake_reader(tmp_path, past) as then:
            for reader in (now, then):
                reader.execute("BEGIN")
                assert reader.execute(CONSISTENT).fetchall() == [(3, True)]
            assert writer.compact(datetime.now(UTC)).files_merged > 0
            for reader in (now, then):
                assert reader.execute(CONSISTENT).fetchall() == [(3, True)]
            found = now.execute(f"SELECT count(*) FROM touchpoints AT (VERSION => {past})").fetchall()  # noqa: S608
            assert found == [(3 * PER_BATCH,)]
            for reader in (now, then):
                reader.execute("COMMIT")
                assert reader.execute(CONSISTENT).fetchall() == [(3, True)]


def test_a_writer_in_another_process_is_refused_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    with _writing(tmp_path, 1_000) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(LakeBusyError, match=str(process.pid)):
            open_lake_writer(tmp_path)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with open_lake_writer(tmp_path) as writer:
        assert writer.offsets()


def test_compaction_keeps_rows_and_kept_snapshots_and_deletes_files(tmp_path: Path) -> None:
    def files() -> int:
        return sum(1 for _ in (tmp_path / "lake" / "data").rglob("*.parquet"))

    with open_lake_writer(tmp_path) as writer:
        for number in range(6):
            writer.write(_batch(number), {("t", 0): number + 1})
        before, past = files(), snapshots(tmp_path)[-3].version
        later = datetime.now(UTC) + timedelta(seconds=1)
        writer.compact(later, grace=timedelta(0))
        assert files() < before
        assert run_sql(tmp_path, CONSISTENT, past).rows == [(4, True)]
        counts = writer.compact(later, Retention(timedelta(0), ()), grace=timedelta(0))
        assert counts.snapshots_expired > 0
        assert len(snapshots(tmp_path)) <= 3
        assert _assert_consistent(tmp_path) == 6


def test_files_that_a_compaction_gave_up_stay_for_the_grace_and_no_longer(tmp_path: Path) -> None:
    """Also on the same day: a query that began before the compaction reads them."""
    grace = timedelta(hours=1)
    with open_lake_writer(tmp_path) as writer:
        for number in range(3):
            writer.write(_batch(number), {("t", 0): number + 1})
        start = datetime.now(UTC)
        assert writer.compact(start, grace=grace).files_deleted == 0
        assert writer.compact(start + grace / 2, grace=grace).files_deleted == 0
        assert writer.compact(start + 2 * grace, grace=grace).files_deleted > 0
        assert _assert_consistent(tmp_path) == 3
