"""Batches into the lake: exactly once, higher revision wins."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict
from itertools import permutations
from pathlib import Path
from typing import Any

import duckdb
import pytest

from identity.policy_file import default_policy_text
from sinks.engine import catalog_path, connect, known_path
from sinks.errors import LakeBusyError, LakeMissingError, LakeVersionError, LakeWriteError
from sinks.lake import LakeBatch, LakeWriter, WriteCounts, open_lake_writer
from sinks.query import run_sql, snapshots
from sinks.testing import (
    a_dead_letter,
    a_link,
    a_merge,
    a_merged_profile,
    a_node,
    a_profile,
    a_touchpoint,
    an_identifier,
    an_order,
    node_id,
)

EMAIL = node_id("email", "ann@example.com")
COOKIE = node_id("cookie", "c-1")
BATCH = LakeBatch(
    touchpoints=[
        a_touchpoint("e-1", a_node("email", "ann@example.com"), a_node("cookie", "c-1"), order=an_order()),
        a_touchpoint("e-1", source="store"),
        a_touchpoint("e-1"),
    ],
    profiles=[a_profile("ann")],
    links=[a_link(EMAIL, COOKIE)],
    changes=[a_merge(EMAIL, COOKIE), a_merge(EMAIL, COOKIE)],
    dead_letters=[a_dead_letter(1), a_dead_letter(2)],
)
AT = {("onefold.touchpoints", 0): 3, ("onefold.profiles", 1): 1}
OTHER_TABLES = LakeBatch(
    signals=[
        {
            "signal_id": "s-1",
            "kind": "goal_reached",
            "name": "subscribed",
            "customer_id": EMAIL,
            "revision": 1,
            "cause": "clock",
            "event_id": None,
            "event_time": None,
            "context": {},
            "occurred_at": 5,
        }
    ],
    scores=[{"customer_id": EMAIL, "model": "m", "version": "v1", "values": {}, "reasons": [], "made_at": 5}],
    decisions=[
        {
            "kind": "block",
            "state": "made",
            "one": {"node_id": EMAIL, "type": "email", "value": "ann@example.com"},
            "other": None,
            "made_at": 5,
            "made_by": "a steward",
            "reason": "",
        }
    ],
    policies=[{"version": "p", "text": default_policy_text(), "applied_at": 5, "applied_by": "", "model": None}],
)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[LakeWriter]:
    with open_lake_writer(tmp_path) as opened:
        yield opened


def _all(writer: LakeWriter, sql: str) -> list[tuple[Any, ...]]:
    return writer.connection.execute(sql).fetchall()


def test_a_batch_delivered_again_adds_nothing(writer: LakeWriter) -> None:
    first = writer.write(BATCH, AT)
    assert first == WriteCounts(
        touchpoints=2, consents=2, profiles=1, identifiers=1, links=1, changes=1, dead_letters=2
    )
    again = writer.write(BATCH, AT)
    assert again == WriteCounts()
    assert _all(writer, "SELECT source, event_id FROM touchpoints ORDER BY ALL") == [("store", "e-1"), ("web", "e-1")]
    assert _all(writer, "SELECT count(*) FROM consents") == [(2,)]


def test_the_size_counts_the_snapshots_that_can_be_asked_for_and_the_files(writer: LakeWriter, tmp_path: Path) -> None:
    before = writer.size()
    writer.write(BATCH, AT)
    files = sum(file.stat().st_size for file in (tmp_path / "lake").rglob("*.parquet"))

    assert writer.size().snapshots == before.snapshots + 1 == len(snapshots(tmp_path))
    assert writer.size().file_bytes == files > before.file_bytes


def test_of_duplicates_the_first_stays(writer: LakeWriter) -> None:
    """In one batch and across batches, though the copy says something else."""
    writer.write(LakeBatch(touchpoints=[a_touchpoint("e-1", at=5), a_touchpoint("e-1", at=7)]), {})
    writer.write(LakeBatch(touchpoints=[a_touchpoint("e-1", at=9)]), {})
    assert _all(writer, "SELECT epoch_ms(event_time) FROM touchpoints") == [(5,)]


def test_offsets_come_back_after_reopening_and_never_go_back(tmp_path: Path) -> None:
    with open_lake_writer(tmp_path) as writer:
        writer.write(BATCH, AT)
        writer.write(LakeBatch(), {("onefold.touchpoints", 0): 2, ("onefold.links", 0): 0})
    with open_lake_writer(tmp_path) as writer:
        assert writer.offsets() == {**AT, ("onefold.links", 0): 0}


def test_a_call_with_nothing_new_makes_no_snapshot(writer: LakeWriter) -> None:
    writer.write(BATCH, AT)
    before = snapshots(writer.home)
    writer.write(LakeBatch(touchpoints=[], profiles=[]), AT)
    writer.write(BATCH, AT)
    assert snapshots(writer.home) == before


def test_a_batch_is_one_snapshot(writer: LakeWriter) -> None:
    before = snapshots(writer.home)
    writer.write(BATCH, AT)
    assert len(snapshots(writer.home)) == len(before) + 1


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
@pytest.mark.parametrize("together", [True, False], ids=["one batch", "a batch each"])
def test_the_higher_revision_wins_in_any_order(writer: LakeWriter, order: tuple[int, ...], together: bool) -> None:  # noqa: FBT001
    """Profiles, identifiers and links; the cookie moves from Ann to Bob with revision 2 and back with 3."""
    cookie = an_identifier("cookie", "c-1")
    profiles = {
        1: a_profile("ann", 1, [an_identifier("email", "ann@example.com"), cookie], city="one"),
        2: a_profile("bob", 2, [an_identifier("email", "bob@example.com"), cookie]),
        3: a_profile("ann", 3, [an_identifier("email", "ann@example.com"), cookie], city="three"),
    }
    links = {revision: a_link(EMAIL, COOKIE, revision, rule=f"r{revision}") for revision in order}
    batches = [order] if together else [(revision,) for revision in order]
    for batch in batches:
        writer.write(LakeBatch(profiles=[profiles[r] for r in batch], links=[links[r] for r in batch]), {})
    ann = profiles[1]["customer_id"]
    assert _all(writer, f"SELECT revision, city FROM profiles WHERE customer_id = '{ann}'") == [(3, "three")]  # noqa: S608
    assert _all(writer, "SELECT customer_id, revision FROM identifiers WHERE type = 'cookie'") == [(ann, 3)]
    assert _all(writer, "SELECT revision, rule FROM links") == [(3, "r3")]


def test_a_merged_profile_takes_no_identifier_with_it(writer: LakeWriter) -> None:
    ann = a_profile("ann", 5, [an_identifier("email", "ann@example.com"), an_identifier("email", "bob@example.com")])
    writer.write(LakeBatch(profiles=[a_profile("bob")]), {})
    writer.write(LakeBatch(profiles=[a_merged_profile("bob", "ann", 6), ann]), {})
    assert _all(writer, "SELECT DISTINCT customer_id FROM identifiers") == [(ann["customer_id"],)]
    assert _all(writer, "SELECT count(*) FROM customers") == [(1,)]


def test_text_is_stored_as_it_came(writer: LakeWriter) -> None:
    """NUL, quotes, both forms of an accent, direction marks: bytes in are bytes out."""
    awkward = ["a\0b", "'; DROP TABLE profiles; --", "e\u0301", "\u00e9", "\u202eabc\u200b", "=1+1", "\r\n", ""]
    writer.write(LakeBatch(touchpoints=[a_touchpoint(text) for text in awkward]), {})
    writer.write(LakeBatch(touchpoints=[a_touchpoint(text) for text in awkward]), {})
    assert {text for (text,) in _all(writer, "SELECT event_id FROM touchpoints")} == set(awkward)
    assert _all(writer, "SELECT count(*) FROM touchpoints") == [(len(awkward),)]


def test_a_batch_that_fails_leaves_neither_rows_nor_offsets(
    writer: LakeWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        message = "IO Error: no space left"
        raise duckdb.IOException(message)

    with monkeypatch.context() as broken:
        broken.setattr("sinks.lake._STEPS", (*_steps()[:-1], fail))
        with pytest.raises(LakeWriteError, match="no space left"):
            writer.write(BATCH, AT)
    assert writer.offsets() == {}
    assert _all(writer, "SELECT count(*) FROM touchpoints") == [(0,)]
    assert writer.write(BATCH, AT).touchpoints == 2


def _steps() -> tuple[Any, ...]:
    from sinks import lake

    return lake._STEPS


def test_a_second_writer_is_refused_in_one_sentence(writer: LakeWriter) -> None:
    with pytest.raises(LakeBusyError, match="is being written by another process"):
        open_lake_writer(writer.home)


def test_a_newer_lake_is_refused_by_writer_and_reader(tmp_path: Path) -> None:
    with open_lake_writer(tmp_path) as writer:
        writer.connection.execute("UPDATE _lake SET lake_format = 99")
    with pytest.raises(LakeVersionError, match="has format 99"):
        open_lake_writer(tmp_path)
    with pytest.raises(LakeVersionError, match="has format 99"):
        run_sql(tmp_path, "SELECT 1")


def test_views_of_an_older_version_are_replaced(tmp_path: Path) -> None:
    with open_lake_writer(tmp_path) as writer:
        writer.connection.execute("CREATE OR REPLACE VIEW customers AS SELECT 1 AS old")
        writer.connection.execute("UPDATE _lake SET views = 'older'")
    with open_lake_writer(tmp_path):
        assert "customer_id" in run_sql(tmp_path, "SELECT * FROM customers").columns


def test_a_lake_without_tables_is_no_lake_yet(tmp_path: Path) -> None:
    with pytest.raises(LakeMissingError, match="no lake"):
        run_sql(tmp_path, "SELECT 1")
    (tmp_path / "lake").mkdir()
    with connect() as connection:
        catalog = tmp_path / "lake" / "catalog.sqlite"
        connection.execute(f"ATTACH 'ducklake:sqlite:{catalog}' AS x (DATA_PATH '{tmp_path}')")
    with pytest.raises(LakeMissingError, match="no tables yet"):
        run_sql(tmp_path, "SELECT 1")


def test_a_lake_can_be_moved(tmp_path: Path) -> None:
    """To a place with a space and a quote in its name."""
    before, after = tmp_path / "before", tmp_path / "af 'ter"
    with open_lake_writer(before) as writer:
        writer.write(BATCH, AT)
    before.rename(after)
    with open_lake_writer(after) as writer:
        assert writer.write(BATCH, AT) == WriteCounts()
    assert run_sql(after, "SELECT count(*) FROM touchpoints").rows == [(2,)]


def test_a_lake_without_what_its_writer_knows_still_takes_each_row_once(tmp_path: Path) -> None:
    """It is read from the lake: every table, keys of text, numbers and times."""
    with open_lake_writer(tmp_path) as writer:
        writer.write(BATCH, AT)
        assert writer.write(OTHER_TABLES, AT) == WriteCounts(signals=1, scores=1, decisions=1, policies=1)
    shutil.rmtree(known_path(tmp_path))
    with open_lake_writer(tmp_path) as writer:
        assert writer.write(BATCH, AT) == writer.write(OTHER_TABLES, AT) == WriteCounts()


def test_opening_tells_how_many_rows_were_read_where_the_lake_must_be_read_whole(tmp_path: Path) -> None:
    with open_lake_writer(tmp_path) as writer:
        counts = writer.write(BATCH, AT)
    told: list[int] = []
    open_lake_writer(tmp_path, told.append).close()
    assert told == []

    shutil.rmtree(known_path(tmp_path))
    open_lake_writer(tmp_path, told.append).close()

    assert told[-1] == sum(asdict(counts).values())
    assert told == sorted(told)


def test_a_lake_put_back_from_a_copy_takes_what_it_does_not_have(tmp_path: Path) -> None:
    """Though what its writer knows beside it is of later."""
    later = LakeBatch(touchpoints=[a_touchpoint("e-2")], profiles=[a_profile("ann", 9)])
    at_later = {place: at + 1 for place, at in AT.items()}
    with open_lake_writer(tmp_path) as writer:
        writer.write(BATCH, AT)
    copied = catalog_path(tmp_path).read_bytes()
    with open_lake_writer(tmp_path) as writer:
        expected = writer.write(later, at_later)
    catalog_path(tmp_path).write_bytes(copied)
    with open_lake_writer(tmp_path) as writer:
        assert writer.write(BATCH, AT) == WriteCounts()
        assert writer.write(later, at_later) == expected
