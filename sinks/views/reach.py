"""Views of whom campaigns and channels reach: people, not identifiers."""

from typing import Final

from sinks.views.view import View

CAMPAIGN_REACH: Final = View(
    "campaign_reach",
    "One row a campaign that touchpoints of customers up to the moment name: how many people it reached. Somebody "
    "reached on several channels or under several identifiers is one customer.",
    {
        "campaign": "Campaign name or id.",
        "touches": "Touchpoints of the campaign.",
        "customers": "Customers reached, each once.",
        "identifiers": "Identifiers reached: what the reach would be without knowing who is one person.",
        "frequency": "Touchpoints by customer reached.",
        "channels": "The channels it was on, in order of the alphabet.",
        "buyers": "Those of the customers with a purchase after their first touchpoint of the campaign.",
        "first_at": "Event time of its first touchpoint, UTC.",
        "last_at": "Event time of its last touchpoint, UTC.",
    },
    """
    WITH touched AS (
        SELECT campaign, customer_id, count(*) AS touches, min(event_time) AS first_at, max(event_time) AS last_at
        FROM touchpoints_by_customer
        WHERE customer_id IS NOT NULL AND campaign <> '' GROUP BY ALL
    ), spread AS (
        SELECT campaign, count(DISTINCT anchor_id) AS identifiers, list_sort(list(DISTINCT source)) AS channels
        FROM touchpoints_by_customer
        WHERE customer_id IS NOT NULL AND campaign <> '' GROUP BY ALL
    ), last_orders AS (
        SELECT customer_id, max(event_time) AS last_order_at FROM orders WHERE kind = 'purchase' GROUP BY ALL
    ), reached AS (
        SELECT campaign, sum(touches)::BIGINT AS touches, count(*) AS customers,
               count(*) FILTER (last_order_at > first_at) AS buyers,
               min(first_at) AS first_at, max(last_at) AS last_at
        FROM touched LEFT JOIN last_orders USING (customer_id) GROUP BY campaign
    )
    SELECT campaign, touches, customers, identifiers, touches / customers AS frequency, channels, buyers,
           first_at, last_at
    FROM reached JOIN spread USING (campaign)
    """,
)

REACH_BY_CHANNEL: Final = View(
    "reach_by_channel",
    "One row a channel with touchpoints of customers up to the moment.",
    {
        "channel": "The channel.",
        "touches": "Touchpoints on it.",
        "customers": "Customers on it, each once.",
        "only_here": "Those of them who are on no other channel.",
        "share": "Share of all customers with touchpoints who are on it, from 0 to 1.",
        "frequency": "Touchpoints by customer.",
    },
    """
    WITH touched AS (
        SELECT customer_id, source AS channel, count(*) AS touches
        FROM touchpoints_by_customer WHERE customer_id IS NOT NULL GROUP BY ALL
    ), spread AS (
        SELECT *, count(*) OVER (PARTITION BY customer_id) AS channels FROM touched
    )
    SELECT channel, sum(touches)::BIGINT AS touches, count(*) AS customers,
           count(*) FILTER (channels = 1) AS only_here,
           count(*) / (SELECT count(DISTINCT customer_id) FROM touched) AS share,
           sum(touches) / count(*) AS frequency
    FROM spread GROUP BY channel
    """,
)

CHANNEL_OVERLAP: Final = View(
    "channel_overlap",
    "One row two channels that have customers in common, each pair once.",
    {
        "channel": "The channel that comes first in the alphabet.",
        "other_channel": "The other one.",
        "customers": "Customers with touchpoints on both up to the moment.",
        "share_of_channel": "Their share of the customers on the first, from 0 to 1.",
        "share_of_other": "Their share of the customers on the other, from 0 to 1.",
    },
    """
    WITH touched AS MATERIALIZED (
        SELECT DISTINCT customer_id, source AS channel FROM touchpoints_by_customer WHERE customer_id IS NOT NULL
    ), sizes AS (
        SELECT channel, count(*) AS customers FROM touched GROUP BY channel
    ), pairs AS (
        SELECT one.channel, other.channel AS other_channel, count(*) AS customers
        FROM touched AS one
        JOIN touched AS other ON other.customer_id = one.customer_id AND other.channel > one.channel
        GROUP BY ALL
    )
    SELECT pairs.channel, other_channel, pairs.customers,
           pairs.customers / one.customers AS share_of_channel, pairs.customers / other.customers AS share_of_other
    FROM pairs
    JOIN sizes AS one ON one.channel = pairs.channel
    JOIN sizes AS other ON other.channel = pairs.other_channel
    """,
)
