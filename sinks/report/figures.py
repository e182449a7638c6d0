"""The figures of the report: each plan, asked of one state of the lake and drawn.

Every row is a sum over people, and nothing here names one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from profiles.policy import ProfilePolicy
from sinks.policies import profile_policy_in
from sinks.reader import AsOf, LakeReader, open_lake_reader
from sinks.report import plans_campaigns, plans_people, plans_service, plans_value
from sinks.report.plan import FigurePlan
from sinks.report.svg import written

_PLANS: Final = (*plans_value.PLANS, *plans_campaigns.PLANS, *plans_service.PLANS, *plans_people.PLANS)
"""In the order of the page."""

_OFTEN_READ: Final = ("orders", "journeys", "customer_value", "attributed_touches", "segment_members", "contacts")
"""Views that other views read: each is worked out once, as a table of this connection that goes before its view."""

STEPS: Final = len(_OFTEN_READ) + 1 + len(_PLANS)
"""How often ``make_report`` says that something is done."""


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
        policy = profile_policy_in(reader)
        currency = policy.base_currency
        headline = _headline(reader, policy)
        done(1)
        figures = []
        for plan in _PLANS:
            figures.append(_figure(reader, plan, currency))
            done(1)
        return Report(found[0], found[1], currency, headline, tuple(figures))


def _figure(reader: LakeReader, plan: FigurePlan, currency: str) -> Figure:
    rows = reader.records(plan.ask) if isinstance(plan.ask, str) else plan.ask(reader)
    title, unit = (text.replace("CURRENCY", currency) for text in (plan.title, plan.unit))
    if not rows:
        return Figure(plan.name, plan.section, title, unit, plan.nothing, "", (), ())
    finding = plan.tell(rows).replace("CURRENCY", currency)
    values = tuple(tuple(row.values()) for row in rows)
    return Figure(plan.name, plan.section, title, unit, finding, plan.draw(title, rows), tuple(rows[0]), values)


def _headline(reader: LakeReader, policy: ProfilePolicy) -> dict[str, str]:
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
    currencies = {row["currency"] for row in revenue} - {policy.base_currency}
    return {
        "touchpoints": written(touchpoints, "count"),
        "customers": written(people["customers"], "count"),
        "known customers": written(people["known"], "count"),
        "buyers": written(people["buyers"], "count"),
        "orders": written(people["orders"], "count"),
        "returns": written(people["returns"], "count"),
        f"revenue in {policy.base_currency}": written(float(people["revenue_base"]), "money"),
        **{
            _paid_in(row["currency"], policy): written(float(row["revenue"]), "money")
            for row in revenue
            if row["currency"] != policy.base_currency or not policy.currency_rates.keys().isdisjoint(currencies)
        },
    }


def _paid_in(currency: str, policy: ProfilePolicy) -> str:
    if currency == policy.base_currency:
        return f"of it paid in {currency}"
    part = "part of the revenue" if currency in policy.currency_rates else "not in the revenue"
    return f"paid in {currency}, {part}"
