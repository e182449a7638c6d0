"""The identity policy: which identifiers there are and what each may do.

It is written as TOML, see :mod:`identity.policy_file` and ``default_policy.toml`` beside it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from identity.placeholders import Placeholders

Normalisation = Literal["email", "phone", "text", "caseless", "handle"]

_SEPARATORS = str.maketrans("", "", "._-")


class Naming(IntEnum):
    """What an identifier names. What names less never makes one of two that hold something that names more."""

    THING = 0
    OFFICE = 1
    PERSON = 2


def mailbox(address: str) -> str:
    """Return the local part of a normalised e-mail address without a plus tag, dots, hyphens and underscores."""
    return address.rpartition("@")[0].partition("+")[0].translate(_SEPARATORS)


@dataclass(frozen=True, slots=True)
class Blocked:
    """Values that are no identifier.

    Attributes:
        values: exact ones, normalised and without difference of case.
        patterns: the same as regular expressions, matched against the whole value.
    """

    values: frozenset[str] = frozenset()
    patterns: tuple[re.Pattern[str], ...] = ()

    def __contains__(self, value: str) -> bool:
        """Whether a value in folded case is one of them."""
        return value in self.values or any(pattern.fullmatch(value) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    """What one type of identifier may do.

    Attributes:
        rank: strength, 0 the strongest, among those that name as much; the strongest identifier of an event is its
            anchor.
        personal: names a person (an e-mail), not a thing that people use (a cookie).
        limit_per_person: how many different ones one person may have.
        max_neighbours: seen together with more different identifiers than this, it is shared and joins nobody.
        normalisation: how values are made comparable.
        limit_days: the limit holds for those first seen within so many days; None: for all.
        blocked: values of this type that are no identifier.
        ignore_plus_tag: what follows a plus in an e-mail address tells nobody apart.
        ignore_gmail_dots: nor do dots in one at Gmail.
        compared: matching compares its values, and takes near ones for slips.
    """

    rank: int
    personal: bool
    limit_per_person: int
    max_neighbours: int
    normalisation: Normalisation = "text"
    limit_days: int | None = None
    blocked: Blocked = Blocked()
    compared: bool = False
    ignore_plus_tag: bool = False
    ignore_gmail_dots: bool = False


@dataclass(frozen=True, slots=True)
class Matching:
    """How records that share no identifier become one person, see :mod:`identity.matching`.

    Attributes:
        unite: people that are one at least so probably are united.
        suggest: of at least this probability, but less than ``unite``, they are suggested to a data steward.
        refuse: an identifier unites no people that are one less probably than this, or than ``unite`` where that is
            less.
        block_cap: of records in a block; in a larger one nothing is compared.
        model: name of the file with the weights; empty: the ones to start with.
    """

    unite: float
    suggest: float
    refuse: float
    block_cap: int
    model: str


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """All that decides who is who. Immutable; a change is a new policy with a new version.

    Attributes:
        version: stands on every profile.
        identifiers: the rule of each type; identifiers of other types are kept but join nobody.
        placeholders: values that name nobody, as identifiers and as traits.
        office_mailboxes: e-mail addresses that an office answers, whoever sits there, as :func:`mailbox` writes them.
        default_region: ISO 3166 alpha-2 region of phone numbers without a country code.
        regions: the same of single sources, by their name.
        dominance: how many times more often an identifier must be seen with one person than with the next before it
            counts as that person's; below, it belongs to none of them.
        max_value_length: longer values are no identifier, in characters.
        max_gathering: how many identifiers gather at one owner at most.
        matching: by names, birth dates, addresses; None: identifiers alone join.
    """

    version: str
    identifiers: Mapping[str, IdentifierRule]
    placeholders: Placeholders
    office_mailboxes: frozenset[str]
    default_region: str
    regions: Mapping[str, str]
    dominance: float
    max_value_length: int
    max_gathering: int
    matching: Matching | None = None

    def region_of(self, source: str) -> str:
        """Return the region in which a source's phone numbers are read where the touchpoint tells none."""
        return self.regions.get(source, self.default_region)

    def is_office(self, identifier_type: str, value: str) -> bool:
        """Whether a normalised value is an e-mail address that an office answers; False for unknown types."""
        rule = self.identifiers.get(identifier_type)
        return rule is not None and rule.normalisation == "email" and mailbox(value) in self.office_mailboxes

    def naming(self, identifier_type: str, value: str) -> Naming:
        """Return what a normalised value of a known type names."""
        if not self.identifiers[identifier_type].personal:
            return Naming.THING
        return Naming.OFFICE if self.is_office(identifier_type, value) else Naming.PERSON

    def strength(self, identifier_type: str, value: str) -> tuple[int, int]:
        """Return how strong a normalised value of a known type is, less is stronger: what names more, then the rank."""
        return -self.naming(identifier_type, value), self.identifiers[identifier_type].rank

    def is_placeholder(self, identifier_type: str, value: str) -> bool:
        """Whether a clean or normalised value names nobody."""
        rule = self.identifiers.get(identifier_type)
        return self.placeholders.has_identifier(value) or (rule is not None and value.casefold() in rule.blocked)
