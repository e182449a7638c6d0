"""Receipts of tills and sessions at kiosks to touchpoints."""

from functools import partial

from schemas.collecting import Collected
from schemas.money import micros, signed_micros
from schemas.records import Identifier, Order, StoreReceipt, Touchpoint
from schemas.touchpoint_types import PURCHASE

_TYPES = {"sale": PURCHASE}


def from_store(receipt: StoreReceipt) -> Touchpoint:
    """Map a receipt: a sale becomes a purchase, the other kinds keep their names.

    Sales and returns are transactions; the kiosk is a device. The fields of a loyalty registration become
    traits.

    Raises:
        RejectedError: amounts or the margin of a sale or return are no usable numbers; it tells all of them.
    """
    identifiers: list[Identifier] = []
    if receipt["loyalty_card"] is not None:
        identifiers.append({"type": "loyalty_id", "value": receipt["loyalty_card"]})
    if receipt["email"] is not None:
        identifiers.append({"type": "email", "value": receipt["email"]})
    if receipt["phone"] is not None:
        identifiers.append({"type": "phone", "value": receipt["phone"]})
    if receipt["kiosk_id"] is not None:
        identifiers.append({"type": "device_id", "value": receipt["kiosk_id"]})
    kind = receipt["kind"]
    return {
        "event_id": receipt["receipt_no"],
        "event_time": receipt["closed_at"],
        "type": _TYPES.get(kind, kind),
        "identifiers": identifiers,
        "traits": receipt["cardholder"].copy(),
        "order": _order(receipt) if kind in ("sale", "return") else None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "first",
        "properties": {"store_id": receipt["store_id"], "till": str(receipt["till"])},
    }


def _order(receipt: StoreReceipt) -> Order:
    found = Collected()
    margin = receipt["margin"]
    order: Order = {
        "order_id": receipt["receipt_no"],
        "amount_micros": found.get(partial(micros, receipt["total"], "total"), 0),
        "currency": receipt["currency"],
        "margin_micros": None if margin is None else found.get(partial(signed_micros, margin, "margin"), None),
        "items": [
            {
                "sku": line["sku"],
                "name": line["description"],
                "quantity": line["quantity"],
                "price_micros": found.get(partial(micros, line["unit_price"], f"lines.{place}.unit_price"), 0),
            }
            for place, line in enumerate(receipt["lines"])
        ],
    }
    found.check()
    return order
