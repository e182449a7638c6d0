"""Audiences: the members of a segment who may be spoken to, and how. Nobody else leaves the lake by this door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sinks.errors import QueryError
from sinks.policies import profile_policy_in
from sinks.reader import LakeReader

CONTACTS: Final[Mapping[str, str]] = {
    "email": "email",
    "sms": "phone",
    "call": "phone",
    "push": "device_id",
    "paid": "advertising_id",
    "social": "social_handle",
}
"""The identifier type that reaches a customer on a channel."""

_BAD: Final = ("bounced", "invalid")

_MEMBERS: Final = """
    CREATE OR REPLACE TEMP TABLE members AS SELECT customer_id FROM segment_members WHERE segment = ?
"""
_PERMITTED: Final = """
    SELECT customer_id FROM temp.members, moment WHERE consent_at(customer_id, ?, ?, "at") ORDER BY customer_id
"""
_REACHABLE: Final = """
    SELECT customer_id,
           first(value ORDER BY coalesce(quality, '') = 'verified' DESC, first_seen DESC, value) AS contact
    FROM identifiers JOIN temp.members USING (customer_id)
    WHERE type = ? AND NOT shared AND NOT list_contains(?, coalesce(quality, ''))
    GROUP BY customer_id
"""
_TRAITS: Final = """
    SELECT customer_id, map_from_entries(list_transform(traits, lambda t: {key: t.name, value: t.value}))
    FROM profiles JOIN temp.members USING (customer_id)
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """A member of an audience: who, the contact on the channel, and the traits that were asked for."""

    customer_id: str
    contact: str
    traits: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a segment reaches.

    Attributes:
        members: of the segment.
        permitted: those of them whose consent permits it.
        reached: those of them with a contact that is not known to be bad, by customer id.
    """

    members: int
    permitted: int
    reached: Sequence[Reached]


def purposes_told(reader: LakeReader) -> list[str]:
    """Return the purposes that any consent up to the reader's moment names, in order of the alphabet."""
    found = reader.execute("SELECT DISTINCT purpose FROM consent_ledger WHERE purpose <> '*' ORDER BY purpose")
    return [purpose for (purpose,) in found.fetchall()]


def audience(reader: LakeReader, segment: str, purpose: str, channel: str, traits: Sequence[str]) -> Audience:
    """Return whom a segment reaches at the reader's moment.

    Args:
        reader: of the lake.
        segment: as the policy declares it.
        purpose: consent purpose that must be permitted.
        channel: where it must be; one of ``CONTACTS``.
        traits: names of told traits to hand out besides the contact.

    Raises:
        QueryError: there is no such segment.
    """
    known = sorted(profile_policy_in(reader).segments)
    if segment not in known:
        raise QueryError(f"there is no segment {segment!r}; expected one of {', '.join(known)}")
    reader.execute(_MEMBERS, [segment])
    found = reader.execute("SELECT customer_id FROM temp.members ORDER BY customer_id").fetchall()
    members = [customer for (customer,) in found]
    allowing = reader.execute(_PERMITTED, [purpose, channel]).fetchall()
    permitted = [customer for (customer,) in allowing]
    contacts = dict(reader.execute(_REACHABLE, [CONTACTS[channel], list(_BAD)]).fetchall())
    told = dict(reader.execute(_TRAITS).fetchall()) if traits else {}
    reached = [
        Reached(customer, contacts[customer], {name: told.get(customer, {}).get(name, "") for name in traits})
        for customer in permitted
        if customer in contacts
    ]
    return Audience(len(members), len(permitted), reached)
