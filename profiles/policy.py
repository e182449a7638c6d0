"""How traits survive when several touchpoints tell different things."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

TraitRule = Literal["newest", "first", "most_trusted", "longest"]


@dataclass(frozen=True, slots=True)
class ProfilePolicy:
    """What a profile keeps.

    Attributes:
        trait_rules: rule by trait name where it is not ``newest``.
        trusted_sources: from most to least trusted, for the rule ``most_trusted``; sources not named come last.
        recent_touches: how many of the newest touchpoints a profile lists.
        max_names: how many different traits, types of touchpoint, currencies and consents one profile may have, each;
            the first names in order are kept.
    """

    trait_rules: Mapping[str, TraitRule] = field(default_factory=dict)
    trusted_sources: tuple[str, ...] = ()
    recent_touches: int = 10
    max_names: int = 100


def default_profile_policy() -> ProfilePolicy:
    """Return the policy that serves where none is given: legal facts by trust, all else by age."""
    return ProfilePolicy(
        trait_rules={"birth_date": "most_trusted", "first_name": "most_trusted", "last_name": "most_trusted"},
        trusted_sources=("crm", "store", "call", "mobile", "web", "email", "partner", "social", "paid"),
    )
