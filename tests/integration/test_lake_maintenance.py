"""What maintenance keeps small: files of tables whose rows are replaced, snapshots, and what the catalog holds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sinks.engine import LAKE
from sinks.lake import LakeBatch, LakeWriter, open_lake_writer
from sinks.maintenance import Retention
from sinks.query import run_sql, snapshots
from sinks.testing import a_profile, a_touchpoint

CATALOG = f"__ducklake_metadata_{LAKE}"
NOTHING_KEPT = Retention(timedelta(0), ())


def _write(writer: LakeWriter, number: int) -> None:
    """Replace one profile of each batch before, and add one."""
    profiles = [a_profile(f"p{customer}", number + 1) for customer in range(number + 1)]
    writer.write(LakeBatch([a_touchpoint(f"e{number}")], profiles), {("t", 0): number + 1})


def _files(writer: LakeWriter, table: str) -> int:
    return len(writer.connection.execute(f"FROM ducklake_list_files('{LAKE}', '{table}')").fetchall())


def test_files_of_which_rows_were_replaced_are_brought_together(tmp_path: Path) -> None:
    """However few of them: DuckLake itself merges none of which a row was."""
    with open_lake_writer(tmp_path) as writer:
        writer.write(LakeBatch(profiles=[a_profile(f"p{number}", 1) for number in range(200)]), {})
        for number in range(8):
            changed = [a_profile(f"p{number}", 2), *(a_profile(f"n{number}-{place}", 1) for place in range(20))]
            writer.write(LakeBatch(profiles=changed), {})
        past = snapshots(tmp_path)[-3].version
        assert _files(writer, "profiles") == 9
        assert writer.compact(datetime.now(UTC)).files_merged >= 9
        assert _files(writer, "profiles") == 1
    everyone = "SELECT count(*), sum(revision), count(DISTINCT customer_id) FROM profiles"
    assert run_sql(tmp_path, everyone).rows == [(360, 368, 360)]
    assert run_sql(tmp_path, everyone, past).rows == [(320, 326, 320)]


def test_the_writer_maintains_itself_by_the_clock_it_is_given(tmp_path: Path) -> None:
    start = datetime.now(UTC)
    with open_lake_writer(tmp_path) as writer:
        writer.maintain(start)
        for number in range(writer.schedule.writes_between_merges - 1):
            _write(writer, number)
            assert writer.maintain(start).files_merged == 0
        _write(writer, 20)
        assert writer.maintain(start).files_merged > 0
        before = len(snapshots(tmp_path))
        assert writer.maintain(start + timedelta(minutes=40)).snapshots_expired > 0
        assert len(snapshots(tmp_path)) < before
    assert run_sql(tmp_path, "SELECT count(*), min(revision) FROM profiles").rows == [(21, 21)]


def test_offsets_of_snapshots_that_are_gone_do_not_stay_in_the_catalog(tmp_path: Path) -> None:
    with open_lake_writer(tmp_path) as writer:
        for number in range(6):
            _write(writer, number)
        ((inlined,),) = writer.connection.execute(
            f"SELECT table_name FROM {CATALOG}.ducklake_inlined_data_tables"  # noqa: S608 - a constant
        ).fetchall()

        def rows() -> int:
            ((count,),) = writer.connection.execute(f"SELECT count(*) FROM {CATALOG}.{inlined}").fetchall()  # noqa: S608
            return int(count)

        assert rows() > 1
        writer.compact(datetime.now(UTC) + timedelta(seconds=1), NOTHING_KEPT)
        assert rows() == 1
        assert writer.offsets() == {("t", 0): 6}
    with open_lake_writer(tmp_path) as writer:
        assert writer.offsets() == {("t", 0): 6}
