"""What a world is made from and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from typing import NamedTuple

from schemas.reasons import Reason

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
_MONTH_DAYS = 30

TOUCHPOINT = "onefold.Touchpoint"
"""Record name of the sources that send the canonical form."""

TEN_MILLION = 10**7
"""Seven-digit telephone numbers are dealt without repetition, so a world holds fewer people than that."""


@dataclass(frozen=True, slots=True)
class WorldConfig:
    """The size and the habits of a world; equal configurations give equal streams. Rates are shares from 0 to 1."""

    customers: int
    touchpoints: int
    """Exactly so many usable touchpoints; duplicates, poison and records made to be rejected come on top."""
    seed: int
    start: int = 1_767_571_200_000
    """First event time, milliseconds since 1970 UTC: 2026-01-05."""
    months: int = 6
    """Length in months of 30 days."""
    duplicate_rate: float = 0.02
    """Touchpoints delivered once more, the same bytes."""
    late_rate: float = 0.01
    """Touchpoints that arrive hours to 30 days after they happened."""
    typo_rate: float = 0.05
    """Typed values with a slip that normalising does not undo."""
    variant_rate: float = 0.3
    """Typed values in another case or format that normalises to the same."""
    blocked_rate: float = 0.004
    """Typed values that stand for nothing: null, 000000, test@test.com."""
    poison_rate: float = 0.0004
    """Poison payloads, and as many again records that ingest must reject; at least one of every kind."""
    missing_rate: float = 0.15
    """Forms without the birth date; as many without the gender, without the address, without the street."""
    lookalike_rate: float = 0.04
    """Customers in another town with the name of another customer and nearly the birth date, rarely the same."""
    namesake_rate: float = 0.02
    """Customers with the name of another customer in the same town. They and the look-alikes live alone, as less than
    a fifth of all do, so there are no more than these."""
    same_name_rate: float = 0.15
    """Sons with the name of their father, at the same address."""
    twin_rate: float = 0.2
    """Households with several children of which two are twins."""
    family_email_rate: float = 0.12
    """Households of several that have one e-mail address for all."""
    landline_rate: float = 0.35
    """Households of several whose members often give the landline as their number."""
    employee_rate: float = 0.08
    """Customers who often give the switchboard of their company as their number, like their colleagues."""
    borrowed_rate: float = 0.01
    """Customers who often give the number of another customer."""
    second_registration_rate: float = 0.1
    """Members registered a second time, under another loyalty card or CRM number, with a slip."""
    mistyped_card_rate: float = 0.25
    """Loyalty cards, of people registered once, that cannot be scanned: their number is typed, mostly with the same
    wrong digit."""
    anonymous_rate: float = 0.12
    """Customers who never log in."""
    prospect_rate: float = 0.06
    """Customers known from campaigns and partners only."""
    kiosk_rate: float = 0.15
    """Customers who use the kiosk of their store."""
    tablet_rate: float = 0.3
    """Households of several with a tablet that more than one uses."""

    def __post_init__(self) -> None:
        if not 0 < self.customers < TEN_MILLION:
            message = f"customers must be from 1 to {TEN_MILLION - 1}, not {self.customers}"
            raise ValueError(message)
        if self.touchpoints < 0 or self.months < 1:
            message = "touchpoints must not be negative and months at least 1"
            raise ValueError(message)

    @property
    def end(self) -> int:
        """No event of a customer happens at or after this time, milliseconds since 1970 UTC."""
        return self.start + self.months * _MONTH_DAYS * DAY_MS

    @property
    def stores(self) -> int:
        """Number of stores, so that some hundred customers share a kiosk where there are enough."""
        return min(max(self.customers // 8000, 1), 60)

    @property
    def name(self) -> str:
        """Eight hexadecimal digits: the same for equal configurations."""
        return blake2b(repr(self).encode(), digest_size=4).hexdigest()

    def random(self, purpose: str) -> Random:
        """A source of chance for one purpose, untouched by how much another one draws."""
        return Random(f"{self.seed}/{purpose}")  # noqa: S311 a reproducible world, no secrets


class Emission(NamedTuple):
    """A record on its way to the topic of its source. A duplicate shares the record: do not change it."""

    arrived_at: int
    """When it reaches the topic, milliseconds since 1970 UTC; never decreases along the stream."""
    source: str
    """web, mobile, store, call, email, paid, social, partner or crm."""
    record_name: str
    """Full Avro name: of the raw record, or of the canonical touchpoint."""
    event_id: str
    """Unique in its source."""
    record: Mapping[str, object]
    person: str | None
    """Who it truly was; None for a record made to be rejected."""
    duplicate: bool = False
    """Whether the same event was emitted before."""
    rejected_as: Reason | None = None
    """Why ingest must reject it, for the records made for that."""


class PoisonEmission(NamedTuple):
    """Bytes that are no record of ours, on their way to the topic of a source."""

    arrived_at: int
    """When they reach the topic, milliseconds since 1970 UTC."""
    source: str
    payload: bytes
