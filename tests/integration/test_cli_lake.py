"""The commands that ask the lake, on a small one."""

import csv
import io
import json
import os
import re
from decimal import Decimal
from pathlib import Path

import pytest

from identity.policy_file import default_policy
from schemas.accepted import AcceptedTouchpoint, LeftOutIdentifier
from schemas.records import ComputedTrait
from sinks.lake import LakeBatch, open_lake_writer
from sinks.query import snapshots
from sinks.testing import (
    SOME_TIME_MS,
    a_dead_letter,
    a_link,
    a_merged_profile,
    a_node,
    a_profile,
    a_touchpoint,
    an_identifier,
    an_order,
    node_id,
)
from streams.program import main

ANN = node_id("email", "ann@example.com")
BOB = node_id("email", "bob@example.com")
COOKIE = node_id("cookie", "c-1")
CLEAR_SCREEN = "\x1b[2J"


def computed(name: str, key: str, value: float | str) -> ComputedTrait:
    number, text = (None, value) if isinstance(value, str) else (value, None)
    return {
        "name": name,
        "key": key,
        "number": number,
        "text": text,
        "event_time": None,
        "source": None,
        "event_id": None,
    }


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake of Ann, whom Bob merged into with the second batch, and whose cookie is in quarantine; no broker."""
    identifiers = [an_identifier("email", "ann@example.com"), an_identifier("phone", "+491701234567")]
    ann = a_profile("ann", 1, identifiers) | {
        "traits": [
            {"name": name, "value": value, "event_time": SOME_TIME_MS, "source": "crm", "event_id": "e-1"}
            for name, value in {"first_name": "Ann", "last_name": f"[b]Lee{CLEAR_SCREEN}", "city": "=Berlin"}.items()
        ],
        "consents": [
            {
                "purpose": "marketing",
                "channel": "email",
                "state": "granted",
                "event_time": SOME_TIME_MS,
                "source": "web",
                "event_id": "e-1",
                "text_version": None,
            }
        ],
        "computed": [
            *(computed("product_interest", f"k{place}", 20.0 - place) for place in range(8)),
            computed("login_failure_rate", "", 0.125),
            computed("last_campaign", "", f"spring{CLEAR_SCREEN}"),
        ],
        "tags": [{"name": "vip", "event_time": SOME_TIME_MS, "source": "crm", "event_id": "e-1"}],
        "segments": [{"name": "best_customers", "entered_at": SOME_TIME_MS}],
        "offers": [
            {"offer_id": "spring", "stage": "seen", "count": 2, "last_at": SOME_TIME_MS, "channel": "email"},
            {"offer_id": "spring", "stage": "accepted", "count": 1, "last_at": SOME_TIME_MS, "channel": "web"},
        ],
        "caps": [{"name": "weekly", "messages": 3, "most": 3, "free_again_at": SOME_TIME_MS}],
        "recent_touches": [{"event_time": SOME_TIME_MS, "event_id": "e-1", "channel": "web", "type": "purchase"}],
    }
    other = a_profile("visitor", 1, [an_identifier("cookie", "c-1")]) | {"customer_id": COOKIE, "known": False}
    with open_lake_writer(tmp_path) as writer:
        writer.write(
            LakeBatch(
                touchpoints=[a_touchpoint("e-1", a_node("email", "ann@example.com"), order=an_order())],
                profiles=[ann, a_profile("bob", 1), other],
                links=[a_link(ANN, COOKIE, rule="limit"), a_link(ANN, BOB)],
                dead_letters=[a_dead_letter(1), a_dead_letter(2), a_dead_letter(3, "not_finite")],
            ),
            {("t", 0): 1},
        )
        writer.write(LakeBatch(profiles=[a_merged_profile("bob", "ann", 2), ann | {"revision": 2}]), {("t", 0): 2})
    monkeypatch.setenv("ONEFOLD_HOME", str(tmp_path))
    monkeypatch.setenv("ONEFOLD_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def test_sql_answers_as_table_json_and_csv(capsys: pytest.CaptureFixture[str]) -> None:
    statement = "SELECT city, last_name, revenue, first_touch_at FROM profiles WHERE city = '=Berlin'"
    assert run("sql", statement, "--personal") == 0
    assert "1 row" in capsys.readouterr().out
    assert run("sql", statement, "--personal", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out, parse_float=Decimal) == [
        {
            "city": "=Berlin",
            "last_name": f"[b]Lee{CLEAR_SCREEN}",
            "revenue": {"EUR": Decimal("12.500000")},
            "first_touch_at": "2026-01-01T00:00:00Z",
        }
    ]
    assert run("sql", statement, "--personal", "--format", "csv") == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row == {
        "city": "'=Berlin",
        "last_name": "[b]Lee\\x1b[2J",
        "revenue": '{"EUR":12.500000}',
        "first_touch_at": "2026-01-01T00:00:00Z",
    }


def test_sql_masks_personal_data_unless_it_is_asked_for(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = home / "keys" / "node.key"
    key.parent.mkdir()
    key.write_text("ab" * 32)
    statement = "SELECT value FROM identifiers WHERE type = 'phone'"
    masked = []
    for _ in range(2):
        assert run("sql", statement, "--format", "csv") == 0
        masked.append(capsys.readouterr().out)
    assert masked[0] == masked[1]
    assert re.fullmatch(r"value\n\*\*\*[0-9a-f]{16}\n", masked[0])
    assert run("sql", statement, "--format", "csv", "--personal") == 0
    assert capsys.readouterr().out == "value\n+491701234567\n"
    for beyond in ("EXPLAIN FROM identifiers", "FROM lake.main.identifiers"):
        assert run("sql", beyond) == 2
        assert run("sql", beyond, "--personal") == 0


def test_a_masked_question_leaves_nothing_in_the_home(home: Path) -> None:
    """Not even a key: who reads a copy of the lake may have none."""
    before = {*home.rglob("*")}
    assert run("sql", "FROM identifiers") == 0
    assert {path.name for path in {*home.rglob("*")} - before} <= {"catalog.sqlite-wal", "catalog.sqlite-shm"}


def test_a_table_shows_the_first_thousand_rows_and_csv_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sql", "FROM range(1000)") == 0
    assert capsys.readouterr().err == ""
    assert run("sql", "FROM range(1001)") == 0
    out, err = capsys.readouterr()
    assert "1,000 rows" in out
    assert err == "These are the first 1,000 rows; --format csv or json writes all.\n"
    assert run("sql", "FROM range(5000)", "--format", "csv") == 0
    assert capsys.readouterr().out.count("\n") == 5001


def test_no_rows_are_an_empty_list_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sql", "FROM range(0)", "--format", "json") == 0
    assert capsys.readouterr().out == "[]\n"


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("more", [(), ("--personal",)])
def test_a_query_that_takes_too_long_is_stopped(
    form: str, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    everything = "SELECT count(*) FROM range(10000000) a, range(10000000) b"
    assert run("sql", everything, "--timeout", "0.05", "--format", form, *more) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("onefold: The query was stopped after 0.05 seconds: ask for less")
    assert "--timeout" in err


def test_a_query_that_takes_too_much_is_stopped_and_leaves_nothing_on_the_disk(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEFOLD_QUERY_SPILL", "1MB")
    wide = "SELECT a.range FROM range(10000000) a ORDER BY sha256(a.range::VARCHAR)"
    assert run("sql", wide, "--memory", "60MB") == 2
    assert "needs more than 60MB of memory and 1MB of disk" in capsys.readouterr().err
    assert [*(home / "lake").glob("spill*")] == []


def test_what_a_killed_query_left_on_the_disk_is_deleted_by_the_next(home: Path) -> None:
    left, of_another = home / "lake" / "spill-4194305-00", home / "lake" / f"spill-{os.getppid()}-00"
    left.mkdir()
    of_another.mkdir()
    assert run("sql", "SELECT 1") == 0
    assert not left.exists()
    assert of_another.exists()


def test_sql_asks_the_past(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = snapshots(home)[-2]
    for as_of, people in ((str(first.version), "3"), (first.committed_at.isoformat(), "3")):
        assert run("sql", "SELECT count(*) AS n FROM customers", "--as-of", as_of, "--format", "csv") == 0
        assert capsys.readouterr().out == f"n\n{people}\n"
    assert run("sql", "SELECT count(*) AS n FROM customers", "--format", "csv") == 0
    assert capsys.readouterr().out == "n\n2\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("sql", "DELETE FROM profiles"), "Only statements that read are run here"),
        (("sql", "SELECT nothing FROM profiles"), "nothing"),
        (("sql", "SELECT 1", "--memory", "lots"), "expected a size like 500MB or 4GB"),
        (
            ("sql", "SELECT 1", "--memory", "1KB"),
            "1KB of memory is too little; 64MB is enough",
        ),
        (("sql", "SELECT 1", "--memory", "1KB"), "The options --timeout and --memory"),
        (("sql", "SELECT 1", "--memory", "8MB"), "8MB of memory is too little"),
        (("sql", ""), "Expected a statement that reads, got none"),
        (("sql", "/* nothing */ ;", "--personal"), "Expected a statement that reads, got none"),
        (("sql", "SELECT 1; SELECT 2"), "One statement at a time, please: this text holds 2."),
        (("sql", "SELEC 1"), "syntax error"),
        (("sql", "SELECT 1", "--as-of", "99"), "no snapshot, or no longer: the oldest is version 1 of 20"),
        (("profile", "email:ann@example.com", "--as-of", "yesterday"), "neither a snapshot's version nor a moment"),
    ],
)
def test_a_wrong_question_is_one_sentence(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("onefold: ")
    assert err.count("\n") == 1
    assert sentence in err


def test_snapshots_are_listed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("snapshots", "--format", "json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["version"] for entry in listed] == [snapshot.version for snapshot in snapshots(home)]
    assert all(entry["committed_at"].endswith("Z") for entry in listed)


@pytest.mark.parametrize(
    "who", ["email: Ann@Example.com ", "phone:0170 1234567", "email:bob@example.com", f"customer:{BOB.upper()}"]
)
def test_a_customer_is_found_by_anything_they_were_known_by(who: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("profile", who, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out, parse_float=Decimal)
    assert found["customer_id"] == ANN
    assert found["revenue"] == {"EUR": Decimal("12.500000")}
    assert (found["computed"][0]["key"], found["computed"][0]["number"]) == ("k0", 20)
    assert [part["name"] for part in (*found["tags"], *found["segments"], *found["caps"])] == [
        "vip",
        "best_customers",
        "weekly",
    ]
    assert [link["rule"] for link in found["quarantined_links"]] == ["limit"]


def test_the_card_shows_the_whole_customer(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert run("profile", "email:ann@example.com") == 0
    card = capsys.readouterr().out
    for part in (
        "Ann [b]Lee\\x1b[2J",
        "Known since         2026-01-01 00:00",
        "phone           +491701234567",
        "1: 1 web",
        "12.50 EUR",
        "Product interest    k0 20, k1 19, k2 18, k3 17, k4 16, k5 15 and 2 more",
        "Login failure rate  0.125",
        "Last campaign       spring\\x1b[2J",
        "Tags                vip",
        "Segments            best_customers since 2026-01-01 00:00",
        "Offers              spring: seen 2 times, last 2026-01-01 00:00, email",
        "spring: accepted at 2026-01-01 00:00, web",
        "Messages            weekly: 3 of 3, free again 2026-01-01 00:00",
        "marketing, email: granted since 2026-01-01 00:00",
        "email ann@example.com - cookie c-1 (limit)",
        f"customer {ANN}  revision 2",
    ):
        assert part in card
    assert CLEAR_SCREEN not in card


def test_the_card_of_the_past_shows_the_past(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    version = snapshots(home)[-2].version
    assert run("profile", "email:bob@example.com", "--as-of", str(version)) == 0
    assert f"customer {BOB}  revision 1" in capsys.readouterr().out


def test_an_anonymous_visitor_has_a_card_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("profile", "cookie:c-1") == 0
    assert "Anonymous visitor" in capsys.readouterr().out


def test_nobody_found_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    for who in ("email:nobody@example.com", f"customer:{'0' * 32}", "cookie:null"):
        assert run("profile", who) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err == f"onefold: nobody has this {who.partition(':')[0]}\n"


def test_the_digest_is_one_line_or_an_object(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("digest") == 0
    line = capsys.readouterr().out
    assert run("digest", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert line == f"{found['digest']}  2 people, 3 identifiers\n"
    assert run("digest", "--as-of", str(snapshots(home)[-2].version)) == 0
    assert "3 people, 4 identifiers" in capsys.readouterr().out


def test_status_counts_the_lake_without_a_broker(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status", "--format", "json") == 2
    found = json.loads(capsys.readouterr().out)
    assert found["lake"] == {
        "touchpoints": 1,
        "people": 2,
        "known_people": 1,
        "merged_people": 1,
        "shared_identifiers": 0,
        "largest_person": 2,
        "decisions": 0,
        "policy": default_policy().version,
        "links": {"joined": 1, "quarantined": 1},
        "quarantined": {"limit": 1},
        "dead_letters": {"undecodable": 2, "not_finite": 1},
        "left_out": [],
        "unknown_types": [],
    }
    assert run("status") == 2
    out = capsys.readouterr().out
    assert re.search(r"^Policy default-[0-9a-f]{8}$", out, re.MULTILINE)
    assert "known people" in out
    assert "links in quarantine" in out
    assert "undecodable" in out


def test_status_tells_what_is_not_understood(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[AcceptedTouchpoint] = []
    left_out: list[LeftOutIdentifier] = [
        {"type": "email", "reason": "blank"},
        {"type": "emailAddress", "reason": "unknown_type"},
        {"type": "shoe_size", "reason": "unknown_type"},
    ]
    for type_ in ("order_completed", "ann@example.com"):
        accepted = a_touchpoint(f"of-{type_}", order=an_order())
        accepted["touchpoint"]["type"] = type_
        told.append(accepted | {"unknown_type": True, "left_out": left_out})
    with open_lake_writer(home) as writer:
        writer.write(LakeBatch(touchpoints=told), {("t", 0): 3})
    assert run("status") == 2
    out = capsys.readouterr().out
    assert re.search(r"email: blank +2", out)
    assert re.search(r"emailAddress: unknown_type \(known: email\) +2", out)
    assert re.search(r"shoe_size: unknown_type +2", out)
    assert "1 touchpoint of the unknown type 'order_completed' carries an order; it counts as no purchase" in out
    assert "1 touchpoint of an unknown type that is not shown carries an order" in out
    assert "ann@" not in out
    assert run("status", "--format", "json") == 2
    lake = json.loads(capsys.readouterr().out)["lake"]
    assert lake["left_out"] == [
        {"type": "email", "reason": "blank", "identifiers": 2, "likely": []},
        {"type": "emailAddress", "reason": "unknown_type", "identifiers": 2, "likely": ["email"]},
        {"type": "shoe_size", "reason": "unknown_type", "identifiers": 2, "likely": []},
    ]
    assert {one["type"]: one["with_order"] for one in lake["unknown_types"]} == {"order_completed": 1, "another": 1}
