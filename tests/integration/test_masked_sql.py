"""SQL that did not ask for personal data sees none, whatever it tries, and still answers what analysts ask."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from profiles.policy_file import default_profile_policy
from sinks.engine import catalog_path, connect, data_path
from sinks.errors import LakeError, QueryRefusedError
from sinks.lake import LakeBatch, open_lake_writer
from sinks.masked import LOOKING_AROUND, ask_masked
from sinks.personal import PERSONAL, is_clear
from sinks.query import run_sql
from sinks.reader import AsOf, LakeReader, open_lake_reader
from sinks.report.questions import QUESTIONS, Question
from sinks.tables import TABLES
from sinks.testing import SOME_TIME_MS, a_dead_letter, a_link, a_node, a_profile, a_touchpoint, an_identifier, node_id
from sinks.views import all_views
from tests.integration.view_lakes import WORLD_DAY, moment_of, small_world

KEY = b"a key of this installation"
EMAIL, PHONE, COOKIE = "quaxol@example.com", "+491709990001", "quaxol-cookie"
TRAITS = {"first_name": "Quaxolina", "last_name": "Quaxolsson", "birth_date": "1971-03-09", "street": "Quaxolgasse 7"}
_TEXTS = ("quaxol", "1971-03-09", "9990001")
NEEDLES = (*_TEXTS, *(text.encode().hex() for text in _TEXTS), *(b64encode(text.encode()).decode() for text in _TEXTS))
"""What every personal value of the lake has a part of, as text, in hexadecimal and in base 64."""

RELATIONS = (*(table.name for table in TABLES), *(view.name for view in all_views(default_profile_policy())))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake in which every column for something personal has something personal in it."""
    home = tmp_path_factory.mktemp("home")
    nodes = [a_node("email", EMAIL), a_node("phone", PHONE), a_node("cookie", COOKIE)]
    owner = node_id("email", EMAIL)
    touch: Any = a_touchpoint("e-1", *nodes)
    touch["touchpoint"] |= {
        "traits": {**TRAITS, "city": "Berlin"},
        "properties": {"message": "it is quaxol here", "answer": "quaxol again", "query": "quaxol"},
        "marketing": {
            "campaign": "spring",
            "medium": "cpc",
            "source": "search",
            "click_id": "quaxol-click",
            "offer_id": None,
            "cost_micros": None,
            "currency": None,
        },
    }
    survey: Any = a_touchpoint("e-2", *nodes)
    survey["touchpoint"] |= {"type": "survey", "properties": {"answer": "quaxol says no"}}
    profile: Any = a_profile("quaxol", 1, [an_identifier(node["type"], node["value"]) for node in nodes])
    told = {"event_time": SOME_TIME_MS, "source": "crm", "event_id": "e-1"}
    profile["traits"] = [{"name": name, "value": value, **told} for name, value in TRAITS.items()]
    answer = {"name": "survey_answer", "key": "", "number": None, "text": "quaxol says no", **told}
    retired = {"name": "no_longer_declared", "key": "quaxol", "number": 1.0, "text": None, **told}
    profile["computed"] = [answer, retired]
    decision: Any = {
        "kind": "apart",
        "state": "made",
        "one": nodes[0] | {"node_id": owner},
        "other": nodes[2] | {"node_id": node_id("cookie", COOKIE)},
        "made_at": SOME_TIME_MS,
        "made_by": "steward",
        "reason": "quaxol called and said so",
    }
    activation: Any = {
        "activation_id": "a-1",
        "name": "offer",
        "customer_id": owner,
        "revision": 1,
        "event_id": "e-1",
        "event_time": SOME_TIME_MS,
        "asked_on": "web",
        "purpose": "marketing",
        "channel": "email",
        "language": "de",
        "traits": TRAITS,
        "segments": [],
        "offers": [],
        "messages_left": None,
        "made_at": SOME_TIME_MS,
    }
    signal: Any = {
        "signal_id": "s-1",
        "kind": "breakdown",
        "name": "checkout",
        "customer_id": owner,
        "revision": 1,
        "cause": "event",
        "event_id": "e-1",
        "event_time": SOME_TIME_MS,
        "context": {"about": "quaxol", "failure_about": "quaxol", "channel": "web"},
        "occurred_at": SOME_TIME_MS,
    }
    letter: Any = a_dead_letter(1) | {"key": b"quaxol", "value": b'{"name": "Quaxolina"}'}
    batch = LakeBatch(
        touchpoints=[touch, survey],
        profiles=[profile],
        links=[a_link(owner, node_id("cookie", COOKIE), rule="limit")],
        decisions=[decision],
        activations=[activation],
        signals=[signal],
        dead_letters=[letter],
    )
    with open_lake_writer(home) as writer:
        writer.write(batch, {("t", 0): 1})
        writer.write(LakeBatch(touchpoints=[a_touchpoint("e-3", nodes[0])]), {("t", 0): 2})
    return home


def asked(home: Path, sql: str, as_of: AsOf = None) -> list[tuple[Any, ...]]:
    with open_lake_reader(home, as_of) as reader:
        return ask_masked(reader, KEY, sql).fetchall()


def told_in(home: Path, sql: str, as_of: AsOf = None) -> str:
    """Return all that a statement shows: names of columns and rows, or its error."""
    with open_lake_reader(home, as_of) as reader:
        try:
            found = ask_masked(reader, KEY, sql)
            return f"{found.columns} {found.fetchall()}"
        except LakeError as error:
            return str(error)


def needles_in(text: str) -> list[str]:
    return [needle for needle in NEEDLES if needle.casefold() in text.casefold()]


@pytest.fixture(scope="module")
def reader(home: Path) -> Iterator[LakeReader]:
    with open_lake_reader(home) as reader:
        yield reader


@pytest.mark.parametrize("name", RELATIONS)
def test_no_table_or_view_shows_a_personal_value(home: Path, name: str) -> None:
    assert needles_in(told_in(home, f"FROM {name}")) == []


def test_the_lake_of_this_test_has_personal_values_where_they_are_declared(home: Path) -> None:
    """Otherwise nothing was tried: every relation with something personal shows some of it when asked for."""
    unfilled = {"policies", "conversions", "breakdowns"}
    shows = {name for name in PERSONAL if needles_in(str(run_sql(home, f"FROM {name}").rows))}
    assert shows == set(PERSONAL) - unfilled


REFUSED = [
    "FROM lake.main.touchpoints",
    "FROM lake.touchpoints",
    "FROM main.touchpoints",
    "FROM memory.main.touchpoints",
    'SELECT * FROM "lake"."main"."profiles"',
    'SELECT * FROM LAKE."profiles"',
    'FROM U&"l\\0061ke".profiles',
    "FROM /* lake */ lake /* . */ . main . identifiers",
    "TABLE lake.profiles",
    "DESCRIBE lake.main.profiles",
    "SUMMARIZE lake.main.profiles",
    "SHOW ALL TABLES",
    "SHOW DATABASES",
    "SHOW TABLES FROM lake",
    "DESCRIBE",
    "SELECT (SELECT any_value(value) FROM lake.identifiers)",
    "SELECT 1 WHERE EXISTS (FROM lake.identifiers WHERE value LIKE 'q%')",
    "SELECT * FROM customers c, LATERAL (SELECT value FROM lake.identifiers i WHERE i.customer_id = c.customer_id)",
    "WITH w AS (FROM lake.profiles) FROM w",
    "WITH w AS MATERIALIZED (FROM lake.profiles) FROM w",
    "WITH RECURSIVE w AS (SELECT value FROM lake.identifiers UNION SELECT value FROM w) FROM w",
    "WITH RECURSIVE profiles AS (FROM lake.profiles UNION ALL FROM profiles) FROM profiles",
    "SELECT 1 UNION ALL SELECT value FROM lake.identifiers",
    "SELECT 1 ORDER BY (SELECT value FROM lake.identifiers LIMIT 1)",
    "SELECT 1 LIMIT (SELECT length(value) FROM lake.identifiers LIMIT 1)",
    "SELECT list_transform([1], lambda x: (SELECT any_value(value) FROM lake.identifiers))",
    "PIVOT lake.identifiers ON type IN ('email') USING any_value(value)",
    "UNPIVOT lake.profiles ON first_name, last_name",
    "FROM customers JOIN lake.identifiers USING (customer_id)",
    "FROM customers POSITIONAL JOIN lake.identifiers",
    "FROM customers ASOF JOIN lake.profiles ON customers.first_touch_at >= profiles.first_touch_at",
    "VALUES ((SELECT any_value(value) FROM lake.identifiers))",
    "FROM identifiers AT (VERSION => 1)",
    "FROM identifiers AT (TIMESTAMP => now())",
    "FROM read_parquet('DATA/**/*.parquet')",
    "FROM parquet_scan('DATA/**/*.parquet')",
    "FROM parquet_metadata('DATA/**/*.parquet')",
    "FROM parquet_bloom_probe('DATA/x.parquet', 'value', 'quaxol')",
    "FROM 'DATA/main/identifiers/x.parquet'",
    'FROM "DATA/main/identifiers/x.parquet"',
    'FROM (WITH "DATA/x.parquet" AS (SELECT 1) SELECT 1), "DATA/x.parquet"',
    "FROM glob('DATA/**')",
    "FROM read_text('DATA/**')",
    "FROM read_blob('CATALOG')",
    "FROM read_csv('CATALOG', delim='')",
    "FROM read_json('CATALOG')",
    "FROM sniff_csv('CATALOG')",
    "FROM sqlite_scan('CATALOG', 'ducklake_file_column_stats')",
    "FROM sqlite_query('CATALOG', 'SELECT * FROM ducklake_file_column_stats')",
    "FROM sqlite_attach('CATALOG')",
    "FROM __ducklake_metadata_lake.ducklake_file_column_stats",
    "FROM __ducklake_metadata_lake.main.ducklake_file_column_stats",
    "FROM ducklake_file_column_stats",
    "FROM ducklake_table_info('lake')",
    "FROM ducklake_list_files('lake', 'profiles')",
    "FROM ducklake_table_changes('lake', 'main', 'identifiers', 0, 9)",
    "FROM ducklake_table_insertions('lake', 'main', 'identifiers', 0, 9)",
    "FROM lake.table_changes('identifiers', 0, 9)",
    "FROM ducklake_snapshots('lake')",
    "FROM query('FROM lake.identifiers')",
    "FROM query_table('identifiers')",
    "FROM query_table(['lake.identifiers'])",
    "FROM json_execute_serialized_sql(json_serialize_sql('FROM lake.identifiers'))",
    "SELECT json_serialize_plan('FROM lake.identifiers', optimize := true)",
    "FROM duckdb_tables()",
    "FROM duckdb_columns()",
    "FROM duckdb_views()",
    "FROM duckdb_views",
    "FROM duckdb_variables()",
    "FROM duckdb_settings()",
    "FROM duckdb_functions()",
    "FROM duckdb_logs()",
    "FROM duckdb_temporary_files()",
    "FROM sqlite_master",
    "WITH sqlite_master AS (FROM sqlite_master) FROM sqlite_master",
    "FROM (WITH sqlite_master AS (SELECT 1) FROM sqlite_master), sqlite_master",
    "WITH a AS (FROM sqlite_master), sqlite_master AS (SELECT 1) FROM a",
    "WITH RECURSIVE sqlite_master AS (FROM sqlite_master UNION SELECT 1) FROM sqlite_master",
    'WITH "duc\u212adb_views" AS (SELECT 1) FROM duckdb_views',
    'WITH "\u212a" AS (SELECT 1) FROM k',
    'WITH "DATA/main/profiles/*.parquet" AS (SELECT 1) FROM "DATA/main/profiles/*.parquet"',
    'WITH "x.parquet" AS (SELECT 1) FROM "x.parquet"',
    "FROM information_schema.columns",
    "FROM pg_catalog.pg_views",
    "FROM pg_views",
    "FROM pragma_storage_info('identifiers')",
    "FROM pragma_table_info('identifiers')",
    "FROM storage_info('identifiers')",
    "SELECT getvariable('mask_key')",
    "SELECT GetVariable('mask_key')",
    "SELECT 'mask_key'.getvariable()",
    "SELECT main.getvariable('mask_key')",
    "SELECT system.main.getvariable('mask_key')",
    "SELECT list_transform(['mask_key'], lambda n: getvariable(n))",
    "SELECT current_setting('temp_directory')",
    "SELECT pg_get_viewdef(1)",
    "SELECT pg_catalog.pg_get_viewdef(1)",
    "SELECT stats(value) FROM identifiers",
    "SELECT lake.main.consent_at('x', 'marketing', 'email', now()::TIMESTAMP)",
    "SELECT getenv('HOME')",
    "EXPLAIN FROM identifiers",
    "EXPLAIN ANALYZE FROM identifiers WHERE value LIKE 'q%'",
    "PRAGMA storage_info('identifiers')",
    "PRAGMA table_info('identifiers')",
    "CALL ducklake_table_info('lake')",
    "SET VARIABLE mask_key = ''",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "USE lake",
    "ATTACH 'CATALOG' AS c",
    "COPY identifiers TO 'DATA/out.csv'",
    "COPY (FROM lake.identifiers) TO '/dev/stdout'",
    "EXPORT DATABASE 'DATA/out'",
    "CREATE MACRO f() AS TABLE FROM lake.identifiers",
    "CREATE TEMP VIEW v AS FROM lake.identifiers",
    "PREPARE p AS FROM lake.identifiers",
    "EXECUTE p",
    "INSERT INTO memory.main.x FROM lake.identifiers",
    "LOAD json",
    "CHECKPOINT",
    "SELECT 1; FROM lake.identifiers",
    "FROM no_such_view",
    "",
]


@pytest.mark.parametrize("sql", [f"SELECT {'1+' * 500}1", f"SELECT {'abs(' * 300}1{')' * 300}"])
def test_a_statement_that_nests_too_deeply_is_refused_in_a_sentence(reader: LakeReader, sql: str) -> None:
    with pytest.raises(QueryRefusedError, match="nests too deeply"):
        ask_masked(reader, KEY, sql)


@pytest.mark.parametrize("sql", REFUSED)
def test_what_leads_past_the_masks_is_refused(reader: LakeReader, home: Path, sql: str) -> None:
    asked_for = sql.replace("DATA", str(data_path(home))).replace("CATALOG", str(catalog_path(home)))
    with pytest.raises(LakeError) as raised:
        ask_masked(reader, KEY, asked_for)
    assert needles_in(str(raised.value)) == []


MASKED = [
    "TABLE profiles",
    "FROM Profiles p",
    'SELECT * FROM "identifiers"',
    "SELECT COLUMNS(*) FROM identifiers",
    "SELECT COLUMNS('.*name|street') FROM profiles",
    "SELECT i FROM identifiers i",
    "SELECT to_json(p) FROM profiles p",
    "SELECT unnest(identifiers, recursive := true) FROM profiles",
    "SELECT hex(value), base64(value), decode(value) FROM dead_letters",
    "SELECT map_values(properties), map_entries(traits) FROM touchpoints",
    "SUMMARIZE identifiers",
    "SUMMARIZE profiles",
    "SUMMARIZE SELECT value FROM identifiers",
    "FROM (SUMMARIZE touchpoints)",
    "FROM (DESCRIBE identifiers)",
    "SELECT min(value), max(value), any_value(value), mode(value) FROM identifiers",
    "SELECT CAST(value AS INTEGER) FROM identifiers",
    "SELECT first_name::DATE FROM profiles",
    "SELECT strptime(birth_date, '%d') FROM profiles",
    "SELECT error(value) FROM identifiers",
    "SELECT value::JSON FROM identifiers",
    "SELECT regexp_matches('a', value || '(') FROM identifiers",
    "SELECT value::ENUM('a') FROM identifiers",
    "SELECT date_trunc(value, now()) FROM identifiers",
    "SELECT list_extract([1], value::INT) FROM identifiers",
    "WITH profiles AS (FROM profiles) FROM profiles",
    "WITH identifiers AS (SELECT * FROM identifiers) FROM identifiers i, profiles p",
    "SELECT (SELECT any_value(value) FROM identifiers i WHERE i.customer_id = c.customer_id) FROM customers c",
    "FROM customers c, LATERAL (SELECT value FROM identifiers i WHERE i.customer_id = c.customer_id)",
    "PIVOT identifiers ON type IN ('email', 'phone') USING any_value(value) GROUP BY customer_id",
    "UNPIVOT (SELECT first_name, last_name FROM profiles) ON first_name, last_name",
    "SELECT list(value ORDER BY value) FROM identifiers GROUP BY ALL",
    "FROM identifiers USING SAMPLE 100%",
    "SELECT string_agg(value, ',') OVER () FROM identifiers",
    "SELECT * FROM identifiers WHERE value = 'quaxol@example.com'",
    "SELECT lag(value) OVER (ORDER BY node_id) FROM identifiers",
    "SELECT filename FROM identifiers",
    "SELECT rowid FROM identifiers",
    "SELECT $1",
    "SELECT no_such_column FROM profiles",
    "SELECT anchor_value, node_value FROM link_evidence",
    "SELECT consent_at(customer_id, 'marketing', 'email', now()::TIMESTAMP), customer_id FROM customers_personal",
]


@pytest.mark.parametrize("sql", MASKED)
def test_what_asks_the_masked_lake_is_told_masks_alone(home: Path, sql: str) -> None:
    """What is searched for is no secret to who searches, so an error may show the statement's own words."""
    assert needles_in(told_in(home, sql)) == []


def test_the_past_is_masked_too(home: Path) -> None:
    with open_lake_reader(home) as reader:
        ((oldest,),) = reader.execute("SELECT max(snapshot_id) - 1 FROM lake.snapshots()").fetchall()
    found = told_in(home, "FROM identifiers", oldest)
    assert "***" in found
    assert needles_in(found) == []


def test_equal_values_have_equal_masks_wherever_they_stand(home: Path) -> None:
    same = """
        SELECT DISTINCT i.type FROM identifiers i JOIN link_evidence l ON l.anchor_value = i.value
        JOIN customers_personal c ON c.emails[1] = i.value JOIN decisions d ON i.value IN (d.value, d.other_value)
    """
    assert asked(home, same) == [("email",)]
    assert asked(home, "SELECT count(DISTINCT value) FROM identifiers") == [(3,)]


def test_another_key_gives_other_masks_and_the_same_key_the_same(home: Path) -> None:
    def masks(key: bytes) -> list[tuple[Any, ...]]:
        with open_lake_reader(home) as reader:
            return ask_masked(reader, key, "SELECT value FROM identifiers ORDER BY node_id").fetchall()

    assert masks(KEY) == masks(KEY)
    assert not {*masks(KEY)} & {*masks(b"another key")}


def test_what_names_nobody_is_shown_as_it_is(home: Path) -> None:
    assert asked(home, "SELECT type, quality, shared FROM identifiers WHERE type = 'email'") == [("email", None, False)]
    assert asked(
        home, "SELECT traits['city'], campaign, click_id LIKE '***%' FROM touchpoints WHERE event_id = 'e-1'"
    ) == [("Berlin", "spring", True)]
    assert asked(home, "SELECT emails, initials, birth_year FROM customers") == [(["q***@example.com"], "Q. Q.", 1971)]


def test_tables_are_listed_and_described_as_they_are(home: Path) -> None:
    assert {name for (name,) in asked(home, "SHOW TABLES")} == set(RELATIONS)
    for name in RELATIONS:
        clear = [row[:2] for row in run_sql(home, f"DESCRIBE {name}").rows]
        assert [row[:2] for row in asked(home, f"DESCRIBE {name}")] == clear


def test_every_column_that_holds_text_is_said_to_be_personal_or_clear(home: Path) -> None:
    """Otherwise it is masked whole: say in sinks/personal.py what it is."""
    undecided = [
        (name, column)
        for name in RELATIONS
        for column, kind, *_ in run_sql(home, f"DESCRIBE {name}").rows
        if ("VARCHAR" in kind or "BLOB" in kind) and column not in PERSONAL.get(name, {}) and not is_clear(name, column)
    ]
    assert undecided == []


def test_what_is_said_to_be_personal_is_there(home: Path) -> None:
    for name, masks in PERSONAL.items():
        assert set(masks) <= {row[0] for row in run_sql(home, f"DESCRIBE {name}").rows}


def test_functions_that_look_around_are_all_known() -> None:
    """Of another version of DuckDB too: macros that read a catalog, and what takes SQL or names of settings."""
    looks = r"setting|variable|getenv|sql$|_plan$|stats|write_log|nextval|currval|current_query$"
    with connect() as connection:
        found = connection.execute(
            """
            SELECT DISTINCT function_name FROM duckdb_functions()
            WHERE function_type = 'macro' AND macro_definition ILIKE '%from%'
               OR function_type = 'scalar' AND regexp_matches(function_name, ?)
            """,
            [looks],
        ).fetchall()
    assert {name for (name,) in found} <= LOOKING_AROUND | {"array_to_json"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_world(tmp_path_factory.mktemp("masked-world")).home


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.title)
def test_questions_of_analysts_have_the_same_answer(world: Path, question: Question) -> None:
    """What customers searched for, in their own words, is all that is masked in one of them."""
    at = moment_of(WORLD_DAY)
    with open_lake_reader(world, moment=at) as reader:
        masked = ask_masked(reader, KEY, question.sql)
        clear = run_sql(world, question.sql, moment=at)
        assert masked.columns == clear.columns
        if "error" in masked.columns:
            assert all("***" in row[masked.columns.index("error")] for row in masked.fetchall())
        else:
            assert masked.fetchall() == clear.rows


def test_a_statement_is_refused_with_what_would_do_instead(reader: LakeReader) -> None:
    for sql, said in {
        "FROM lake.profiles": "by their bare names: profiles",
        "FROM profile": "did you mean profiles",
        "EXPLAIN FROM profiles": "needs --personal",
        "FROM profiles AT (VERSION => 1)": "--as-of asks all of them",
    }.items():
        with pytest.raises(QueryRefusedError, match=said):
            ask_masked(reader, KEY, sql)
