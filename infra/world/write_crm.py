"""Touches as the customer relationship system records them, and the points of the loyalty programme."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Mapping
from typing import ClassVar

from infra.world.catalogue import basket, currency, margin_cents
from infra.world.journeys import Step
from infra.world.people import Person
from infra.world.write_canonical import CanonicalWriter, Fill, consent, identifier, interaction, known
from infra.world.writing import order_id
from schemas.records import Touchpoint

CHANNELS = ("email", "sms", "call", "post", "push")
"""What consent to marketing is asked for."""

_MICROS_PER_CENT = 10_000
_CENTS_PER_POINT = 100
_REDEEMED = (-100, -200, -500)
_QUESTIONS = ("How satisfied are you with our service?", "Would you recommend us?", "Was your question answered?")
_ANSWERS = (5, 4, 5, 3, 4, 5, 4, 2, 5, 4)
_ANSWERS_TO_COMPLAINTS = (2, 1, 3, 2, 4, 1)
_SILVER_WEALTH, _GOLD_WEALTH = 1.5, 4.0


class CrmWriter(CanonicalWriter):
    """Writes profiles, preferences, orders told once more, surveys, consent and points."""

    def _profile(self, touch: Touchpoint, person: Person, step: Step) -> None:
        touch["type"] = "profile_update"
        customer_id = self.who.customer_id(person) if person.customer_id and self._chance() < 0.8 else None
        touch["identifiers"] = known(
            ("crm_id", self.who.crm_id(person)),
            ("customer_id", customer_id),
            ("email", self.who.typed_email(person)),
        )
        if self._chance() < 0.7:
            touch["identifiers"].append(identifier("phone", self.who.typed_phone(person)))
        touch["traits"] = self.who.forms.registration(person)
        touch["traits"]["language"] = person.household.country.language
        if self._chance() < 0.5:
            touch["traits"].update(self._preferences(person, step))

    def _preferences(self, person: Person, step: Step) -> dict[str, str]:
        """What somebody prefers, of which the channel changes sometimes."""
        changed = 1 if step.scene % 6 == 0 else 0
        return {
            "preferred_language": person.language.partition("-")[0],
            "preferred_channel": CHANNELS[(person.index + changed) % len(CHANNELS)],
            "preferred_store": self.who.store(person),
            "receipt_preference": "paper" if person.index % 3 == 0 else "email",
            "contact_preference": CHANNELS[(person.index // 5 + changed) % len(CHANNELS)],
        }

    def _order(self, touch: Touchpoint, person: Person, step: Step) -> None:
        """The order of the scene once more, by now with what it earns."""
        touch["type"] = "purchase"
        touch["identifiers"] = known(("crm_id", self.who.crm_id(person)), ("customer_id", self.who.customer_id(person)))
        touch["order"] = {
            "order_id": order_id(step.scene),
            "amount_micros": step.cents * _MICROS_PER_CENT,
            "currency": currency(person, step.scene),
            "margin_micros": margin_cents(person, step.scene, step.cents) * _MICROS_PER_CENT,
            "items": [
                {"sku": line.sku, "name": line.name, "quantity": 1, "price_micros": price * _MICROS_PER_CENT}
                for line, price in basket(person, step.scene, step.cents)
            ],
        }

    def _survey(self, touch: Touchpoint, person: Person, step: Step) -> None:
        """An answer from 1 to 5, a low one as a rule of who complained."""
        complained = step.script.kinds[0].startswith("complaint")
        answers = _ANSWERS_TO_COMPLAINTS if complained else _ANSWERS
        answer = answers[step.number % len(answers)]
        touch["identifiers"] = [identifier("email", self.who.email(person))]
        touch["interaction"] = interaction("satisfaction", (answer - 3) / 2, f"{answer} of 5")
        touch["properties"] = {"question": _QUESTIONS[step.scene % len(_QUESTIONS)], "answer": str(answer)}

    def _consent(self, touch: Touchpoint, person: Person, step: Step) -> None:
        """A form that asks for every channel, of which some are left open."""
        touch["type"] = "consent"
        touch["identifiers"] = known(("crm_id", self.who.crm_id(person)), ("email", self.who.email(person)))
        for channel in CHANNELS:
            roll = self._chance()
            if roll < 0.7:
                touch["consents"].append(consent(channel, "granted" if roll < 0.5 else "denied", step.event_time))

    def _points(self, touch: Touchpoint, person: Person, step: Step) -> None:
        """Points for the purchase of the scene."""
        self._account(touch, person, max(step.cents // _CENTS_PER_POINT, 1))

    def _points_redeemed(self, touch: Touchpoint, person: Person, step: Step) -> None:
        touch["type"] = "points"
        self._account(touch, person, _REDEEMED[step.scene % len(_REDEEMED)])

    def _account(self, touch: Touchpoint, person: Person, points: int) -> None:
        touch["identifiers"] = known(("loyalty_id", self.who.loyalty_card(person)))
        touch["properties"] = {"points": str(points)}
        tier = "gold" if person.wealth > _GOLD_WEALTH else "silver" if person.wealth > _SILVER_WEALTH else "basic"
        touch["traits"] = {"loyalty_tier": tier}

    KINDS: ClassVar[Mapping[str, tuple[str, Fill]]] = {
        "crm_update": ("crm", _profile),
        "crm_order": ("crm", _order),
        "survey": ("crm", _survey),
        "consent_form": ("crm", _consent),
        "points": ("store", _points),
        "points_redeemed": ("store", _points_redeemed),
    }
