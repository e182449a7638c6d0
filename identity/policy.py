"""The identity policy: which identifiers there are and what each may do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Normalisation = Literal["email", "phone", "text", "caseless"]


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    """What one type of identifier may do.

    Attributes:
        rank: strength, 0 the strongest; the strongest identifier of an event is its anchor.
        personal: names a person (an e-mail), not a thing that people use (a cookie).
        limit_per_person: how many different ones one person may have.
        max_neighbours: seen together with more different identifiers than this, it is shared and joins nobody.
        normalisation: how values are made comparable.
    """

    rank: int
    personal: bool
    limit_per_person: int
    max_neighbours: int
    normalisation: Normalisation = "text"


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """All that decides who is who. Immutable; a change is a new policy with a new version.

    Attributes:
        version: stands on every profile.
        identifiers: the rule of each type; identifiers of other types are kept but join nobody.
        blocked: normalised, caseless values that are no identifier whatever their type.
        blocked_patterns: the same as regular expressions, matched against the whole value.
        default_region: ISO 3166 alpha-2 region of phone numbers without a country code.
        dominance: how many times more often an identifier must be seen with one person than with the next before it
            counts as that person's; below, it belongs to none of them.
        max_value_length: longer values are no identifier, in characters.
    """

    version: str
    identifiers: Mapping[str, IdentifierRule]
    blocked: frozenset[str]
    blocked_patterns: tuple[re.Pattern[str], ...]
    default_region: str = "DE"
    dominance: float = 3.0
    max_value_length: int = 512

    def is_blocked(self, value: str) -> bool:
        """Whether a normalised value is none that names anybody."""
        folded = value.casefold()
        return folded in self.blocked or any(pattern.fullmatch(folded) for pattern in self.blocked_patterns)


_BLOCKED = (
    "null",
    "none",
    "nil",
    "undefined",
    "unknown",
    "anonymous",
    "anon",
    "guest",
    "nan",
    "n/a",
    "na",
    "-",
    "test",
    "tester",
    "admin",
    "withheld",
    "private",
    "restricted",
    "(null)",
    "true",
    "false",
    "0",
    "-1",
    "test@test.com",
    "test@test.de",
    "test@example.com",
    "noreply@example.com",
    "no@email.com",
    "none@none.com",
    "a@a.com",
    "info@info.com",
    "asdf@asdf.com",
    "abc@abc.com",
    "00000000-0000-0000-0000-000000000000",
)


def _default_rules() -> Mapping[str, IdentifierRule]:
    return {
        "customer_id": IdentifierRule(rank=0, personal=True, limit_per_person=1, max_neighbours=300),
        "loyalty_id": IdentifierRule(
            1, personal=True, limit_per_person=2, max_neighbours=100, normalisation="caseless"
        ),
        "crm_id": IdentifierRule(2, personal=True, limit_per_person=3, max_neighbours=100),
        "email": IdentifierRule(3, personal=True, limit_per_person=5, max_neighbours=100, normalisation="email"),
        "phone": IdentifierRule(4, personal=True, limit_per_person=5, max_neighbours=20, normalisation="phone"),
        "social_handle": IdentifierRule(
            5, personal=True, limit_per_person=5, max_neighbours=50, normalisation="caseless"
        ),
        "device_id": IdentifierRule(6, personal=False, limit_per_person=20, max_neighbours=10),
        "advertising_id": IdentifierRule(
            7, personal=False, limit_per_person=20, max_neighbours=10, normalisation="caseless"
        ),
        "cookie": IdentifierRule(8, personal=False, limit_per_person=100, max_neighbours=10),
    }


def default_policy() -> IdentityPolicy:
    """Return the policy that serves where none is given."""
    repeated_digit = re.compile(r"\+?(\d)\1{4,}")
    zeros_and_dashes = re.compile(r"[0\-]{4,}")
    return IdentityPolicy(
        version="default-1",
        identifiers=_default_rules(),
        blocked=frozenset([*_BLOCKED, "[object object]"]),
        blocked_patterns=(repeated_digit, zeros_and_dashes),
    )
