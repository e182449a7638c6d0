"""The profile policy as it stands in the policy file: the table ``[profile]``, typed and checked."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from hashlib import blake2b
from importlib.resources import files
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from identity.placeholders import Placeholders
from identity.policy_file import (
    PolicyError,
    default_policy_text,
    expected,
    load_toml,
    placeholders_in,
    problem_at,
)
from profiles import fields
from profiles.conditions import Condition, Conditions, Kind, parse_condition
from profiles.facts import FACTS, kind_of_fact
from profiles.policy import (
    Abandonment,
    Activation,
    Attribution,
    Breakdown,
    Cap,
    Engagement,
    Experience,
    ExperiencePart,
    Filter,
    FoldName,
    Goal,
    Measurement,
    Media,
    Offer,
    ProfilePolicy,
    Scores,
    Service,
    Survivorship,
    TraitDeclaration,
)
from schemas.touchpoint_types import TouchpointTypes

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9_-]{0,59}$")]
Path = tuple[str | int, ...]
_Points = dict[Annotated[str, Field(min_length=1)], int]

_NAMED = (
    "survivorship",
    "quality",
    "traits",
    "goals",
    "breakdowns",
    "caps",
    "segments",
    "offers",
    "activations",
    "abandonment",
)
"""Parts whose entries have names of the user's own."""

_KNOWN_TYPES = TouchpointTypes()
_VERSION_BYTES = 8
_NUMBERED = frozenset({"sum", "mean", "min", "max"})
_COUNTING = frozenset({"count", "rate", "days"})
_AMOUNTS = frozenset({"amount", "margin", "cost"})
_MANY = frozenset({"top", "distinct"})
_MOST_IN_WINDOW = 5_000
_T = TypeVar("_T")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


_Wanted = dict[str, Annotated[list[str], Field(min_length=1)]]
_Some = Annotated[_Wanted, Field(min_length=1)]


class _Trait(_Part):
    fold: FoldName
    when: _Wanted = {}
    value: str = ""
    hit: _Wanted = {}
    days: Annotated[int, Field(ge=1, le=400)] = 90
    most: Annotated[int, Field(ge=1, le=500)] = 50
    window_days: Annotated[int, Field(ge=1, le=400)] | None = None


class _Goal(_Part):
    when: _Some
    of: _Wanted = {}
    minutes: Positive = 1440


class _Breakdown(_Part):
    failure: _Some
    contact: _Some
    reasons: list[str] = []
    minutes: Positive = 60


class _Cap(_Part):
    messages: _Some
    most: Annotated[int, Field(ge=1, le=50)]
    hours: Annotated[int, Field(ge=1, le=8_760)]


class _Conditions(_Part):
    all: list[str] = []
    any: list[str] = []
    none: list[str] = []


class _Offer(_Conditions):
    priority: int = 0
    again_days: Annotated[int, Field(ge=0)] = 0


class _Activation(_Part):
    when: _Some
    minutes: Positive = 15
    purpose: Annotated[str, Field(min_length=1)]
    channel: Annotated[str, Field(min_length=1)]
    cap: str = ""
    traits: list[str] = []
    offers: Annotated[int, Field(ge=0, le=20)] = 0


class _Scores(_Part):
    recency_days: Annotated[list[Annotated[int, Field(ge=1, le=36_500)]], Field(min_length=4, max_length=4)]
    frequency: Annotated[list[Positive], Field(min_length=4, max_length=4)]
    monetary: Annotated[list[float], Field(min_length=4, max_length=4)]


class _Attribution(_Part):
    days: Positive
    half_life_days: Annotated[float, Field(gt=0)]
    first_share: Share
    last_share: Share


class _Engagement(_Part):
    days: Annotated[int, Field(ge=1, le=400)]
    points: _Points


class _Service(_Part):
    contact: _Some
    complaint: _Some
    reply: _Some
    repeat_days: Positive


class _Abandonment(_Part):
    started: _Some
    finished: _Some
    minutes: Positive


class _ExperiencePoints(_Part):
    breakdown: int = 0
    repeat_contact: int = 0
    complaint: int = 0
    abandonment: int = 0
    sentiment: int = 0


class _Experience(_Part):
    days: Annotated[int, Field(ge=1, le=400)]
    base: Annotated[int, Field(ge=0, le=100)]
    points: _ExperiencePoints


class _Measurement(_Part):
    property: Annotated[str, Field(min_length=1)]
    granted: Annotated[list[str], Field(min_length=1)]
    identifiers: list[str]
    untold: Literal["keep", "drop"]


class _Media(_Part):
    paid: list[str] = []
    owned: list[str] = []
    earned: list[str] = []


class _Profile(_Part):
    base_currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    trusted_sources: list[str]
    recent_touches: Annotated[int, Field(ge=1, le=100)]
    max_names: Annotated[int, Field(ge=1, le=1_000)]
    most_orders: Annotated[int, Field(ge=1, le=5_000)]
    session_minutes: Positive
    currency_rates: dict[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], Annotated[float, Field(gt=0)]]
    survivorship: dict[str, Survivorship]
    quality: dict[Name, _Some]
    media: _Media
    traits: dict[Name, _Trait]
    goals: dict[Name, _Goal]
    breakdowns: dict[Name, _Breakdown]
    caps: dict[Name, _Cap]
    scores: _Scores
    segments: dict[Name, _Conditions]
    offers: dict[Name, _Offer]
    activations: dict[Name, _Activation]
    attribution: _Attribution
    engagement: _Engagement
    service: _Service
    abandonment: dict[Name, _Abandonment]
    experience: _Experience
    measurement: _Measurement


def parse_profile_policy(text: str) -> ProfilePolicy:
    """Return the profile policy in the text of a policy file; what it leaves out is as in the default one.

    A trait, goal, segment or other part with a name takes the place of the default one of its name; with ``defaults =
    false`` there are none but the file's own.

    Raises:
        PolicyError: with every problem found.
    """
    own = load_toml(text).get("profile", {})
    if not isinstance(own, dict):
        raise PolicyError([problem_at(text, ("profile",), "expected a table")])
    if not isinstance(own.get("defaults", True), bool):
        raise PolicyError([problem_at(text, ("profile", "defaults"), "expected true or false")])
    return _parsed(text, _completed(own))


def _completed(own: Mapping[str, Any]) -> dict[str, Any]:
    table = dict(_default_table())
    if not own.get("defaults", True):
        table |= {part: {} for part in _NAMED}
    for part, told in own.items():
        is_merged = isinstance(told, dict) and isinstance(table.get(part), dict)
        table[part] = {**table[part], **told} if is_merged else told
    table.pop("defaults", None)
    return table


@cache
def default_profile_policy() -> ProfilePolicy:
    """Return the profile policy that serves where none is given."""
    return parse_profile_policy("")


def default_profile_text() -> str:
    """Return the default profile policy as its table in a file, to begin one's own with."""
    return (files("profiles") / "default_profile.toml").read_text("utf-8")


def default_text() -> str:
    """Return the default policy as a whole file: who is one person, and what a profile keeps."""
    return f"{default_policy_text()}\n{default_profile_text()}"


@cache
def _default_table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = tomllib.loads(default_profile_text())["profile"]
    return table


def folding_version(policy: ProfilePolicy) -> bytes:
    """Return a hash of all of a policy that decides what is folded of a touchpoint: to change it takes a replay."""
    marks = [
        {name: goal.when for name, goal in policy.goals.items()},
        {name: (breakdown.failure, breakdown.contact) for name, breakdown in policy.breakdowns.items()},
        {name: (cap.messages, cap.most) for name, cap in policy.caps.items()},
        {name: activation.when for name, activation in policy.activations.items()},
    ]
    bounds = (policy.recent_touches, policy.max_names, policy.most_orders, policy.engagement)
    decisive = [
        policy.traits,
        dict(policy.survivorship),
        policy.trusted_sources,
        policy.quality,
        bounds,
        marks,
        policy.measurement,
    ]
    windows = {name: declared.window_days for name, declared in policy.traits.items() if declared.window_days}
    if windows:  # without any, fragments are what they were before there were windows
        decisive.append(windows)
    return blake2b(repr(decisive).encode(), digest_size=_VERSION_BYTES).digest()


def _parsed(text: str, table: Mapping[str, Any]) -> ProfilePolicy:
    try:
        parsed = _Profile.model_validate(table)
    except ValidationError as error:
        raise PolicyError(
            [problem_at(text, ("profile", *part["loc"]), expected(part)) for part in error.errors()]
        ) from None
    problems = [problem_at(text, ("profile", *path), sentence) for path, sentence in _contradictions(parsed)]
    if problems:
        raise PolicyError(problems)
    return _policy(parsed, placeholders_in(text))


def _contradictions(parsed: _Profile) -> Iterator[tuple[Path, str]]:
    for path, wanted in _filters(parsed):
        for name in wanted:
            yield from _refused(partial(fields.texts, name), path)
    for name, trait in parsed.traits.items():
        yield from _bad_trait(("traits", name), trait)
    yield from _bad_conditions(parsed)
    for name, activation in parsed.activations.items():
        if activation.cap and activation.cap not in parsed.caps:
            yield ("activations", name, "cap"), f"expected the name of a cap, got {activation.cap!r}"
    if parsed.attribution.first_share + parsed.attribution.last_share > 1:
        yield ("attribution",), "expected first_share and last_share to be no more than 1 together"
    yield from _bad_scores(parsed.scores)


def _bad_conditions(parsed: _Profile) -> Iterator[tuple[Path, str]]:
    for kind, groups in (("segments", parsed.segments), ("offers", parsed.offers)):
        for name, group in groups.items():
            for part in ("all", "any", "none"):
                for text in getattr(group, part):
                    yield from _refused(partial(_condition, text, parsed), (kind, name, part))


def _bad_scores(scores: _Scores) -> Iterator[tuple[Path, str]]:
    if scores.recency_days != sorted(scores.recency_days, reverse=True):
        yield ("scores", "recency_days"), "expected cut points from many days to few"
    for part in ("frequency", "monetary"):
        if getattr(scores, part) != sorted(getattr(scores, part)):
            yield ("scores", part), "expected cut points from few to many"


def _filters(parsed: _Profile) -> Iterator[tuple[Path, _Wanted]]:
    for kind, parts in {
        "traits": ("when", "hit"),
        "goals": ("when", "of"),
        "breakdowns": ("failure", "contact"),
        "caps": ("messages",),
        "activations": ("when",),
        "abandonment": ("started", "finished"),
    }.items():
        for name, declared in getattr(parsed, kind).items():
            for part in parts:
                yield (kind, name, part), getattr(declared, part)
    for name, wanted in parsed.quality.items():
        yield ("quality", name), wanted
    for part in ("contact", "complaint", "reply"):
        yield ("service", part), getattr(parsed.service, part)


def _bad_trait(path: Path, trait: _Trait) -> Iterator[tuple[Path, str]]:
    if path[-1] in FACTS:
        yield path, "expected another name: a fact has this one"
    if trait.fold == "mean" and trait.value in _AMOUNTS:
        yield (*path, "value"), "a mean of amounts would mix currencies; the fact average_basket has that of orders"
    if trait.fold in _COUNTING:
        if trait.value:
            yield (*path, "value"), f"a {trait.fold} counts touchpoints and takes no value"
    else:
        read = fields.number if trait.fold in _NUMBERED else fields.texts
        yield from _refused(partial(read, trait.value), (*path, "value"))
    if (trait.fold == "rate") != bool(trait.hit):
        yield (*path, "hit"), "expected of a rate, and of no other fold"
    if trait.window_days is not None:
        yield from _bad_window((*path, "window_days"), trait, trait.window_days)


def _bad_window(path: Path, trait: _Trait, days: int) -> Iterator[tuple[Path, str]]:
    if trait.fold == "days" and days > trait.days:
        yield path, f"expected no more than the {trait.days} days that the trait keeps, got {days}"
    if trait.fold in _MANY and days * trait.most > _MOST_IN_WINDOW:
        sentence = f"so many values are kept of each day: expected days times most up to {_MOST_IN_WINDOW:,}"
        yield path, f"{sentence}, got {days} times {trait.most}"


def _condition(text: str, parsed: _Profile) -> Condition:
    traits = {name: trait.fold for name, trait in parsed.traits.items()}

    def kind(fact: str) -> Kind | None:
        return kind_of_fact(fact, traits, parsed.caps)

    condition = parse_condition(text, kind)
    name, _, days = condition.fact.partition(".")
    trait = parsed.traits.get(name)
    if trait is not None and trait.fold == "days" and days:
        if trait.window_days is not None:
            raise ValueError(f"{name} has a window of its own: expected {name}, got {condition.fact}")
        if int(days) > trait.days:
            raise ValueError(f"{name} keeps {trait.days} days, got {days}")
    return condition


def _refused(attempt: Callable[[], object], path: Path) -> Iterator[tuple[Path, str]]:
    try:
        attempt()
    except ValueError as error:
        yield path, str(error)


def _filter(wanted: _Wanted) -> Filter:
    named = {**wanted, "type": [_type(told) for told in wanted["type"]]} if "type" in wanted else wanted
    return {name: tuple(sorted(set(values))) for name, values in sorted(named.items())}


def _type(told: str) -> str:
    """Return the known type that a policy means, as touchpoints have it; another one is as the policy writes it."""
    return _KNOWN_TYPES.known(told) or told


def _conditions(declared: _Conditions, parsed: _Profile) -> Conditions:
    parts = (declared.all, declared.any, declared.none)
    return Conditions(*(tuple(_condition(text, parsed) for text in part) for part in parts))


def _points(told: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted((_type(name), points) for name, points in told.items()))


def _each(declared: Mapping[str, Any], kind: type[_T]) -> dict[str, _T]:
    """Return declarations as they are used: filters and lists become what cannot change."""
    return {name: _one(part, kind) for name, part in sorted(declared.items())}


def _one(part: BaseModel, kind: type[_T]) -> _T:
    values = {
        name: _filter(value) if isinstance(value, dict) else tuple(value) if isinstance(value, list) else value
        for name, value in part
    }
    return kind(**values)


def _policy(parsed: _Profile, placeholders: Placeholders) -> ProfilePolicy:
    media: dict[Media, tuple[str, ...]] = {
        "paid": tuple(parsed.media.paid),
        "owned": tuple(parsed.media.owned),
        "earned": tuple(parsed.media.earned),
    }
    scores, points = parsed.scores, cast("Mapping[ExperiencePart, int]", parsed.experience.points.model_dump())
    return ProfilePolicy(
        base_currency=parsed.base_currency,
        currency_rates=parsed.currency_rates,
        trusted_sources=tuple(parsed.trusted_sources),
        recent_touches=parsed.recent_touches,
        max_names=parsed.max_names,
        most_orders=parsed.most_orders,
        session_minutes=parsed.session_minutes,
        survivorship=dict(sorted(parsed.survivorship.items())),
        traits=_each(parsed.traits, TraitDeclaration),
        quality={name: _filter(wanted) for name, wanted in sorted(parsed.quality.items())},
        media=media,
        goals=_each(parsed.goals, Goal),
        breakdowns=_each(parsed.breakdowns, Breakdown),
        caps=_each(parsed.caps, Cap),
        segments={name: _conditions(declared, parsed) for name, declared in sorted(parsed.segments.items())},
        offers={
            name: Offer(_conditions(declared, parsed), declared.priority, declared.again_days)
            for name, declared in sorted(parsed.offers.items())
        },
        activations=_each(parsed.activations, Activation),
        scores=Scores(tuple(scores.recency_days), tuple(scores.frequency), tuple(scores.monetary)),  # type: ignore[arg-type]  # four each
        attribution=Attribution(**parsed.attribution.model_dump()),
        engagement=Engagement(parsed.engagement.days, _points(parsed.engagement.points)),
        service=_one(parsed.service, Service),
        abandonment=_each(parsed.abandonment, Abandonment),
        experience=Experience(parsed.experience.days, parsed.experience.base, points),
        measurement=_one(parsed.measurement, Measurement),
        placeholders=placeholders,
    )
