"""Views of campaigns: whom they won, and what they cost and bring in."""

from typing import Final

from profiles.policy import ProfilePolicy
from sinks.views.media import media_of
from sinks.views.money import in_base
from sinks.views.view import View


def customers_won(policy: ProfilePolicy) -> View:
    """Return the view ``customers_won``."""
    return View(
        "customers_won",
        "One row a customer: the first touch of all, which won them, and what they were worth up to the moment.",
        {
            "customer_id": "The customer.",
            "won_at": "Event time of the first touchpoint, UTC.",
            "channel": "Source of the first touchpoint.",
            "type": "Type of the first touchpoint.",
            "campaign": "Its campaign; empty where it has none.",
            "medium": "Its medium.",
            "party": "Whose data it is: first, second or third.",
            "media": "paid, owned or earned, by medium, else by channel.",
            "first_campaign": "The first campaign that the customer met, at the first touchpoint or later.",
            "first_order_id": "The first order; empty where nothing was bought.",
            "first_order_at": "When it was bought, UTC.",
            "days_to_first_order": "Time from the first touchpoint to it, in days.",
            "orders": "Number of purchases.",
            "returns": "Number of returns.",
            "revenue_base": "Purchases less returns in the base currency, in its units; of those with a rate.",
            "orders_without_rate": "Purchases and returns whose currency has no rate: they are not in revenue_base.",
        },
        f"""
    WITH told AS (
        SELECT customer_id, {{'event_time': event_time, 'event_id': event_id, 'source': source, 'type': type,
                             'campaign': nullif(campaign, ''), 'medium': medium, 'party': party}} AS touch
        FROM touchpoints_by_customer WHERE customer_id IS NOT NULL
    ), won AS (
        SELECT customer_id, min(touch) AS touch, min(touch) FILTER (touch.campaign IS NOT NULL) AS met
        FROM told GROUP BY customer_id
    ), spent AS (
        SELECT customer_id,
               min({{'at': event_time, 'event_id': event_id, 'channel': channel, 'order_id': order_id}})
                   FILTER (kind = 'purchase') AS first_order,
               count(*) FILTER (kind = 'purchase') AS orders, count(*) FILTER (kind = 'return') AS returns,
               sum(CASE kind WHEN 'purchase' THEN amount_base ELSE -amount_base END) AS revenue_base,
               count(*) - count(amount_base) AS orders_without_rate
        FROM orders GROUP BY customer_id
    )
    SELECT customer_id, touch.event_time AS won_at, touch.source AS channel, touch.type AS type,
           touch.campaign AS campaign, touch.medium AS medium, touch.party AS party,
           {media_of(policy, "touch.source", "touch.medium")} AS media, met.campaign AS first_campaign,
           first_order.order_id AS first_order_id, first_order."at" AS first_order_at,
           (epoch_ms(first_order."at") - epoch_ms(touch.event_time)) / 86_400_000 AS days_to_first_order,
           coalesce(orders, 0) AS orders, coalesce(returns, 0) AS returns, coalesce(revenue_base, 0) AS revenue_base,
           coalesce(orders_without_rate, 0) AS orders_without_rate
    FROM won LEFT JOIN spent USING (customer_id)
    """,  # noqa: S608 - literals from the policy, quoted
    )


LIFETIME_VALUE_BY_CAMPAIGN: Final = View(
    "lifetime_value_by_campaign",
    "One row a campaign, channel and party whose touch was the first of customers: what these customers are worth.",
    {
        "campaign": "Campaign of the first touchpoint; empty of customers won without one.",
        "channel": "Source of the first touchpoint.",
        "party": "Whose data it is: first, second or third.",
        "media": "paid, owned or earned, by medium, else by channel.",
        "customers": "Number of customers won.",
        "buyers": "Those who bought.",
        "orders": "Number of their purchases.",
        "revenue_base": "Their purchases less returns, by any channel, in units of the base currency.",
        "revenue_per_customer": "Revenue by customer won, in units of the base currency.",
        "revenue_per_buyer": "Revenue by buyer, in units of the base currency; empty where nobody bought.",
        "median_days_to_first_order": "Half of the buyers took no longer from first touch to first order, in days.",
        "orders_without_rate": "Purchases and returns whose currency has no rate: they are not in the revenue.",
    },
    """
    SELECT campaign, channel, party, media, count(*) AS customers, count(*) FILTER (orders > 0) AS buyers,
           sum(orders)::BIGINT AS orders, sum(revenue_base) AS revenue_base,
           round(sum(revenue_base)::DOUBLE / count(*), 2) AS revenue_per_customer,
           round(sum(revenue_base)::DOUBLE / nullif(count(*) FILTER (orders > 0), 0), 2) AS revenue_per_buyer,
           median(days_to_first_order) AS median_days_to_first_order,
           sum(orders_without_rate)::BIGINT AS orders_without_rate
    FROM customers_won
    GROUP BY campaign, channel, party, media
    """,
)


def campaign_performance(policy: ProfilePolicy) -> View:
    """Return the view ``campaign_performance``."""
    return View(
        "campaign_performance",
        "One row a campaign, channel and medium: what it showed, what it cost, and what it is credited for.",
        {
            "campaign": "Campaign name or id.",
            "channel": "Source of the touchpoints.",
            "medium": "Their medium.",
            "touches": "Number of touchpoints.",
            "customers": "Number of customers reached.",
            "impressions": "Touchpoints of the type impression.",
            "sent": "Touchpoints of the type email_sent.",
            "opened": "Touchpoints of the type email_open.",
            "clicks": "Touchpoints of the type click.",
            "click_rate": "Clicks by impressions, or by messages sent where it has no impressions; empty without both.",
            "cost": "Cost of all its touchpoints by currency, in currency units; an empty currency where none is told.",
            "cost_base": "Cost in the base currency, in its units; of touchpoints with a rate.",
            "costs_without_rate": "Touchpoints with a cost whose currency has no rate: they are not in cost_base.",
            "conversions_last": "Purchases credited by last touch.",
            "revenue_base_last": "The same in money, in units of the base currency.",
            "conversions_shapley": "Purchases credited by Shapley values.",
            "revenue_base_shapley": "The same in money, in units of the base currency.",
            "conversions_without_rate": "Purchases credited by last touch whose currency has no rate.",
            "new_customers": "Customers' first orders credited by last touch.",
            "return_on_investment_last": "Revenue by last touch less cost, by cost; empty without cost.",
            "return_on_investment_shapley": "Revenue by Shapley values less cost, by cost; empty without cost.",
            "cost_per_new_customer": "Cost by new customer, in units of the base currency; empty without either.",
        },
        f"""
    WITH told AS (
        SELECT nullif(campaign, '') AS campaign, source AS channel, coalesce(medium, '') AS medium, customer_id, type,
               cost, cost_currency, {in_base(policy, "cost", "cost_currency")} AS cost_base
        FROM touchpoints_by_customer WHERE customer_id IS NOT NULL AND campaign <> ''
    ), summed AS (
        SELECT campaign, channel, medium, count(*) AS touches, count(DISTINCT customer_id) AS customers,
               count(*) FILTER (type = 'impression') AS impressions,
               count(*) FILTER (type = 'email_sent') AS sent,
               count(*) FILTER (type = 'email_open') AS opened,
               count(*) FILTER (type = 'click') AS clicks,
               coalesce(sum(cost_base), 0) AS cost_base, count(cost) - count(cost_base) AS costs_without_rate
        FROM told GROUP BY campaign, channel, medium
    ), by_currency AS (
        SELECT campaign, channel, medium, coalesce(cost_currency, '') AS currency, sum(cost) AS cost
        FROM told WHERE cost IS NOT NULL GROUP BY ALL
    ), costs AS (
        SELECT campaign, channel, medium, map_from_entries(list((currency, cost) ORDER BY currency)) AS cost
        FROM by_currency GROUP BY campaign, channel, medium
    ), credited AS (
        SELECT campaign, channel, coalesce(medium, '') AS medium,
               sum(share_last) AS conversions_last,
               coalesce(sum(share_last * amount_base), 0)::DECIMAL(28, 6) AS revenue_base_last,
               sum(share_shapley) AS conversions_shapley,
               coalesce(sum(share_shapley * amount_base), 0)::DECIMAL(28, 6) AS revenue_base_shapley,
               coalesce(sum(share_last) FILTER (amount_base IS NULL), 0) AS conversions_without_rate,
               coalesce(sum(share_last) FILTER (order_number = 1), 0) AS new_customers
        FROM attributed_touches WHERE campaign IS NOT NULL GROUP BY ALL
    )
    SELECT campaign, channel, nullif(medium, '') AS medium, touches, customers, impressions, sent, opened, clicks,
           clicks / coalesce(nullif(impressions, 0), nullif(sent, 0)) AS click_rate,
           coalesce(cost, MAP {{}}) AS cost, cost_base, costs_without_rate,
           coalesce(conversions_last, 0) AS conversions_last, coalesce(revenue_base_last, 0) AS revenue_base_last,
           coalesce(conversions_shapley, 0) AS conversions_shapley,
           coalesce(revenue_base_shapley, 0) AS revenue_base_shapley,
           coalesce(conversions_without_rate, 0) AS conversions_without_rate,
           coalesce(new_customers, 0) AS new_customers,
           (coalesce(revenue_base_last, 0) - cost_base)::DOUBLE / nullif(cost_base, 0) AS return_on_investment_last,
           (coalesce(revenue_base_shapley, 0) - cost_base)::DOUBLE / nullif(cost_base, 0)
               AS return_on_investment_shapley,
           nullif(cost_base, 0)::DOUBLE / nullif(new_customers, 0) AS cost_per_new_customer
    FROM summed
    LEFT JOIN costs USING (campaign, channel, medium)
    LEFT JOIN credited USING (campaign, channel, medium)
    """,  # noqa: S608 - literals from the policy, quoted
    )
