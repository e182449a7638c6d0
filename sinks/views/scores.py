"""Views of what models say of customers, as their newest fit has it."""

from typing import Final

from sinks.views.view import View

LOOK_ALIKE: Final = "look_alike/"
"""Models of look-alikes are named by it and the segment."""


def _scored(models: str) -> str:
    """Return CTEs: scored has the rows of the newest fit of each model, by the customer that they belong to now.

    A merge leads on to the survivor, which may itself have merged. UNION, not UNION ALL: a circle would end the walk.

    Args:
        models: condition on the rows of ``scores``.
    """
    return f"""newest AS (
        SELECT model, max(made_at) AS made_at, arg_max(version, made_at) AS version
        FROM scores WHERE {models} GROUP BY model
    ), fitted AS (
        FROM scores SEMI JOIN newest USING (model, made_at, version)
    ), line AS (
        SELECT customer_id AS scored_id, customer_id FROM fitted
        UNION
        SELECT scored_id, merged_into FROM line JOIN profiles USING (customer_id) WHERE status = 'merged'
    ), present AS (
        SELECT scored_id, customer_id FROM line JOIN profiles USING (customer_id) WHERE status = 'active'
    ), scored AS (
        SELECT present.customer_id, model, "values" AS told, reasons, made_at
        FROM fitted JOIN present ON scored_id = fitted.customer_id
    )"""  # noqa: S608 - constants


PREDICTED_VALUE: Final = View(
    "predicted_value",
    "One row a customer of the newest fit of lifetime_value: what they are expected to bring within its horizon, from "
    "the moment that it was made for. Where customers have become one since then, it is what was expected of them "
    "together.",
    {
        "customer_id": "The customer, as they are called now.",
        "probability_alive": "How likely they still buy, from 0 to 1; of several who have become one, that any does. "
        "Of who bought on one day only the model cannot tell: it is 1.",
        "expected_orders": "Expected days with a purchase.",
        "expected_order_value": "What such a day brings on average, in units of the base currency.",
        "predicted_value": "What all of them bring, discounted, in units of the base currency; returns are not taken "
        "off.",
        "historical_value": "Purchases less returns so far, of customer_value, in units of the base currency.",
        "horizon_days": "How far the prediction looks, in days.",
        "reasons": "What sets them apart from the median customer, the strongest first.",
        "made_at": "When it was made; processing time, UTC.",
    },
    f"""
    WITH RECURSIVE {_scored("model = 'lifetime_value'")}, summed AS (
        SELECT customer_id,
               CASE count(*) WHEN 1 THEN any_value(told['probability_alive'])
                             ELSE 1 - product(1 - told['probability_alive']) END AS probability_alive,
               sum(told['expected_orders']) AS expected_orders,
               CASE count(*) WHEN 1 THEN any_value(told['expected_order_value'])
                             ELSE sum(told['expected_orders'] * told['expected_order_value'])
                                  / nullif(sum(told['expected_orders']), 0) END AS expected_order_value,
               sum(told['predicted_value']) AS predicted_value,
               any_value(told['horizon_days']) AS horizon_days,
               arg_max(reasons, told['predicted_value']) AS reasons,
               any_value(made_at) AS made_at
        FROM scored GROUP BY customer_id
    )
    SELECT customer_id, probability_alive, expected_orders, expected_order_value, predicted_value,
           coalesce(revenue_base, 0)::DECIMAL(38, 6) AS historical_value, horizon_days, reasons, made_at
    FROM summed LEFT JOIN customer_value USING (customer_id)
    """,  # noqa: S608 - constants
)

LOOK_ALIKES: Final = View(
    "look_alikes",
    "One row a segment and a customer whom the newest search for it found to be like its members, and who was none "
    "then. It says nothing of consent: see consent_permissions.",
    {
        "segment": "Name of the segment.",
        "customer_id": "The customer, as they are called now.",
        "rank": "1 for the most similar.",
        "similarity": "Estimated probability to be of the kind that the members are, from 0 to 1; the best may all "
        "have 1.",
        "lift": "How many times as likely to be a member as the average of those among whom the search looked.",
        "features": "What makes them similar, the strongest first.",
        "made_at": "When they were found; processing time, UTC.",
    },
    f"""
    WITH RECURSIVE {_scored(f"starts_with(model, '{LOOK_ALIKE}')")}, found AS (
        SELECT model, customer_id, told['rank'] AS found_rank, told['similarity'] AS similarity,
               told['lift'] AS lift, reasons, made_at
        FROM scored
        QUALIFY row_number() OVER (PARTITION BY model, customer_id ORDER BY found_rank) = 1
    )
    SELECT substr(model, {len(LOOK_ALIKE) + 1}) AS segment, customer_id,
           row_number() OVER (PARTITION BY model ORDER BY found_rank, customer_id) AS rank,
           similarity, lift, reasons AS features, made_at
    FROM found
    """,  # noqa: S608 - constants
)
