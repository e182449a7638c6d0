"""What a profile keeps and what counts: traits, goals, segments and the rest that is declared, not programmed.

It is written as the table ``[profile]`` of the policy file, see :mod:`profiles.policy_file` and
``default_profile.toml`` beside it. The stream and the lake's views are made from the same declarations.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from identity.placeholders import Placeholders
from profiles.conditions import Conditions

Survivorship = Literal["newest", "first", "most_trusted", "most_frequent", "longest"]
FoldName = Literal["count", "sum", "mean", "min", "max", "first", "newest", "top", "distinct", "rate", "days"]
Media = Literal["paid", "owned", "earned"]
ExperiencePart = Literal["breakdown", "repeat_contact", "complaint", "abandonment", "sentiment"]

Filter = Mapping[str, tuple[str, ...]]
"""Which touchpoints are meant: of each field one of the values. Fields are those of :mod:`profiles.fields`."""


@dataclass(frozen=True, slots=True)
class TraitDeclaration:
    """A trait that is computed from touchpoints.

    Attributes:
        fold: how values add up, see :mod:`profiles.folds`.
        when: the touchpoints that count.
        value: the field whose value counts; empty for folds that only count.
        hit: of a rate: those of the touchpoints that count which are hits.
        days: of ``days``: how many days are kept, back from the newest one.
        most: how many different values are kept.
        window_days: only touchpoints of so many days up to a moment's count; None: all of them, at every moment. It is
            no part of the repr, which names what is folded where there is no window.
    """

    fold: FoldName
    when: Filter
    value: str = ""
    hit: Filter = field(default_factory=dict)
    days: int = 90
    most: int = 50
    window_days: int | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Goal:
    """Something a touchpoint should lead to.

    Attributes:
        when: the touchpoints that reach it.
        of: the touchpoints that should lead to it; empty: none in particular, so there is no rate.
        minutes: how soon after, by the same customer.
    """

    when: Filter
    of: Filter
    minutes: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A failure on one channel that makes a customer get in touch on another.

    Attributes:
        failure: the touchpoints that failed.
        contact: the touchpoints by which the customer gets in touch.
        reasons: what a contact is about that tells its reason; empty: anything.
        minutes: how soon after the failure.
    """

    failure: Filter
    contact: Filter
    reasons: tuple[str, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class Cap:
    """How many messages a customer may get, over all channels.

    Attributes:
        messages: the touchpoints that are messages.
        most: so many within ``hours``; then no more.
        hours: length of the window that ends now.
    """

    messages: Filter
    most: int
    hours: int


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that may be made.

    Attributes:
        eligible: for whom.
        priority: the highest comes first; of equal ones the first name.
        again_days: not again for so many days after it was made, seen, accepted or declined.
    """

    eligible: Conditions
    priority: int
    again_days: int


@dataclass(frozen=True, slots=True)
class Activation:
    """A decision to take in real time.

    Attributes:
        when: the touchpoints that ask for it.
        minutes: an older one is answered no more.
        purpose: consent purpose that must be granted.
        channel: the channel it must be granted for, where the answer is used.
        cap: name of the cap that must leave room; empty: none.
        traits: what is told of the person.
        offers: how many at most.
    """

    when: Filter
    minutes: int
    purpose: str
    channel: str
    cap: str
    traits: tuple[str, ...]
    offers: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Cut points of recency, frequency and monetary value: each reached one adds a point to a score of 1.

    Attributes:
        recency_days: days since the last purchase, from many to few.
        frequency: number of purchases, from few to many.
        monetary: purchases less returns in the base currency, in its units, from little to much.
    """

    recency_days: tuple[int, int, int, int]
    frequency: tuple[int, int, int, int]
    monetary: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Attribution:
    """How a conversion is credited to the touches before it.

    Attributes:
        days: how long before.
        half_life_days: of time decay.
        first_share: of position-based attribution; what first and last leave is for those between.
        last_share: the same of the last touch.
    """

    days: int
    half_life_days: float
    first_share: float
    last_share: float


@dataclass(frozen=True, slots=True)
class Engagement:
    """How engaged somebody is: so many points for each touchpoint of a type within the last ``days``."""

    days: int
    points: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Service:
    """Contacts with service.

    Attributes:
        contact: the touchpoints by which a customer gets in touch.
        complaint: those of them that complain.
        reply: our answers.
        repeat_days: a contact about the same within so many days of one before is a repeat contact.
    """

    contact: Filter
    complaint: Filter
    reply: Filter
    repeat_days: int


@dataclass(frozen=True, slots=True)
class Abandonment:
    """Something begun and not ended within ``minutes``, such as a checkout."""

    started: Filter
    finished: Filter
    minutes: int


@dataclass(frozen=True, slots=True)
class Experience:
    """The customer-experience index, see :mod:`profiles.experience`.

    Attributes:
        days: what happened within so many days counts.
        base: of a customer to whom nothing good or bad happened.
        points: for each breakdown, repeat_contact, complaint and abandonment, and for a mean sentiment of 1.
    """

    days: int
    base: int
    points: Mapping[ExperiencePart, int]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is kept of a touchpoint from a device whose user does not allow to be measured.

    Attributes:
        property: in which a tracker says with each event whether it is allowed; events that state a consent are kept
            whole, since a refusal must count for the device that it was given on.
        granted: its values that allow.
        identifiers: the types that are left out where it is not allowed.
        untold: where the event does not say: keep or drop them.
    """

    property: str
    granted: tuple[str, ...]
    identifiers: tuple[str, ...]
    untold: Literal["keep", "drop"]


@dataclass(frozen=True, slots=True)
class ProfilePolicy:
    """All that is declared of profiles. Immutable; what stands under ``traits`` cannot change without a replay.

    Attributes:
        base_currency: ISO 4217 code that amounts are summed in, where there are rates.
        currency_rates: units of the base currency for one unit of another; what has no rate is kept apart.
        trusted_sources: from most to least trusted, for ``most_trusted``; sources not named come last.
        recent_touches: how many of the newest touchpoints a profile lists.
        max_names: how many different names of each kind one profile may have; the first in order are kept.
        most_orders: how many orders a profile counts; the newest are kept.
        session_minutes: a pause longer than this ends a session.
        survivorship: which value of a told trait survives, by its name, where it is not the newest.
        traits: those that are computed, by name.
        quality: by what a contact address is found to be (verified, bounced ...), the touchpoints that tell it.
        media: the mediums and channels that are paid, owned or earned; of a touch its medium comes first.
        goals: by name.
        breakdowns: by name.
        caps: by name.
        segments: whom each is of, by name.
        offers: by name.
        activations: by name.
        scores: of recency, frequency and monetary value.
        attribution: how conversions are credited.
        engagement: how it is scored.
        service: which touchpoints are service.
        abandonment: by name.
        experience: how it is scored.
        measurement: what is kept where measuring is not allowed.
        placeholders: values that are no trait.
    """

    base_currency: str
    currency_rates: Mapping[str, float]
    trusted_sources: tuple[str, ...]
    recent_touches: int
    max_names: int
    most_orders: int
    session_minutes: int
    survivorship: Mapping[str, Survivorship]
    traits: Mapping[str, TraitDeclaration]
    quality: Mapping[str, Filter]
    media: Mapping[Media, tuple[str, ...]]
    goals: Mapping[str, Goal]
    breakdowns: Mapping[str, Breakdown]
    caps: Mapping[str, Cap]
    segments: Mapping[str, Conditions]
    offers: Mapping[str, Offer]
    activations: Mapping[str, Activation]
    scores: Scores
    attribution: Attribution
    engagement: Engagement
    service: Service
    abandonment: Mapping[str, Abandonment]
    experience: Experience
    measurement: Measurement
    placeholders: Placeholders
