"""App events to touchpoints."""

import json
from functools import partial

from schemas.collecting import Collected
from schemas.money import micros
from schemas.reasons import Problem
from schemas.records import Identifier, MobileEvent, Order, Touchpoint


def from_mobile(event: MobileEvent) -> Touchpoint:
    """Map an app's event.

    An event with an order number and a revenue is a transaction; its products are in the property ``skus``, a
    JSON list, because the app does not tell their prices. A locale such as de_DE becomes the language de-DE. The
    answer to the push dialogue is a consent to marketing by push.

    Raises:
        RejectedError: the revenue is no usable number, or has no currency; it tells both.
    """
    identifiers: list[Identifier] = []
    if event["user_id"] is not None:
        identifiers.append({"type": "customer_id", "value": event["user_id"]})
    if event["device_id"] is not None:
        identifiers.append({"type": "device_id", "value": event["device_id"]})
    if event["advertising_id"] is not None:
        identifiers.append({"type": "advertising_id", "value": event["advertising_id"]})
    push_allowed = event["push_allowed"]
    return {
        "event_id": event["id"],
        "event_time": event["timestamp"],
        "type": event["name"],
        "identifiers": identifiers,
        "traits": {"language": event["locale"].replace("_", "-")} if event["locale"] else {},
        "order": _order(event),
        "marketing": None,
        "consents": []
        if push_allowed is None
        else [
            {
                "purpose": "marketing",
                "channel": "push",
                "state": "granted" if push_allowed else "denied",
                "text_version": None,
            }
        ],
        "interaction": None,
        "party": "first",
        "properties": _properties(event),
    }


def _order(event: MobileEvent) -> Order | None:
    order_id, revenue = event["order_id"], event["revenue"]
    if not order_id or revenue is None:
        return None
    found = Collected()
    amount = found.get(partial(micros, revenue, "revenue"), 0)
    currency = event["currency"] or ""
    if not currency:
        found.add(Problem("missing_field", "a revenue needs a currency", "currency"))
    found.check()
    return {
        "order_id": order_id,
        "amount_micros": amount,
        "currency": currency,
        "margin_micros": None,
        "items": [],
    }


def _properties(event: MobileEvent) -> dict[str, str]:
    properties = event["params"].copy()
    if event["os"]:
        properties["os"] = event["os"]
    if event["app_version"]:
        properties["app_version"] = event["app_version"]
    if event["screen"]:
        properties["screen"] = event["screen"]
    if event["skus"]:
        properties["skus"] = json.dumps(event["skus"])
    return properties
