"""Makes docs/analytics.md: every question with its SQL and its answer, none of them typed by hand.

python -m sinks.report.analytics .onefold 2026-07-04 > docs/analytics.md
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Final

from sinks.query import QueryResult, run_sql
from sinks.report.questions import QUESTIONS

_HEAD: Final = """\
# Questions and answers

Questions that marketing, service and analysis ask of customers, each with SQL to run as it stands:

    onefold sql "SELECT * FROM segments" --at {at}

`--at` is what had happened by then, `--as-of` is what was known then; without either it is now. The answers below are
of the world of `make demo`, at {at}; customer ids are cut short. [lake.md](lake.md) says what every view and column
is, [profiles.md](profiles.md) how segments, goals, breakdowns and weights are declared. `onefold report` draws most of
it on one page.

This page is made by a program from `sinks/report/questions.py`: change the questions there, run `make demo`, then

    onefold up
    onefold lookalikes find lapsed_buyers --at {at}
    onefold drain
    onefold down
    python -m sinks.report.analytics .onefold {at} > docs/analytics.md
"""


def page(home: Path, moment: datetime) -> str:
    """Return the page, with the answers of a lake at a moment in UTC.

    Raises:
        LakeError: a question cannot be answered.
    """
    return "\n".join(_page(home, moment)) + "\n"


def _page(home: Path, moment: datetime) -> Iterator[str]:
    yield _HEAD.format(at=f"{moment:%Y-%m-%d}")
    number = 0
    for section, questions in groupby(QUESTIONS, key=lambda question: question.section):
        yield f"## {section}\n"
        for question in questions:
            number += 1
            yield f"### {number}. {question.title}\n\n{question.text}\n"
            yield f"```sql\n{question.sql.strip()}\n```\n"
            yield from _answer(run_sql(home, question.sql, moment=moment))


def _answer(found: QueryResult) -> Iterator[str]:
    """Yield the answer as a table."""
    if not found.rows:
        yield f"No rows: {', '.join(found.columns)}.\n"
        return
    sides = ["---:" if _are_numbers(values) else "---" for values in zip(*found.rows, strict=True)]
    yield f"| {' | '.join(found.columns)} |"
    yield f"| {' | '.join(sides)} |"
    for row in found.rows:
        yield f"| {' | '.join(_cell(value) for value in row)} |"
    yield ""


def _are_numbers(values: Iterable[object]) -> bool:
    return all(isinstance(value, int | float | Decimal | None) and not isinstance(value, bool) for value in values)


def _cell(value: object) -> str:
    match value:
        case None:
            text = ""
        case bool():
            text = "yes" if value else "no"
        case int():
            text = f"{value:,}"
        case float() | Decimal():
            text = f"{round(float(value), 4) + 0:,.4f}".rstrip("0").rstrip(".")  # adding 0 takes the sign off a zero
        case datetime():
            text = f"{value:%Y-%m-%d %H:%M}"
        case list():
            text = ", ".join(map(str, value))
        case _:
            text = str(value)
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])))
