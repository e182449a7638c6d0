"""The report as one HTML page that needs nothing else: no network, no script, no other file."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Final

from sinks.report.figures import Figure, Report
from sinks.report.svg import plain

NOTHING: Final = "There is nothing yet: the lake holds no touchpoint of a customer up to this moment."

_LIGHT: Final = (
    "--page:#f6f5f2;--surface:#fff;--ink:#1b1b1a;--soft:#63625d;--rule:#e3e1dc;--hue:#2a6fc4;--minus:#c4472f;"
    "--c0:#2a6fc4;--c1:#168a63;--c2:#b97a00;--c3:#7a4fc0;--c4:#c4472f;--c5:#0f8a99;--c6:#b5437f;--c7:#5f7d1f;--c8:#77756f"
)
_DARK: Final = (
    "--page:#141413;--surface:#1d1d1b;--ink:#f0efeb;--soft:#a8a69f;--rule:#3a3936;--hue:#6ba4ec;--minus:#ee7d66;"
    "--c0:#6ba4ec;--c1:#3fbf92;--c2:#e0a63c;--c3:#ab8cf0;--c4:#ee7d66;--c5:#45bccb;--c6:#e27fb2;--c7:#a3c255;--c8:#a8a69f"
)
_PARTS: Final = "\n".join(
    f".s{number}{{stroke:var(--c{number})}}.t{number}{{fill:var(--c{number})}}.f{number}{{fill:var(--c{number})}}"
    for number in range(9)
)

_STYLE: Final = f"""
:root{{color-scheme:light dark;{_LIGHT}}}
@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}}
main,header,nav,footer{{max-width:62rem;margin:0 auto;padding:0 1.25rem}}
header{{padding-top:2.5rem}}
h1{{font-size:clamp(1.35rem,5.5vw,2rem);line-height:1.2;margin:0}}
h2{{font-size:1.4rem;margin:2.75rem 0 .75rem;padding-top:.75rem;border-top:2px solid var(--ink)}}
h3{{font-size:1.05rem;margin:0}}
p{{margin:.25rem 0}}
nav ul{{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;padding:0;margin:1rem 0}}
a{{color:var(--hue)}}
.soft,footer{{color:var(--soft);font-size:.9rem}}
.tiles{{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.5rem 0 0;padding:0}}
.tiles div,figure{{background:var(--surface);border:1px solid var(--rule);border-radius:.5rem}}
.tiles div{{flex:1 1 11rem;padding:.75rem 1rem;display:flex;flex-direction:column-reverse;justify-content:flex-end}}
.tiles dt{{color:var(--soft);font-size:.85rem;line-height:1.3}}
.tiles dd{{margin:0;font-size:1.5rem;font-weight:600}}
figure{{margin:0 0 1.25rem;padding:1.25rem;break-inside:avoid}}
.finding{{font-size:1rem;margin:.5rem 0 1rem}}
.chart{{overflow-x:auto;background:
linear-gradient(90deg,var(--surface) 1rem,transparent 2rem) 0/3rem 100% no-repeat local,
linear-gradient(270deg,var(--surface) 1rem,transparent 2rem) 100%/3rem 100% no-repeat local,
linear-gradient(90deg,var(--rule),transparent) 0/.8rem 100% no-repeat,
linear-gradient(270deg,var(--rule),transparent) 100%/.8rem 100% no-repeat}}
svg{{display:block;width:100%;min-width:46rem;height:auto;font-size:12.5px;font-variant-numeric:tabular-nums}}
text{{fill:var(--ink);font-size:12.5px}}
.head,.tick{{fill:var(--soft)}}
.end{{text-anchor:end}}.middle{{text-anchor:middle}}
.bar,.cell{{fill:var(--hue)}}.minus{{fill:var(--minus)}}
.axis,.grid{{stroke:var(--rule);fill:none}}
.line{{fill:none;stroke-width:2.25;stroke-linejoin:round}}
.mark{{fill:var(--surface);stroke:var(--hue);stroke-width:2.5}}
.ribbon{{fill:none;stroke-opacity:.42}}.ribbon:hover{{stroke-opacity:.8}}
{_PARTS}
details{{margin-top:.75rem}}
summary{{cursor:pointer;color:var(--hue);width:fit-content}}
.numbers{{overflow-x:auto;max-height:30rem}}
table{{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}}
th,td{{padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--rule);text-align:left;white-space:nowrap}}
td.number,th.number{{text-align:right}}
footer{{padding-top:1rem;padding-bottom:3rem}}
@media print{{
:root{{{_LIGHT};--page:#fff}}
body{{font-size:11pt}}nav,summary{{display:none}}.chart,.numbers{{overflow:visible;max-height:none;background:none}}svg{{min-width:0}}
h2{{break-after:avoid}}
}}
"""


def html_page(report: Report) -> str:
    """Return the page of a report."""
    return "".join(_page(report))


def cell(value: object) -> str:
    """Return a value of a table as text: numbers with thousands apart and no more than six digits after the point."""
    match value:
        case None:
            text = "\u2013"
        case bool():
            text = "yes" if value else "no"
        case int():
            text = f"{value:,}"
        case float() | Decimal():
            text = f"{value:,.6f}".rstrip("0").rstrip(".")
        case datetime():
            text = f"{value:%Y-%m-%d %H:%M}"
        case date():
            text = value.isoformat()
        case _:
            text = str(value)
    return plain(text)


def _page(report: Report) -> Iterator[str]:
    at = f"{report.at:%Y-%m-%d %H:%M} UTC"
    yield '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<title>Customers on {at}</title><style>{_STYLE}</style></head>\n<body>\n"
    yield f"<header><h1>Customers on {at[:10]}</h1>"
    yield f'<p class="soft">What had happened by {at}, as snapshot {report.version} of the lake knows it. '
    yield f"Money is in {plain(report.currency)} unless another is named; what has no rate is not in it.</p>"
    if not report.headline:
        yield f"<p>{NOTHING}</p></header>\n</body></html>\n"
        return
    yield '<dl class="tiles">'
    for name, value in report.headline.items():
        yield f"<div><dt>{plain(name)}</dt><dd>{plain(value)}</dd></div>"
    yield "</dl></header>\n"
    sections = [(name, list(figures)) for name, figures in groupby(report.figures, key=lambda figure: figure.section)]
    yield '<nav aria-label="Sections"><ul>'
    for name, figures in sections:
        yield f'<li><a href="#{figures[0].name}">{plain(name)}</a></li>'
    yield "</ul></nav>\n<main>\n"
    for name, figures in sections:
        yield f"<section><h2>{plain(name)}</h2>\n"
        for figure in figures:
            yield from _figure(figure)
        yield "</section>\n"
    yield "</main>\n<footer>Made by onefold report. docs/lake.md says what every number is.</footer>\n</body></html>\n"


def _figure(figure: Figure) -> Iterator[str]:
    yield f'<figure id="{figure.name}" aria-labelledby="{figure.name}-title">'
    yield f'<h3 id="{figure.name}-title">{plain(figure.title)}</h3><p class="soft">{plain(figure.unit)}</p>'
    yield f'<p class="finding">{plain(figure.finding)}</p>'
    if figure.rows:
        yield f'<div class="chart">{figure.chart}</div>'
        yield '<details><summary>The numbers</summary><div class="numbers" tabindex="0">'
        yield from _table(figure.title, figure.columns, figure.rows)
        yield "</div></details>"
    yield "</figure>\n"


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    sorts = [
        ' class="number"' if all(value is None or isinstance(value, int | float | Decimal) for value in column) else ""
        for column in zip(*rows, strict=True)
    ]
    yield f'<table aria-label="{plain(title)}"><thead><tr>'
    for name, sort in zip(columns, sorts, strict=True):
        yield f'<th scope="col"{sort}>{plain(name)}</th>'
    yield "</tr></thead><tbody>"
    for row in rows:
        yield "<tr>"
        for value, sort in zip(row, sorts, strict=True):
            yield f"<td{sort}>{cell(value)}</td>"
        yield "</tr>"
    yield "</tbody></table>"
