"""Consent in SQL: by examples, as profiles.consent has it of any statements, and as a fold of a generated world."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from identity.claims import CONTESTED
from profiles.consent import PERSONAL, Statement, channel_name, consent_at, decide, grants_nothing, purpose_name
from schemas.accepted import AcceptedTouchpoint
from sinks import rows, tables
from sinks.lake import LakeBatch, LakeWriter, open_lake_writer
from sinks.query import run_sql, snapshots
from sinks.statements import insert
from sinks.testing import SOME_TIME_MS, a_node, a_profile, a_touchpoint
from sinks.views.consent import _named
from tests.integration.view_lakes import (
    ANN,
    BOB,
    DAY_MS,
    EVE,
    SmallWorld,
    a_consent,
    ask,
    moment_of,
    small_world,
    touch,
    write_lake,
)
from tests.property.effort import examples

CHANNELS = ("email", "push", "sms", "*")
ANY_SPELLINGS = ("Email", "PUSH ", "sms", "carrier pigeon", "", "All")
PURPOSES = ("marketing", "Marketing ", "analytics", "markting", "", "*", "\x00")


# --- an example by hand --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann granted e-mail, then refused everything, then granted push; Bob said both at once; Eve named no purpose."""
    told = [
        touch("a-1", day=1, consents=[a_consent("granted", text="v1"), a_consent("granted", "sms")]),
        touch("a-2", day=2, source="crm", consents=[a_consent("withdrawn", "*", text="v2")]),
        touch("a-3", day=3, source="mobile", consents=[a_consent("granted", "push")]),
        touch("b-1", "bob", 1, consents=[a_consent("granted"), a_consent("denied", "*")]),
        touch("b-2", "bob", 1, consents=[a_consent("granted", purpose="analytics", channel="*")]),
        touch("e-1", "eve", 1, consents=[a_consent("granted", purpose="")]),
        touch("n-1", "nobody", 1, consents=[a_consent("granted")]),
    ]
    return write_lake(tmp_path_factory.mktemp("club"), told)


def test_the_ledger_has_every_statement_of_customers_up_to_the_moment(club: Path) -> None:
    columns = "purpose, channel, state, event_time, source, event_id, statement, text_version"
    rows = ask(club, 2.5, f"SELECT {columns} FROM consent_ledger WHERE customer_id = '{ANN}' ORDER BY event_id, 7")  # noqa: S608
    assert rows == [
        ("marketing", "email", "granted", moment_of(1), "web", "a-1", 0, "v1"),
        ("marketing", "sms", "granted", moment_of(1), "web", "a-1", 1, None),
        ("marketing", "*", "withdrawn", moment_of(2), "crm", "a-2", 0, "v2"),
    ]
    assert ask(club, 9, "SELECT count(*), count(DISTINCT customer_id) FROM consent_ledger") == [(8, 3)]


def test_in_force_is_the_newest_statement_and_of_the_same_time_the_one_that_denies_more(tmp_path: Path) -> None:
    states = ["granted", "denied", "withdrawn", "unknown"]
    told = [
        touch("e-9", day=1, consents=[a_consent("unknown")]),
        *(touch(f"e-{place}", day=2, consents=[a_consent(state)]) for place, state in enumerate(states)),
        touch("e-5", day=2, consents=[a_consent("unknown", text="a"), a_consent("unknown", text="b")]),
        touch("b-1", "bob", 2, consents=[a_consent("denied"), a_consent("granted")]),
    ]
    columns = "customer_id, state, event_id, text_version, statements"
    rows = ask(write_lake(tmp_path, told), 9, f"SELECT {columns} FROM consent_in_force")  # noqa: S608
    assert sorted(rows) == sorted([(ANN, "unknown", "e-5", "b", 7), (BOB, "denied", "b-1", None, 2)])


def test_a_channel_is_permitted_by_the_newest_of_what_was_said_on_it_and_on_every_channel(club: Path) -> None:
    sql = "SELECT customer_id, purpose, channel FROM consent_permissions WHERE permitted"
    assert set(ask(club, 1.5, sql)) == {
        (ANN, "marketing", "email"),
        (ANN, "marketing", "sms"),
        *((BOB, "analytics", channel) for channel in ("email", "sms", "push", "web", "crm", "mobile")),
    }
    assert {row for row in ask(club, 9, sql) if row[0] == ANN} == {(ANN, "marketing", "push")}


def test_without_a_purpose_nothing_is_permitted(club: Path) -> None:
    assert ask(club, 9, f"SELECT count(*) FROM consent_permissions WHERE customer_id = '{EVE}'") == [(0,)]  # noqa: S608
    assert ask(club, 9, f"SELECT effect FROM consent_ledger WHERE customer_id = '{EVE}'") == [("nothing",)]  # noqa: S608
    assert ask(club, 9, f"SELECT consent_at('{EVE}', '', 'email', now()::TIMESTAMP)") == [(False,)]


def test_a_permission_tells_when_it_was_decided(club: Path) -> None:
    sql = f"SELECT channel, decided_at FROM consent_permissions WHERE customer_id = '{ANN}' ORDER BY 1"  # noqa: S608
    assert dict(ask(club, 9, sql)) == {
        "push": moment_of(3),
        **dict.fromkeys(("crm", "email", "mobile", "sms", "web"), moment_of(2)),
    }


def test_the_past_can_be_asked_in_plain_sql(club: Path) -> None:
    """What somebody runs with ``onefold sql``, for one customer and for a column of customers and times."""
    asked = [
        f"SELECT consent_at('{ANN}', 'marketing', 'email', TIMESTAMP '{moment_of(day)}')" for day in (0, 1, 1.5, 2, 3)
    ]
    assert [run_sql(club, sql).rows for sql in asked] == [[(False,)], [(True,)], [(True,)], [(False,)], [(False,)]]
    sql = """SELECT customer_id, event_time, consent_at(customer_id, purpose, channel, event_time) AS permitted
             FROM consent_ledger WHERE channel = 'email' AND purpose = 'marketing'"""
    assert sorted(run_sql(club, sql).rows) == sorted([(ANN, moment_of(1), True), (BOB, moment_of(1), False)])
    assert run_sql(club, f"SELECT consent_at('{BOB}', 'analytics', 'fax', now()::TIMESTAMP)").rows == [(True,)]
    assert run_sql(club, "SELECT consent_at('', 'analytics', NULL, NULL)").rows == [(False,)]


def test_a_snapshot_of_the_lake_knows_only_the_statements_it_holds(tmp_path: Path) -> None:
    home = write_lake(tmp_path, [touch("a-1", day=1, consents=[a_consent("granted")])])
    before = snapshots(home)[-1].version
    write_lake(home, [touch("a-2", day=2, consents=[a_consent("withdrawn")])])
    sql = f"SELECT consent_at('{ANN}', 'marketing', 'email', now()::TIMESTAMP)"
    assert run_sql(home, sql).rows == [(False,)]
    assert run_sql(home, sql, before).rows == [(True,)]


# --- SQL and Python agree ------------------------------------------------------------------------------------------

STATES = ("granted", "denied", "withdrawn", "unknown")
a_statement = st.builds(
    lambda purpose, channel, state, day: (purpose, channel, state, day),
    st.sampled_from(PURPOSES),
    st.sampled_from((*CHANNELS, *ANY_SPELLINGS)),
    st.sampled_from(STATES),
    st.integers(0, 3),
)


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeWriter]:
    home = tmp_path_factory.mktemp("any")
    with open_lake_writer(home) as writer:
        writer.write(LakeBatch(profiles=[a_profile("ann")]), {})
        yield writer


def as_told(statements: Sequence[tuple[str, str, str, int]]) -> list[AcceptedTouchpoint]:
    return [
        touch(f"e-{place}", day=day, consents=[a_consent(state, channel, purpose)])
        for place, (purpose, channel, state, day) in enumerate(statements)
    ]


@settings(max_examples=examples(20))
@given(st.lists(a_statement, max_size=6), st.data())
def test_sql_and_python_agree_on_any_statements_in_any_order(
    writer: LakeWriter, told: list[tuple[str, str, str, int]], data: st.DataObject
) -> None:
    records = as_told(told)
    writer.connection.execute("BEGIN")
    try:
        writer.connection.execute("DELETE FROM consents")
        insert(writer.connection, tables.CONSENTS, rows.consents(data.draw(st.permutations(records))))
        said = statements_of(records)
        asked = [
            (purpose, channel, day)
            for purpose in ("marketing", "ANALYTICS", "markting", "")
            for channel in ("email", "E-Mail", "*", "carrier pigeon")
            for day in range(5)
        ]
        values = ", ".join(f"('{purpose}', '{on}', TIMESTAMP '{moment_of(day)}', {day})" for purpose, on, day in asked)
        asking = f"SELECT purpose, channel, day, consent_at('{ANN}', purpose, channel, until)"
        sql = f"{asking} FROM (VALUES {values}) asked(purpose, channel, until, day)"
        answers = {tuple(row[:3]): row[3] for row in writer.connection.execute(sql).fetchall()}
        assert answers == {one: consent_at(said, one[0], one[1], SOME_TIME_MS + one[2] * DAY_MS) for one in asked}
        columns = "purpose, channel, permitted, decided_at"
        found = writer.connection.execute(f"SELECT {columns} FROM consent_permissions").fetchall()  # noqa: S608
        for purpose, channel, permitted, decided_at in found:
            decision = decide(said, purpose, channel)
            at = decision.by and moment_of((decision.by.time - SOME_TIME_MS) / DAY_MS)
            assert (permitted, decided_at) == (decision.permitted, at)
        purposes = {one.purpose for one in said if not grants_nothing(one.purpose, one.state)} - {"*"}
        assert {purpose for purpose, *_ in found} == purposes
    finally:
        writer.connection.execute("ROLLBACK")


def statements_of(records: Sequence[AcceptedTouchpoint]) -> list[Statement]:
    return [
        Statement(
            purpose_name(said["purpose"]),
            channel_name(said["channel"]),
            said["state"],
            record["touchpoint"]["event_time"],
            record["touchpoint"]["event_id"],
            record["source"],
            said["text_version"],
        )
        for record in records
        for said in record["touchpoint"]["consents"]
    ]


# --- a plain fold of a generated world -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    return small_world(tmp_path_factory.mktemp("world"))


def in_force(statements: Sequence[Statement]) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Return state, event and source by purpose and channel."""
    found: dict[tuple[str, str], tuple[str, str, str]] = {}
    for said in sorted(statements, key=lambda one: (one.time, STATES.index(one.state), one.event_id, one.source)):
        found[said.purpose, said.channel] = (said.state, said.event_id, said.source)
    return found


def held(world: SmallWorld) -> dict[str, list[Statement]]:
    """Return what holds for each customer: their grants, and the denials on what they have or claim."""
    owners: dict[str, str] = dict(world.ask("SELECT node_id, customer_id FROM identifiers"))
    types = dict(world.ask("SELECT node_id, type FROM identifiers"))
    claims: defaultdict[str, list[str]] = defaultdict(list)
    for anchor, node, rule in world.ask("SELECT anchor_id, node_id, rule FROM links WHERE status = 'quarantined'"):
        if rule in CONTESTED and {types.get(anchor), types.get(node)} <= PERSONAL:
            claims[node].append(anchor)
    said: defaultdict[str, list[Statement]] = defaultdict(list)
    for record in (record for records in world.by_customer.values() for record in records):
        for one in statements_of([record]):
            nodes = {node["node_id"].hex() for node in record["nodes"]}
            holders = {owners[node] for node in nodes & owners.keys()}
            if one.state == "granted":
                holders = {owners[record["nodes"][0]["node_id"].hex()]}
            else:
                holders |= {owners[anchor] for node in nodes for anchor in claims[node]}
            for customer in holders:
                said[customer].append(one)
    return said


def test_consent_in_force_is_the_fold_of_what_was_said(world: SmallWorld) -> None:
    columns = "customer_id, purpose, channel, state, event_id, source"
    found = {row[:3]: row[3:] for row in world.ask(f"SELECT {columns} FROM consent_in_force")}  # noqa: S608
    assert found == {
        (customer, *name): value
        for customer, statements in held(world).items()
        for name, value in in_force(statements).items()
    }
    assert len(found) > 100


def test_permissions_are_what_python_says_of_the_same_statements(world: SmallWorld) -> None:
    said = held(world)
    found = world.ask("SELECT customer_id, purpose, channel, permitted FROM consent_permissions")
    assert {customer for customer, *_ in found} == set(said)
    for customer, purpose, channel, permitted in found:
        assert permitted == decide(said[customer], purpose, channel).permitted
    assert {row[3] for row in found} == {True, False}


# --- who else is meant, and what is left out -------------------------------------------------------------------------


def test_a_denial_holds_for_everybody_whose_address_its_touchpoint_names(tmp_path: Path) -> None:
    both = a_touchpoint("b-1", a_node("email", "ann@example.com"), a_node("email", "bob@example.com"))
    both["touchpoint"]["consents"] = [a_consent("withdrawn"), a_consent("granted", "push")]
    told = [
        touch("a-0", "bob", day=-1, consents=[a_consent("granted")]),
        touch("b-0", "bob", day=-1, consents=[a_consent("granted", "sms")]),
        both,
    ]
    asked = ", ".join(f"consent_at('{BOB}', 'marketing', '{channel}', now()::TIMESTAMP)" for channel in CHANNELS[:3])
    assert ask(write_lake(tmp_path, told), 9, f"SELECT {asked}") == [(False, False, True)]


def test_with_more_purposes_than_a_profile_keeps_nothing_is_permitted(tmp_path: Path) -> None:
    told = [touch(f"a-{number}", consents=[a_consent("granted", purpose=f"p{number}")]) for number in range(101)]
    sql = "SELECT bool_or(permitted), bool_and(left_out) FROM consent_permissions"
    at = f"SELECT consent_at('{ANN}', 'p1', 'email', now()::TIMESTAMP)"
    assert ask(write_lake(tmp_path, told[:100]), 9, sql) == [(True, False)]
    assert ask(tmp_path, 9, at) == [(True,)]
    assert ask(write_lake(tmp_path, told), 9, sql) == [(False, True)]
    assert ask(tmp_path, 9, at) == [(False,)]


def test_a_statement_of_a_clock_that_runs_ahead_counts_from_when_it_was_received(tmp_path: Path) -> None:
    early = touch("a-1", day=5, consents=[a_consent("granted")])
    early["received_at"] = SOME_TIME_MS
    told = [early, touch("a-2", day=1, consents=[a_consent("withdrawn")])]
    home = write_lake(tmp_path, told)
    assert ask(home, 9, f"SELECT consent_at('{ANN}', 'marketing', 'email', now()::TIMESTAMP)") == [(False,)]
    assert ask(home, 9, "SELECT said_at, event_time FROM consents WHERE state = 'granted'") == [
        (moment_of(0), moment_of(5))
    ]


@given(st.lists(st.text(st.characters(categories=("L", "N", "M", "P", "Z")), max_size=12), min_size=1, max_size=20))
@example(
    [
        "S\u0130TE",
        "\u039f\u0394\u039f\u03a3",
        "T\u0308V",
        "\u1e97v",
        "J\u030cX",
        "E-Mail\u200b",
        "STRASSE",
        "stra\u00dfe",
    ]
)
def test_sql_and_python_read_names_of_any_alphabet_alike(texts: list[str]) -> None:
    asked = f"SELECT {_named('asked', {})} FROM (SELECT unnest($1) AS asked)"  # noqa: S608 - no text from outside
    assert [name for (name,) in duckdb.execute(asked, [texts]).fetchall()] == [purpose_name(text) for text in texts]
    assert all(purpose_name(purpose_name(text)) == purpose_name(text) for text in texts)
