"""Charts as SVG, by pure functions: four kinds, of numbers in and text out.

By hand and without a library: matplotlib, or altair with vl-convert, would add 10 to 60 MB of wheels, seconds of start,
and pictures with colours that are fixed. Here every mark has a class, so that one style sheet gives light, dark and
print, text stays text, and a page of twenty charts stays small. The price is that there are only these kinds of charts.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from html import escape
from math import floor, log10
from typing import Final, Literal, NamedTuple

Form = Literal["count", "money", "percent", "number", "seconds"]
"""How a number is written."""

WIDTH: Final = 880
_ROW: Final = 24
_SIGN: Final = 6.7
"""Width of a sign, on average."""
_COLOURS: Final = 9
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


class Panel(NamedTuple):
    """A column of bars.

    Attributes:
        title: what is shown.
        values: a number a row; None where there is none.
        form: how numbers are written.
        bars: whether bars are drawn, or numbers alone.
    """

    title: str
    values: Sequence[float | None]
    form: Form
    bars: bool = True


class Line(NamedTuple):
    """A line of a chart: its name and its points, ordered by x."""

    name: str
    points: Sequence[tuple[float, float]]


def plain(text: object) -> str:
    """Return a text for a page: escaped, with signs that do not show or that turn the direction of text as a box."""
    shown = "".join(
        sign if sign.isprintable() or unicodedata.category(sign) == "Zs" else "\u25a1" for sign in str(text)
    )
    return escape(shown)


def written(value: float | None, form: Form) -> str:
    """Return a number as people read it; a dash where there is none."""
    if value is None:
        return "\u2013"
    match form:
        case "count":
            text = f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:,.1f}"  # noqa: PLR2004
        case "money":
            text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"  # noqa: PLR2004
        case "percent":
            text = _percent(value)
        case "number":
            text = f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"  # noqa: PLR2004
        case "seconds":
            text = _duration(value)
    return text.replace("-", "\u2212")


def _percent(value: float) -> str:
    if 0 < abs(value) < 0.0005:  # noqa: PLR2004 - what would be written as 0.0%
        return f"{'>-' if value < 0 else '<'}0.1%"
    return f"{value:.0%}" if abs(value) >= 0.1 or not value else f"{value:.1%}"  # noqa: PLR2004


def _duration(seconds: float) -> str:
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.0f} s"


def bars(title: str, labels: Sequence[str], panels: Sequence[Panel], *, alike: bool = False) -> str:
    """Return rows of bars in columns side by side; ``alike`` gives all columns one scale."""
    side = min(300, max(len(label) for label in labels) * _SIGN + 16)
    width = (WIDTH - side) / len(panels)
    parts = [_text(0, 40 + _ROW * row, _short(label, side), "label") for row, label in enumerate(labels)]
    spans = [_span([panel]) for panel in panels]
    if alike:
        spans = [_span(panels)] * len(panels)
    for number, (panel, (low, high)) in enumerate(zip(panels, spans, strict=True)):
        left = side + number * width
        parts.append(_text(left, 16, _short(panel.title, width), "head"))
        room = width - 14 - 8 * max(len(written(value, panel.form)) for value in panel.values)
        scale = max(room, 8) / ((high - low) or 1)
        zero = left - low * scale if panel.bars else left
        if panel.bars:
            parts.append(f'<path class="axis" d="M{zero:.1f} 24V{28 + _ROW * len(labels)}"/>')
        for row, value in enumerate(panel.values):
            length = (value or 0) * scale if panel.bars else 0.0
            top = 28 + _ROW * row
            text = written(value, panel.form)
            if panel.bars and value:
                sort = "bar" if value > 0 else "bar minus"
                box = (
                    f'x="{min(zero, zero + length):.1f}" y="{top}" width="{max(abs(length), 1):.1f}" height="16" rx="2"'
                )
                hint = plain(f"{labels[row]}, {panel.title}: {text}")
                parts.append(f'<rect class="{sort}" {box}><title>{hint}</title></rect>')
            parts.append(_text(max(zero + length, zero) + 5, top + 12, text, "value"))
    return _svg(title, 34 + _ROW * len(labels), parts)


def _span(panels: Sequence[Panel]) -> tuple[float, float]:
    values = [value for panel in panels for value in panel.values if value is not None]
    return min(0.0, *values, 0.0), max(0.0, *values, 0.0)


def lines(
    title: str,
    drawn: Sequence[Line],
    ticks: Sequence[tuple[float, str]],
    form: Form,
    mark: tuple[float, float, str] | None = None,
) -> str:
    """Return lines over one axis, each named at its end; names of ticks that would stand on one another are left out.

    Args:
        title: what it shows.
        drawn: the lines, all with points.
        ticks: places on the axis of x, with their names; in order.
        form: how the numbers of y are written.
        mark: a point to point at, with what is said of it.
    """
    left, top, bottom = 64, 16, 250
    right = WIDTH - 24 - _SIGN * max(len(line.name) for line in drawn)
    places = [x for line in drawn for x, _ in line.points] + [x for x, _ in ticks]
    low, wide = min(places), (max(places) - min(places)) or 1
    levels = _levels(max(y for line in drawn for _, y in line.points))

    def at(x: float, y: float) -> tuple[float, float]:
        return left + (x - low) / wide * (right - left), bottom - y / levels[-1] * (bottom - top)

    parts = []
    for level in levels:
        height = at(low, level)[1]
        parts.append(f'<path class="grid" d="M{left} {height:.1f}H{right:.1f}"/>')
        parts.append(_text(left - 8, height + 4, written(level, form), "tick end"))
    parts.extend(_text(x, bottom + 20, name, "tick middle") for x, name in _roomy([(at(x, 0)[0], n) for x, n in ticks]))
    ends = _apart([at(*line.points[-1])[1] for line in drawn])
    for number, (line, end) in enumerate(zip(drawn, ends, strict=True)):
        path = "L".join("{:.1f} {:.1f}".format(*at(*point)) for point in line.points)
        parts.append(f'<path class="line s{number % _COLOURS}" d="M{path}"><title>{plain(line.name)}</title></path>')
        parts.append(_text(at(*line.points[-1])[0] + 8, end + 4, line.name, f"value t{number % _COLOURS}"))
    if mark is not None:
        x, y = at(*mark[:2])
        parts.append(f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
        parts.append(_text(x + 12, y + 18, mark[2], "value"))
    return _svg(title, bottom + 32, parts)


def _roomy(ticks: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return the ticks whose names have room beside one another; of two that do not, the later one stays."""
    kept: list[tuple[float, str]] = []
    for x, name in reversed(ticks):
        if not kept or kept[-1][0] - x >= (len(kept[-1][1]) + len(name)) / 2 * _SIGN + 10:
            kept.append((x, name))
    return kept[::-1]


def _levels(highest: float) -> list[float]:
    """Return 0 and up to five steps of 1, 2 or 5 times a power of ten, the last no lower than the highest number."""
    if highest <= 0:
        return [0.0, 1.0]
    power = 10 ** floor(log10(highest / 5))
    step = next(power * part for part in (1, 2, 5, 10) if power * part * 5 >= highest * (1 - 1e-9))
    return [step * number for number in range(-int(-highest * (1 - 1e-9) // step) + 1)]


def _apart(heights: Sequence[float], least: float = 16) -> list[float]:
    """Return the heights moved down where they would stand on one another, in the order given."""
    moved = [0.0] * len(heights)
    before = float("-inf")
    for place in sorted(range(len(heights)), key=lambda number: heights[number]):
        before = moved[place] = max(heights[place], before + least)
    return moved


def heat(
    title: str, rows: Sequence[str], columns: Sequence[str], cells: Mapping[tuple[str, str], float], form: Form
) -> str:
    """Return a table whose cells are the stronger the more they hold; cells that are not given stay empty.

    The strongest one leaves its number readable, in the colour of all text, on light and dark pages. Names of columns
    that are too long for their width stand at two heights in turn.
    """
    side = min(220, max(len(row) for row in rows) * _SIGN + 16)
    width = min(112, (WIDTH - side) / len(columns))
    heights = 1 if max(len(name) for name in columns) * _SIGN + 8 <= width else 2
    over = 16 * heights + 8
    parts = [
        _text(
            side + width * (place + 0.5),
            16 * (1 + place % heights),
            _short(name, width * heights - 8),
            "tick middle",
        )
        for place, name in enumerate(columns)
    ]
    highest = max(cells.values(), default=0) or 1
    for row, name in enumerate(rows):
        top = over + 28 * row
        parts.append(_text(0, top + 18, _short(name, side), "label"))
        for place, column in enumerate(columns):
            value = cells.get((name, column))
            if value is None:
                continue
            part = max(value, 0) / highest
            box = f'x="{side + width * place + 1:.1f}" y="{top}" width="{width - 2:.1f}" height="26" rx="3"'
            hint = plain(f"{name}, {column}: {written(value, form)}")
            parts.append(
                f'<rect class="cell" {box} fill-opacity="{0.05 + 0.55 * part:.2f}"><title>{hint}</title></rect>'
            )
            parts.append(_text(side + width * (place + 0.5), top + 17, written(value, form), "value middle"))
    return _svg(title, over + 4 + 28 * len(rows), parts)


def flow(title: str, steps: Mapping[tuple[str, str], float]) -> str:
    """Return a Sankey diagram of steps from the left to the right; the wider, the more often."""
    leaving = _sums(steps, 0)
    coming = _sums(steps, 1)
    colour = {name: number % _COLOURS for number, name in enumerate(dict.fromkeys((*leaving, *coming)))}
    gap, top, height = 12, 28, 40 + 34.0 * max(len(leaving), len(coming))
    scale = (height - gap * (max(len(leaving), len(coming)) - 1)) / sum(steps.values())
    left, right = 190, WIDTH - 190
    parts = [_text(left - 8, 14, "from", "head end"), _text(right + 8, 14, "to", "head")]
    starts, ends = _placed(leaving, top, scale, gap), _placed(coming, top, scale, gap)
    for side, sums, places in ((left, leaving, starts), (right, coming, ends)):
        for name, total in sums.items():
            box = f'x="{side - 5}" y="{places[name]:.1f}" width="10" height="{max(total * scale, 1):.1f}" rx="2"'
            parts.append(f'<rect class="f{colour[name]}" {box}/>')
            label = f"{name} {written(total, 'count')}"
            x, sort = (side - 12, "label end") if side == left else (side + 12, "label")
            parts.append(_text(x, places[name] + total * scale / 2 + 4, label, sort))
    for start in leaving:
        for end in coming:
            times = steps.get((start, end))
            if not times:
                continue
            wide, middle = times * scale, (left + right) / 2
            y, z = starts[start] + wide / 2, ends[end] + wide / 2
            starts[start] += wide
            ends[end] += wide
            hint = plain(f"{start} to {end}: {written(times, 'count')}")
            path = f"M{left + 5} {y:.1f}C{middle:g} {y:.1f} {middle:g} {z:.1f} {right - 5} {z:.1f}"
            parts.append(
                f'<path class="ribbon s{colour[start]}" d="{path}" stroke-width="{max(wide, 0.6):.1f}">'
                f"<title>{hint}</title></path>"
            )
    return _svg(title, top + height + 8, parts)


def _sums(steps: Mapping[tuple[str, str], float], end: int) -> dict[str, float]:
    sums: dict[str, float] = {}
    for step, times in steps.items():
        sums[step[end]] = sums.get(step[end], 0) + times
    return dict(sorted(sums.items(), key=lambda one: (-one[1], one[0])))


def _placed(sums: Mapping[str, float], top: float, scale: float, gap: float) -> dict[str, float]:
    places = {}
    for name, total in sums.items():
        places[name] = top
        top += total * scale + gap
    return places


def _short(text: str, width: float) -> str:
    most = max(int(width / _SIGN), 3)
    return text if len(text) <= most else text[: most - 1] + "\u2026"


def _text(x: float, y: float, text: str, sort: str) -> str:
    return f'<text class="{sort}" x="{x:.1f}" y="{y:.1f}">{plain(text)}</text>'


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{plain(title)}">{"".join(parts)}</svg>'
