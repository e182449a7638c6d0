"""The types of touchpoints that mean something: the one list of them, and how a source's spelling is read."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

PURCHASE: Final = "purchase"
RETURN: Final = "return"
TAG_ADDED: Final = "tag_added"
TAG_REMOVED: Final = "tag_removed"

ORDER_TYPES: Final = (PURCHASE, RETURN)
"""The types whose order counts; that of any other type is kept, and is no purchase."""

KNOWN_TYPES: Final = (
    "page_view",
    "screen_view",
    "product_view",
    "search",
    "download",
    "share",
    "form",
    "registration",
    "email_verified",
    "login",
    "login_failed",
    "checkout_started",
    "checkout_failed",
    *ORDER_TYPES,
    "product_registered",
    "points",
    "visit",
    "impression",
    "click",
    "email_sent",
    "push_sent",
    "email_open",
    "push_open",
    "email_bounced",
    "offer_made",
    "offer_seen",
    "offer_accepted",
    "offer_declined",
    "consent",
    "call",
    "chat",
    "reply",
    "survey",
    "mention",
    "profile_update",
    "sms_sent",
    TAG_ADDED,
    TAG_REMOVED,
)
"""Those that Onefold gives a meaning, in the order of docs/touchpoint.md. A policy may name more."""

ANOTHER: Final = "another"
"""What stands for a name that is not shown."""

_CACHED: Final = 10_000
_NO_LETTER: Final = re.compile(r"[\W_]+")
_SHOWN: Final = re.compile(r"[$A-Za-z][A-Za-z0-9 _:/-]{0,39}")
_NUMBER: Final = re.compile(r"\d{3}")
_STANDARD: Final = re.compile(
    r"(?:(?<![A-Za-z0-9])|(?-i:(?<=[a-z])(?=[A-Z])))"
    r"(?:sha3?[_-]?(?:224|256|384|512)|blake2[bs][_-]?(?:256|512)|e[_-]?164|iso[_-]?(?:8601|3166|639|4217))(?![A-Za-z0-9])",
    re.IGNORECASE,
)
"""Numbers that name a standard, as they stand in names of fields: email_sha256, phone_e164."""


class TouchpointTypes:
    """The known types, and what a source's spelling of one means.

    Args:
        more: names that the policy in force gives a meaning, besides :data:`KNOWN_TYPES`.
    """

    def __init__(self, more: Iterable[str] = ()) -> None:
        known = {_folded(name) for name in KNOWN_TYPES}
        self.names = (*KNOWN_TYPES, *sorted(name for name in set(more) if _folded(name) not in known))
        self._exact = frozenset(self.names)
        self._folded = {_folded(name): name for name in reversed(self.names)}
        self._by_spelling = lru_cache(maxsize=_CACHED)(self._read)

    def known(self, told: str) -> str | None:
        """Return the known type that a source means; None where there is none.

        Letters count in any case, and what stands between them does not: ``Purchase``, ``PAGE_VIEW``, ``pageView``.
        """
        return told if told in self._exact else self._by_spelling(told)

    def _read(self, told: str) -> str | None:
        return self._folded.get(_folded(told))


def shown_name(told: str) -> str:
    """Return a foreign name of a type if it may stand in logs, metrics and answers, else :data:`ANOTHER`.

    It may where it looks like a name in a program: at most 40 ASCII letters, digits and a few signs, and no number of
    three digits or more but that of a digest or another standard (``email_sha256``). An address or a number that was
    put where a type belongs is never shown.
    """
    return told if _SHOWN.fullmatch(told) and not _NUMBER.search(_STANDARD.sub("", told)) else ANOTHER


def _folded(name: str) -> str:
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", name).casefold())
