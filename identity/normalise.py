"""Identifiers made comparable. Raw values stay on the touchpoint as they came; these are for matching only."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from identity.nodes import node_id
from identity.policy import IdentityPolicy
from schemas.accepted import Node
from schemas.records import Identifier

CACHED_IDENTIFIERS = 200_000

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


class Normaliser:
    """Turns an event's identifiers into nodes under one policy and key; remembers the ones seen lately."""

    def __init__(self, policy: IdentityPolicy, key: bytes) -> None:
        self._policy = policy
        self._key = key
        self._by_kind: Mapping[str, Callable[[str], str | None]] = {
            "email": normalise_email,
            "phone": lambda value: normalise_phone(value, policy.default_region),
            "text": clean_text,
            "caseless": fold_case,
        }
        self.node = lru_cache(maxsize=CACHED_IDENTIFIERS)(self._node)

    def nodes(self, identifiers: Iterable[Identifier]) -> list[Node]:
        """Return the nodes of an event, strongest first, each once; unusable identifiers are left out."""
        found: dict[bytes, Node] = {}
        for identifier in identifiers:
            node = self.node(identifier["type"], identifier["value"])
            if node is not None:
                found[node["node_id"]] = node
        rules = self._policy.identifiers
        return sorted(found.values(), key=lambda node: (rules[node["type"]].rank, node["value"]))

    def _node(self, identifier_type: str, value: str) -> Node | None:
        """Return the node of one identifier; None where its type is unknown or its value is none or blocked."""
        rule = self._policy.identifiers.get(identifier_type)
        if rule is None or len(value) > self._policy.max_value_length:
            return None
        if self._policy.is_blocked(identifier_type, clean_text(value)):
            return None
        normalised = self._by_kind[rule.normalisation](value)
        if not normalised or self._policy.is_blocked(identifier_type, normalised):
            return None
        return {
            "node_id": node_id(self._key, identifier_type, normalised),
            "type": identifier_type,
            "value": normalised,
        }
