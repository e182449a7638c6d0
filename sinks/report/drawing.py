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


def of_newest(draw: Callable[[str, Rows], str]) -> Callable[[str, Rows], str]:
    """Return how the newest of rows in order of time are drawn, as many as there is room for."""
    return lambda title, rows: draw(title, rows[-_MOST_BARS:])


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
    ticks = [(tenth / 10, f"{tenth * 10}%") for tenth in range(0, 11, 2)]
    return lines(title, [Line("customers", points), Line("all alike", even)], ticks, "percent", (*mark, said))


def draw_cohorts(title: str, rows: Rows) -> str:
    """Draw the newest cohorts, and the months after the first one, in which everybody bought."""
    newest = sorted({row["cohort"] for row in rows})[-_MOST_BARS:]
    later = [row for row in rows if row["months_since"] and row["cohort"] >= newest[0]]
    return as_heat("cohort", "months_since", "share", "percent")(title, later) if later else ""


def draw_consent(title: str, rows: Rows) -> str:
    """Draw one line a channel, the one with most first, each with its last number."""
    months = sorted({row["month_end"] for row in rows})
    last = {row["channel"]: row["permitted"] for row in rows if row["month_end"] == months[-1]}
    drawn = [
        Line(
            f"{channel} {written(last.get(channel, 0), 'count')}",
            [(row["month_end"].timestamp(), row["permitted"]) for row in rows if row["channel"] == channel],
        )
        for channel in sorted({row["channel"] for row in rows}, key=lambda name: (-last.get(name, 0), name))
    ]
    return lines(title, drawn, [(month.timestamp(), f"{month:%Y-%m-%d}") for month in months], "count")


def draw_index(title: str, rows: Rows) -> str:
    """Draw customers by tens of the index, those without customers too."""
    customers = {row["from_index"]: number_of(row["customers"]) for row in rows}
    tens = range(0, 100, 10)
    names = [*(f"{ten}\u2013{ten + 9}" for ten in tens[:-1]), "90\u2013100"]
    return bars(title, names, [Panel("customers", [customers.get(ten, 0) for ten in tens], "count")])


def draw_media(title: str, rows: Rows) -> str:
    """Draw one column a kind of media, all on one scale."""
    panels = [Panel(media, [number_of(row[media]) for row in rows], "percent") for media in ("paid", "owned", "earned")]
    return bars(title, [name_of(row, "model") for row in rows], panels, alike=True)


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


def draw_segments_in_common(title: str, rows: Rows) -> str:
    """Draw segments by segments, each pair both ways."""
    cells = {(row["segment"], row["other_segment"]): float(row["customers"]) for row in rows}
    cells |= {(other, one): customers for (one, other), customers in cells.items()}
    names = sorted({name for name, _ in cells})
    return heat(title, names, names, cells, "count")
