"""Touches as tills and kiosks record them."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Callable, Mapping

from infra.world.catalogue import basket, margin_cents
from infra.world.journeys import Step
from infra.world.people import Person
from infra.world.writing import Writer
from schemas.records import StoreReceipt

_TILLS_WITH_MARGIN = 2


class StoreWriter(Writer):
    """Writes receipts and kiosk sessions."""

    def write(self, person: Person, step: Step, event_id: str) -> StoreReceipt:
        """The receipt of a step of one of the kinds in `KINDS`."""
        receipt: StoreReceipt = {
            "receipt_no": event_id,
            "store_id": self.who.store(person),
            "till": 1 + step.number % 6,
            "closed_at": step.event_time,
            "kind": "visit",
            "loyalty_card": None,
            "email": None,
            "phone": None,
            "kiosk_id": None,
            "cardholder": {},
            "currency": "EUR",
            "total": "0",
            "margin": None,
            "lines": [],
        }
        self.KINDS[step.kind](self, receipt, person, step)
        return receipt

    def _sale(self, receipt: StoreReceipt, person: Person, step: Step) -> None:
        receipt["kind"] = "sale"
        self._show(receipt, person)
        self._total(receipt, person, step)
        if receipt["till"] <= _TILLS_WITH_MARGIN:
            receipt["margin"] = _printed(margin_cents(person, step.scene, step.cents))

    def _return(self, receipt: StoreReceipt, person: Person, step: Step) -> None:
        receipt["kind"] = "return"
        self._show(receipt, person)
        self._total(receipt, person, step)

    def _registration(self, receipt: StoreReceipt, person: Person, _step: Step) -> None:
        receipt["kind"] = "registration"
        receipt["loyalty_card"] = self.who.loyalty_card(person)
        if self._chance() < 0.9:
            receipt["email"] = self.who.typed_email(person)
        if self._chance() < 0.8:
            receipt["phone"] = self.who.typed_phone(person)
        receipt["cardholder"] = self.who.forms.registration(person)

    def _kiosk(self, receipt: StoreReceipt, person: Person, _step: Step) -> None:
        receipt["till"] = 0
        receipt["kiosk_id"] = self.who.kiosk(person)
        roll = self._chance()
        if person.loyalty_card and roll < 0.6:
            receipt["loyalty_card"] = self.who.loyalty_card(person)
        elif roll < 0.8:
            receipt["email"] = self.who.typed_email(person)
        else:
            receipt["phone"] = self.who.typed_phone(person)

    def _show(self, receipt: StoreReceipt, person: Person) -> None:
        """The card, sometimes with an address for the receipt; without a card the address or the number.

        Where the card is not at hand, its number is typed, perhaps wrong, and name and birth date are asked.
        """
        if person.mistyped_card and self._chance() < 0.7:
            receipt["loyalty_card"] = self.who.mistyped_card(person)
            receipt["cardholder"] = self.who.forms.caller(person)
            return
        receipt["loyalty_card"] = self.who.loyalty_card(person)
        if person.loyalty_card:
            if self._chance() < 0.15:
                receipt["email"] = self.who.typed_email(person)
        elif self._chance() < 0.7:
            receipt["email"] = self.who.email(person)
        else:
            receipt["phone"] = self.who.phone(person)

    @staticmethod
    def _total(receipt: StoreReceipt, person: Person, step: Step) -> None:
        receipt["total"] = _printed(step.cents)
        receipt["lines"] = [
            {"sku": product.sku, "description": product.name, "quantity": 1, "unit_price": _printed(price)}
            for product, price in basket(person, step.scene, step.cents)
        ]

    KINDS: Mapping[str, Callable[["StoreWriter", StoreReceipt, Person, Step], None]] = {
        "sale": _sale,
        "sale_later": _sale,
        "store_return": _return,
        "card_registration": _registration,
        "kiosk_visit": _kiosk,
    }
    """What each kind of step fills in."""


def _printed(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02d}"
