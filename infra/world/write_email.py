"""Touches by e-mail: newsletters, offers, replies, and what is said on marketing there."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Mapping
from typing import ClassVar

from infra.world.campaigns import OFFERS
from infra.world.journeys import Step
from infra.world.people import Person
from infra.world.write_canonical import CanonicalWriter, Fill, consent, identifier, interaction, marketing
from infra.world.writing import COMPLAINT, LETTER, letter_campaign
from schemas.records import Touchpoint


class EmailWriter(CanonicalWriter):
    """Writes what the e-mail system records; it knows people by their address."""

    def _verified(self, touch: Touchpoint, person: Person, _step: Step) -> None:
        touch["identifiers"] = [identifier("email", self.who.email(person))]

    def _letter(self, touch: Touchpoint, person: Person, step: Step) -> None:
        self._verified(touch, person, step)
        touch["marketing"] = marketing(letter_campaign(person, step.scene))

    def _sent(self, touch: Touchpoint, person: Person, step: Step) -> None:
        self._verified(touch, person, step)
        touch["type"] = "email_sent"
        campaign = letter_campaign(person, step.scene)
        touch["marketing"] = marketing(campaign, campaign.cost_micros)

    def _letter_click(self, touch: Touchpoint, person: Person, step: Step) -> None:
        self._letter(touch, person, step)
        touch["type"] = "click"
        if self._chance() < 0.7:
            touch["identifiers"].append(identifier("cookie", self.who.cookie(person, step.place)))

    def _unsubscribe(self, touch: Touchpoint, person: Person, step: Step) -> None:
        self._verified(touch, person, step)
        touch["type"] = "consent"
        touch["consents"] = [consent("email", "withdrawn", step.event_time)]

    def _subscribe(self, touch: Touchpoint, person: Person, step: Step) -> None:
        self._verified(touch, person, step)
        touch["type"] = "consent"
        touch["consents"] = [consent("email", "granted", step.event_time)]

    def _offer(self, touch: Touchpoint, person: Person, step: Step) -> None:
        self._verified(touch, person, step)
        offer = step.script.offer or OFFERS[step.scene % len(OFFERS)]
        touch["marketing"] = {**marketing(LETTER), "offer_id": offer}

    def _reply(self, touch: Touchpoint, person: Person, step: Step) -> None:
        """Our answer to the complaint of the scene."""
        self._verified(touch, person, step)
        touch["interaction"] = interaction(COMPLAINT, None, "refund" if step.scene % 3 else "apology")
        touch["properties"] = {"in_reply_to": self._complaints[step.scene]}

    KINDS: ClassVar[Mapping[str, tuple[str, Fill]]] = {
        "email_verified": ("email", _verified),
        "email_sent": ("email", _sent),
        "email_daily": ("email", _sent),
        "email_bounced": ("email", _letter),
        "email_open": ("email", _letter),
        "email_click": ("email", _letter_click),
        "unsubscribe": ("email", _unsubscribe),
        "subscribe": ("email", _subscribe),
        "offer_made": ("email", _offer),
        "offer_seen": ("email", _offer),
        "offer_accepted": ("email", _offer),
        "offer_declined": ("email", _offer),
        "reply": ("email", _reply),
    }
