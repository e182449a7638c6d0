"""Records of historical people become touchpoints that are accepted."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.historical import FIRST_EVENT_MS, TRAITS, touchpoint_line, touchpoint_lines
from schemas.canonical_json import parse_touchpoint

ROOT = Path(__file__).parents[2]
RECORD = {
    "unique_id": "Q1-2",
    "cluster": "Q1",
    "full_name": "ada lovelace",
    "first_and_surname": "ada lovelace",
    "first_name": "ada",
    "surname": "lovelace",
    "dob": "1815-12-10",
    "birth_place": "london",
    "postcode_fake": None,
    "gender": "female",
    "occupation": "",
}


def test_a_record_is_an_accepted_touchpoint() -> None:
    touchpoint = parse_touchpoint(touchpoint_line(RECORD, 3))
    assert touchpoint["event_id"] == "Q1-2"
    assert touchpoint["event_time"] == FIRST_EVENT_MS + 3000
    assert touchpoint["type"] == "profile_update"
    assert touchpoint["identifiers"] == [{"type": "crm_id", "value": "Q1-2"}]


def test_what_is_missing_is_no_trait() -> None:
    assert parse_touchpoint(touchpoint_line(RECORD, 0))["traits"] == {
        "full_name": "ada lovelace",
        "first_name": "ada",
        "last_name": "lovelace",
        "birth_date": "1815-12-10",
        "birth_place": "london",
        "gender": "female",
    }


def test_the_truth_does_not_leak() -> None:
    assert "cluster" not in touchpoint_line(RECORD, 0)


def test_every_record_of_a_file_is_a_line(tmp_path: Path) -> None:
    records = [{**RECORD, "unique_id": f"Q{number}"} for number in range(5)]
    pq.write_table(pa.Table.from_pylist(records), tmp_path / "people.parquet", row_group_size=2)
    found = [parse_touchpoint(line) for line in touchpoint_lines(tmp_path / "people.parquet")]
    assert [touchpoint["event_id"] for touchpoint in found] == ["Q0", "Q1", "Q2", "Q3", "Q4"]
    assert [touchpoint["event_time"] - FIRST_EVENT_MS for touchpoint in found] == [0, 1000, 2000, 3000, 4000]


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"unique_id": ["Q1"]}), tmp_path / "other.parquet")
    with pytest.raises(ValueError, match=f"no column {', '.join(sorted(TRAITS))}"):
        list(touchpoint_lines(tmp_path / "other.parquet"))


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [("none.parquet", None, "there is no file"), ("text.parquet", "no parquet", "historical: ")],
)
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, name: str, text: str | None, sentence: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "benchmarks/historical.py", str(tmp_path / name)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
