"""How ``onefold`` ends: exit codes, sentences, help."""

import json
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.main import get_command

from streams.program import app, main


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with nothing in it, where nobody listens, and a terminal of 80 columns."""
    for name, value in {
        "ONEFOLD_HOME": str(tmp_path),
        "ONEFOLD_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "COLUMNS": "80",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


COMMANDS: Sequence[str] = sorted(getattr(get_command(app), "commands", ()))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_that_fits_80_columns(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command, "--help") == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.strip() == "Examples" for line in lines)
    assert any(line.strip().endswith(f"onefold {command}") or f"onefold {command} " in line for line in lines[1:])
    assert max(map(len, lines)) <= 80


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    out = capsys.readouterr().out
    assert {"up", "down", "status", "generate", "publish", "sql", "snapshots", "profile", "digest"} <= set(COMMANDS)
    assert all(f" {command} " in out for command in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("publish", "fax", "-"), "there is no source 'fax'"),
        (("publish", "web", "missing.ndjson"), "missing.ndjson cannot be read: No such file or directory"),
        (("publish", "web", "."), ". cannot be read: Is a directory"),
        (("publish", "web", __file__), "no Kafka broker answers at 127.0.0.1:1"),
        (("sql", "SELECT 1"), "There is no lake in"),
        (("snapshots",), "There is no lake in"),
        (("digest",), "There is no lake in"),
        (("profile", "email:ann@example.com"), "There is no lake in"),
        (("profile", "email:not an address"), "There is no lake in"),
        (("profile", "customer:03a1"), "There is no lake in"),
        (("why", "email:not an address"), "There is no lake in"),
        (
            ("profile", "email:ann@example.com", "--live"),
            "no Kafka broker answers at 127.0.0.1:1; start one with 'onefold up'",
        ),
        (("value", "fit"), "There is no lake in"),
        (("sql", "SELECT 1", "--at", "soon"), "expected a time like 2026-03-01"),
        (("clock", "--at", "0001-01-01T00:00+14:00"), "expected a time like 2026-03-01"),
        (("views", "customres"), "there is no view 'customres'; did you mean customers"),
        (("views", "qqq"), "expected one of those that 'onefold views' lists"),
        (("report", "--out", "no/such/folder/page.html"), "there is no folder"),
        (("lookalikes", "find", "best_customers"), "There is no lake in"),
        (("tag", "add", "ann@example.com", "vip"), "expected TYPE:VALUE"),
        (("tag", "add", "email:not an address", "vip"), "expected an identifier that somebody can have, and a tag"),
        (("tag", "add", "email:ann@example.com", " "), "expected an identifier that somebody can have, and a tag"),
        (("tag", "add", "email:ann@example.com", "vip"), "no Kafka broker answers at 127.0.0.1:1"),
        (("profile", "fax:1"), "there is no such identifier type; expected one of customer_id"),
        (("profile", "ann@example.com"), "expected TYPE:VALUE"),
        (("profile", "fax\x1b[2J:1"), "there is no such identifier type"),
    ],
)
def test_what_a_user_can_act_on_is_one_sentence_and_exit_code_2(
    arguments: Sequence[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    told = capsys.readouterr().err
    assert told.startswith("onefold: ")
    assert told.count("\n") == 1
    assert sentence in told.replace("\\\\", "\\")
    assert "Traceback" not in told


def test_a_wrong_setting_is_one_sentence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEFOLD_KAFKA_PORT", "secret")
    assert run("down") == 2
    told = capsys.readouterr().err
    assert told.startswith("onefold: setting ONEFOLD_KAFKA_PORT:")
    assert "secret" not in told


@pytest.mark.parametrize(
    "arguments",
    [
        ("nosuch",),
        ("publish", "web"),
        ("generate",),
        ("generate", "--publish", "--out", "x"),
        ("generate", "--publish", "--customers", "0"),
        ("sql", "SELECT 1", "--format", "xml"),
        ("value", "fit", "--horizon-days", "0"),
        ("value", "fit", "--discount", "-0.1"),
        ("value", "fit", "--format", "csv"),
        ("lookalikes", "find"),
        ("lookalikes", "find", "best_customers", "--most", "0"),
        ("lookalikes", "find", "best_customers", "--among", "everybody"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert "Usage: onefold" in capsys.readouterr().err


def test_ctrl_c_while_publish_waits_for_a_broker_is_told_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("publish", "web", __file__, "--format", "json") == 2  # which also loads all that is slow to load
    assert capsys.readouterr().out == ""
    timer = threading.Timer(1.0, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    assert run("publish", "web", __file__, "--format", "json") == 130
    timer.join()
    assert json.loads(capsys.readouterr().out) == {"problems": [], "interrupted": True, "published": 0}


def test_without_a_broker_status_tells_what_it_can(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status", "--format", "csv") == 2
    out, err = capsys.readouterr()
    assert err == "onefold: no Kafka broker answers at 127.0.0.1:1; start one with 'onefold up'\n"
    assert out.splitlines() == [
        "section,item,value,of",
        "broker,servers,127.0.0.1:1,",
        "broker,usable,false,",
    ]


def test_down_leaves_a_cluster_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("down") == 0
    assert "yours to stop" in capsys.readouterr().out


def test_tracebacks_do_not_show_the_values_of_variables() -> None:
    assert app.pretty_exceptions_enable is False
