"""Views of touchpoints by the customer they belong to, and of the journeys that they make."""

from typing import Final

from profiles.policy import ProfilePolicy
from sinks.engine import quoted
from sinks.views.filters import either, sql_of
from sinks.views.media import media_of
from sinks.views.view import View

IN_ORDER: Final = "event_time, event_id, source"
"""The order of touchpoints everywhere."""


def seconds_between(start: str, end: str) -> str:
    """Return an SQL expression: the time from one TIMESTAMP to another, in seconds."""
    return f"(epoch_ms({end}) - epoch_ms({start})) / 1000"


TOUCHPOINTS_BY_CUSTOMER: Final = View(
    "touchpoints_by_customer",
    "One row a touchpoint up to the moment, with the customer it belongs to; all columns of touchpoints.",
    {
        "customer_id": "The customer, empty while their profile is on its way.",
        "*": "Every column of touchpoints.",
    },
    """
    SELECT identifiers.customer_id, touchpoints.*
    FROM touchpoints
    LEFT JOIN identifiers ON identifiers.node_id = touchpoints.anchor_id
    WHERE event_time <= (SELECT "at" FROM moment)
    """,
)


def journeys(policy: ProfilePolicy) -> View:
    """Return the view ``journeys``."""
    return View(
        "journeys",
        "One row a step of a customer's journey over all channels, numbered by event time.",
        {
            "customer_id": "The customer.",
            "step": "1 for the first touchpoint.",
            "session": f"1 for the first session; a pause longer than {policy.session_minutes} minutes begins another.",
            "event_time": "When it happened, UTC.",
            "seconds_since_previous": "Time since the step before, in seconds; empty for the first.",
            "channel": "Source of the touchpoint.",
            "previous_channel": "Channel of the step before; empty for the first.",
            "media": "paid, owned or earned, by medium, else by channel; empty where the policy names neither.",
            "type": "page_view, purchase, return, call ...",
            "previous_type": "Type of the step before; empty for the first.",
            "campaign": "Campaign name or id.",
            "offer_id": "The offer made, seen, accepted or declined.",
            "reason": "Why the person got in touch.",
            "order_id": "Order or receipt number.",
            "amount": "Total of the order in currency units.",
            "currency": "ISO 4217 code of the amount.",
            "event_id": "Unique within its source.",
        },
        f"""
    WITH steps AS (
        SELECT *, row_number() OVER journey AS step,
               lag(event_time) OVER journey AS previous_time,
               lag(source) OVER journey AS previous_channel,
               lag(type) OVER journey AS previous_type
        FROM (
            SELECT customer_id, event_time, event_id, source, type, campaign, medium, offer_id,
                   interaction_reason AS reason, order_id, amount, currency
            FROM touchpoints_by_customer WHERE customer_id IS NOT NULL
        )
        WINDOW journey AS (PARTITION BY customer_id ORDER BY {IN_ORDER})
    )
    SELECT customer_id, step,
           1 + count(*) FILTER (event_time > previous_time + to_minutes({policy.session_minutes}))
               OVER (PARTITION BY customer_id ORDER BY step) AS session,
           event_time,
           {seconds_between("previous_time", "event_time")} AS seconds_since_previous,
           source AS channel, previous_channel, {media_of(policy, "source", "medium")} AS media,
           type, previous_type, campaign, offer_id, reason, order_id, amount, currency, event_id
    FROM steps
    """,  # noqa: S608 - literals from the policy, quoted
    )


SESSIONS: Final = View(
    "sessions",
    "One row a session of a customer over all channels, which a longer pause than the policy's session_minutes ends.",
    {
        "customer_id": "The customer.",
        "session": "1 for their first session.",
        "started_at": "Event time of its first touchpoint, UTC.",
        "ended_at": "Event time of its last touchpoint, UTC.",
        "seconds": "Time between the two, in seconds; 0 of a single touchpoint.",
        "touches": "Number of touchpoints.",
        "channels": "The channels used, in order of the alphabet.",
        "entry_channel": "Channel of the first touchpoint.",
        "entry_type": "Type of the first touchpoint.",
        "entry_campaign": "Campaign of the first touchpoint.",
        "exit_channel": "Channel of the last touchpoint.",
        "exit_type": "Type of the last touchpoint.",
        "converted": "Whether something was bought.",
        "orders": "Number of purchases; told again, an order counts where its newest statement is.",
        "amount_base": "Amount of these in the base currency, in its units; of those with a rate.",
        "orders_without_rate": "Number of these whose currency has no rate: they are not in amount_base.",
    },
    f"""
    WITH bought AS (
        SELECT event_id, channel, amount_base FROM orders WHERE kind = 'purchase'
    )
    SELECT customer_id, session,
           min(event_time) AS started_at, max(event_time) AS ended_at,
           {seconds_between("min(event_time)", "max(event_time)")} AS seconds,
           count(*) AS touches,
           list_sort(list(DISTINCT channel)) AS channels,
           arg_min(channel, step) AS entry_channel,
           arg_min(type, step) AS entry_type,
           arg_min_null(campaign, step) AS entry_campaign,
           arg_max(channel, step) AS exit_channel,
           arg_max(type, step) AS exit_type,
           count(bought.event_id) > 0 AS converted,
           count(bought.event_id) AS orders,
           coalesce(sum(amount_base), 0) AS amount_base,
           count(bought.event_id) - count(amount_base) AS orders_without_rate
    FROM journeys LEFT JOIN bought USING (channel, event_id)
    GROUP BY customer_id, session
    """,  # noqa: S608 - constants
)

JOURNEY_FLOW: Final = View(
    "journey_flow",
    "One row a step from one kind of touchpoint to the next, as a Sankey diagram draws it: how often it was taken.",
    {
        "from_step": "channel:type of the step before.",
        "to_step": "channel:type of the step.",
        "times": "How often customers went from the one to the other.",
        "customers": "Number of customers who did.",
        "times_in_session": "How often within one session.",
        "median_seconds": "Half of the times it took no longer, in seconds.",
    },
    """
    WITH steps AS (
        SELECT customer_id, previous_channel || ':' || previous_type AS from_step, channel || ':' || type AS to_step,
               seconds_since_previous,
               session = lag(session) OVER (PARTITION BY customer_id ORDER BY step) AS in_session
        FROM journeys
    )
    SELECT from_step, to_step, count(*) AS times, count(DISTINCT customer_id) AS customers,
           count(*) FILTER (in_session) AS times_in_session, median(seconds_since_previous) AS median_seconds
    FROM steps
    WHERE from_step IS NOT NULL
    GROUP BY ALL
    """,
)


def _towards_goals(policy: ProfilePolicy) -> str:
    """Return a query: one row a goal and a touchpoint that reaches it or should lead to it."""
    parts = [
        f"""
        SELECT {quoted(name)} AS goal, {goal.minutes} AS minutes,
               {sql_of(goal.of)} AS is_of, {sql_of(goal.when)} AS is_when,
               customer_id, event_time, event_id, source, type, campaign, order_id
        FROM touchpoints_by_customer
        WHERE customer_id IS NOT NULL AND {either(goal.of, goal.when)}"""  # noqa: S608 - quoted
        for name, goal in policy.goals.items()
    ]
    nothing = """
        SELECT '' AS goal, 0 AS minutes, false AS is_of, false AS is_when,
               customer_id, event_time, event_id, source, type, campaign, order_id
        FROM touchpoints_by_customer WHERE false"""
    return "\n        UNION ALL".join(parts or [nothing])


def goals_reached(policy: ProfilePolicy) -> View:
    """Return the view ``goals_reached``."""
    return View(
        "goals_reached",
        "One row a goal of the policy and a touchpoint of a customer that reaches it, with what led to it: the last "
        "touchpoint before it that should lead to the goal, no longer ago than its minutes.",
        {
            "goal": "Name of the goal.",
            "customer_id": "The customer.",
            "event_time": "When it was reached, UTC.",
            "channel": "Source of the touchpoint that reaches it.",
            "type": "Type of that touchpoint.",
            "event_id": "Its event id, unique within its source.",
            "order_id": "Order or receipt number.",
            "of_channel": "Source of what led to it; empty where nothing did.",
            "of_type": "Type of what led to it.",
            "of_campaign": "Campaign of what led to it.",
            "of_event_id": "Event id of what led to it.",
            "seconds": "Time from there, in seconds.",
        },
        f"""
    WITH told AS ({_towards_goals(policy)}
    ), led AS (
        SELECT *, last_value(CASE WHEN is_of THEN {{'event_time': event_time, 'source': source, 'type': type,
                                                   'campaign': campaign, 'event_id': event_id}} END IGNORE NULLS)
               OVER (PARTITION BY goal, customer_id ORDER BY {IN_ORDER}
                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest
        FROM told
    ), reached AS (
        SELECT *, CASE WHEN newest.event_time + to_minutes(minutes) >= event_time THEN newest END AS led_by
        FROM led WHERE is_when
    )
    SELECT goal, customer_id, event_time, source AS channel, type, event_id, order_id,
           led_by.source AS of_channel, led_by.type AS of_type, led_by.campaign AS of_campaign,
           led_by.event_id AS of_event_id, {seconds_between("led_by.event_time", "event_time")} AS seconds
    FROM reached
    """,  # noqa: S608 - literals from the policy, quoted
    )


def goal_rates(policy: ProfilePolicy) -> View:
    """Return the view ``goal_rates``."""
    return View(
        "goal_rates",
        "One row a goal, and a type, channel and campaign of touchpoints that should lead to it: how many did, beside "
        "all others of the type. Touchpoints whose minutes are not over yet count as not having led to it.",
        {
            "goal": "Name of the goal.",
            "type": "Type of the touchpoints.",
            "channel": "Their source.",
            "campaign": "Their campaign; empty where they have none.",
            "touches": "Number of touchpoints.",
            "reached": "Those after which the same customer reached the goal within its minutes.",
            "rate": "reached by touches, from 0 to 1.",
            "benchmark": "The rate of all touchpoints of the type with another channel or campaign; empty where none.",
            "difference": "rate less benchmark.",
        },
        f"""
    WITH told AS ({_towards_goals(policy)}
    ), followed AS (
        SELECT *, min(CASE WHEN is_when THEN event_time END)
               OVER (PARTITION BY goal, customer_id ORDER BY {IN_ORDER}
                     ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS reached_at
        FROM told
    ), counted AS (
        SELECT goal, type, source AS channel, campaign, count(*) AS touches,
               count(*) FILTER (reached_at <= event_time + to_minutes(minutes)) AS reached
        FROM followed WHERE is_of GROUP BY ALL
    ), compared AS (
        SELECT *, reached / touches AS rate,
               (sum(reached) OVER alike - reached) / nullif(sum(touches) OVER alike - touches, 0) AS benchmark
        FROM counted WINDOW alike AS (PARTITION BY goal, type)
    )
    SELECT *, rate - benchmark AS difference
    FROM compared
    """,  # noqa: S608 - literals from the policy, quoted
    )
