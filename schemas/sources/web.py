"""Web tracker events to touchpoints."""

from functools import partial

from schemas.collecting import Collected
from schemas.money import micros
from schemas.records import Consent, Identifier, Marketing, Order, Touchpoint, WebEvent, WebTransaction


def from_web(event: WebEvent) -> Touchpoint:
    """Map a web tracker's event.

    The form's fields become traits, with the browser's language where the form names none. An answer in the
    consent banner holds for every channel.

    Raises:
        RejectedError: amounts of the transaction are no usable numbers; it tells all of them.
    """
    identifiers: list[Identifier] = []
    if event["user_id"] is not None:
        identifiers.append({"type": "customer_id", "value": event["user_id"]})
    if event["email"] is not None:
        identifiers.append({"type": "email", "value": event["email"]})
    if event["visitor_cookie"] is not None:
        identifiers.append({"type": "cookie", "value": event["visitor_cookie"]})
    traits = event["form"].copy()
    if event["browser_language"]:
        traits.setdefault("language", event["browser_language"])
    transaction = event["transaction"]
    return {
        "event_id": event["event_id"],
        "event_time": event["collected_at"],
        "type": event["event_name"],
        "identifiers": identifiers,
        "traits": traits,
        "order": _order(transaction) if transaction else None,
        "marketing": _marketing(event),
        "consents": _consents(event["consents"]) if event["consents"] else [],
        "interaction": None,
        "party": "first",
        "properties": _properties(event),
    }


def _order(transaction: WebTransaction) -> Order:
    found = Collected()
    order: Order = {
        "order_id": transaction["transaction_id"],
        "amount_micros": found.get(partial(micros, transaction["total"], "transaction.total"), 0),
        "currency": transaction["currency"],
        "margin_micros": None,
        "items": [
            {
                "sku": product["sku"],
                "name": product["name"],
                "quantity": product["quantity"],
                "price_micros": found.get(partial(micros, product["price"], f"transaction.products.{place}.price"), 0),
            }
            for place, product in enumerate(transaction["products"])
        ],
    }
    found.check()
    return order


def _marketing(event: WebEvent) -> Marketing | None:
    campaign, medium, source = event["utm_campaign"], event["utm_medium"], event["utm_source"]
    click_id = event["click_id"]
    if not (campaign or medium or source or click_id):
        return None
    return {
        "campaign": campaign,
        "medium": medium,
        "source": source,
        "click_id": click_id,
        "offer_id": None,
        "cost_micros": None,
        "currency": None,
    }


def _consents(answers: dict[str, bool]) -> list[Consent]:
    return [
        {
            "purpose": purpose,
            "channel": "*",
            "state": "granted" if granted else "denied",
            "text_version": None,
        }
        for purpose, granted in answers.items()
    ]


def _properties(event: WebEvent) -> dict[str, str]:
    properties = event["params"].copy()
    if event["page_url"]:
        properties["page_url"] = event["page_url"]
    if event["page_title"]:
        properties["page_title"] = event["page_title"]
    if event["referrer"]:
        properties["referrer"] = event["referrer"]
    if event["user_agent"]:
        properties["user_agent"] = event["user_agent"]
    return properties
