"""Settings from the environment, and the key of node ids."""

import os
import stat
from pathlib import Path

import pytest

from streams.errors import SettingsError
from streams.settings import Settings, load_settings, node_key


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ONEFOLD_"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ONEFOLD_PARTITIONS", "0"),
        ("ONEFOLD_PARTITIONS", "many"),
        ("ONEFOLD_PARTITIONS", "257"),
        ("ONEFOLD_REPLICATION", "0"),
        ("ONEFOLD_KAFKA_PORT", "70000"),
        ("ONEFOLD_BROKER", "cloud"),
        ("ONEFOLD_TOPIC_PREFIX", "a b"),
        ("ONEFOLD_SESSION_TIMEOUT_SECONDS", "1"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=f"^setting {name}: ") as raised:
        load_settings()

    assert "\n" not in str(raised.value)


def test_a_refused_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEFOLD_PARTITIONS", "s3cret")

    with pytest.raises(SettingsError) as raised:
        load_settings()

    assert "s3cret" not in str(raised.value)


def test_the_home_becomes_an_absolute_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    assert load_settings().home == tmp_path / ".onefold"


def test_without_a_cluster_of_the_users_the_local_port_is_used() -> None:
    assert Settings(kafka_port=12345).servers == "127.0.0.1:12345"


def test_a_cluster_of_the_users_is_used_as_it_is_named() -> None:
    assert Settings(bootstrap_servers="a:1,b:2").servers == "a:1,b:2"


def test_the_node_key_is_made_once_and_stays(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    assert node_key(settings) == node_key(settings)


def test_two_installations_have_different_node_keys(tmp_path: Path) -> None:
    assert node_key(Settings(home=tmp_path / "one")) != node_key(Settings(home=tmp_path / "two"))


def test_only_the_owner_may_read_a_node_key_that_was_made(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    node_key(settings)

    assert stat.S_IMODE(settings.node_key_path.stat().st_mode) == 0o600
    assert list(settings.node_key_path.parent.iterdir()) == [settings.node_key_path]


@pytest.mark.parametrize("content", ["", "xyz", "00" * 31, "00" * 33, "\xff\xfe"])
def test_a_file_that_is_no_node_key_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "wrong.key"
    file.write_text(content, "latin-1")

    with pytest.raises(SettingsError, match=r"expected .*hexadecimal") as raised:
        node_key(Settings(home=tmp_path, node_key_file=file))

    assert str(file) in str(raised.value)


def test_a_node_key_file_that_is_not_there_is_not_made_up(tmp_path: Path) -> None:
    file = tmp_path / "missing.key"

    with pytest.raises(SettingsError, match="node key"):
        node_key(Settings(home=tmp_path, node_key_file=file))

    assert not file.exists()
