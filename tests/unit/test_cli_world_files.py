"""``onefold generate --out``: a world as files that ``onefold publish`` takes."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from infra.world import Emission, PoisonEmission, WorldConfig, generate
from schemas.canonical_json import parse_touchpoint
from schemas.sources import TO_CANONICAL
from streams.commands.world_files import REJECTED_FILE, write_world
from streams.program import main
from streams.topics import SOURCES

CONFIG = WorldConfig(customers=60, touchpoints=600, seed=5)


def lines(file: Path) -> Sequence[str]:
    return file.read_text("utf-8").splitlines()


def test_every_emission_is_in_a_file_or_counted(tmp_path: Path) -> None:
    steps: list[int] = []
    written = write_world(tmp_path / "new" / "world", CONFIG, None, steps.append)
    emissions = list(generate(CONFIG))
    poison = sum(isinstance(emission, PoisonEmission) for emission in emissions)
    assert written.poison == poison > 0
    assert sum(written.records.values()) + written.rejected + written.poison == len(emissions) == sum(steps)
    assert written.duplicates == sum(isinstance(one, Emission) and one.duplicate for one in emissions)
    files = {source: lines(tmp_path / "new" / "world" / f"{source}.ndjson") for source in SOURCES}
    assert {source: len(found) for source, found in files.items() if found} == dict(written.records)


def test_a_canonical_line_reads_as_the_mapped_record(tmp_path: Path) -> None:
    write_world(tmp_path, CONFIG, None, lambda _: None)
    raw = [one for one in generate(CONFIG) if isinstance(one, Emission) and one.source == "mobile" and one.person]
    expected = [convert(one.record) if (convert := TO_CANONICAL.get(one.record_name)) else one.record for one in raw]
    assert [parse_touchpoint(line) for line in lines(tmp_path / "mobile.ndjson")][: len(expected)] == expected


def test_rejected_records_are_kept_with_the_reason(tmp_path: Path) -> None:
    written = write_world(tmp_path, CONFIG, None, lambda _: None)
    kept = [json.loads(line, parse_constant=pytest.fail) for line in lines(tmp_path / REJECTED_FILE)]
    assert len(kept) == written.rejected > 0
    assert {entry["reason"] for entry in kept} == {"not_finite", "bad_value"}
    assert all(entry["detail"] and entry["record"] and entry["source"] in SOURCES for entry in kept)


def test_the_truth_lies_beside(tmp_path: Path) -> None:
    write_world(tmp_path, CONFIG, None, lambda _: None)
    events = pq.read_table(tmp_path / "truth_events.parquet")
    assert events.num_rows == CONFIG.touchpoints


def test_shuffling_changes_the_order_and_nothing_else(tmp_path: Path) -> None:
    for folder, shuffle in (("plain", None), ("one", 1), ("again", 1)):
        write_world(tmp_path / folder, CONFIG, shuffle, lambda _: None)
    plain, one, again = (lines(tmp_path / folder / "web.ndjson") for folder in ("plain", "one", "again"))
    assert one == again != plain
    assert sorted(one) == sorted(plain)


def test_the_command_tells_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["generate", "--customers", "50", "--touchpoints", "400", "--seed", "2", "--out", str(tmp_path)])
    assert not ended.value.code
    out, err = capsys.readouterr()
    assert err == "Writing a world ...\n"
    assert f"truth beside them in {tmp_path}" in out
    assert "web" in out


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as ended:
        main(["generate", "--touchpoints", "10", "--out", str(tmp_path / "file" / "x")])
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith("cannot be written to: Not a directory\n")
