"""The plan of a figure: what it asks the lake, how it is drawn, and what it says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sinks.reader import LakeReader

Row = Mapping[str, Any]
Rows = Sequence[Row]

MOST_OF_REVENUE: Final = 0.8
"""Which share of the revenue is called most of it."""


@dataclass(frozen=True, slots=True)
class FigurePlan:
    """How a figure is made.

    Attributes:
        name: its key, for links and JSON.
        section: the heading it stands under.
        title: what it shows.
        unit: what its numbers are.
        ask: SQL, or a function that asks; rows are sums over people and name none of them.
        draw: given the title and the rows, of which there is one, returns SVG; empty where there is nothing to draw.
        tell: given the rows, of which there is one, returns a sentence with numbers.
        nothing: the sentence where there are no rows.
    """

    name: str
    section: str
    title: str
    unit: str
    ask: str | Callable[[LakeReader], Rows]
    draw: Callable[[str, Rows], str]
    tell: Callable[[Rows], str]
    nothing: str = "There is nothing yet."


def number_of(value: object) -> float | None:
    """Return a number of SQL for drawing and writing; None where there is none."""
    return None if value is None else float(value)  # type: ignore[arg-type]  # a number of SQL


def name_of(row: Row, *columns: str) -> str:
    """Return the name of a row: its texts, a dash for what is empty."""
    return " \u00b7 ".join(str(row[column]) for column in columns if row[column] is not None) or "\u2013"
