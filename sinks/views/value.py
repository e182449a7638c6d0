"""Views of what customers are worth: their orders, RFM scores, concentration, cohorts and loyalty."""

from typing import Final

from profiles.policy import ProfilePolicy, Scores
from sinks.engine import quoted
from sinks.views.fields import counting, number
from sinks.views.money import in_base
from sinks.views.view import View

_RFM_CLASSES: Final = """CASE
               WHEN recency_score >= 4 AND frequency_score >= 4 AND monetary_score >= 4 THEN 'champions'
               WHEN recency_score >= 3 AND frequency_score >= 3 THEN 'loyal'
               WHEN recency_score >= 4 AND frequency_score = 2 THEN 'promising'
               WHEN recency_score >= 4 THEN 'new'
               WHEN recency_score = 3 THEN 'needs_attention'
               WHEN frequency_score >= 4 AND monetary_score >= 4 THEN 'cannot_lose'
               WHEN frequency_score >= 3 THEN 'at_risk'
               WHEN recency_score = 2 THEN 'hibernating'
               WHEN recency_score = 1 THEN 'lost'
           END"""
"""Every pair of recency and frequency is in exactly one class; NULL without scores."""

_MOST_OF_REVENUE: Final = 0.8


def orders(policy: ProfilePolicy) -> View:
    """Return the view ``orders``."""
    return View(
        "orders",
        "One row an order or return of a customer up to the moment: told again by any source it is the same one, and "
        "the newest statement counts. A return stands by itself, whether or not its order is known.",
        {
            "customer_id": "The customer.",
            "order_id": "Order or receipt number.",
            "kind": "purchase or return.",
            "event_time": "When it happened by the newest statement, UTC.",
            "event_id": "The touchpoint that is the newest statement; unique within its source.",
            "channel": "Source of the newest statement.",
            "currency": "ISO 4217 code of amount and margin.",
            "amount": "Total in currency units; of a return positive too.",
            "margin": "What is earned on it in currency units; empty where it is not told.",
            "amount_base": "The amount in the base currency, in its units; empty where the currency has no rate.",
            "margin_base": "The margin in the base currency, in its units; empty where unknown or without a rate.",
            "statements": "Number of touchpoints that told it.",
        },
        f"""
    WITH told AS (
        SELECT customer_id, order_id, type AS kind, event_time, event_id, source AS channel, currency, amount, margin,
               row_number() OVER (statement ORDER BY event_time DESC, event_id DESC, source DESC) AS place,
               count(*) OVER statement AS statements
        FROM touchpoints_by_customer
        WHERE customer_id IS NOT NULL AND order_id IS NOT NULL AND type IN ('purchase', 'return')
        WINDOW statement AS (PARTITION BY customer_id, order_id, type)
    )
    SELECT customer_id, order_id, kind, event_time, event_id, channel, currency, amount, margin,
           {in_base(policy, "amount", "currency")} AS amount_base,
           {in_base(policy, "margin", "currency")} AS margin_base,
           statements
    FROM told
    WHERE place = 1
    """,  # noqa: S608 - literals from the policy, quoted
    )


def customer_value(policy: ProfilePolicy) -> View:
    """Return the view ``customer_value``."""
    return View(
        "customer_value",
        "One row a customer with a touchpoint up to the moment: what they are worth by then. Scores are from 1 to 5 by "
        "the cut points of the policy, and empty without an order.",
        {
            "customer_id": "The customer.",
            "orders": "Number of purchases.",
            "returns": "Number of returns.",
            "return_rate": "Returns by purchase; empty without purchases.",
            "revenue_base": "Purchases less returns in the base currency, in its units; 0 where there are none.",
            "revenue": "Purchases less returns by currency, in currency units; all currencies, with a rate or without.",
            "margin_base": "Margin of purchases less that of returns in the base currency, as far as it is told.",
            "orders_without_rate": "Purchases and returns that revenue_base leaves out: their currency has no rate.",
            "average_basket_base": "Mean amount of purchases in the base currency, in its units; empty without any.",
            "first_order_at": "Event time of the first purchase, UTC.",
            "last_order_at": "Event time of the last purchase, UTC.",
            "first_touch_at": "Event time of the first touchpoint, UTC.",
            "last_touch_at": "Event time of the last touchpoint, UTC.",
            "tenure_days": "Days, with their fraction, from the first touchpoint to the moment.",
            "days_since_first_order": "The same from the first purchase.",
            "days_since_last_order": "The same from the last purchase.",
            "days_since_last_touch": "The same from the last touchpoint.",
            "recency_score": "By days since the last purchase; 5 is the most recent.",
            "frequency_score": "By number of purchases; 5 is the most.",
            "monetary_score": "By revenue_base; 5 is the most.",
            "rfm": "The three scores as a text, such as 543.",
            "rfm_class": "champions, loyal, promising ... see rfm_segments; empty without an order.",
        },
        f"""
    WITH touched AS (
        SELECT customer_id, min(event_time) AS first_touch_at, max(event_time) AS last_touch_at
        FROM touchpoints_by_customer WHERE customer_id IS NOT NULL GROUP BY ALL
    ), signed AS (
        SELECT *, kind = 'purchase' AS is_purchase, CASE kind WHEN 'purchase' THEN 1 ELSE -1 END AS sign FROM orders
    ), ordered AS (
        SELECT customer_id,
               count(*) FILTER (is_purchase) AS orders,
               count(*) FILTER (NOT is_purchase) AS returns,
               sum(sign * amount_base) AS revenue_base,
               sum(sign * margin_base) AS margin_base,
               count(*) FILTER (amount_base IS NULL) AS orders_without_rate,
               avg(amount_base) FILTER (is_purchase) AS average_basket_base,
               min(event_time) FILTER (is_purchase) AS first_order_at,
               max(event_time) FILTER (is_purchase) AS last_order_at
        FROM signed GROUP BY customer_id
    ), by_currency AS (
        SELECT customer_id, currency, sum(sign * amount) AS revenue FROM signed GROUP BY ALL
    ), currencies AS (
        SELECT customer_id, map(list(currency ORDER BY currency), list(revenue ORDER BY currency)) AS revenue
        FROM by_currency GROUP BY customer_id
    ), measured AS (
        SELECT customer_id,
               coalesce(orders, 0) AS orders,
               coalesce(returns, 0) AS returns,
               returns / nullif(orders, 0) AS return_rate,
               coalesce(revenue_base, 0)::DECIMAL(38, 6) AS revenue_base,
               coalesce(revenue, MAP {{}}) AS revenue,
               coalesce(margin_base, 0)::DECIMAL(38, 6) AS margin_base,
               coalesce(orders_without_rate, 0) AS orders_without_rate,
               average_basket_base,
               first_order_at, last_order_at, first_touch_at, last_touch_at,
               {_days_since("first_touch_at")} AS tenure_days,
               {_days_since("first_order_at")} AS days_since_first_order,
               {_days_since("last_order_at")} AS days_since_last_order,
               {_days_since("last_touch_at")} AS days_since_last_touch
        FROM touched
        CROSS JOIN moment
        LEFT JOIN ordered USING (customer_id)
        LEFT JOIN currencies USING (customer_id)
    ), scored AS (
        SELECT *, {_scores(policy.scores)} FROM measured
    )
    SELECT *,
           recency_score::VARCHAR || frequency_score::VARCHAR || monetary_score::VARCHAR AS rfm,
           {_RFM_CLASSES} AS rfm_class
    FROM scored
    """,  # noqa: S608 - numbers and literals from the policy
    )


def _days_since(column: str) -> str:
    return f'(epoch_us("at") - epoch_us({column})) / 86400000000'


def _scores(scores: Scores) -> str:
    told = {
        "recency_score": [f"(days_since_last_order <= {days})::INTEGER" for days in scores.recency_days],
        "frequency_score": [f"(orders >= {orders})::INTEGER" for orders in scores.frequency],
        "monetary_score": [
            f"(revenue_base::DOUBLE >= {quoted(amount)}::DOUBLE)::INTEGER" for amount in scores.monetary
        ],
    }
    return ", ".join(f"CASE WHEN orders > 0 THEN 1 + {' + '.join(cuts)} END AS {name}" for name, cuts in told.items())


RFM_SEGMENTS: Final = View(
    "rfm_segments",
    "One row a class of customers who bought, by their scores of recency (R), frequency (F) and monetary value (M). "
    "The names are those that RFM tools have in common (Putler, Shopify and others); their bounds differ from tool to "
    "tool, and here each customer is in exactly one class.",
    {
        "rfm_class": "champions: R, F and M 4-5. loyal: else R 3-5, F 3-5. promising: R 4-5, F 2. new: R 4-5, F 1. "
        "needs_attention: R 3, F 1-2. cannot_lose: R 1-2, F and M 4-5. at_risk: else R 1-2, F 3-5. hibernating: R 2, "
        "F 1-2. lost: R 1, F 1-2.",
        "customers": "Number of customers.",
        "share": "Their share of the customers who bought, from 0 to 1.",
        "orders": "Their purchases.",
        "revenue_base": "Their purchases less returns in the base currency, in its units.",
        "revenue_share": "Their share of the revenue of all classes; empty where that is 0 or less.",
        "mean_days_since_last_order": "Mean days since their last purchase.",
    },
    """
    WITH classes AS (
        SELECT rfm_class, count(*) AS customers, sum(orders)::BIGINT AS orders, sum(revenue_base) AS revenue_base,
               avg(days_since_last_order) AS mean_days_since_last_order
        FROM customer_value WHERE rfm_class IS NOT NULL GROUP BY ALL
    ), whole AS (
        SELECT sum(customers) AS all_customers, sum(revenue_base) AS all_revenue FROM classes
    )
    SELECT rfm_class, customers, customers / all_customers AS share, orders, revenue_base,
           CASE WHEN all_revenue > 0 THEN revenue_base::DOUBLE / all_revenue::DOUBLE END AS revenue_share,
           mean_days_since_last_order
    FROM classes CROSS JOIN whole
    """,
)

PARETO: Final = View(
    "pareto",
    "One row a customer with positive revenue, from the most to the least: how few make how much.",
    {
        "rank": "1 for the most revenue; of equal revenue by customer_id.",
        "customer_id": "The customer.",
        "revenue_base": "Purchases less returns in the base currency, in its units.",
        "customer_share": "Share of these customers up to this rank, from 0 to 1.",
        "revenue_share": "Share of their revenue up to this rank, from 0 to 1.",
    },
    """
    WITH ranked AS (
        SELECT row_number() OVER by_revenue AS rank, customer_id, revenue_base,
               sum(revenue_base) OVER by_revenue AS cumulated, sum(revenue_base) OVER () AS total, count(*) OVER () AS n
        FROM customer_value
        WHERE revenue_base > 0
        WINDOW by_revenue AS (ORDER BY revenue_base DESC, customer_id ROWS UNBOUNDED PRECEDING)
    )
    SELECT rank, customer_id, revenue_base, rank / n AS customer_share,
           cumulated::DOUBLE / total::DOUBLE AS revenue_share
    FROM ranked
    """,
)

REVENUE_CONCENTRATION: Final = View(
    "revenue_concentration",
    "One row: how many customers make 80 % of the revenue of those with positive revenue.",
    {
        "customers": "Customers with positive revenue.",
        "revenue_base": "Their revenue in the base currency, in its units; empty where there are none.",
        "customers_for_80_percent": "The fewest of them who make 80 % of it; empty where there are none.",
        "share_of_customers": "Their share of these customers, from 0 to 1.",
    },
    f"""
    SELECT count(*) AS customers, sum(revenue_base) AS revenue_base,
           min(rank) FILTER (revenue_share >= {_MOST_OF_REVENUE}) AS customers_for_80_percent,
           min(customer_share) FILTER (revenue_share >= {_MOST_OF_REVENUE}) AS share_of_customers
    FROM pareto
    """,  # noqa: S608 - a constant
)

MONTHLY_VALUE: Final = View(
    "monthly_value",
    "One row a month with orders or returns.",
    {
        "month": "First day of the month, UTC.",
        "customers": "Customers who purchased in it.",
        "new_customers": "Those of them whose first purchase it was.",
        "orders": "Purchases.",
        "returns": "Returns.",
        "revenue_base": "Purchases less returns in the base currency, in its units.",
        "margin_base": "Margin of purchases less that of returns in the base currency, as far as told.",
        "average_basket_base": "Mean amount of purchases in the base currency, in its units.",
        "orders_without_rate": "Purchases and returns left out of the sums: their currency has no rate.",
    },
    """
    WITH placed AS (
        SELECT *, date_trunc('month', event_time)::DATE AS month, kind = 'purchase' AS is_purchase,
               CASE kind WHEN 'purchase' THEN 1 ELSE -1 END AS sign,
               min(event_time) FILTER (kind = 'purchase') OVER (PARTITION BY customer_id) AS first_order_at
        FROM orders
    )
    SELECT month,
           count(DISTINCT customer_id) FILTER (is_purchase) AS customers,
           count(DISTINCT customer_id) FILTER (is_purchase AND date_trunc('month', first_order_at) = month)
               AS new_customers,
           count(*) FILTER (is_purchase) AS orders,
           count(*) FILTER (NOT is_purchase) AS returns,
           coalesce(sum(sign * amount_base), 0)::DECIMAL(38, 6) AS revenue_base,
           coalesce(sum(sign * margin_base), 0)::DECIMAL(38, 6) AS margin_base,
           avg(amount_base) FILTER (is_purchase) AS average_basket_base,
           count(*) FILTER (amount_base IS NULL) AS orders_without_rate
    FROM placed GROUP BY month
    """,
)

RETENTION_COHORTS: Final = View(
    "retention_cohorts",
    "One row a month of first purchase and a month since then, up to the moment's month; months without a purchase "
    "included. Customers without a purchase are in no cohort, and returns before the first purchase in no month.",
    {
        "cohort": "First day of the month of the first purchase, UTC.",
        "months_since": "0 for that month, 1 for the next.",
        "customers": "Customers of the cohort.",
        "active_customers": "Those of them who purchased in that month.",
        "share": "Active customers of the cohort, from 0 to 1.",
        "revenue_base": "Purchases less returns of the cohort in that month in the base currency, in its units.",
    },
    """
    WITH placed AS (
        SELECT customer_id, kind, amount_base, date_trunc('month', event_time)::DATE AS month,
               date_trunc('month', min(event_time) FILTER (kind = 'purchase') OVER (PARTITION BY customer_id))::DATE
                   AS cohort
        FROM orders
    ), sizes AS (
        SELECT cohort, count(DISTINCT customer_id) AS customers FROM placed WHERE cohort IS NOT NULL GROUP BY cohort
    ), grid AS (
        SELECT cohort, customers, unnest(range(date_diff('month', cohort, "at"::DATE) + 1)) AS months_since
        FROM sizes CROSS JOIN moment
    ), active AS (
        SELECT cohort, date_diff('month', cohort, month) AS months_since,
               count(DISTINCT customer_id) FILTER (kind = 'purchase') AS active_customers,
               sum(CASE kind WHEN 'purchase' THEN amount_base ELSE -amount_base END) AS revenue_base
        FROM placed GROUP BY ALL
    )
    SELECT cohort, months_since, customers, coalesce(active_customers, 0) AS active_customers,
           coalesce(active_customers, 0) / customers AS share,
           coalesce(revenue_base, 0)::DECIMAL(38, 6) AS revenue_base
    FROM grid LEFT JOIN active USING (cohort, months_since)
    """,
)

REPEAT_PURCHASE: Final = View(
    "repeat_purchase",
    "One row a number of purchases: how many customers came so far, and how long after the one before.",
    {
        "purchase": "1 for customers' first purchase, 2 for the second ...",
        "customers": "Customers who made it.",
        "share_of_previous": "Of those who made the one before, from 0 to 1; empty for the first.",
        "mean_days_since_previous": "Mean days, with their fraction, since the one before; empty for the first.",
        "median_days_since_previous": "The same, median.",
    },
    """
    WITH numbered AS (
        SELECT row_number() OVER purchases AS purchase,
               (epoch_us(event_time) - epoch_us(lag(event_time) OVER purchases)) / 86400000000 AS days
        FROM orders WHERE kind = 'purchase'
        WINDOW purchases AS (PARTITION BY customer_id ORDER BY event_time, event_id, channel, order_id)
    ), counted AS (
        SELECT purchase, count(*) AS customers, avg(days) AS mean_days, median(days) AS median_days
        FROM numbered GROUP BY purchase
    )
    SELECT purchase, customers, customers / lag(customers) OVER (ORDER BY purchase) AS share_of_previous,
           mean_days AS mean_days_since_previous, median_days AS median_days_since_previous
    FROM counted
    """,
)


def loyalty(policy: ProfilePolicy) -> View:
    """Return the view ``loyalty``: points as the trait ``loyalty_points`` of the policy declares them."""
    declared = policy.traits.get("loyalty_points")
    is_declared = declared is not None and declared.fold == "sum"
    points = number(declared.value)[1] if declared is not None and is_declared else "NULL::DECIMAL(19, 6)"
    counts = counting(declared) if declared is not None and is_declared else "false"
    return View(
        "loyalty",
        "One row a customer with points or a tier up to the moment. Points are what the trait loyalty_points of the "
        "policy adds up; the tier is the newest one told as the trait loyalty_tier.",
        {
            "customer_id": "The customer.",
            "tier": "The newest tier told; empty where none was.",
            "tier_since": "Event time of the first touchpoint of the unbroken run that tells it, UTC.",
            "points_balance": "Points earned less points redeemed.",
            "points_earned": "Sum of positive points.",
            "points_redeemed": "Sum of negative points, as a positive number.",
            "last_points_at": "Event time of the last touchpoint with points, UTC.",
        },
        f"""
    WITH told AS (
        SELECT customer_id, event_time, event_id, source, nullif(traits[{quoted("loyalty_tier")}], '') AS tier,
               CASE WHEN {counts} THEN {points} END AS points
        FROM touchpoints_by_customer CROSS JOIN moment WHERE customer_id IS NOT NULL
    ), run AS (
        SELECT customer_id, tier, event_time,
               sum((tier IS DISTINCT FROM newest_tier)::INTEGER) OVER newest AS others
        FROM (
            SELECT *, first_value(tier) OVER newest AS newest_tier
            FROM told WHERE tier IS NOT NULL
            WINDOW newest AS (PARTITION BY customer_id ORDER BY event_time DESC, event_id DESC, source DESC)
        )
        WINDOW newest AS (
            PARTITION BY customer_id ORDER BY event_time DESC, event_id DESC, source DESC ROWS UNBOUNDED PRECEDING
        )
    ), tiers AS (
        SELECT customer_id, any_value(tier) AS tier, min(event_time) AS tier_since
        FROM run WHERE others = 0 GROUP BY customer_id
    ), points AS (
        SELECT customer_id, sum(points) AS points_balance,
               coalesce(sum(points) FILTER (points > 0), 0) AS points_earned,
               coalesce(-sum(points) FILTER (points < 0), 0) AS points_redeemed,
               max(event_time) AS last_points_at
        FROM told WHERE points IS NOT NULL GROUP BY customer_id
    )
    SELECT customer_id, tier, tier_since, coalesce(points_balance, 0) AS points_balance,
           coalesce(points_earned, 0) AS points_earned, coalesce(points_redeemed, 0) AS points_redeemed, last_points_at
    FROM tiers FULL JOIN points USING (customer_id)
    """,  # noqa: S608 - literals from the policy, quoted
    )
