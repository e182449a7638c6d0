"""Views of touchpoints by the customer they belong to."""

from typing import Final

from sinks.views.view import View

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

JOURNEYS: Final = View(
    "journeys",
    "One row a step of a customer's journey, numbered by event time.",
    {
        "customer_id": "The customer.",
        "step": "1 for the first touchpoint.",
        "event_time": "When it happened, UTC.",
        "seconds_since_previous": "Time since the step before, in seconds; empty for the first.",
        "channel": "Source of the touchpoint.",
        "previous_channel": "Channel of the step before; empty for the first.",
        "type": "page_view, purchase, return, call ...",
        "campaign": "Campaign name or id.",
        "order_id": "Order or receipt number.",
        "amount": "Total of the order in currency units.",
        "currency": "ISO 4217 code of the amount.",
        "event_id": "Unique within its source.",
    },
    """
    SELECT customer_id,
           row_number() OVER journey AS step,
           event_time,
           epoch(event_time - lag(event_time) OVER journey) AS seconds_since_previous,
           source AS channel,
           lag(source) OVER journey AS previous_channel,
           type, campaign, order_id, amount, currency, event_id
    FROM touchpoints_by_customer
    WHERE customer_id IS NOT NULL
    WINDOW journey AS (PARTITION BY customer_id ORDER BY event_time, event_id, source)
    """,
)
