"""The page of questions is what its program makes: every SQL runs, and answers with the columns that are shown."""

import re
from pathlib import Path

import pytest

from sinks.query import run_sql
from sinks.report.analytics import page
from sinks.report.questions import QUESTIONS
from tests.integration.view_lakes import WORLD_DAY, moment_of, small_world

PAGE = Path(__file__).parents[2] / "docs" / "analytics.md"
_ANSWERED = re.compile(
    r"^### \d+\. (.+?)\n.*?```sql\n(.*?)\n```\n\n(?:\| (.*?) \||No rows: (.*?)\.)\n", re.DOTALL | re.MULTILINE
)


def columns_shown(text: str) -> dict[str, tuple[str, list[str]]]:
    """Return the SQL and the columns of each question of a page."""
    return {
        title: (sql, columns.split(" | ") if columns else none.split(", "))
        for title, sql, columns, none in _ANSWERED.findall(text)
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_world(tmp_path_factory.mktemp("analytics")).home


def test_the_page_has_every_question_with_the_sql_that_runs(home: Path) -> None:
    shown = columns_shown(PAGE.read_text("utf-8"))
    assert list(shown) == [question.title for question in QUESTIONS]
    for question in QUESTIONS:
        sql, columns = shown[question.title]
        assert sql == question.sql.strip()
        assert columns == list(run_sql(home, sql, moment=moment_of(WORLD_DAY)).columns), question.title


def test_most_questions_have_an_answer_in_a_small_world(home: Path) -> None:
    text = page(home, moment_of(WORLD_DAY))
    assert len(columns_shown(text)) == len(QUESTIONS)
    assert text.count("No rows:") < len(QUESTIONS) / 4
    assert "No rows:" not in PAGE.read_text("utf-8")


def test_questions_differ_and_stand_together_by_who_asks() -> None:
    assert len({question.title for question in QUESTIONS}) == len(QUESTIONS)
    sections = [question.section for question in QUESTIONS]
    assert sorted(sections, key=sections.index) == sections
