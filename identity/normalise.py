"""Identifiers made comparable. Raw values stay on the touchpoint as they came; these are for matching only."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from identity.cleaning import clean_text, fold_case
from identity.emails import normalise_email
from identity.nodes import node_id
from identity.phones import is_nobodys, normalise_phone
from identity.policy import IdentifierRule, IdentityPolicy
from schemas.accepted import Node
from schemas.records import Identifier
from schemas.whole import whole

CACHED_IDENTIFIERS = 200_000
CACHED_TYPES = 1_000

_NO_LETTER = re.compile(r"[\W_]+")
_UUID = re.compile(r"(?:urn:uuid:)?\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?")
_DIGEST = re.compile(r"(?:[0-9a-f]{8}){5,16}")
_LEAST_OF_UUID = 32


def normalise_text(value: str) -> str:
    """Return clean text; a UUID in its usual form and a digest in lower case, since neither has a case."""
    text = whole(clean_text(value))
    if len(text) < _LEAST_OF_UUID:
        return text
    lowered = text.lower()
    if found := _UUID.fullmatch(lowered):
        return "-".join(found.groups())
    return lowered if _DIGEST.fullmatch(lowered) else text


def normalise_caseless(value: str) -> str:
    """Return the same without a difference of case."""
    return fold_case(normalise_text(value))


def normalise_handle(value: str) -> str:
    """Return a name in a social network without a difference of case and the ``@`` in front of it.

    A profile's address (URL) is not read: it names the network too, and two networks' ``ann`` may be two people.
    """
    return normalise_caseless(normalise_caseless(value).removeprefix("@"))


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
        self._by_kind: Mapping[str, Callable[[str, str, IdentifierRule], str | None]] = {
            "email": _email,
            "phone": lambda value, region, _: normalise_phone(whole(value), region),
            "text": lambda value, _, __: normalise_text(value),
            "caseless": lambda value, _, __: normalise_caseless(value),
            "handle": lambda value, _, __: normalise_handle(value),
        }
        self.known_types: Collection[str] = tuple(policy.identifiers)
        self._types = {folded_type(name): name for name in policy.identifiers}
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
        strength = self._policy.strength
        nodes = sorted(found.values(), key=lambda node: (strength(node["type"], node["value"]), node["value"]))
        return Understood(tuple(nodes), tuple(left_out))

    def node(self, identifier_type: str, value: str) -> Node | None:
        """Return the node of one identifier as anybody would write it; None where it names nobody."""
        known = self.known_type(identifier_type)
        read = None if known is None else self.read(known, value, self._policy.default_region)
        return None if read is None or isinstance(read, str) else read

    def _known_type(self, told: str) -> str | None:
        """Return the policy's name of a type, however it is written; None where it has no such type."""
        return told if told in self._policy.identifiers else self._types.get(folded_type(told))

    def _read(self, identifier_type: str, value: str, region: str) -> Node | Reason:
        """Return the node of one identifier of a known type, or why it is none."""
        rule = self._policy.identifiers[identifier_type]
        if len(value) > self._policy.max_value_length:
            return "too_long"
        cleaned = clean_text(value)
        if not cleaned:
            return "blank"
        normalised = self._by_kind[rule.normalisation](value, region, rule)
        forms = [cleaned] if normalised in {None, cleaned} else [cleaned, str(normalised)]
        if any(self._is_nobodys(identifier_type, rule, form) for form in forms):
            return "placeholder"
        if not normalised:
            return "malformed"
        return {
            "node_id": node_id(self._key, identifier_type, normalised),
            "type": identifier_type,
            "value": normalised,
        }

    def _is_nobodys(self, identifier_type: str, rule: IdentifierRule, form: str) -> bool:
        """Whether a value, as it was told or normalised, names nobody."""
        if rule.normalisation == "phone" and is_nobodys(form, self._policy.placeholders):
            return True
        return self._policy.is_placeholder(identifier_type, form)


def _email(value: str, _: str, rule: IdentifierRule) -> str | None:
    return normalise_email(value, ignore_plus_tag=rule.ignore_plus_tag, ignore_gmail_dots=rule.ignore_gmail_dots)


def folded_type(name: str) -> str:
    """Return the name of a type without what writers differ in: ``customerId``, ``Customer-ID`` and ``customer_id``."""
    return _NO_LETTER.sub("", fold_case(name))
