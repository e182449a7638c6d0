"""What the lake's writer knows of the stored rows is what the lake says, whatever happened to either."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks import tables
from sinks.errors import LakeWriteError
from sinks.known import KNOWN_FORMAT, KnownRows, Positions, row_key

ANN, BOB = (row_key(tables.PROFILES, (name,)) for name in ("ann", "bob"))
BEFORE = {("topic", 0): 5}
AFTER = {("topic", 0): 9}


def _opened(folder: Path, positions: Positions) -> KnownRows:
    """Open what must be up to date."""
    return KnownRows(folder / "known", positions, lambda: pytest.fail("the lake was read"))


def _read_from_lake(folder: Path, positions: Positions, *parts: dict[bytes, int]) -> KnownRows:
    reads: list[dict[bytes, int]] = []

    def stored() -> Iterator[dict[bytes, int]]:
        for part in parts:
            reads.append(part)
            yield part

    known = KnownRows(folder / "known", positions, stored)
    assert len(reads) == len(parts)
    return known


def _intended(folder: Path, positions: Positions) -> KnownRows:
    """Know Ann at the positions of before, and intend a newer Ann and Bob at others."""
    known = _read_from_lake(folder, BEFORE, {ANN: 1})
    known.begin()
    known.note({ANN: 2, BOB: 2})
    known.intend(positions)
    return known


def test_what_a_batch_wrote_is_known_to_the_next_one(tmp_path: Path) -> None:
    known = _intended(tmp_path, AFTER)
    known.committed()
    known.begin()

    assert known.versions([ANN, BOB]) == [2, 2]
    known.close()


def test_what_the_lake_did_not_commit_is_not_known_to_the_next_batch(tmp_path: Path) -> None:
    known = _intended(tmp_path, AFTER)
    known.begin()

    assert known.versions([BOB, ANN]) == [None, 1]
    known.close()


def test_after_a_crash_what_the_lake_committed_is_known(tmp_path: Path) -> None:
    _intended(tmp_path, AFTER).close()

    known = _opened(tmp_path, AFTER)
    assert known.versions([ANN, BOB]) == [2, 2]
    known.close()


def test_after_a_crash_what_the_lake_did_not_commit_is_not_known(tmp_path: Path) -> None:
    _intended(tmp_path, AFTER).close()

    known = _opened(tmp_path, BEFORE)
    assert known.versions([ANN, BOB]) == [1, None]
    known.close()


def test_a_crash_in_a_batch_that_moved_no_offset_has_the_lake_read(tmp_path: Path) -> None:
    _intended(tmp_path, BEFORE).close()

    known = _read_from_lake(tmp_path, BEFORE, {ANN: 2}, {BOB: 2})
    assert known.versions([ANN, BOB]) == [2, 2]
    known.close()


def test_a_lake_that_was_put_back_is_read_and_nothing_else_stays_known(tmp_path: Path) -> None:
    known = _intended(tmp_path, AFTER)
    known.committed()
    known.begin()
    known.close()

    known = _read_from_lake(tmp_path, BEFORE, {ANN: 1})
    assert known.versions([ANN, BOB]) == [1, None]
    known.close()


def test_damaged_files_are_made_anew_from_the_lake(tmp_path: Path) -> None:
    _read_from_lake(tmp_path, BEFORE, {ANN: 1}).close()
    (tmp_path / "known" / "CURRENT").write_text("nothing\n")

    known = _read_from_lake(tmp_path, BEFORE, {ANN: 1})
    assert known.versions([ANN]) == [1]
    known.close()


def test_files_of_another_format_are_made_anew_from_the_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _read_from_lake(tmp_path, BEFORE, {ANN: 1}).close()
    monkeypatch.setattr("sinks.known.KNOWN_FORMAT", KNOWN_FORMAT + 1)

    _read_from_lake(tmp_path, BEFORE, {ANN: 1}).close()


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    (tmp_path / "known").write_text("")
    with pytest.raises(LakeWriteError, match="known cannot be used"):
        _opened(tmp_path, {})


def test_keys_of_other_parts_and_other_tables_differ() -> None:
    rows = [("a\0b", "c"), ("a", "b\0c"), ("a", "bc"), ("ab", "c")]
    keys = {row_key(table, row) for table in (tables.TOUCHPOINTS, tables.LINKS) for row in rows}
    assert len(keys) == 2 * len(rows)
