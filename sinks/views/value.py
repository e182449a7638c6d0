"""Views of what customers are worth."""

from profiles.policy import ProfilePolicy
from sinks.views.money import in_base
from sinks.views.view import View


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
