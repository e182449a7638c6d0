"""The figures of the report: what each asks the views, how it is drawn, and what it says in a sentence.

Every row is a sum over people, and nothing here names one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sinks.policies import profile_policy_in
from sinks.reader import AsOf, LakeReader, open_lake_reader
from sinks.report.models import MODELS, credits_by_model, side_by_side
from sinks.report.svg import Form, Line, Panel, bars, flow, heat, lines, written

Row = Mapping[str, Any]
Rows = Sequence[Row]

_MOST_BARS: Final = 24
"""Rows of bars that a chart draws; its table has all."""
_MOST_OF_REVENUE: Final = 0.8

_OFTEN_READ: Final = ("orders", "journeys", "customer_value", "attributed_touches", "segment_members", "contacts")
"""Views that other views read: each is worked out once, as a table of this connection that goes before its view."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, with its numbers.

    Attributes:
        name: its key, for links and JSON.
        section: the heading it stands under.
        title: what it shows.
        unit: what its numbers are.
        finding: what it says, in a sentence with numbers of its own.
        chart: SVG; empty where there is nothing to draw.
        columns: names of its numbers.
        rows: its numbers, as the views have them.
    """

    name: str
    section: str
    title: str
    unit: str
    finding: str
    chart: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a lake at a moment; one state of the lake.

    Attributes:
        at: the moment that they reckon from, UTC.
        version: snapshot of the lake that they are of.
        currency: the base currency.
        headline: name of a number to how it is written; empty where nobody has a touchpoint yet.
        figures: in the order of the page.
    """

    at: datetime
    version: int
    currency: str
    headline: Mapping[str, str]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    """How a figure is made: ``ask`` is SQL or a function; ``draw`` and ``tell`` are given its rows, of which one is."""

    name: str
    section: str
    title: str
    unit: str
    ask: str | Callable[[LakeReader], Rows]
    draw: Callable[[str, Rows], str]
    tell: Callable[[Rows], str]


def make_report(
    home: Path, as_of: AsOf = None, moment: datetime | None = None, done: Callable[[int], None] = lambda _: None
) -> Report:
    """Return the report of a lake.

    Args:
        home: the data folder.
        as_of: a version or a moment that was known; None is now.
        moment: that views reckon from, UTC; None is now.
        done: called with 1 after each of ``STEPS`` steps.

    Raises:
        LakeMissingError, LakeVersionError, SnapshotMissingError: as ``open_lake_reader``.
    """
    with open_lake_reader(home, as_of, moment) as reader:
        reader.execute("BEGIN")  # one snapshot for all of it
        for view in _OFTEN_READ:
            reader.execute(f"CREATE TEMP TABLE {view} AS FROM lake.{view}")
            done(1)
        found = reader.execute('SELECT "at", id FROM moment, lake.current_snapshot()').fetchone()
        if found is None:
            raise AssertionError("the view moment has one row")
        currency = profile_policy_in(reader.connection).base_currency
        headline = _headline(reader, currency)
        done(1)
        figures = []
        for question in _QUESTIONS:
            figures.append(_figure(reader, question, currency))
            done(1)
        return Report(found[0], found[1], currency, headline, tuple(figures))


def _figure(reader: LakeReader, question: _Question, currency: str) -> Figure:
    rows = reader.records(question.ask) if isinstance(question.ask, str) else question.ask(reader)
    title, unit = (text.replace("CURRENCY", currency) for text in (question.title, question.unit))
    if not rows:
        return Figure(question.name, question.section, title, unit, "There is nothing yet.", "", (), ())
    finding = question.tell(rows).replace("CURRENCY", currency)
    values = tuple(tuple(row.values()) for row in rows)
    return Figure(
        question.name, question.section, title, unit, finding, question.draw(title, rows), tuple(rows[0]), values
    )


def _headline(reader: LakeReader, currency: str) -> dict[str, str]:
    people = reader.records(
        """
        SELECT count(*) AS customers, count(*) FILTER (profiles.known) AS known, sum(bought.orders)::BIGINT AS orders,
               sum(bought.returns)::BIGINT AS returns, count(*) FILTER (bought.orders > 0) AS buyers,
               sum(revenue_base) AS revenue_base
        FROM customer_value AS bought LEFT JOIN profiles USING (customer_id)
        """
    )[0]
    touchpoints = reader.records("SELECT count(*) AS touchpoints FROM journeys")[0]["touchpoints"]
    if not people["customers"]:
        return {}
    revenue = reader.records(
        """
        SELECT currency, sum(CASE kind WHEN 'purchase' THEN amount ELSE -amount END) AS revenue
        FROM orders GROUP BY currency ORDER BY revenue DESC, currency
        """
    )
    return {
        "touchpoints": written(touchpoints, "count"),
        "customers": written(people["customers"], "count"),
        "known customers": written(people["known"], "count"),
        "buyers": written(people["buyers"], "count"),
        "orders": written(people["orders"], "count"),
        "returns": written(people["returns"], "count"),
        f"revenue in {currency}": written(float(people["revenue_base"]), "money"),
        **{f"paid in {row['currency']}": written(float(row["revenue"]), "money") for row in revenue},
    }


# --- drawing ---------------------------------------------------------------------------------------------------------


def _number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]  # a number of SQL


def _name(row: Row, *columns: str) -> str:
    """Return the name of a row: its texts, a dash for what is empty."""
    return " \u00b7 ".join(str(row[column]) for column in columns if row[column] is not None) or "\u2013"


def _bars(
    names: Sequence[str], *panels: tuple[str, str, Form] | tuple[str, str, Form, bool]
) -> Callable[[str, Rows], str]:
    """Return how rows are drawn as bars: columns of their name, and panels of a title, a column and a form."""

    def draw(title: str, rows: Rows) -> str:
        shown = rows[:_MOST_BARS]
        drawn = [Panel(panel[0], [_number(row[panel[1]]) for row in shown], *panel[2:]) for panel in panels]
        return bars(title, [_name(row, *names) for row in shown], drawn)

    return draw


def _heat(row: str, column: str, value: str, form: Form) -> Callable[[str, Rows], str]:
    """Return how rows are drawn as a heat table, rows and columns in the order they come in."""

    def draw(title: str, rows: Rows) -> str:
        cells = {(str(one[row]), str(one[column])): float(one[value]) for one in rows}
        names = list(dict.fromkeys(start for start, _ in cells))
        return heat(title, names, list(dict.fromkeys(end for _, end in cells)), cells, form)

    return draw


def _draw_pareto(title: str, rows: Rows) -> str:
    points = [(0.0, 0.0), *((float(row["customer_share"]), float(row["revenue_share"])) for row in rows)]
    even = [(0.0, 0.0), (1.0, 1.0)]
    mark = next(point for point in points if point[1] >= _MOST_OF_REVENUE)
    said = f"{written(mark[0], 'percent')} make {written(mark[1], 'percent')}"
    ticks = [(tenth / 10, f"{tenth * 10} %") for tenth in range(0, 11, 2)]
    return lines(title, [Line("customers", points), Line("all alike", even)], ticks, "percent", (*mark, said))


def _draw_cohorts(title: str, rows: Rows) -> str:
    """Draw the months after the first, in which everybody bought."""
    later = [row for row in rows if row["months_since"]]
    return _heat("cohort", "months_since", "share", "percent")(title, later) if later else ""


def _draw_consent(title: str, rows: Rows) -> str:
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


def _draw_models(title: str, rows: Rows) -> str:
    shown = rows[:_MOST_BARS]
    panels = [Panel(model, [_number(row[model]) for row in shown], "count") for model in MODELS]
    return bars(title, [_name(row, "channel", "campaign") for row in shown], panels, alike=True)


def _draw_flow(title: str, rows: Rows) -> str:
    return flow(title, {(row["from_channel"], row["to_channel"]): float(row["times"]) for row in rows})


def _draw_overlap(title: str, rows: Rows) -> str:
    names = list(dict.fromkeys(row["channel"] for row in rows))
    cells = {(row["channel"], row["other_channel"]): float(row["share_of_channel"]) for row in rows}
    return heat(title, names, names, cells, "percent")


# --- sentences -------------------------------------------------------------------------------------------------------


def _most(rows: Rows, column: str) -> Row:
    """Return the row with the most; the first of several, the first of all where there is no number."""
    return max(rows, key=lambda row: -float("inf") if row[column] is None else float(row[column]))


def _least(rows: Rows, column: str) -> Row:
    return min(rows, key=lambda row: float("inf") if row[column] is None else float(row[column]))


def _tell_months(rows: Rows) -> str:
    best = _most(rows, "revenue_base")
    total = sum(row["revenue_base"] for row in rows)
    return (
        f"{best['month']} brought the most, {written(float(best['revenue_base']), 'money')} of "
        f"{written(float(total), 'money')} CURRENCY; the first and the last month may not be whole."
    )


def _tell_pareto(rows: Rows) -> str:
    mark = next(row for row in rows if row["revenue_share"] >= _MOST_OF_REVENUE)
    return (
        f"{written(mark['customer_share'], 'percent')} of the customers with positive revenue make "
        f"{written(mark['revenue_share'], 'percent')} of it."
    )


def _tell_rfm(rows: Rows) -> str:
    best = _most(rows, "revenue_share")
    return (
        f"{best['rfm_class']} are {written(best['share'], 'percent')} of the buyers and make "
        f"{written(best['revenue_share'], 'percent')} of the revenue."
    )


def _tell_cohorts(rows: Rows) -> str:
    later = [row for row in rows if row["months_since"] == 1]
    bought = sum(row["customers"] for row in later)
    if not bought:
        return "No cohort is a month old yet."
    came = sum(row["active_customers"] for row in later)
    return f"{written(came / bought, 'percent')} of the buyers bought again in the month after their first purchase."


def _tell_models(rows: Rows) -> str:
    first, last = _most(rows, "shapley"), _most(rows, "markov")
    furthest = max(rows, key=lambda row: abs(row["first"] - row["last"]))
    return (
        f"Shapley credits {_name(first, 'channel', 'campaign')} with most ({written(first['shapley'], 'count')}), "
        f"Markov {_name(last, 'channel', 'campaign')} ({written(last['markov'], 'count')}). The models differ most on "
        f"{_name(furthest, 'channel', 'campaign')}: {written(furthest['first'], 'count')} by first touch, "
        f"{written(furthest['last'], 'count')} by last."
    )


def _tell_media(rows: Rows) -> str:
    shares = {row["model"]: row["paid"] or 0 for row in rows}
    low, high = (choose(shares, key=lambda model: (shares[model], model)) for choose in (min, max))
    return (
        f"Paid media are credited with {written(shares[low], 'percent')} of the conversions by {low}, and with "
        f"{written(shares[high], 'percent')} by {high}."
    )


def _tell_return(rows: Rows) -> str:
    paid = [row for row in rows if row["return_on_investment"] is not None]
    if not paid:
        return "No campaign tells what it costs."
    losing = [row for row in paid if row["return_on_investment"] < 0]
    dearest = _most(paid, "cost_base")
    loss = (
        f"{', '.join(_name(row, 'campaign') for row in losing)} cost more than they bring" if losing else "none loses"
    )
    return (
        f"{_name(dearest, 'campaign')} costs the most, {written(float(dearest['cost_base']), 'money')} CURRENCY, and "
        f"returns {written(dearest['return_on_investment'], 'number')} for each 1 spent; {loss}."
    )


def _tell_flow(rows: Rows) -> str:
    best = rows[0]
    total = sum(row["times"] for row in rows)
    return (
        f"{best['from_channel']} to {best['to_channel']} is the most frequent change of channel: "
        f"{written(best['times'] / total, 'percent')} of {written(total, 'count')}."
    )


def _tell_breakdowns(rows: Rows) -> str:
    failures, followed = (sum(row[column] for row in rows) for column in ("failures", "followed"))
    worst = _most(rows, "rate")
    return (
        f"After {written(followed, 'count')} of {written(failures, 'count')} failures the customer got in touch on "
        f"another channel; most often after {worst['breakdown']} on {worst['channel']}, "
        f"{written(worst['rate'], 'percent')}."
    )


def _tell_service(rows: Rows) -> str:
    contacts, repeats = (sum(row[column] for row in rows) for column in ("contacts", "repeats"))
    often = _most(rows, "repeat_share")
    return (
        f"{written(repeats, 'count')} of {written(contacts, 'count')} contacts were about the same again, most often "
        f"about {_name(often, 'reason')}: {written(often['repeat_share'], 'percent')}."
    )


def _tell_experience(rows: Rows) -> str:
    worst = _least(rows, "points_per_customer")
    best = _most(rows, "points_per_customer")
    return (
        f"{worst['channel']} takes the most, {written(worst['points_per_customer'], 'number')} points a customer; "
        f"{best['channel']} fares best with {written(best['points_per_customer'], 'number')}."
    )


def _tell_index(rows: Rows) -> str:
    customers = sum(row["customers"] for row in rows)
    below = sum(row["customers"] for row in rows if row["from_index"] < 50)  # noqa: PLR2004 - the middle
    mean = sum(row["mean_index"] * row["customers"] for row in rows) / customers
    return (
        f"The mean index is {written(mean, 'number')}; {written(below, 'count')} of {written(customers, 'count')} "
        "customers are below 50."
    )


def _tell_voice(rows: Rows) -> str:
    worst = _least(rows, "mean_sentiment")
    return (
        f"{written(sum(row['mentions'] for row in rows), 'count')} mentions; the tone is worst on {worst['topic']} of "
        f"{_name(worst, 'brand')}, {written(_number(worst['mean_sentiment']), 'number')}."
    )


def _tell_consent(rows: Rows) -> str:
    best, worst = _most(rows, "share"), _least(rows, "share")
    return (
        f"{best['purpose']} on {best['channel']} is permitted by {written(best['share'], 'percent')} of those who said "
        f"something on the purpose, {worst['purpose']} on {worst['channel']} by {written(worst['share'], 'percent')}."
    )


def _tell_consent_months(rows: Rows) -> str:
    newest = max(row["month_end"] for row in rows)
    best = _most([row for row in rows if row["month_end"] == newest], "permitted")
    return (
        f"On {newest:%Y-%m-%d}, {written(best['permitted'], 'count')} customers permit marketing on {best['channel']}, "
        "more than on any other of these channels."
    )


def _tell_segments(rows: Rows) -> str:
    richest = _most(rows, "revenue_per_member")
    return (
        f"Each customer of {richest['segment']} brought "
        f"{written(_number(richest['revenue_per_member']), 'money')} CURRENCY, more than in any other segment."
    )


def _tell_overlap(rows: Rows) -> str:
    best = _most(rows, "customers")
    return (
        f"{best['segment']} and {best['other_segment']} have {written(best['customers'], 'count')} customers in "
        f"common, {written(best['share_of_segment'], 'percent')} of the one and "
        f"{written(best['share_of_other'], 'percent')} of the other."
    )


def _tell_offers(rows: Rows) -> str:
    best, declined = _most(rows, "acceptance_rate"), _most(rows, "decline_rate")
    return (
        f"{best['offer_id']} is accepted most, by {written(best['acceptance_rate'], 'percent')}; "
        f"{declined['offer_id']} is declined most, by {written(declined['decline_rate'], 'percent')}."
    )


def _tell_reach(rows: Rows) -> str:
    best, often = _most(rows, "customers"), _most(rows, "frequency")
    return (
        f"{best['campaign']} reached the most customers, {written(best['customers'], 'count')}; {often['campaign']} "
        f"met each of its own most often, {written(often['frequency'], 'number')} times."
    )


def _tell_channels(rows: Rows) -> str:
    best, alone = _most(rows, "customers"), _most(rows, "only_share")
    return (
        f"{best['channel']} reaches {written(best['share'], 'percent')} of all customers; of those of "
        f"{alone['channel']}, {written(alone['only_share'], 'percent')} are seen nowhere else."
    )


def _tell_common(rows: Rows) -> str:
    best = _most(rows, "share_of_channel")
    share = written(best["share_of_channel"], "percent")
    return f"{share} of the customers of {best['channel']} also use {best['other_channel']}."


def _tell_won(rows: Rows) -> str:
    best = _most(rows, "revenue_per_customer")
    return (
        f"Customers won by {_name(best, 'channel', 'campaign')} are worth the most so far, "
        f"{written(best['revenue_per_customer'], 'money')} CURRENCY each."
    )


def _tell_assists(rows: Rows) -> str:
    helper = _most(rows, "assisted_conversions")
    return (
        f"{_name(helper, 'channel', 'campaign')} helped to {written(helper['assisted_conversions'], 'count')} "
        f"purchases that another touch closed, and closed {written(helper['last_conversions'], 'count')}."
    )


# --- the questions ---------------------------------------------------------------------------------------------------


def _models_side_by_side(reader: LakeReader) -> Rows:
    columns, rows = side_by_side(credits_by_model(reader), "conversions")
    return [dict(zip(columns, row, strict=True)) for row in rows]


_VALUE, _CAMPAIGNS, _JOURNEYS = "Value", "Campaigns", "Journeys"
_SERVICE, _CONSENT, _PEOPLE = "Service and experience", "Consent", "Segments, offers and reach"

_QUESTIONS: Final = (
    _Question(
        "months",
        _VALUE,
        "Revenue by month",
        "CURRENCY, purchases less returns; customers",
        """
        SELECT strftime(month, '%Y-%m') AS month, customers, new_customers, orders, returns, revenue_base, margin_base,
               average_basket_base
        FROM monthly_value ORDER BY month
        """,
        _bars(
            ("month",),
            ("revenue", "revenue_base", "money"),
            ("mean basket", "average_basket_base", "money"),
            ("buyers", "customers", "count"),
            ("first-time buyers", "new_customers", "count"),
        ),
        _tell_months,
    ),
    _Question(
        "pareto",
        _VALUE,
        "How few customers make how much of the revenue",
        "share of revenue, by share of customers with positive revenue, the best first",
        """
        SELECT max(customer_share) AS customer_share, max(revenue_share) AS revenue_share, max("rank") AS customers,
               sum(revenue_base) AS revenue_base
        FROM pareto GROUP BY ceil(customer_share * 200 - 1e-9) ORDER BY customer_share
        """,
        _draw_pareto,
        _tell_pareto,
    ),
    _Question(
        "rfm",
        _VALUE,
        "Classes by recency, frequency and monetary value",
        "customers; shares of buyers and of revenue; days",
        "SELECT * FROM rfm_segments ORDER BY revenue_share DESC, rfm_class",
        _bars(
            ("rfm_class",),
            ("customers", "customers", "count"),
            ("share of buyers", "share", "percent"),
            ("share of revenue", "revenue_share", "percent"),
            ("days since last order", "mean_days_since_last_order", "count"),
        ),
        _tell_rfm,
    ),
    _Question(
        "cohorts",
        _VALUE,
        "Who comes back, by month of the first purchase",
        "share of a cohort that buys in the month; columns are months since the first purchase",
        """
        SELECT strftime(cohort, '%Y-%m') AS cohort, months_since, customers, active_customers, share, revenue_base
        FROM retention_cohorts ORDER BY cohort, months_since
        """,
        _draw_cohorts,
        _tell_cohorts,
    ),
    _Question(
        "attribution",
        _CAMPAIGNS,
        "Conversions by model of attribution",
        "purchases credited to a channel and campaign; all columns have one scale",
        _models_side_by_side,
        _draw_models,
        _tell_models,
    ),
    _Question(
        "media",
        _CAMPAIGNS,
        "Paid, owned and earned media by model",
        "share of conversions",
        """
        SELECT model, max(conversion_share) FILTER (media = 'paid') AS paid,
               max(conversion_share) FILTER (media = 'owned') AS owned,
               max(conversion_share) FILTER (media = 'earned') AS earned
        FROM media_contribution GROUP BY model ORDER BY model
        """,
        _bars(("model",), ("paid", "paid", "percent"), ("owned", "owned", "percent"), ("earned", "earned", "percent")),
        _tell_media,
    ),
    _Question(
        "assists",
        _CAMPAIGNS,
        "Purchases closed and purchases helped to",
        "purchases; last touch and earlier touches",
        """
        SELECT channel, campaign, last_conversions, assisted_conversions, assists_by_last
        FROM assisted_conversions ORDER BY assisted_conversions DESC, channel, campaign
        """,
        _bars(
            ("channel", "campaign"),
            ("closed", "last_conversions", "count"),
            ("helped", "assisted_conversions", "count"),
            ("helped for each closed", "assists_by_last", "number", False),
        ),
        _tell_assists,
    ),
    _Question(
        "returns",
        _CAMPAIGNS,
        "What campaigns cost and bring, over all channels they use",
        "CURRENCY; revenue by Shapley values; return is revenue less cost, by cost",
        """
        SELECT campaign, sum(cost_base) AS cost_base, sum(revenue_base_shapley) AS revenue_base_shapley,
               sum(conversions_shapley) AS conversions_shapley, sum(new_customers) AS new_customers,
               (sum(revenue_base_shapley) - sum(cost_base))::DOUBLE / nullif(sum(cost_base), 0) AS return_on_investment,
               nullif(sum(cost_base), 0)::DOUBLE / nullif(sum(new_customers), 0) AS cost_per_new_customer
        FROM campaign_performance GROUP BY campaign ORDER BY cost_base DESC, campaign
        """,
        _bars(
            ("campaign",),
            ("cost", "cost_base", "money"),
            ("revenue", "revenue_base_shapley", "money"),
            ("return for each 1", "return_on_investment", "number", False),
            ("cost of a new customer", "cost_per_new_customer", "money", False),
        ),
        _tell_return,
    ),
    _Question(
        "won",
        _CAMPAIGNS,
        "What customers are worth, by the touch that won them",
        "CURRENCY; customers by the channel and campaign of their first touchpoint",
        """
        SELECT channel, campaign, sum(customers)::BIGINT AS customers, sum(buyers)::BIGINT AS buyers,
               sum(revenue_base) AS revenue_base,
               round(sum(revenue_base)::DOUBLE / sum(customers), 2) AS revenue_per_customer
        FROM lifetime_value_by_campaign GROUP BY ALL ORDER BY revenue_base DESC, channel, campaign
        """,
        _bars(
            ("channel", "campaign"),
            ("customers won", "customers", "count"),
            ("buyers", "buyers", "count"),
            ("revenue", "revenue_base", "money"),
            ("revenue a customer", "revenue_per_customer", "money"),
        ),
        _tell_won,
    ),
    _Question(
        "flow",
        _JOURNEYS,
        "How customers change channels",
        "steps from one channel to another",
        """
        SELECT split_part(from_step, ':', 1) AS from_channel, split_part(to_step, ':', 1) AS to_channel,
               sum(times)::BIGINT AS times, sum(times_in_session)::BIGINT AS times_in_session
        FROM journey_flow WHERE split_part(from_step, ':', 1) <> split_part(to_step, ':', 1) GROUP BY ALL
        ORDER BY times DESC, from_channel, to_channel
        """,
        _draw_flow,
        _tell_flow,
    ),
    _Question(
        "breakdowns",
        _SERVICE,
        "Failures after which customers get in touch elsewhere",
        "failures; share followed by a contact on another channel",
        "SELECT * FROM breakdown_rates ORDER BY failures DESC, breakdown, channel",
        _bars(
            ("breakdown", "channel"),
            ("failures", "failures", "count"),
            ("followed", "followed", "count"),
            ("rate", "rate", "percent"),
        ),
        _tell_breakdowns,
    ),
    _Question(
        "service",
        _SERVICE,
        "Contacts by reason",
        "contacts; share about the same again; time; tone from \u22121 to 1",
        "SELECT * FROM service_by_reason ORDER BY contacts DESC, reason",
        _bars(
            ("reason",),
            ("contacts", "contacts", "count"),
            ("about the same again", "repeat_share", "percent"),
            ("mean handling", "mean_handling_seconds", "seconds"),
            ("median answer", "median_reply_seconds", "seconds"),
            ("tone", "mean_sentiment", "number"),
        ),
        _tell_service,
    ),
    _Question(
        "experience",
        _SERVICE,
        "Experience by channel",
        "points a customer that the channel adds to or takes from the index",
        "SELECT * FROM experience_by_channel ORDER BY points_per_customer, channel",
        _bars(
            ("channel",),
            ("points a customer", "points_per_customer", "number"),
            ("breakdowns", "breakdowns", "count"),
            ("again the same", "repeat_contacts", "count"),
            ("complaints", "complaints", "count"),
            ("given up", "abandonments", "count"),
        ),
        _tell_experience,
    ),
    _Question(
        "index",
        _SERVICE,
        "Experience index of customers",
        "customers, by index from 0 (bad) to 100 (good); 70 is from 70 to below 80",
        """
        SELECT (floor(least(customer_experience_index, 99) / 10) * 10)::INTEGER AS from_index, count(*) AS customers,
               avg(customer_experience_index)::DOUBLE AS mean_index
        FROM experience GROUP BY 1 ORDER BY 1
        """,
        _bars(("from_index",), ("customers", "customers", "count")),
        _tell_index,
    ),
    _Question(
        "voice",
        _SERVICE,
        "What is said in public",
        "mentions; share of the topic; tone from \u22121 to 1",
        "SELECT * FROM share_of_voice ORDER BY mentions DESC, topic, brand",
        _bars(
            ("topic", "brand"),
            ("mentions", "mentions", "count"),
            ("share of the topic", "share", "percent"),
            ("tone", "mean_sentiment", "number"),
        ),
        _tell_voice,
    ),
    _Question(
        "consent",
        _CONSENT,
        "What is permitted, by purpose and channel",
        "share of the customers who said something on the purpose",
        """
        SELECT purpose, channel, count(*) AS customers, count(*) FILTER (permitted) AS permitted,
               count(*) FILTER (permitted) / count(*) AS share
        FROM consent_permissions GROUP BY ALL ORDER BY purpose, channel
        """,
        _heat("purpose", "channel", "share", "percent"),
        _tell_consent,
    ),
    _Question(
        "consent_over_time",
        _CONSENT,
        "Who permits marketing, over time",
        "customers, at the end of each month and at the moment, on the channels that statements name",
        """
        WITH said AS (
            SELECT customer_id, channel, event_time, state <> 'granted' AS denies
            FROM consent_ledger WHERE purpose = 'marketing'
        ), ends AS (
            SELECT DISTINCT
                   least(date_trunc('month', event_time) + INTERVAL 1 MONTH, (SELECT "at" FROM moment)) AS month_end
            FROM said
        ), named AS (
            SELECT DISTINCT channel FROM said WHERE channel <> '*'
        ), decided AS (
            SELECT month_end, named.channel, customer_id, NOT max_by(denies, (event_time, denies)) AS permitted
            FROM ends JOIN said ON event_time <= month_end JOIN named ON said.channel IN ('*', named.channel)
            GROUP BY ALL
        )
        SELECT month_end, channel, count(*) FILTER (permitted) AS permitted, count(*) AS customers
        FROM decided GROUP BY ALL ORDER BY month_end, channel
        """,
        _draw_consent,
        _tell_consent_months,
    ),
    _Question(
        "segments",
        _PEOPLE,
        "Segments",
        "customers; share of all; revenue so far in CURRENCY",
        """
        SELECT *, revenue_base::DOUBLE / nullif(members, 0) AS revenue_per_member
        FROM segments ORDER BY members DESC, segment
        """,
        _bars(
            ("segment",),
            ("customers", "members", "count"),
            ("share of all", "share", "percent"),
            ("revenue", "revenue_base", "money"),
            ("revenue a customer", "revenue_per_member", "money"),
        ),
        _tell_segments,
    ),
    _Question(
        "segment_overlap",
        _PEOPLE,
        "Segments that have customers in common",
        "customers",
        "SELECT * FROM segment_overlap ORDER BY segment, other_segment",
        _heat("segment", "other_segment", "customers", "count"),
        _tell_overlap,
    ),
    _Question(
        "offers",
        _PEOPLE,
        "Offers",
        "customers; shares of those the offer was made to",
        "SELECT * FROM offer_performance ORDER BY made DESC, offer_id, channel",
        _bars(
            ("offer_id", "channel"),
            ("made", "made", "count"),
            ("seen", "seen_rate", "percent"),
            ("accepted", "acceptance_rate", "percent"),
            ("declined", "decline_rate", "percent"),
        ),
        _tell_offers,
    ),
    _Question(
        "reach",
        _PEOPLE,
        "Whom campaigns reach",
        "customers; touches for each",
        """
        SELECT campaign, touches, customers, identifiers, frequency, buyers
        FROM campaign_reach ORDER BY customers DESC, campaign
        """,
        _bars(
            ("campaign",),
            ("customers", "customers", "count"),
            ("touches for each", "frequency", "number"),
            ("of them buyers", "buyers", "count"),
        ),
        _tell_reach,
    ),
    _Question(
        "channels",
        _PEOPLE,
        "Whom channels reach",
        "customers; shares",
        """
        SELECT channel, touches, customers, only_here, only_here / customers AS only_share, share, frequency
        FROM reach_by_channel ORDER BY customers DESC, channel
        """,
        _bars(
            ("channel",),
            ("customers", "customers", "count"),
            ("of all customers", "share", "percent"),
            ("seen only here", "only_share", "percent"),
            ("touches for each", "frequency", "number"),
        ),
        _tell_channels,
    ),
    _Question(
        "overlap",
        _PEOPLE,
        "Channels that have customers in common",
        "share of the customers of the channel on the left who also use the one above",
        """
        SELECT channel, other_channel, customers, share_of_channel FROM channel_overlap
        UNION ALL
        SELECT other_channel, channel, customers, share_of_other FROM channel_overlap
        ORDER BY channel, other_channel
        """,
        _draw_overlap,
        _tell_common,
    ),
)

STEPS: Final = len(_OFTEN_READ) + 1 + len(_QUESTIONS)
"""How often ``make_report`` says that something is done."""
