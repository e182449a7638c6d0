"""How the rows of each figure of the report are drawn; there is at least one."""

from collections.abc import Callable, Sequence
from typing import Final

from sinks.report.models import MODELS
from sinks.report.plan import MOST_OF_REVENUE, Rows, name_of, number_of
from sinks.report.svg import Form, Line, Panel, bars, flow, heat, lines, written

_MOST_BARS: Final = 24
"""Rows of bars that a chart draws; its table has all."""


def as_bars(
    names: Sequence[str], *panels: tuple[str, str, Form] | tuple[str, str, Form, bool]
) -> Callable[[str, Rows], str]:
    """Return how rows are drawn as bars: columns of their name, and panels of a title, a column and a form."""

    def draw(title: str, rows: Rows) -> str:
        shown = rows[:_MOST_BARS]
        drawn = [Panel(panel[0], [number_of(row[panel[1]]) for row in shown], *panel[2:]) for panel in panels]
        return bars(title, [name_of(row, *names) for row in shown], drawn)

    return draw


def as_heat(row: str, column: str, value: str, form: Form) -> Callable[[str, Rows], str]:
    """Return how rows are drawn as a heat table, rows and columns in the order they come in."""

    def draw(title: str, rows: Rows) -> str:
        cells = {(str(one[row]), str(one[column])): float(one[value]) for one in rows}
        names = list(dict.fromkeys(start for start, _ in cells))
        return heat(title, names, list(dict.fromkeys(end for _, end in cells)), cells, form)

    return draw


def draw_pareto(title: str, rows: Rows) -> str:
    """Draw the curve of revenue, the line that it would be if all were alike, and the point of most of it."""
    points = [(0.0, 0.0), *((float(row["customer_share"]), float(row["revenue_share"])) for row in rows)]
    even = [(0.0, 0.0), (1.0, 1.0)]
    mark = next(point for point in points if point[1] >= MOST_OF_REVENUE)
    said = f"{written(mark[0], 'percent')} make {written(mark[1], 'percent')}"
    ticks = [(tenth / 10, f"{tenth * 10} %") for tenth in range(0, 11, 2)]
    return lines(title, [Line("customers", points), Line("all alike", even)], ticks, "percent", (*mark, said))


def draw_cohorts(title: str, rows: Rows) -> str:
    """Draw the months after the first, in which everybody bought."""
    later = [row for row in rows if row["months_since"]]
    return as_heat("cohort", "months_since", "share", "percent")(title, later) if later else ""


def draw_consent(title: str, rows: Rows) -> str:
    """Draw one line a channel, the one with most first."""
    months = sorted({row["month_end"] for row in rows})
    channels = sorted({row["channel"] for row in rows})
    last = {row["channel"]: row["permitted"] for row in rows if row["month_end"] == months[-1]}
    drawn = [
        Line(
            channel,
            [(months.index(row["month_end"]), row["permitted"]) for row in rows if row["channel"] == channel],
        )
        for channel in sorted(channels, key=lambda channel: (-last.get(channel, 0), channel))
    ]
    return lines(title, drawn, [(number, f"{month:%Y-%m-%d}") for number, month in enumerate(months)], "count")


def draw_models(title: str, rows: Rows) -> str:
    """Draw one column a model."""
    shown = rows[:_MOST_BARS]
    panels = [Panel(model, [number_of(row[model]) for row in shown], "count") for model in MODELS]
    return bars(title, [name_of(row, "channel", "campaign") for row in shown], panels, alike=True)


def draw_flow(title: str, rows: Rows) -> str:
    """Draw steps between channels."""
    return flow(title, {(row["from_channel"], row["to_channel"]): float(row["times"]) for row in rows})


def draw_overlap(title: str, rows: Rows) -> str:
    """Draw channels by channels."""
    names = list(dict.fromkeys(row["channel"] for row in rows))
    cells = {(row["channel"], row["other_channel"]): float(row["share_of_channel"]) for row in rows}
    return heat(title, names, names, cells, "percent")
