"""Figures of the report: what customers are worth, and who comes back."""

from typing import Final

from sinks.report.drawing import as_bars, draw_cohorts, draw_pareto, of_newest
from sinks.report.plan import FigurePlan
from sinks.report.sentences import tell_cohorts, tell_months, tell_pareto, tell_predicted, tell_rfm

_SECTION: Final = "Value"

PLANS: Final = (
    FigurePlan(
        "months",
        _SECTION,
        "Revenue by month",
        "CURRENCY, purchases less returns; customers",
        """
        SELECT strftime(month, '%Y-%m') AS month, customers, new_customers, orders, returns, revenue_base, margin_base,
               average_basket_base
        FROM monthly_value ORDER BY month
        """,
        of_newest(
            as_bars(
                ("month",),
                ("revenue", "revenue_base", "money"),
                ("mean basket", "average_basket_base", "money"),
                ("buyers", "customers", "count"),
                ("first-time buyers", "new_customers", "count"),
            )
        ),
        tell_months,
    ),
    FigurePlan(
        "pareto",
        _SECTION,
        "How few customers make how much of the revenue",
        "share of revenue, by share of customers with positive revenue, the best first",
        """
        SELECT max(customer_share) AS customer_share, max(revenue_share) AS revenue_share, max("rank") AS customers,
               sum(revenue_base) AS revenue_base
        FROM pareto GROUP BY ceil(customer_share * 200 - 1e-9) ORDER BY customer_share
        """,
        draw_pareto,
        tell_pareto,
    ),
    FigurePlan(
        "rfm",
        _SECTION,
        "Classes by recency, frequency and monetary value",
        "customers; shares of buyers and of revenue; days",
        "SELECT * FROM rfm_segments ORDER BY revenue_share DESC, rfm_class",
        as_bars(
            ("rfm_class",),
            ("customers", "customers", "count"),
            ("share of buyers", "share", "percent"),
            ("share of revenue", "revenue_share", "percent"),
            ("days since last order", "mean_days_since_last_order", "count"),
        ),
        tell_rfm,
    ),
    FigurePlan(
        "cohorts",
        _SECTION,
        "Who comes back, by month of the first purchase",
        "share of a cohort that buys in the month; columns are months since the first purchase; the last of each row "
        "is not over yet",
        """
        SELECT strftime(cohort, '%Y-%m') AS cohort, months_since, customers, active_customers, share, revenue_base
        FROM retention_cohorts ORDER BY cohort, months_since
        """,
        draw_cohorts,
        tell_cohorts,
    ),
    FigurePlan(
        "predicted",
        _SECTION,
        "What customers are expected to bring",
        "CURRENCY, discounted, returns not taken off; by class, within the horizon of the newest fit",
        """
        SELECT rfm_class, count(*) AS customers, sum(historical_value) AS historical_value,
               sum(predicted_value) AS predicted_value, avg(predicted_value) AS predicted_per_customer,
               sum(expected_orders) AS expected_orders, any_value(horizon_days)::INTEGER AS horizon_days,
               any_value(made_at) AS made_at
        FROM predicted_value LEFT JOIN customer_value USING (customer_id)
        GROUP BY rfm_class ORDER BY predicted_value DESC, rfm_class
        """,
        as_bars(
            ("rfm_class",),
            ("customers", "customers", "count"),
            ("brought so far", "historical_value", "money"),
            ("expected", "predicted_value", "money"),
            ("expected of each", "predicted_per_customer", "money"),
            ("days with purchases", "expected_orders", "count"),
        ),
        tell_predicted,
        "Nothing is predicted yet: onefold value fit does that, and the sink brings it here.",
    ),
)
