"""Documents cannot lag behind the code: what the code has, the documents name."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import typer.main

from identity import policy_file
from identity.resolution import VERDICTS
from profiles import policy_file as profile_policy_file
from profiles.facts import FACTS
from profiles.policy import FoldName
from schemas.contracts import TOUCHPOINT, contracts
from schemas.reasons import ALL_REASONS
from schemas.records import SignalKind
from streams.checks.findings import CheckName
from streams.metrics import METRICS
from streams.program import app
from streams.settings import Settings
from streams.topics import Topics

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"


def first_column(document: Path, heading: str) -> list[str]:
    """Return the first cells of the table whose first column has this heading, without backticks."""
    lines = iter(document.read_text("utf-8").splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            next(lines)
            return [cell(row) for row in _table_rows(lines)]
    raise AssertionError(f"{document.name} has no table that begins with {heading!r}")


def _table_rows(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("|"):
            return
        yield line


def cell(row: str) -> str:
    return row.split("|")[1].strip().strip("`")


def fields(schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the path of every field of an Avro record, as the documents write it: ``order.items[].sku``."""
    for field in schema["fields"]:
        yield path + field["name"]
        for kind in field["type"] if isinstance(field["type"], list) else [field["type"]]:
            if not isinstance(kind, Mapping):
                continue
            if kind["type"] == "record":
                yield from fields(kind, f"{path}{field['name']}.")
            elif kind["type"] == "array" and isinstance(kind["items"], Mapping):
                yield from fields(kind["items"], f"{path}{field['name']}[].")


def test_every_command_is_named_in_the_readme() -> None:
    group: Any = typer.main.get_command(app)
    text = README.read_text("utf-8")
    assert [name for name in group.commands if not re.search(rf"\bonefold {name}\b|\bmake {name}\b", text)] == []


def test_the_documents_name_no_command_that_is_not_there() -> None:
    group: Any = typer.main.get_command(app)
    code = re.compile(r"^ *onefold ([a-z]+)|`onefold ([a-z]+)", re.MULTILINE)
    documents = [README, *DOCS.glob("*.md"), ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
    named = {name for document in documents for pair in code.findall(document.read_text("utf-8")) for name in pair}
    assert named - {""} <= set(group.commands)


def test_the_readme_has_every_setting_and_its_default() -> None:
    settings = {
        f"ONEFOLD_{name.upper()}": "none" if field.default in (None, "") else f"{field.default}"
        for name, field in Settings.model_fields.items()
    }
    rows = re.findall(r"^\| `(ONEFOLD_\w+)` \| `?([^|`]+?)`? \|", README.read_text("utf-8"), re.MULTILINE)
    assert {name: default.removesuffix(".0") for name, default in settings.items()} == dict(rows)


def test_the_topics_document_has_every_topic() -> None:
    assert first_column(DOCS / "topics.md", "topic") == list(Topics("", "").configs())


def test_the_touchpoint_document_has_every_field_in_order() -> None:
    document: Any = contracts()[TOUCHPOINT].document
    described = [row.split("`")[1] for row in _rows_of(DOCS / "touchpoint.md", "| Avro | JSON |")]
    assert described == list(fields(document))


def _rows_of(document: Path, start: str) -> list[str]:
    lines = iter(document.read_text("utf-8").splitlines())
    for line in lines:
        if line.startswith(start):
            next(lines)
            return list(_table_rows(lines))
    raise AssertionError(f"{document.name} has no table {start!r}")


def test_the_dead_letter_document_has_exactly_the_reason_codes() -> None:
    assert tuple(first_column(DOCS / "dead-letters.md", "code")) == ALL_REASONS


def test_the_identity_document_has_every_verdict_in_order() -> None:
    assert tuple(first_column(DOCS / "identity.md", "rule")) == VERDICTS


def test_the_identity_document_has_every_setting_of_a_policy() -> None:
    shape = policy_file._Policy.model_fields
    expected = {name for name in shape if name not in {"identifiers", "placeholders", "matching"}}
    expected |= {f"identifiers.TYPE.{name}" for name in policy_file._Identifier.model_fields}
    expected |= {f"placeholders.{name}" for name in policy_file._Placeholders.model_fields}
    expected |= {f"matching.{name}" for name in policy_file._Matching.model_fields}
    assert sorted(first_column(DOCS / "identity.md", "setting")) == sorted(expected)


def test_the_identity_document_has_the_defaults_of_a_policy() -> None:
    rows = _rows_of(DOCS / "identity.md", "| setting |")
    defaults = {cell(row): row.split("|")[3].strip().strip("`").replace(",", "") for row in rows}
    for name in ("default_region", "max_value_length", "dominance", "max_gathering"):
        assert defaults[name] == str(policy_file._Policy.model_fields[name].default)
        assert defaults[name] == str(getattr(policy_file.default_policy(), name))
    matching = policy_file.default_policy().matching
    for name in ("unite", "suggest", "refuse", "block_cap"):
        assert defaults[f"matching.{name}"] == str(getattr(matching, name))


def _cells(rows: list[str]) -> list[list[str]]:
    return [[part.strip().strip("`") for part in row.strip("|").split("|")] for row in rows]


def _default_types(called: Callable[[str], str]) -> list[list[str]]:
    """Return the rows of a table of the default policy's types, given what the table calls each normalisation."""
    return [
        [
            name,
            str(rule.rank),
            "yes" if rule.personal else "no",
            str(rule.limit_per_person),
            str(rule.max_neighbours),
            called(rule.normalisation),
        ]
        for name, rule in policy_file.default_policy().identifiers.items()
    ]


def test_the_identity_document_has_the_types_of_the_default_policy() -> None:
    rows = _rows_of(DOCS / "identity.md", "| type |")
    assert _cells(rows) == _default_types(lambda normalisation: normalisation)


def test_the_touchpoint_document_has_the_types_of_the_default_policy() -> None:
    told = {"text": "text", "caseless": "caseless text", "handle": "handle", "email": "e-mail", "phone": "telephone"}
    rows = _rows_of(DOCS / "touchpoint.md", "| type | strength |")
    assert _cells(rows) == _default_types(told.__getitem__)


def test_the_profile_document_has_every_setting_of_a_profile_policy() -> None:
    named = {name.partition(".")[0] for name in first_column(DOCS / "profiles.md", "setting")}
    assert named == set(profile_policy_file._Profile.model_fields)


def test_the_profile_document_has_every_fact() -> None:
    named = [name for name in first_column(DOCS / "profiles.md", "fact") if name.islower()]
    assert named == list(FACTS)


def test_the_profile_document_has_every_fold() -> None:
    named = ", ".join(row.split("|")[1] for row in _rows_of(DOCS / "profiles.md", "| fold |")).replace("`", "")
    assert {name.strip() for name in named.split(",")} == set(get_args(FoldName))


def test_the_profile_document_has_every_signal() -> None:
    named = ", ".join(row.split("|")[1] for row in _rows_of(DOCS / "profiles.md", "| kind |")).replace("`", "")
    assert {name.strip() for name in named.split(",")} == set(get_args(SignalKind))


def test_the_operations_document_has_every_metric_as_it_is_declared() -> None:
    rows = [
        [part.strip() for part in row.strip("|").split("|")] for row in _rows_of(DOCS / "operations.md", "| metric |")
    ]
    assert rows == [
        [f"`{metric.name}`", metric.kind, ", ".join(f"`{label}`" for label in metric.labels), metric.help]
        for metric in METRICS
    ]


def test_the_operations_document_has_every_check_in_order() -> None:
    assert tuple(first_column(DOCS / "operations.md", "check")) == get_args(CheckName)


def test_the_glossary_is_in_order_and_has_each_term_once() -> None:
    terms = first_column(DOCS / "glossary.md", "term")
    assert terms == sorted(set(terms), key=str.casefold)


@pytest.mark.parametrize("invariant", [f"I{number}" for number in range(1, 9)])
def test_every_invariant_names_tests_that_are_there(invariant: str) -> None:
    (row,) = re.findall(rf"^\| {invariant} \|.*$", (DOCS / "architecture.md").read_text("utf-8"), re.MULTILINE)
    named = re.findall(r"`(tests/[\w/]+\.py)`", row)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_changelog_names_the_version_of_the_package() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert version in (ROOT / "CHANGELOG.md").read_text("utf-8")
