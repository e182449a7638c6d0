"""The report of small lakes: every figure has its numbers from the views, and nothing that names anybody."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from schemas.accepted import AcceptedTouchpoint
from schemas.records import Score
from sinks.lake import LakeBatch, open_lake_writer
from sinks.reader import open_lake_reader
from sinks.report.figures import STEPS, Figure, Report, make_report
from sinks.report.models import MODELS, credits_by_model, side_by_side
from sinks.report.page import NOTHING, cell, html_page
from sinks.testing import a_node, a_profile, an_identifier, node_id
from streams.program import main
from tests.integration.view_lakes import (
    a_consent,
    an_offer,
    an_order_of,
    moment_of,
    small_world,
    touch,
    write_lake,
)

MARKER = "zzyzx"
WORLD_DAY = 120.5
BOB, EVE, KIM = (node_id("email", f"{name}@example.com") for name in ("bob", "eve", "kim"))
_VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Reads a page: its texts, its ids, and the tags that are still open; a tag that closes another one is refused."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in _VOID:
            self.open.append(tag)
        self.ids.extend(value for name, value in attrs if name == "id" and value)
        self.links.extend(value for name, value in attrs if name in {"href", "src"} and value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def _shown_only_to_us() -> Iterator[AcceptedTouchpoint]:
    """Two people of whom every field that may name somebody carries the marker."""
    node = a_node("email", f"{MARKER}@example.com")
    about = {
        "reason": "password",
        "outcome": MARKER,
        "duration_seconds": 60,
        "agent": MARKER,
        "sentiment": -0.5,
    }
    for day in range(0, 90, 10):
        for kind, source, parts in (
            ("click", "paid", {"marketing": an_offer(None, "spring")}),
            ("login_failed", "web", {"properties": {"error": MARKER}}),
            ("call", "call", {"interaction": about}),
            ("offer_made", "email", {"marketing": an_offer("tea")}),
            ("purchase", "web", {"order": an_order_of(f"{MARKER}-{day}", 50 + day)}),
            ("checkout_started", "web", {}),
            ("mention", "social", {"properties": {"topic": "price", "brand": "us", "handle": MARKER}}),
            ("profile_update", "crm", {"traits": {"first_name": MARKER, "last_name": MARKER}}),
            ("consent_update", "crm", {"consents": [a_consent("granted" if day < 50 else "withdrawn")]}),
        ):
            told = touch(f"{MARKER}-{kind}-{day}", day=day + 0.001 * len(kind), kind=kind, source=source, **parts)
            told["nodes"] = [node]
            told["touchpoint"]["identifiers"] = [{"type": "email", "value": node["value"]}]
            yield told
    for number in range(3):
        yield touch(f"b-{number}", "bob", number, source="web" if number else "email")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    marked = an_identifier("email", f"{MARKER}@example.com")
    person = a_profile(MARKER, identifiers=[marked])
    person["traits"] = [{**person["traits"][0], "name": "first_name", "value": MARKER}]
    return write_lake(tmp_path_factory.mktemp("report"), list(_shown_only_to_us()), [person, a_profile("bob")])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_world(tmp_path_factory.mktemp("report-world")).home


@pytest.fixture(scope="module")
def made(world: Path) -> Report:
    return make_report(world, moment=moment_of(WORLD_DAY))


def a_score(customer_id: str, model: str, values: dict[str, float], *reasons: str) -> Score:
    return {
        "customer_id": customer_id,
        "model": model,
        "version": "v1",
        "values": values,
        "reasons": list(reasons),
        "made_at": 1,
    }


def figure(report: Report, name: str) -> Figure:
    return next(one for one in report.figures if one.name == name)


def test_nothing_on_the_page_names_anybody(told: Path) -> None:
    report = make_report(told, moment=moment_of(100))
    with open_lake_reader(told, moment=moment_of(100)) as reader:
        ids = [row[0] for row in reader.execute("SELECT customer_id FROM customers").fetchall()]
    page = html_page(report)
    assert len(ids) == 2
    assert [text for text in (MARKER, "example.com", *ids) if text in page.lower()] == []
    assert "spring" in page


def test_the_page_has_every_figure_with_its_numbers(made: Report) -> None:
    page = Page(html_page(made))
    empty = [one.name for one in made.figures if not one.rows]
    assert [one.name for one in made.figures if one.name not in page.ids] == []
    assert empty == [one for one in empty if one in {"segment_overlap", "offers", "voice", "predicted", "look_alikes"}]
    texts = " ".join(page.texts)
    for one in made.figures:
        assert one.title in texts
        assert one.finding
    assert {"svg", "table", "details"} <= set(page.tags)


def test_the_page_is_well_formed_and_needs_nothing_else(made: Report) -> None:
    text = html_page(made)
    page = Page(text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert "script" not in page.tags
    assert "http" not in text
    assert "url(" not in text
    assert "nan" not in "".join(one.chart for one in made.figures).lower().split('"')


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("rfm", "SELECT * FROM rfm_segments ORDER BY revenue_share DESC, rfm_class"),
        ("breakdowns", "SELECT * FROM breakdown_rates ORDER BY failures DESC, breakdown, channel"),
        ("service", "SELECT * FROM service_by_reason ORDER BY contacts DESC, reason"),
        ("experience", "SELECT * FROM experience_by_channel ORDER BY points_per_customer, channel"),
    ],
)
def test_the_numbers_are_those_of_the_views(world: Path, made: Report, name: str, sql: str) -> None:
    """The views are asked without the tables that the report puts before them."""
    with open_lake_reader(world, moment=moment_of(WORLD_DAY)) as reader:
        rows = reader.execute(sql).fetchall()
    assert rows
    shown = Page(html_page(made)).texts
    for row, figured in zip(rows, figure(made, name).rows, strict=True):
        for value, had in zip(row, figured, strict=True):
            assert value == (pytest.approx(had) if isinstance(had, float) else had)
            assert cell(had) in shown


def test_the_headline_is_that_of_the_views(world: Path, made: Report) -> None:
    with open_lake_reader(world, moment=moment_of(WORLD_DAY)) as reader:
        counts = reader.execute("SELECT count(*), sum(orders), sum(returns), sum(revenue_base) FROM customer_value")
        customers, orders, returns, revenue = counts.fetchall()[0]
        touchpoints = reader.execute("SELECT count(*) FROM journeys").fetchall()[0][0]
    page = html_page(made)
    for name, value in (
        ("customers", customers),
        ("orders", orders),
        ("returns", returns),
        ("touchpoints", touchpoints),
        ("revenue in EUR", revenue),
    ):
        assert f"<dt>{name}</dt><dd>{value:,.0f}</dd>" in page


def test_what_no_model_said_is_told_how_to_ask_for(made: Report) -> None:
    assert "onefold value fit" in figure(made, "predicted").finding
    assert "onefold lookalikes find" in figure(made, "look_alikes").finding


def test_what_models_said_is_summed_by_class_and_by_feature(tmp_path: Path) -> None:
    home = write_lake(tmp_path, [touch("b", "bob", 1, kind="purchase", order=an_order_of("o", 40))])
    value = {
        "probability_alive": 0.5,
        "expected_orders": 2.0,
        "expected_order_value": 30.0,
        "predicted_value": 60.0,
        "horizon_days": 365.0,
    }
    said = [
        a_score(BOB, "lifetime_value", value),
        a_score(EVE, "look_alike/engaged", {"rank": 1.0, "similarity": 0.9}, "touches high", "city=Oslo"),
        a_score(KIM, "look_alike/engaged", {"rank": 2.0, "similarity": 0.8}, "touches high"),
    ]
    with open_lake_writer(home) as writer:
        writer.write(LakeBatch(scores=said), {})
    report = make_report(home, moment=moment_of(100))
    expected, alike = figure(report, "predicted"), figure(report, "look_alikes")
    assert expected.finding.startswith("1 buyer is expected to bring 60.00 EUR within 365 days, 100% of it by ")
    assert expected.rows[0][1:5] == (1, 40, 60.0, 60.0)
    assert [row[:5] for row in alike.rows] == [
        ("engaged", "touches high", 2, 1.0, 2),
        ("engaged", "city=Oslo", 1, 0.5, 2),
    ]
    assert "2 are like engaged, most often by touches high" in alike.finding


def test_the_last_consent_of_the_line_is_what_is_permitted(world: Path, made: Report) -> None:
    with open_lake_reader(world, moment=moment_of(WORLD_DAY)) as reader:
        permitted = dict(
            reader.execute(
                "SELECT channel, count(*) FILTER (permitted) FROM consent_permissions "
                "WHERE purpose = 'marketing' GROUP BY channel"
            ).fetchall()
        )
    rows = figure(made, "consent_over_time").rows
    newest = max(row[0] for row in rows)
    last = {row[1]: row[2] for row in rows if row[0] == newest}
    assert last
    assert last == {channel: permitted[channel] for channel in last}


def test_every_model_credits_all_conversions(world: Path) -> None:
    with open_lake_reader(world, moment=moment_of(WORLD_DAY)) as reader:
        credited = credits_by_model(reader)
        row = reader.execute("SELECT count(*), sum(amount_base)::DOUBLE FROM conversions").fetchone()
    assert row is not None
    for model in MODELS:
        of_model = [one for one in credited if one.model == model]
        assert sum(one.conversions for one in of_model) == pytest.approx(row[0])
        assert sum(one.revenue_base for one in of_model) == pytest.approx(row[1])
    columns, rows = side_by_side(credited, "conversions")
    assert columns == ("channel", "campaign", *MODELS)
    assert [sum(one[place] for one in rows) for place in range(2, 9)] == pytest.approx([row[0]] * 7)


def test_a_past_state_says_which_it_is(world: Path) -> None:
    with open_lake_reader(world) as reader:
        newest = reader.execute("SELECT max(snapshot_id) FROM snapshots()").fetchone()
    assert newest is not None
    assert make_report(world, as_of=newest[0] - 1).version == newest[0] - 1


def test_an_empty_lake_gives_a_page_that_says_so(tmp_path: Path) -> None:
    steps: list[int] = []
    page = html_page(make_report(write_lake(tmp_path, [], []), done=steps.append))
    assert NOTHING in page
    assert Page(page).open == []
    assert sum(steps) == STEPS


def test_the_commands_write_page_json_and_models(
    told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONEFOLD_HOME", str(told))
    for form in ("html", "json"):
        with pytest.raises(SystemExit, match="0"):
            main(["report", "--at", "2026-04-11", "--format", form, "--out", str(tmp_path / f"report.{form}")])
    capsys.readouterr()
    with pytest.raises(SystemExit, match="0"):
        main(["attribution", "--at", "2026-04-11", "--model", "markov", "--format", "json"])
    assert "</html>" in (tmp_path / "report.html").read_text("utf-8")
    figures = json.loads((tmp_path / "report.json").read_text("utf-8"))["figures"]
    assert {one["name"] for one in figures} >= {"pareto", "attribution", "consent"}
    assert all("chart" not in one for one in figures)
    credited = json.loads(capsys.readouterr().out)
    assert sum(one["conversions"] for one in credited) == pytest.approx(9)


def test_a_file_that_cannot_be_written_is_said(told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEFOLD_HOME", str(told))
    with pytest.raises(SystemExit, match="2"):
        main(["report", "--out", str(tmp_path / "nowhere" / "report.html")])
