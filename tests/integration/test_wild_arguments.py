"""Whatever is said to a command, it ends with one of its exit codes and shows no traceback."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from identity.policy_file import default_policy_text
from sinks.testing import a_profile
from streams.program import main
from tests.integration.view_lakes import write_lake

MOMENTS = ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "0001-01-01", "9999-12-31T23:59:59", "0", "-1"]
MOMENTS += [str(10**30), "NaN", "", " ", "\x00", "2026-02-30", "yesterday", os.fsdecode(b"\xff"), "0000-01-01"]
AT: Sequence[Sequence[str]] = (
    ("sql", "SELECT count(*) FROM segments", "--at"),
    ("value", "fit", "--at"),
    ("lookalikes", "find", "best_customers", "--at"),
    ("audience", "best_customers", "--channel", "email", "--at"),
    ("clock", "--at"),
)
AS_OF: Sequence[Sequence[str]] = (
    ("sql", "SELECT 1", "--as-of"),
    ("digest", "--as-of"),
    ("profile", "email:ann@example.com", "--as-of"),
    ("why", "email:ann@example.com", "--as-of"),
)
ODD = os.fsdecode(b"\xff\xfe")
OTHERS: Sequence[Sequence[str]] = (
    ("sql", ""),
    ("sql", ODD),
    ("sql", "SELECT '\ud800'"),
    ("sql", "SELECT 'a\x00b'"),
    ("sql", "SELECT make_timestamp(9223372036854775000)"),
    ("sql", "SELECT 'infinity'::TIMESTAMP, '-infinity'::DATE, 'NaN'::DOUBLE, INTERVAL 300 YEARS", "--format", "json"),
    ("sql", "SELECT 'infinity'::TIMESTAMP, '-infinity'::DATE, 'NaN'::DOUBLE, INTERVAL 300 YEARS"),
    ("sql", "SELECT 'infinity'::TIMESTAMP, '-infinity'::DATE, 'NaN'::DOUBLE, INTERVAL 300 YEARS", "--format", "csv"),
    ("sql", "SELECT DATE '290000-01-01', TIME '24:00:00'"),
    ("sql", "SELECT 1", "--format", ODD),
    ("views", ODD),
    ("profile", ODD),
    ("profile", f"email:{ODD}"),
    ("profile", "customer:-1"),
    ("profile", f"customer:{ODD}"),
    ("why", f"email:{ODD}", f"cookie:{ODD}"),
    ("publish", ODD, ODD),
    ("publish", "web", ODD),
    ("publish", "web", "/"),
    ("publish", "web", "x" * 5000),
    ("policy", "check", ODD),
    ("policy", "check", "/"),
    ("policy", "check", "/dev/null"),
    ("policy", "check", sys.executable),
    ("policy", "check", "x" * 5000),
    ("policy", "apply", "/"),
    ("policy", "apply", sys.executable),
    ("rehearse", "--policy", "/"),
    ("rehearse", "--policy", sys.executable),
    ("report", "--out", "/"),
    ("report", "--out", "/proc/nothing/report.html"),
    ("report", "--out", "/dev/full"),
    ("report", "--out", "x" * 300),
    ("match", "train", "--out", "/"),
    ("generate", "--touchpoints", "10", "--customers", "3", "--out", "/proc/nothing"),
    ("generate", "--touchpoints", "10", "--customers", "3", "--out", "{home}/file"),
    ("generate", "--touchpoints", "-1", "--out", "{home}/world"),
    ("generate", "--touchpoints", "10", "--customers", "3", "--seed", str(10**30), "--out", "{home}/world"),
    ("generate", "--touchpoints", "10", "--customers", "3", "--seed", "-5", "--out", "{home}/world"),
    ("steward", "suggestions", "--limit", "-1"),
    ("steward", "suggestions", "--limit", str(10**30)),
    ("value", "fit", "--horizon-days", str(10**30)),
    ("value", "fit", "--discount", "NaN"),
    ("value", "fit", "--discount", "inf"),
    ("lookalikes", "find", ODD),
    ("lookalikes", "find", "best_customers", "--most", str(10**30)),
    ("audience", ODD, "--channel", ODD),
    ("audience", "best_customers", "--channel", "email", "--traits", ODD),
    ("audience", "best_customers", "--channel", "email", "--purpose", "\x00"),
    ("tag", "add", "email:ann@example.com", ODD),
    ("clock", "--every", "NaN"),
    ("clock", "--every", "inf"),
    ("drain", "--workers", "NaN"),
    ("status", "--format", ""),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake, with nobody listening beside it."""
    home = write_lake(tmp_path_factory.mktemp("wild"), [], [a_profile("ann")], default_policy_text())
    (home / "file").touch()
    return home


def ends_well(
    arguments: Sequence[str], home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run a command and look at its end; what is no exit raises here."""
    monkeypatch.setenv("ONEFOLD_HOME", str(home))
    monkeypatch.setenv("ONEFOLD_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    with pytest.raises(SystemExit) as ended:
        main([argument.replace("{home}", str(home)) for argument in arguments])
    assert ended.value.code in {None, 0, 1, 2}
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("moment", MOMENTS, ids=ascii)
@pytest.mark.parametrize("command", [*AT, *AS_OF], ids=lambda command: f"{command[0]} {command[-1]}")
def test_any_moment_may_be_said(
    command: Sequence[str],
    moment: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As the moment to reckon from, or as the past state that is asked for."""
    ends_well((*command[:-1], f"{command[-1]}={moment}"), home, monkeypatch, capsys)


@pytest.mark.parametrize("arguments", OTHERS, ids=lambda arguments: ascii(" ".join(arguments))[:60])
def test_any_argument_may_be_said(
    arguments: Sequence[str], home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ends_well(arguments, home, monkeypatch, capsys)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "| true", "2>&1 | true", ">/dev/full"])
@pytest.mark.parametrize("command", ["views --format csv", "publish web -"])
def test_standard_streams_may_be_closed(command: str, closed: str, home: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "ONEFOLD_BOOTSTRAP_SERVERS": "127.0.0.1:1", "TERM": "dumb", "LANG": "C"}
    line = f'"{sys.executable}" -m streams {command} {closed}; echo "${{PIPESTATUS[0]}}" >"{home}/code"'
    folder = Path(__file__).parents[2]
    done = subprocess.run(
        ["bash", "-c", line], env=environment, cwd=folder, input="", capture_output=True, text=True, check=False
    )
    assert (home / "code").read_text().strip() in {"0", "1", "2"}
    assert "Traceback" not in done.stderr + done.stdout
