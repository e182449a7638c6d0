"""What the writers of the canonical form share."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from infra.world.campaigns import Campaign
from infra.world.journeys import Step
from infra.world.people import Person
from infra.world.writing import Writer
from schemas.records import Consent, ConsentState, Identifier, Interaction, Marketing, Touchpoint

Fill = Callable[[Any, Touchpoint, Person, Step], None]
"""Fills in a touchpoint; the first argument is the writer."""

_NEW_WORDING_AT = 1_775_001_600_000
"""2026-04-01."""


class CanonicalWriter(Writer):
    """Writes touchpoints."""

    KINDS: ClassVar[Mapping[str, tuple[str, Fill]]] = {}
    """The source of each kind of step and what the kind fills in."""

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


def identifier(kind: str, value: str) -> Identifier:
    """An identifier."""
    return {"type": kind, "value": value}


def known(*pairs: tuple[str, str | None]) -> list[Identifier]:
    """The identifiers that there are."""
    return [{"type": kind, "value": value} for kind, value in pairs if value]


def marketing(campaign: Campaign, cost_micros: float | None = None) -> Marketing:
    """The campaign side of a touch; what it cost is in euros."""
    return {
        "campaign": campaign.name,
        "medium": campaign.medium,
        "source": campaign.source,
        "click_id": None,
        "offer_id": None,
        "cost_micros": None if cost_micros is None else int(cost_micros),
        "currency": None if cost_micros is None else "EUR",
    }


def interaction(reason: str | None, sentiment: float | None, outcome: str | None = None) -> Interaction:
    """The service side of a touch without an agent."""
    return {
        "reason": reason,
        "outcome": outcome,
        "duration_seconds": None,
        "agent": None,
        "sentiment": sentiment,
    }


def consent(channel: str, state: ConsentState, time: int) -> Consent:
    """What somebody says on marketing by a channel, under the wording of the time."""
    version = "2026-04" if time >= _NEW_WORDING_AT else "2026-01"
    return {"purpose": "marketing", "channel": channel, "state": state, "text_version": version}
