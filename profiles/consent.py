"""Whether consent permits: of a customer's statements, which one decides. Pure and free of order.

The one rule. A statement bears on its purpose and channel; one on every channel (``*``) bears on each, and a denial of
every purpose (``*``) on each purpose. Something is permitted where it was granted, and where every denial that bears on
it was lifted since: by a later grant that is as specific in its channel. Of the same moment a denial holds. So who
unsubscribed from e-mail stays so when a banner grants every channel, until e-mail itself is granted again.

A denial denies more, not nothing, where nobody knows what it is about: of an unknown purpose every purpose, of an
unknown channel every channel. A grant is for what it names: one that names no purpose grants nothing.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

MOST_GRANTS = 10
"""How many grants on a purpose and channel count, those with the newest event times."""

ANY = "*"
"""Every purpose, or every channel; no other name normalises to it."""

ANY_WORDS = frozenset({"all", "any", "every", "everything", "all_channels", "all_purposes", "global"})
"""Names, besides blank ones and those without a letter or digit, that mean every purpose or channel."""

CHANNEL_SPELLINGS: Mapping[str, str] = {
    "e_mail": "email",
    "emails": "email",
    "e_mails": "email",
    "text": "sms",
    "text_message": "sms",
    "text_messages": "sms",
    "phone": "call",
    "telephone": "call",
    "phone_call": "call",
    "calls": "call",
    "push_notification": "push",
    "push_notifications": "push",
    "postal": "post",
    "postal_mail": "post",
    "direct_mail": "post",
    "letter": "post",
}
"""Other names of a channel. ``mail`` is none of them: it is e-mail to some and the post to others."""

PERSONAL = frozenset({"customer_id", "crm_id", "loyalty_id", "email", "phone", "social_handle"})
"""Identifier types by which a customer claims another one that was seen with them; a device may be anybody's."""


class Known(NamedTuple):
    """The purposes and channels that somebody asks for or uses, normalised."""

    purposes: frozenset[str]
    channels: frozenset[str]


STANDARD = Known(
    frozenset(
        {
            "marketing", "analytics", "profiling", "advertising", "personalization", "personalisation", "functional",
            "necessary", "performance", "security", "service", "transactional", "newsletter", "research", "statistics",
            "preferences", "targeting", "social_media", "sale_of_data", "data_sharing", "third_party",
            "ad_storage", "ad_user_data", "ad_personalization", "analytics_storage", "functionality_storage",
            "personalization_storage", "security_storage",
        }
    ),
    frozenset(
        {
            "web", "mobile", "store", "call", "email", "paid", "social", "partner", "crm",
            "sms", "mms", "push", "web_push", "in_app", "post", "fax", "chat", "whatsapp", "messenger", "rcs",
        }
    ),
)  # fmt: skip
"""Known under any policy: those of consent platforms and tag managers, our sources, and how people are reached."""


_CAUTION = {"granted": 0, "denied": 1, "withdrawn": 2}
"""What is none of them, as unknown, denies most."""


class Statement(NamedTuple):
    """What a person said on a purpose and a channel.

    Attributes:
        purpose: normalised by :func:`purpose_name`.
        channel: normalised by :func:`channel_name`.
        state: granted, denied, withdrawn or unknown.
        time: when it counts as said (:func:`said_at`), in milliseconds since 1970 UTC.
        event_id: of its touchpoint.
        source: of its touchpoint.
        text_version: of the wording.
    """

    purpose: str
    channel: str
    state: str
    time: int
    event_id: str
    source: str
    text_version: str | None


class Decision(NamedTuple):
    """Whether something is permitted, and the statement that decides; None where none was made, or one is not kept."""

    permitted: bool
    by: Statement | None


NOTHING_SAID = Decision(permitted=False, by=None)


def purpose_name(text: str) -> str:
    """Return a purpose in the form that is compared; ``*`` where it names none in particular."""
    name = _name(text)
    return ANY if name in ANY_WORDS else name


def channel_name(text: str) -> str:
    """Return a channel in the form that is compared; ``*`` where it names none in particular."""
    name = _name(text)
    return ANY if name in ANY_WORDS else CHANNEL_SPELLINGS.get(name, name)


def _name(text: str) -> str:
    """Return a name in small letters and digits, whatever is between them as ``_``; ``*`` where there are none."""
    small = unicodedata.normalize("NFC", "".join(map(_small, unicodedata.normalize("NFC", text))))
    kept = (sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in small)
    return "_".join("".join(kept).split()) or ANY


def _small(sign: str) -> str:
    """Return a letter in small, by itself as SQL does: no final sigma, and i for a dotted capital I."""
    return sign.lower()[0]


def is_held_by(state: str, *, is_anchor: bool) -> bool:
    """Whether a statement holds for an identifier on its touchpoint: a denial also beside the anchor."""
    return is_anchor or state != "granted"


def said_at(event_time: int, received_at: int) -> int:
    """Return when a statement counts as said: no clock that runs ahead makes it later than it was received.

    A touchpoint that is delivered several times may have been received before its event time and after it. The least of
    its deliveries says when a grant was given, and the last one from when on a denial may be lifted.
    """
    return min(event_time, received_at) if received_at >= 0 else event_time


def grants_nothing(purpose: str, state: str) -> bool:
    """Whether a statement is without effect: consent is specific, so a grant must name its purpose (normalised)."""
    return state == "granted" and purpose == ANY


def decide(said: Iterable[Statement], purpose: str, channel: str, known: Known = STANDARD) -> Decision:
    """Return whether a customer's statements permit a purpose on a channel, and which one decides.

    Args:
        said: all of them, a grant as of its first delivery and a denial as of its last; or of each purpose and channel
            the newest grant and the newest denial.
        purpose: in any spelling; one that names none is never permitted.
        channel: in any spelling; ``*`` asks for every channel that nothing was said of by itself.
        known: what a denial must name to be of that alone.
    """
    purpose, channel = purpose_name(purpose), channel_name(channel)
    if purpose == ANY:
        return NOTHING_SAID
    grants: list[Statement] = []
    denials: list[tuple[bool, Statement]] = []
    for one in said:
        of, on = borne_on(one, known)
        if on not in {channel, ANY} or of not in {purpose, ANY} or grants_nothing(one.purpose, one.state):
            continue
        if one.state == "granted":
            grants.append(one)
        else:
            denials.append((on == channel, one))
    lifted_until = max((one.time for one in grants), default=None)
    specific_until = max((one.time for one in grants if one.channel == channel), default=None)
    holding = [
        one
        for is_specific, one in denials
        if (until := specific_until if is_specific else lifted_until) is None or until <= one.time
    ]
    if holding:
        return Decision(permitted=False, by=max(holding, key=_newest))
    return Decision(permitted=True, by=max(grants, key=_newest)) if grants else NOTHING_SAID


def borne_on(said: Statement, known: Known) -> tuple[str, str]:
    """Return the purpose and channel that a statement bears on."""
    if said.state == "granted":
        return said.purpose, said.channel
    return (
        said.purpose if said.purpose in known.purposes else ANY,
        said.channel if said.channel in known.channels else ANY,
    )


def is_permitted(said: Iterable[Statement], purpose: str, channel: str, known: Known = STANDARD) -> bool:
    """Whether a customer's statements permit a purpose on a channel; see :func:`decide`."""
    return decide(said, purpose, channel, known).permitted


def consent_at(said: Iterable[Statement], purpose: str, channel: str, time_ms: int, known: Known = STANDARD) -> bool:
    """Whether what a customer had said up to a moment, itself included, permits a purpose on a channel."""
    return is_permitted((one for one in said if one.time <= time_ms), purpose, channel, known)


def caution(state: str) -> int:
    """Return how much a state denies: of what was said at the same moment the greater one holds."""
    return _CAUTION.get(state, len(_CAUTION))


def _newest(said: Statement) -> tuple[int, int, str, str, str, str, str]:
    text_version = said.text_version or ""
    return said.time, caution(said.state), said.event_id, said.source, text_version, said.purpose, said.channel
