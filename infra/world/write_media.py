"""Touches out of the house and messages to the app: paid media, push, social media, partners."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Mapping
from typing import ClassVar

from infra.world.campaigns import PUSH, Campaign
from infra.world.journeys import Step
from infra.world.people import Person
from infra.world.write_canonical import CanonicalWriter, Fill, identifier, interaction, known, marketing
from infra.world.writing import BRAND, click_id, paid_campaign
from schemas.records import Touchpoint

OWN_BRAND, COMPETITOR = "onefold-shop", "bergfuchs"
_TOPICS = (("delivery", -0.4), ("quality", 0.4), ("price", -0.1), ("service", 0.2))
"""What is talked about, and the usual sentiment."""


class MediaWriter(CanonicalWriter):
    """Writes what advertising networks, the push service, social networks and partners tell."""

    def _impression(self, touch: Touchpoint, person: Person, step: Step) -> None:
        advertising_id = self.who.advertising_id(person, step.place) if step.number % 2 else None
        touch["identifiers"] = [
            identifier("advertising_id", advertising_id)
            if advertising_id
            else identifier("cookie", self.who.cookie(person, step.place))
        ]
        campaign = paid_campaign(person, step.script)
        touch["marketing"] = marketing(campaign, campaign.cost_micros * 0.01 * (0.5 + self._chance()))

    def _click(self, touch: Touchpoint, person: Person, step: Step) -> None:
        self._clicked(touch, person, step, paid_campaign(person, step.script))

    def _brand_click(self, touch: Touchpoint, person: Person, step: Step) -> None:
        self._clicked(touch, person, step, BRAND)

    def _clicked(self, touch: Touchpoint, person: Person, step: Step, campaign: Campaign) -> None:
        touch["type"] = "click"
        touch["identifiers"] = [identifier("cookie", self.who.cookie(person, step.place))]
        clicked = marketing(campaign, campaign.cost_micros * (0.5 + self._chance()))
        touch["marketing"] = {**clicked, "click_id": click_id(step.number)}

    def _push(self, touch: Touchpoint, person: Person, step: Step) -> None:
        touch["type"] = "push_sent"
        touch["identifiers"] = known(("device_id", self.who.device(person, step.place)))
        touch["marketing"] = marketing(PUSH)

    def _mention(self, touch: Touchpoint, person: Person, step: Step) -> None:
        """Somebody talks about us, or about a competitor, who is liked less."""
        topic, usual = _TOPICS[step.scene % len(_TOPICS)]
        brand = OWN_BRAND if step.number % 4 else COMPETITOR
        mood = usual + (self._chance() - 0.5) - (0.1 if brand == COMPETITOR else 0.0)
        touch["identifiers"] = known(("social_handle", self.who.social_handle(person)))
        touch["interaction"] = interaction(None, round(mood, 2))
        touch["properties"] = {
            "network": "fotogram",
            "likes": str(step.number % 200),
            "topic": topic,
            "brand": brand,
        }

    def _social_profile(self, touch: Touchpoint, person: Person, _step: Step) -> None:
        touch["type"] = "profile_update"
        touch["identifiers"] = known(
            ("social_handle", self.who.social_handle(person)), ("email", self.who.email(person))
        )
        touch["traits"] = {"first_name": person.first_name}

    def _partner(self, touch: Touchpoint, person: Person, step: Step) -> None:
        touch["type"] = "profile_update"
        touch["party"] = "second" if step.number % 3 else "third"
        touch["identifiers"] = [identifier("email", self.who.email(person))]
        if person.habit != "prospect" and self._chance() < 0.3:
            touch["identifiers"].append(identifier("phone", self.who.typed_phone(person)))
        touch["traits"] = self.who.forms.registration(person)
        touch["properties"] = {"segment": f"segment-{step.number % 12}"}

    KINDS: ClassVar[Mapping[str, tuple[str, Fill]]] = {
        "impression": ("paid", _impression),
        "paid_click": ("paid", _click),
        "brand_click": ("paid", _brand_click),
        "push_sent": ("mobile", _push),
        "push_daily": ("mobile", _push),
        "mention": ("social", _mention),
        "social_profile": ("social", _social_profile),
        "partner_profile": ("partner", _partner),
    }
