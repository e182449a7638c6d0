"""Charts: what they draw of their numbers, and that they are XML whatever a name is."""

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from sinks.report.svg import Form, Line, Panel, bars, flow, heat, lines, plain, written

EVIL = '<script>"&\x00\u202e\n'


def drawn(chart: str, kind: str) -> list[ET.Element]:
    """Return the marks of a class."""
    found = ET.fromstring(chart).iter()  # noqa: S314 - made here
    return [mark for mark in found if kind in mark.get("class", "").split()]


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (None, "count", "\u2013"),
        (12_345, "count", "12,345"),
        (2.25, "count", "2.2"),
        (0.5, "money", "0.50"),
        (1234.5, "money", "1,234"),
        (0.256, "percent", "26%"),
        (0.0123, "percent", "1.2%"),
        (0.0004, "percent", "<0.1%"),
        (-0.0004, "percent", ">\u22120.1%"),
        (-7.876, "number", "\u22127.88"),
        (59, "seconds", "59 s"),
        (90, "seconds", "1.5 min"),
        (7_200, "seconds", "2.0 h"),
        (90_000, "seconds", "1.0 d"),
    ],
)
def test_numbers_are_written_for_people(value: float | None, form: Form, text: str) -> None:
    assert written(value, form) == text


def test_bars_are_as_long_as_their_numbers() -> None:
    chart = bars("t", ["a", "b", "c"], [Panel("p", [100, 50, None], "count")])
    lengths = [float(bar.get("width", "0")) for bar in drawn(chart, "bar")]
    assert lengths[0] == pytest.approx(2 * lengths[1], rel=0.01)
    assert len(lengths) == 2


def test_what_is_below_zero_goes_the_other_way() -> None:
    chart = bars("t", ["a", "b"], [Panel("p", [10, -10], "count")])
    up, down = drawn(chart, "bar")
    assert float(down.get("x", "0")) + float(down.get("width", "0")) == pytest.approx(float(up.get("x", "0")), abs=0.2)
    assert [mark.get("x") for mark in drawn(chart, "minus")] == [down.get("x")]


def test_panels_that_are_alike_have_one_scale() -> None:
    panels = [Panel("p", [100], "count"), Panel("q", [50], "count")]
    wide, narrow = (float(bar.get("width", "0")) for bar in drawn(bars("t", ["a"], panels, alike=True), "bar"))
    assert wide / narrow == pytest.approx(2, rel=0.1)


def test_cells_are_the_stronger_the_more_they_hold() -> None:
    chart = heat("t", ["a", "b"], ["x"], {("a", "x"): 10, ("b", "x"): 1}, "count")
    dark, light = (float(mark.get("fill-opacity", "0")) for mark in drawn(chart, "cell"))
    assert dark == pytest.approx(0.6)
    assert light < 0.2


def test_ribbons_are_as_wide_as_their_steps() -> None:
    chart = flow("t", {("a", "b"): 30, ("a", "c"): 10, ("b", "a"): 10})
    widths = [float(mark.get("stroke-width", "0")) for mark in drawn(chart, "ribbon")]
    assert [width / widths[0] for width in widths] == pytest.approx([1, 1 / 3, 1 / 3], rel=0.01)


def test_long_names_of_columns_stand_at_two_heights() -> None:
    columns = [f"a_rather_long_segment_{number}" for number in range(5)]
    heights = [mark.get("y") for mark in drawn(heat("t", ["a"], columns, {("a", columns[0]): 1}, "count"), "tick")]
    assert heights == ["16.0", "32.0", "16.0", "32.0", "16.0"]


def test_ticks_without_room_are_left_out_and_the_last_one_stays() -> None:
    ticks = [(float(day), f"2026-01-{day:02}") for day in range(1, 31)]
    chart = lines("t", [Line("a", [(1, 1), (30, 2)])], ticks, "count")
    places = [float(mark.get("x", "0")) for mark in drawn(chart, "middle")]
    assert len(places) > 3
    assert all(later - earlier >= 70 for earlier, later in pairwise(places))
    assert "2026-01-30" in chart


def test_lines_end_at_their_last_number() -> None:
    chart = lines("t", [Line("a", [(0, 0), (1, 4)]), Line("b", [(0, 1), (1, 4)])], [(0, "0"), (1, "1")], "count")
    names = [float(mark.get("y", "0")) for mark in drawn(chart, "value")]
    assert len(drawn(chart, "line")) == 2
    assert abs(names[0] - names[1]) >= 16


def test_nothing_in_a_name_is_markup() -> None:
    for chart in (
        bars(EVIL, [EVIL], [Panel(EVIL, [0], "count")]),
        heat(EVIL, [EVIL], [EVIL], {(EVIL, EVIL): 0}, "count"),
        flow(EVIL, {(EVIL, EVIL): 1}),
        lines(EVIL, [Line(EVIL, [(0, 0)])], [(0, EVIL)], "count", (0, 0, EVIL)),
    ):
        assert all(element.tag != "script" for element in ET.fromstring(chart).iter())  # noqa: S314 - made here
    assert plain(EVIL) == "&lt;script&gt;&quot;&amp;\u25a1\u25a1\u25a1"
