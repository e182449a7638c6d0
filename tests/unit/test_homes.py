"""The home: what can be one, and who else may look into it."""

import os
import shutil
from pathlib import Path

import pytest

from infra.errors import DiskFullError
from infra.space import LEAST_MIB, check_room
from sinks.reader import open_lake_reader
from sinks.testing import a_profile
from streams.errors import SettingsError
from streams.homes import keep_to_owner
from streams.program import main
from streams.settings import load_settings
from tests.integration.view_lakes import write_lake

NAMES = [
    "Köln",
    "日本 😀",
    "it's",
    'say "hi"',
    "100%",
    "a#b$HOME",
    "a b",
    "comma, semi; colon:",
    "new\nline",
    "[a]*?",
    "key=value",
    "-dash",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_lake_lives_in_a_home_of_any_name(tmp_path: Path, name: str) -> None:
    home = write_lake(tmp_path / name, [], [a_profile("ann")])
    with open_lake_reader(home) as reader:
        assert reader.execute("SELECT count(*) FROM profiles").fetchall() == [(1,)]
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def _file(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file"


def _below_a_file(folder: Path) -> Path:
    return _file(folder) / "home"


def _link_to_nothing(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "nothing")
    return folder / "link"


def _link_to_itself(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "link")
    return folder / "link" / "home"


def _too_long(folder: Path) -> Path:
    return folder / ("x" * 300)


def _with_a_backslash(folder: Path) -> Path:
    return folder / "back\\slash"


def _not_utf_8(folder: Path) -> Path:
    return folder / os.fsdecode(b"\xff")


@pytest.mark.parametrize(
    "made", [_file, _below_a_file, _link_to_nothing, _link_to_itself, _too_long, _with_a_backslash, _not_utf_8]
)
@pytest.mark.parametrize(
    "arguments", [("up",), ("down",), ("status",), ("sql", "SELECT 1"), ("worker",), ("generate", "--publish")]
)
def test_a_home_that_cannot_be_one_is_a_sentence(
    made: object,
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert callable(made)
    monkeypatch.setenv("ONEFOLD_HOME", str(made(tmp_path)))
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert told.startswith("onefold: setting ONEFOLD_HOME: ")
    assert told.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write in every folder")
def test_a_folder_that_is_read_only_is_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o500)
    monkeypatch.setenv("ONEFOLD_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match="expected a folder to write in"):
        load_settings()


def test_an_empty_setting_is_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEFOLD_HOME", "")
    assert load_settings().home == Path(".onefold").absolute()


def test_a_link_to_a_folder_is_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    monkeypatch.setenv("ONEFOLD_HOME", str(tmp_path / "link"))
    assert load_settings().home == tmp_path / "link"


def test_a_new_home_is_its_owners_alone(tmp_path: Path) -> None:
    assert not keep_to_owner(tmp_path / "home")
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_a_home_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "lake").mkdir(parents=True)
    home.chmod(0o755)
    assert keep_to_owner(home)
    assert home.stat().st_mode & 0o777 == 0o700


def test_of_a_folder_that_others_use_too_only_what_is_ours_is_closed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "lake").mkdir(parents=True)
    (home / "theirs").mkdir()
    for folder in (home, home / "lake", home / "theirs"):
        folder.chmod(0o755)
    assert keep_to_owner(home)
    assert [folder.stat().st_mode & 0o777 for folder in (home, home / "lake", home / "theirs")] == [0o755, 0o700, 0o755]


def test_a_disk_without_room_is_told_before_a_broker_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil._ntuple_diskusage(1, 1, 3 * 2**20)
    monkeypatch.setattr("infra.space.shutil.disk_usage", lambda _: full)
    with pytest.raises(DiskFullError, match=f"{LEAST_MIB} MiB of free disk"):
        check_room(tmp_path / "not" / "there")
