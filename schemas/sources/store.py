"""Receipts of tills and sessions at kiosks to touchpoints."""

from schemas.money import micros, signed_micros
from schemas.records import Identifier, Order, StoreReceipt, Touchpoint
from schemas.touchpoint_types import PURCHASE

_TYPES = {"sale": PURCHASE}


def from_store(receipt: StoreReceipt) -> Touchpoint:
    """Map a receipt: a sale becomes a purchase, the other kinds keep their names.

    Sales and returns are transactions; the kiosk is a device. The fields of a loyalty registration become
    traits.

    Raises:
        RejectedError: an amount or the margin of a sale or return is no usable number.
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
    return {
        "order_id": receipt["receipt_no"],
        "amount_micros": micros(receipt["total"], "total"),
        "currency": receipt["currency"],
        "margin_micros": None if receipt["margin"] is None else signed_micros(receipt["margin"], "margin"),
        "items": [
            {
                "sku": line["sku"],
                "name": line["description"],
                "quantity": line["quantity"],
                "price_micros": micros(line["unit_price"], "lines.unit_price"),
            }
            for line in receipt["lines"]
        ],
    }
