"""Touches of the sources that send the canonical form: e-mail, paid media, social media, partners, CRM."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Callable, Mapping

from infra.world.campaigns import OFFERS, Campaign
from infra.world.journeys import Step
from infra.world.people import Person
from infra.world.writing import LETTER, Writer, click_id, letter_campaign, paid_campaign
from schemas.records import Identifier, Marketing, Touchpoint

_TEXT_VERSION = "2026-01"


class CanonicalWriter(Writer):
    """Writes touchpoints."""

    def write(self, person: Person, step: Step, event_id: str) -> Touchpoint:
        """The touchpoint of a step of one of the kinds in `KINDS`."""
        touch: Touchpoint = {
            "event_id": event_id,
            "event_time": step.event_time,
            "type": step.kind,
            "identifiers": [],
            "traits": {},
            "order": None,
            "marketing": None,
            "consents": [],
            "interaction": None,
            "party": "first",
            "properties": {},
        }
        self.KINDS[step.kind][1](self, touch, person, step)
        return touch

    def _letter(self, touch: Touchpoint, person: Person, _step: Step) -> None:
        touch["identifiers"] = [_identifier("email", self.who.email(person))]
        touch["marketing"] = _marketing(letter_campaign(person))

    def _letter_click(self, touch: Touchpoint, person: Person, step: Step) -> None:
        self._letter(touch, person, step)
        if self._chance() < 0.7:
            touch["identifiers"].append(_identifier("cookie", self.who.cookie(person, step.place)))
        touch["type"] = "click"
        if touch["marketing"]:
            touch["marketing"]["cost_micros"] = letter_campaign(person).click_cost_micros
            touch["marketing"]["currency"] = "EUR"

    def _unsubscribe(self, touch: Touchpoint, person: Person, _step: Step) -> None:
        touch["type"] = "consent"
        touch["identifiers"] = [_identifier("email", self.who.email(person))]
        touch["consents"] = [
            {
                "purpose": "marketing",
                "channel": "email",
                "state": "withdrawn",
                "text_version": _TEXT_VERSION,
            }
        ]

    def _offer(self, touch: Touchpoint, person: Person, _step: Step) -> None:
        touch["identifiers"] = [_identifier("email", self.who.email(person))]
        marketing = _marketing(LETTER)
        marketing["offer_id"] = OFFERS[person.index % len(OFFERS)]
        touch["marketing"] = marketing

    def _impression(self, touch: Touchpoint, person: Person, step: Step) -> None:
        advertising_id = self.who.advertising_id(person, step.place) if step.number % 2 else None
        touch["identifiers"] = [
            _identifier("advertising_id", advertising_id)
            if advertising_id
            else _identifier("cookie", self.who.cookie(person, step.place))
        ]
        self._paid(touch, paid_campaign(person), share=0.01)

    def _click(self, touch: Touchpoint, person: Person, step: Step) -> None:
        touch["type"] = "click"
        touch["identifiers"] = [_identifier("cookie", self.who.cookie(person, step.place))]
        self._paid(touch, paid_campaign(person), share=1.0)
        if touch["marketing"]:
            touch["marketing"]["click_id"] = click_id(step.number)

    def _paid(self, touch: Touchpoint, campaign: Campaign, share: float) -> None:
        marketing = _marketing(campaign)
        cost = campaign.click_cost_micros * share * (0.5 + self._chance())
        marketing["cost_micros"] = int(cost)
        marketing["currency"] = "EUR"
        touch["marketing"] = marketing

    def _mention(self, touch: Touchpoint, person: Person, step: Step) -> None:
        touch["type"] = "mention"
        touch["identifiers"] = _known(("social_handle", self.who.social_handle(person)))
        touch["properties"] = {"network": "fotogram", "likes": str(step.number % 200)}

    def _social_profile(self, touch: Touchpoint, person: Person, _step: Step) -> None:
        touch["type"] = "profile_update"
        touch["identifiers"] = _known(
            ("social_handle", self.who.social_handle(person)), ("email", self.who.email(person))
        )
        touch["traits"] = {"first_name": person.first_name}

    def _partner(self, touch: Touchpoint, person: Person, step: Step) -> None:
        touch["type"] = "profile_update"
        touch["party"] = "second" if step.number % 3 else "third"
        touch["identifiers"] = [_identifier("email", self.who.email(person))]
        if person.habit != "prospect" and self._chance() < 0.3:
            touch["identifiers"].append(_identifier("phone", self.who.typed_phone(person)))
        touch["traits"] = self.who.forms.registration(person)
        touch["properties"] = {"segment": f"segment-{step.number % 12}"}

    def _crm(self, touch: Touchpoint, person: Person, _step: Step) -> None:
        touch["type"] = "profile_update"
        customer_id = self.who.customer_id(person) if person.customer_id and self._chance() < 0.8 else None
        touch["identifiers"] = _known(
            ("crm_id", self.who.crm_id(person)),
            ("customer_id", customer_id),
            ("email", self.who.typed_email(person)),
        )
        if self._chance() < 0.7:
            touch["identifiers"].append(_identifier("phone", self.who.typed_phone(person)))
        touch["traits"] = self.who.forms.registration(person)
        touch["traits"]["language"] = person.household.country.language

    def _survey(self, touch: Touchpoint, person: Person, step: Step) -> None:
        touch["identifiers"] = [_identifier("email", self.who.email(person))]
        touch["interaction"] = {
            "reason": "satisfaction",
            "outcome": f"{1 + step.number % 5} of 5",
            "duration_seconds": None,
            "agent": None,
            "sentiment": (step.number % 5 - 2) / 2,
        }

    KINDS: Mapping[str, tuple[str, Callable[["CanonicalWriter", Touchpoint, Person, Step], None]]] = {
        "email_open": ("email", _letter),
        "email_click": ("email", _letter_click),
        "unsubscribe": ("email", _unsubscribe),
        "offer_made": ("email", _offer),
        "offer_accepted": ("email", _offer),
        "offer_declined": ("email", _offer),
        "impression": ("paid", _impression),
        "paid_click": ("paid", _click),
        "mention": ("social", _mention),
        "social_profile": ("social", _social_profile),
        "partner_profile": ("partner", _partner),
        "crm_update": ("crm", _crm),
        "survey": ("crm", _survey),
    }
    """The source of each kind of step and what the kind fills in."""


def _identifier(kind: str, value: str) -> Identifier:
    return {"type": kind, "value": value}


def _known(*pairs: tuple[str, str | None]) -> list[Identifier]:
    return [{"type": kind, "value": value} for kind, value in pairs if value]


def _marketing(campaign: Campaign) -> Marketing:
    return {
        "campaign": campaign.name,
        "medium": campaign.medium,
        "source": campaign.source,
        "click_id": None,
        "offer_id": None,
        "cost_micros": None,
        "currency": None,
    }
