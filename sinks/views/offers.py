"""Views of offers and of how many messages customers get."""

from typing import Final

from profiles.policy import Cap, ProfilePolicy
from sinks.engine import quoted
from sinks.views.filters import sql_of
from sinks.views.view import View

_STAGES: Final = ("made", "seen", "accepted", "declined")
_OFFERED: Final = ", ".join(quoted(f"offer_{stage}") for stage in _STAGES)


def _each_stage(sql: str) -> str:
    return ", ".join(sql.format(stage=stage) for stage in _STAGES)


OFFERS_BY_CUSTOMER: Final = View(
    "offers_by_customer",
    "One row a customer and an offer that touchpoints up to the moment tell of: how far it came. Touchpoints of the "
    "types offer_made, offer_seen, offer_accepted and offer_declined tell it.",
    {
        "customer_id": "The customer.",
        "offer_id": "The offer.",
        "made": "How often it was made.",
        "seen": "How often it was seen.",
        "accepted": "How often it was accepted.",
        "declined": "How often it was declined.",
        "first_at": "Event time of the first of all these, UTC.",
        "first_channel": "Its channel.",
        "last_at": "Event time of the newest, UTC.",
        "last_channel": "Its channel.",
        "made_channel": "Channel it was made on last; empty where it was never made.",
        "seen_channel": "Channel it was seen on last.",
        "accepted_channel": "Channel it was accepted on last.",
        "declined_channel": "Channel it was declined on last.",
        "status": "The newest stage: made, seen, accepted or declined.",
    },
    f"""
    WITH told AS (
        SELECT customer_id, offer_id, replace(type, 'offer_', '') AS stage, event_time, source AS channel,
               (event_time, event_id, source) AS place
        FROM touchpoints_by_customer
        WHERE customer_id IS NOT NULL AND offer_id <> '' AND type IN ({_OFFERED})
    )
    SELECT customer_id, offer_id,
           {_each_stage("count(*) FILTER (stage = '{stage}') AS {stage}")},
           min(event_time) AS first_at, arg_min(channel, place) AS first_channel,
           max(event_time) AS last_at, arg_max(channel, place) AS last_channel,
           {_each_stage("arg_max(channel, place) FILTER (stage = '{stage}') AS {stage}_channel")},
           arg_max(stage, place) AS status
    FROM told GROUP BY customer_id, offer_id
    """,  # noqa: S608 - constants
)

OFFER_PERFORMANCE: Final = View(
    "offer_performance",
    "One row an offer and the channel that brought it to customers: the one it was made on last, else the first one "
    "that tells of it. What follows on any channel counts for that one.",
    {
        "offer_id": "The offer.",
        "channel": "The channel that brought it.",
        "customers": "Customers it came to.",
        "made": "Those to whom it was made.",
        "seen": "Those who saw it.",
        "accepted": "Those who accepted it, whatever they did later.",
        "declined": "Those who declined it, whatever they did later.",
        "seen_rate": "Share of the customers who saw it, from 0 to 1.",
        "acceptance_rate": "Share of the customers who accepted it, from 0 to 1.",
        "decline_rate": "Share of the customers who declined it, from 0 to 1.",
    },
    f"""
    WITH counted AS (
        SELECT offer_id, coalesce(made_channel, first_channel) AS channel, count(*) AS customers,
               {_each_stage("count(*) FILTER ({stage} > 0) AS {stage}")}
        FROM offers_by_customer GROUP BY ALL
    )
    SELECT *, seen / customers AS seen_rate, accepted / customers AS acceptance_rate,
           declined / customers AS decline_rate
    FROM counted
    """,  # noqa: S608 - constants
)


def message_pressure(policy: ProfilePolicy) -> View:
    """Return the view ``message_pressure``."""
    caps = " UNION ALL ".join(_messages_of(name, cap) for name, cap in policy.caps.items()) or _NO_MESSAGES
    return View(
        "message_pressure",
        "One row a customer and a cap of the policy with messages in the window of its hours that ends at the moment.",
        {
            "customer_id": "The customer.",
            "cap": "Name of the cap.",
            "messages": "Messages within the window over all channels.",
            "by_channel": "Messages within the window by channel.",
            "most": "How many the cap allows.",
            "capped": "Whether there is no room for another one now.",
            "free_again_at": "When there is room again if no more are sent, UTC; empty where there is room now.",
        },
        f"""
    WITH messages AS (
        {caps}
    ), placed AS (
        SELECT *, row_number() OVER (
                      PARTITION BY customer_id, cap ORDER BY event_time DESC, event_id DESC, channel DESC
                  ) AS place
        FROM messages
    )
    SELECT customer_id, cap, count(*) AS messages, histogram(channel) AS by_channel, most,
           count(*) >= most AS capped,
           max(event_time) FILTER (place = most) + to_hours(any_value(hours)) AS free_again_at
    FROM placed GROUP BY customer_id, cap, most
    """,  # noqa: S608 - literals from the policy, quoted
    )


def _messages_of(name: str, cap: Cap) -> str:
    return f"""
        SELECT customer_id, {quoted(name)} AS cap, {cap.most} AS most, {cap.hours} AS hours,
               event_time, event_id, source AS channel
        FROM touchpoints_by_customer
        WHERE customer_id IS NOT NULL AND {sql_of(cap.messages)}
          AND event_time > (SELECT "at" FROM moment) - to_hours({cap.hours})
    """  # noqa: S608 - literals from the policy, quoted


_NO_MESSAGES: Final = """
        SELECT customer_id, '' AS cap, 0 AS most, 0 AS hours, event_time, event_id, source AS channel
        FROM touchpoints_by_customer WHERE false
"""
