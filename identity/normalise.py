"""Identifiers made comparable. Raw values stay on the touchpoint as they came; these are for matching only."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from identity.nodes import node_id
from identity.policy import IdentityPolicy
from schemas.accepted import Node
from schemas.records import Identifier

CACHED_IDENTIFIERS = 200_000
CACHED_TYPES = 1_000

_NO_LETTER = re.compile(r"[\W_]+")

_INVISIBLE = {"Cc", "Cf"}
"""Unicode categories of control characters and of those that only format: zero widths, directions, soft hyphens."""


_PLAIN_EMAIL = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:(?!xn--)[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?:com|net|org|edu|gov|info|biz|[a-z]{2})",
    re.IGNORECASE | re.ASCII,
)
"""Addresses so plain that the library would return them in lower case; a test holds it to that."""
_PLAIN_EMAIL_LENGTH = 64


def clean_text(value: str) -> str:
    """Return the text in NFKC form without surrounding space and invisible or control characters."""
    if value.isascii() and value.isprintable():
        return value.strip()
    visible = "".join(sign for sign in value if unicodedata.category(sign) not in _INVISIBLE)
    return unicodedata.normalize("NFKC", visible).strip()


def fold_case(value: str) -> str:
    """Return clean text without a difference of case (Unicode's NFKC case folding)."""
    return unicodedata.normalize("NFKC", clean_text(value).casefold()).strip()


def normalise_email(value: str) -> str | None:
    """Return the address in lower case with its domain in Unicode, or None where it is none (RFC 5321, 6531)."""
    address = clean_text(value)
    if _PLAIN_EMAIL.fullmatch(address) and len(address) <= _PLAIN_EMAIL_LENGTH:
        return address.casefold()
    try:
        parsed = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return None
    return fold_case(parsed.normalized)


def normalise_phone(value: str, region: str) -> str | None:
    """Return the number in E.164 form, or None where it is none.

    Args:
        value: national or international notation.
        region: ISO 3166 alpha-2 region that a national number is read in.
    """
    try:
        parsed = phonenumbers.parse(clean_text(value), region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None  # too short, too long, or only good within one town
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


Reason = Literal["blank", "placeholder", "unknown_type", "malformed", "too_long"]
"""Why an identifier is left out: nothing visible stands in it; it is a value for nobody; the policy has no such type;
it is none of its type; it is longer than the policy allows."""


class LeftOut(NamedTuple):
    """An identifier that names nobody.

    Attributes:
        type: as it was told.
        reason: why it counts for nothing.
    """

    type: str
    reason: Reason


class Understood(NamedTuple):
    """What the identifiers of a touchpoint say.

    Attributes:
        nodes: strongest first, each once; the first is the anchor.
        left_out: the others, in the order in which they were told.
    """

    nodes: tuple[Node, ...]
    left_out: tuple[LeftOut, ...]


class Normaliser:
    """Turns identifiers into nodes under one policy and key; remembers the ones seen lately."""

    def __init__(self, policy: IdentityPolicy, key: bytes) -> None:
        self._policy = policy
        self._key = key
        self._by_kind: Mapping[str, Callable[[str, str], str | None]] = {
            "email": lambda value, _: normalise_email(value),
            "phone": normalise_phone,
            "text": lambda value, _: clean_text(value),
            "caseless": lambda value, _: fold_case(value),
        }
        self._types = {_folded_type(name): name for name in policy.identifiers}
        self._dialled = {name for name, rule in policy.identifiers.items() if rule.normalisation == "phone"}
        self.known_type = lru_cache(maxsize=CACHED_TYPES)(self._known_type)
        self.read = lru_cache(maxsize=CACHED_IDENTIFIERS)(self._read)

    def understand(self, identifiers: Iterable[Identifier], *, source: str, country: str | None) -> Understood:
        """Return the nodes of a touchpoint, and what of its identifiers is left out.

        Args:
            identifiers: as they were told.
            source: that told them.
            country: ISO 3166 alpha-2, where the touchpoint tells one; telephone numbers are read in it.
        """
        region = country or self._policy.region_of(source)
        found: dict[bytes, Node] = {}
        left_out: list[LeftOut] = []
        for identifier in identifiers:
            told, value = identifier["type"], identifier["value"]
            known = self.known_type(told)
            read = (
                "unknown_type" if known is None else self.read(known, value, region if known in self._dialled else "")
            )
            if isinstance(read, str):
                left_out.append(LeftOut(told, read))
            else:
                found[read["node_id"]] = read
        rules = self._policy.identifiers
        nodes = sorted(found.values(), key=lambda node: (rules[node["type"]].rank, node["value"]))
        return Understood(tuple(nodes), tuple(left_out))

    def node(self, identifier_type: str, value: str) -> Node | None:
        """Return the node of one identifier as anybody would write it; None where it names nobody."""
        known = self.known_type(identifier_type)
        read = None if known is None else self.read(known, value, self._policy.default_region)
        return None if read is None or isinstance(read, str) else read

    def _known_type(self, told: str) -> str | None:
        return told if told in self._policy.identifiers else self._types.get(_folded_type(told))

    def _read(self, identifier_type: str, value: str, region: str) -> Node | Reason:
        """Return the node of one identifier of a known type, or why it is none."""
        rule = self._policy.identifiers[identifier_type]
        if len(value) > self._policy.max_value_length:
            return "too_long"
        cleaned = clean_text(value)
        if not cleaned:
            return "blank"
        if self._policy.is_blocked(identifier_type, cleaned):
            return "placeholder"
        normalised = self._by_kind[rule.normalisation](value, region)
        if not normalised:
            return "malformed"
        if self._policy.is_blocked(identifier_type, normalised):
            return "placeholder"
        return {
            "node_id": node_id(self._key, identifier_type, normalised),
            "type": identifier_type,
            "value": normalised,
        }


def _folded_type(name: str) -> str:
    """Return the name of a type without what writers differ in: ``customerId``, ``Customer-ID`` and ``customer_id``."""
    return _NO_LETTER.sub("", fold_case(name))
