"""Tables, JSON and CSV for people, programs and spreadsheets."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from streams.output import Format, Rows, amount, complain, counting, figures, json_text, printable, show, write_rows

CLEAR_SCREEN = "\x1b[2J"
OVERRIDE = "\u202e"


def written(found: Rows, form: Format, capsys: pytest.CaptureFixture[str]) -> str:
    write_rows(found, form)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ann Müller", "Ann Müller"),
        ("山田\u3000太郎", "山田\u3000太郎"),
        (CLEAR_SCREEN, "\\x1b[2J"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        (f"a{OVERRIDE}b", "a\\u202eb"),
        ("\x9b31m\x00", "\\x9b31m\\x00"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_does_not_show_is_written_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_no_format_lets_a_control_sequence_through(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    found = Rows([f"name{CLEAR_SCREEN}"], [[CLEAR_SCREEN], [{"nested": [OVERRIDE, CLEAR_SCREEN]}]])
    out = written(found, form, capsys)
    assert out.replace("\n", "").isprintable()


def test_json_holds_every_value_exactly(capsys: pytest.CaptureFixture[str]) -> None:
    row = {
        "decimal": Decimal("12345678901234567.120000"),
        "huge": 2**127,
        "moment": datetime(2026, 3, 1, 12),  # noqa: DTZ001  # as the lake gives it
        "zoned": datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2))),
        "day": date(2026, 3, 1),
        "bytes": b"\x00\xff",
        "text": f"=1+1{CLEAR_SCREEN}",
        "nothing": None,
        "none": float("nan"),
        "nested": {"list": [b"\x01", Decimal("1.10")], 7: True},
        "id": UUID(int=5),
    }
    out = written(Rows(list(row), [list(row.values())]), "json", capsys)
    assert json.loads(out, parse_float=Decimal) == [
        {
            "decimal": Decimal("12345678901234567.120000"),
            "huge": 2**127,
            "moment": "2026-03-01T12:00:00Z",
            "zoned": "2026-03-01T10:00:00Z",
            "day": "2026-03-01",
            "bytes": "00ff",
            "text": f"=1+1{CLEAR_SCREEN}",
            "nothing": None,
            "none": None,
            "nested": {"list": ["01", Decimal("1.10")], "7": True},
            "id": "00000000-0000-0000-0000-000000000005",
        }
    ]
    assert "12345678901234567.120000" in out


def test_json_without_rows_is_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(written(Rows(["a"], []), "json", capsys)) == []


def test_columns_of_one_name_stay_apart_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    out = written(Rows(["a", "a_1", "a"], [[1, 2, 3]]), "json", capsys)
    assert json.loads(out) == [{"a": 1, "a_1": 2, "a_2": 3}]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("+A1", "'+A1"),
        ("\uff1d1", "'\uff1d1"),
        ("+491701234567", "+491701234567"),
        ("-12.5", "-12.5"),
        ("a=b", "a=b"),
        (-5, "-5"),
        (Decimal("-5.100000"), "-5.100000"),
        (Decimal("1E+3"), "1000"),
        (None, ""),
        (True, "true"),
        (1.5, "1.5"),
        (b"=", "3d"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00Z"),
        ("a\nb", "a\\nb"),
        ('say "x", y', '"say ""x"", y"'),
        ([1, "=x"], '"[1,""=x""]"'),
    ],
)
def test_a_csv_cell_is_harmless(value: object, cell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert written(Rows(["=c", "d"], [[value, 1]]), "csv", capsys) == f"'=c,d\n{cell},1\n"


def test_a_table_in_a_file_never_wraps(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 500
    out = written(Rows(["id", "long"], [[1, long]]), "table", capsys)
    assert f" 1   {long}" in out
    assert out.endswith("\n1 row\n")


def test_a_table_too_wide_for_the_terminal_becomes_blocks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    out = written(Rows(["id", "long"], [[1, "x" * 50], [2, None]]), "table", capsys)
    assert "row 1" in out
    assert "row 2" in out
    assert out.count("x") == 50


def test_a_table_shows_amounts_and_times_for_reading(capsys: pytest.CaptureFixture[str]) -> None:
    found = Rows(["at", "amount"], [[datetime(2026, 1, 1, 8), Decimal("12.500000")]])  # noqa: DTZ001  # the lake's
    out = written(found, "table", capsys)
    assert "2026-01-01 08:00:00" in out
    assert "12.50\n" in out


@pytest.mark.parametrize(
    ("value", "text"),
    [("12.500000", "12.50"), ("0.000001", "0.000001"), ("3.000000", "3.00"), ("-1E+3", "-1000"), ("7", "7")],
)
def test_an_amount_keeps_its_digits(value: str, text: str) -> None:
    assert amount(Decimal(value)) == text


def test_markup_in_a_value_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    out = written(Rows(["[bold]x[/bold]"], [["[red]a[/red]"]]), "table", capsys)
    assert "[bold]x[/bold]" in out
    assert "[red]a[/red]" in out


def test_figures_have_thousands(capsys: pytest.CaptureFixture[str]) -> None:
    show(figures("stage", "waiting", "of", of=[("ingest", 1_234_567, 0)]))
    assert "1,234,567" in capsys.readouterr().out


def test_progress_is_a_quiet_line_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with counting("Publishing", 10) as on_progress:
        on_progress(10)
    assert capsys.readouterr() == ("", "Publishing ...\n")


def test_a_complaint_is_escaped_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    complain(f"first{CLEAR_SCREEN}\nsecond")
    assert capsys.readouterr().err == "first\\x1b[2J\nsecond\n"


def test_json_text_is_one_line() -> None:
    assert json_text({"a": "x\ny\u2028"}) == '{"a":"x\\ny\\u2028"}'
