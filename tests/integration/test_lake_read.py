"""Reading the lake: SQL, snapshots, one customer, the digest, the reference."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profiles.policy_file import default_profile_policy
from sinks.describe import reference
from sinks.digest import people_digest
from sinks.engine import catalog_path
from sinks.errors import LakeMissingError, QueryError, QueryRefusedError, QueryStoppedError, SnapshotMissingError
from sinks.find import find_customer, find_profile, recent_touchpoints, row_of
from sinks.lake import LakeBatch, open_lake_writer
from sinks.limits import Limits
from sinks.maintenance import snapshot_times
from sinks.policies import identity_policy_in, model_in_force, profile_policy_in
from sinks.query import run_sql, snapshots
from sinks.reader import LakeReader, open_lake_reader
from sinks.tables import TABLES
from sinks.testing import (
    a_link,
    a_merged_profile,
    a_node,
    a_profile,
    a_touchpoint,
    an_identifier,
    an_order,
    node_id,
)
from sinks.views import all_views

ANN, BOB = node_id("email", "ann@example.com"), node_id("email", "bob@example.com")
COOKIE = node_id("cookie", "c-1")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of two batches: Ann and Bob, then Bob merged into Ann."""
    home = tmp_path_factory.mktemp("home")
    ann = [an_identifier("email", "ann@example.com"), an_identifier("cookie", "c-1")]
    bob = [an_identifier("email", "bob@example.com")]
    touches = [
        a_touchpoint("e-1", a_node("email", "ann@example.com"), a_node("cookie", "c-1"), order=an_order()),
        a_touchpoint("e-2", a_node("email", "bob@example.com"), source="store", at=1_767_312_000_000),
    ]
    with open_lake_writer(home) as writer:
        writer.write(
            LakeBatch(
                touchpoints=touches,
                profiles=[a_profile("ann", 1, ann), a_profile("bob", 1, bob)],
                links=[a_link(ANN, COOKIE), a_link(ANN, BOB, rule="limit")],
            ),
            {("t", 0): 1},
        )
        merged = [a_merged_profile("bob", "ann", 2), a_profile("ann", 3, ann + bob)]
        writer.write(LakeBatch(profiles=merged), {("t", 0): 2})
    return home


def test_as_of_a_version_tables_and_views_show_the_past(home: Path) -> None:
    first, last = snapshots(home)[-2:]
    assert run_sql(home, "SELECT count(*) FROM customers").rows == [(1,)]
    assert run_sql(home, "SELECT count(*) FROM customers", first.version).rows == [(2,)]
    assert run_sql(home, "SELECT count(*) FROM customers", str(last.version)).rows == [(1,)]
    assert run_sql(home, "SELECT next_offset FROM _offsets", first.version).rows == [(1,)]


def test_as_of_a_moment_is_the_last_snapshot_before_it(home: Path) -> None:
    first, last = snapshots(home)[-2:]
    between = last.committed_at - timedelta(microseconds=1)
    for moment in (between.isoformat(), between.replace(tzinfo=None).isoformat(), first.committed_at.isoformat()):
        assert run_sql(home, "SELECT count(*) FROM customers", moment).rows == [(2,)]


@pytest.mark.parametrize("as_of", [99, "99", str(2**70), 0, "0", "2020-01-01"])
def test_where_there_is_no_such_snapshot_the_oldest_and_the_newest_are_named(home: Path, as_of: str | int) -> None:
    with pytest.raises(SnapshotMissingError) as raised:
        run_sql(home, "SELECT 1", as_of)

    named = re.findall(r"version (\d+) of (\S+)[,.]", str(raised.value))
    assert [(int(version), datetime.fromisoformat(at)) for version, at in named] == [
        (snapshot.version, snapshot.committed_at) for snapshot in (snapshots(home)[0], snapshots(home)[-1])
    ]
    assert all(run_sql(home, "SELECT 1", as_named).rows for as_named in named[0])


@pytest.mark.parametrize("as_of", ["yesterday", "2026-99-01", -1])
def test_what_is_neither_a_version_nor_a_moment_is_refused(home: Path, as_of: str | int) -> None:
    with pytest.raises(SnapshotMissingError, match="neither a snapshot's version nor a moment"):
        run_sql(home, "SELECT 1", as_of)


def test_every_snapshot_that_is_listed_can_be_asked_for(home: Path) -> None:
    for snapshot in snapshots(home):
        assert run_sql(home, "SELECT count(*) FROM profiles", snapshot.version).rows


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM profiles",
        "DROP VIEW customers",
        "CREATE TEMP TABLE t AS SELECT 1",
        "COPY profiles TO 'out.csv'",
        "EXPLAIN ANALYZE DELETE FROM profiles",
        "SET threads = 1",
        "ATTACH 'x.db'",
        "LOAD json",
        "CALL ducklake_expire_snapshots('lake', older_than => now())",
        "SELECT * FROM ducklake_cleanup_old_files('lake', cleanup_all => true)",
        "FROM lake.delete_orphaned_files()",
        "SELECT (SELECT max(name) FROM sqlite_scan('x', 'y'))",
        "WITH w AS (FROM query('DELETE FROM profiles')) FROM w",
        "SELECT 1; SELECT 2",
        "",
    ],
)
def test_what_does_more_than_read_is_refused(home: Path, sql: str) -> None:
    with pytest.raises(QueryRefusedError):
        run_sql(home, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELEC 1",
        "FROM nowhere",
        "SELECT nothing FROM profiles",
        "SELECT error('boom')",
        "FROM read_text_auto",
        "FROM '/etc/hostname'",
        "FROM 'https://example.com/x.parquet'",
    ],
)
def test_a_wrong_statement_is_one_line(home: Path, sql: str) -> None:
    with pytest.raises(QueryError) as raised:
        run_sql(home, sql)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "sql",
    ["FROM customers", "DESCRIBE profiles", "SHOW TABLES", "SUMMARIZE links", "EXPLAIN FROM links", "FROM range(3)"],
)
def test_what_only_reads_is_run(home: Path, sql: str) -> None:
    assert run_sql(home, sql).rows


def test_a_customer_is_found_by_any_identifier_and_by_a_merged_id(home: Path) -> None:
    for found in (
        find_profile(home, "cookie", "c-1"),
        find_profile(home, "email", "bob@example.com"),
        find_customer(home, BOB),
        find_customer(home, ANN),
    ):
        assert found is not None
        assert (found.customer_id, found.revision) == (ANN, 3)
    assert find_profile(home, "email", "nobody@example.com") is None
    assert find_customer(home, "0" * 32) is None


def test_a_customer_is_found_as_of_a_snapshot(home: Path) -> None:
    found = find_profile(home, "email", "bob@example.com", snapshots(home)[-2].version)
    assert found is not None
    assert found.customer_id == BOB


def test_touchpoints_follow_a_merge(home: Path) -> None:
    """Bob's touchpoint is Ann's since the merge, newest first; before, it was his."""
    assert [touch["event_id"] for touch in recent_touchpoints(home, ANN)] == ["e-2", "e-1"]
    assert [touch["event_id"] for touch in recent_touchpoints(home, ANN, limit=1)] == ["e-2"]
    before = snapshots(home)[-2].version
    assert [touch["event_id"] for touch in recent_touchpoints(home, BOB, as_of=before)] == ["e-2"]


def test_journeys_number_the_steps_and_measure_the_time_between(home: Path) -> None:
    rows = run_sql(home, "SELECT step, channel, previous_channel, seconds_since_previous FROM journeys ORDER BY 1").rows
    assert rows == [(1, "web", None, None), (2, "store", "web", 86_400.0)]


def test_value_is_attributed_to_the_acquiring_channel(home: Path) -> None:
    rows = run_sql(home, "SELECT channel, currency, customers, buyers, revenue FROM value_by_acquiring_channel").rows
    assert [(*row[:4], float(row[4])) for row in rows] == [("web", "EUR", 1, 1, 12.5)]


def test_link_evidence_joins_what_was_seen_with_what_was_decided(home: Path) -> None:
    rows = run_sql(home, "SELECT node_type, times_together, status FROM link_evidence ORDER BY 1").rows
    assert rows == [("cookie", 1, "joined"), ("email", 0, "quarantined")]


def test_the_digest_does_not_depend_on_the_order_of_arrival(tmp_path: Path, home: Path) -> None:
    digest = people_digest(home)
    assert (digest.people, digest.identifiers) == (1, 3)
    people = [a_profile(name) for name in ("ann", "bob", "eve")]
    digests = []
    for place, order in enumerate([people, people[::-1]]):
        with open_lake_writer(tmp_path / str(place)) as writer:
            for revision, profile in enumerate(order):
                writer.write(LakeBatch(profiles=[profile | {"revision": revision}]), {})
        digests.append(people_digest(tmp_path / str(place)))
    assert digests[0] == digests[1] != digest


def test_the_lake_holds_what_the_reference_lists(home: Path) -> None:
    """Names, order and types of every table and view; views may end in all columns of a table."""
    for table in TABLES:
        described = run_sql(home, f"DESCRIBE {table.name}").rows
        assert [row[0] for row in described] == [column.name for column in table.columns]
    names = {table.name: [column.name for column in table.columns] for table in TABLES}
    for view in all_views(default_profile_policy()):
        described = run_sql(home, f"DESCRIBE {view.name}").rows
        expected = [name for column in view.columns for name in (names["touchpoints"] if column == "*" else [column])]
        assert [row[0] for row in described] == expected


def test_the_types_are_as_documented(home: Path) -> None:
    from sinks.columns import sql_type

    for table in TABLES:
        found = run_sql(home, f"DESCRIBE {table.name}").rows
        asked = [f"NULL::{sql_type(column.type)}" for column in table.columns]
        expected = run_sql(home, f"DESCRIBE SELECT {', '.join(asked)}").rows
        assert [row[1] for row in found] == [row[1] for row in expected]


def test_the_page_is_complete() -> None:
    page = (Path(__file__).parents[2] / "docs" / "lake.md").read_text()
    assert page.endswith(reference() + "\n"), "replace the reference in docs/lake.md by sinks.describe.reference()"


def test_snapshots_come_in_order_with_utc_times(home: Path) -> None:
    listed = snapshots(home)
    assert [snapshot.version for snapshot in listed] == sorted(snapshot.version for snapshot in listed)
    assert listed[-1].committed_at <= datetime.now(UTC)


def test_a_lake_whose_sink_was_killed_at_its_very_beginning_is_missing_and_is_made_by_the_next(tmp_path: Path) -> None:
    catalog_path(tmp_path).parent.mkdir()
    catalog_path(tmp_path).touch()

    with pytest.raises(LakeMissingError, match="was not finished being made"):
        open_lake_reader(tmp_path)

    open_lake_writer(tmp_path).close()
    with open_lake_reader(tmp_path) as reader:
        assert reader.execute("SELECT count(*) FROM profiles").fetchall() == [(0,)]


def test_a_profile_of_the_topic_is_shown_as_the_lake_has_it(tmp_path: Path) -> None:
    profile = a_profile("ann", 3, city="Berlin")
    profile["revenue_micros"] = {"EUR": 1_500_000}
    profile["touches_by_channel"] = {"web": 2}
    with open_lake_writer(tmp_path) as writer:
        writer.write(LakeBatch(profiles=[profile]), {})
    assert row_of(profile) == find_customer(tmp_path, profile["customer_id"])


NO_TIME = Limits(0.0, "1GB", "1GB", "more seconds")


@pytest.mark.parametrize("ask", [identity_policy_in, profile_policy_in, model_in_force])
def test_reading_the_policy_has_the_limit_of_any_query(home: Path, ask: Callable[[LakeReader], object]) -> None:
    with open_lake_reader(home, limits=NO_TIME) as reader, pytest.raises(QueryStoppedError) as caught:
        ask(reader)
    assert str(caught.value) == "Reading the policy in force was stopped after 0 seconds. more seconds give it more."


def test_listing_the_snapshots_has_the_limit_of_any_query(home: Path) -> None:
    with open_lake_reader(home, limits=NO_TIME) as reader, pytest.raises(QueryStoppedError) as caught:
        snapshot_times(reader)
    assert str(caught.value) == "Reading the list of snapshots was stopped after 0 seconds. more seconds give it more."


def test_a_query_without_time_is_told_what_to_do(home: Path) -> None:
    limits = replace(NO_TIME, more="")
    with open_lake_reader(home, limits=limits) as reader, pytest.raises(QueryStoppedError) as caught:
        reader.execute("SELECT 1")
    assert str(caught.value) == (
        "The query was stopped after 0 seconds: ask for less, such as one customer, one channel or fewer days."
    )
