"""From a gathering that changed to what subscribers are told: profiles, links, changes. Pure; time is an argument."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from identity.gathering import Dirty
from identity.graph import Card, Gathering, Member
from identity.nodes import NodeId
from identity.policy import IdentityPolicy
from identity.resolution import VERDICTS, LinkId, Person, resolve
from profiles import fragment as fragments
from profiles.fragment import ConsentValue, Fragment, TouchMark
from profiles.policy import ProfilePolicy
from schemas.records import Change, ConsentInForce, Link, Profile, Touch, Trait

_SIGNATURE_BYTES = 8
_SHARED = VERDICTS.index("shared_identifier")


@dataclass(slots=True)
class Publication:
    """What there is to tell. Order within a list carries no meaning."""

    profiles: list[Profile] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Resolves gatherings and says what became of their people.

    Attributes:
        identity: who may be one person.
        profile: how their touchpoints add up.
        incarnation: number of the store's present opening. What an earlier opening published just before a crash may
            be unknown to its state, so revisions leave one free for each opening since.
    """

    identity: IdentityPolicy
    profile: ProfilePolicy
    incarnation: int

    def publish(
        self, gathering: Gathering, dirty: Dirty, fragment_of: Callable[[NodeId], bytes], now_ms: int
    ) -> Publication:
        """Return what changed in a gathering since it was last published, and note in it that it was.

        Args:
            gathering: all that gathered; its bookkeeping (revision, published, customers, verdicts) is brought up
                to date in place.
            dirty: what changed since.
            fragment_of: the newest fragment of a member.
            now_ms: processing time, milliseconds since 1970 UTC.
        """
        revision = gathering.revision + 1 + self.incarnation - gathering.incarnation
        told = Publication()
        if dirty.links_changed:
            cards = {node: member.card for node, member in gathering.members.items()}
            resolution = resolve(cards, self.identity)
            people: Iterable[Person] = resolution.people
            for link, verdict in resolution.verdicts.items():
                self._tell_link(gathering, link, VERDICTS.index(verdict), revision, told)
            self._quarantine_shared(gathering, revision, told)
        else:
            people = self._unchanged_people(gathering, dirty)
        for person in people:
            self._tell_person(gathering, person, fragment_of, revision, now_ms, told)
        if dirty.links_changed:
            founders = {person.founder for person in people}
            gathering.published = {
                founder: signature for founder, signature in gathering.published.items() if founder in founders
            }
        if told.profiles or told.links:
            gathering.revision, gathering.incarnation = revision, self.incarnation
        return told

    def _quarantine_shared(self, gathering: Gathering, revision: int, told: Publication) -> None:
        """Take back what was told of the links of nodes that have become shared since and hold none any more."""
        for node, member in gathering.members.items():
            if member.card.shared:
                for other in member.verdicts:
                    self._tell_link(gathering, LinkId(node, other), _SHARED, revision, told)

    def _tell_link(self, gathering: Gathering, link: LinkId, verdict: int, revision: int, told: Publication) -> None:
        verdicts = gathering.members[link.anchor].verdicts
        if verdicts.get(link.node) == verdict:
            return
        gathering.members[link.anchor].verdicts = {**verdicts, link.node: verdict}
        rule = VERDICTS[verdict]
        told.links.append(
            {
                "anchor_id": link.anchor.hex(),
                "node_id": link.node.hex(),
                "revision": revision,
                "status": "joined" if rule == "joined" else "quarantined",
                "rule": None if rule == "joined" else rule,
                "policy_version": self.identity.version,
            }
        )

    def _tell_person(  # one step of publish, with its whole setting
        self,
        gathering: Gathering,
        person: Person,
        fragment_of: Callable[[NodeId], bytes],
        revision: int,
        now_ms: int,
        told: Publication,
    ) -> None:
        members = gathering.members
        is_new_here = person.founder not in gathering.published
        for node in person.nodes:
            member = members[node]
            has_moved = member.customer != person.founder
            if member.named and node != person.founder and (has_moved or is_new_here):
                self._tell_merged(node, person.founder, revision, now_ms, told, is_change=has_moved)
            member.customer = person.founder
        signature = _signature(person, members, self.identity.version)
        if gathering.published.get(person.founder) == signature:
            return
        gathering.published[person.founder] = signature
        members[person.founder].named = True
        cards = [(node, members[node].card) for node in person.nodes]
        parts = (fragments.decode(fragment_of(node)) for node, card in cards if card.touches)
        whole = fragments.merge(parts, self.profile)
        known = any(self.identity.identifiers[card.type].personal for _, card in cards)
        told.profiles.append(_profile(person, cards, whole, known, self.identity.version, revision, now_ms))

    def _tell_merged(  # one step of publish, with its whole setting
        self, node: NodeId, founder: NodeId, revision: int, now_ms: int, told: Publication, *, is_change: bool
    ) -> None:
        """Say that a customer id points at another now; told again where only a past owner is known to have said so."""
        told.profiles.append(_merged_profile(node, founder, self.identity.version, revision, now_ms))
        if is_change:
            told.changes.append(
                {
                    "kind": "merged",
                    "customer_id": founder.hex(),
                    "other_customer_id": node.hex(),
                    "revision": revision,
                    "occurred_at": now_ms,
                }
            )

    def _unchanged_people(self, gathering: Gathering, dirty: Dirty) -> list[Person]:
        """Return the people with news, as they were resolved last; their membership did not change since."""
        members, rules = gathering.members, self.identity.identifiers
        founders = {members[node].customer for node in dirty.members}
        nodes: dict[NodeId, list[NodeId]] = {}
        for node, member in members.items():
            if member.customer is not None and member.customer in founders:
                nodes.setdefault(member.customer, []).append(node)

        def strongest_first(node: NodeId) -> tuple[int, str]:
            return rules[members[node].card.type].rank, members[node].card.value

        return [Person(founder, tuple(sorted(group, key=strongest_first))) for founder, group in nodes.items()]


def _signature(person: Person, members: dict[NodeId, Member], version: str) -> bytes:
    """Sum up all that a profile's content is a function of."""
    digest = hashlib.blake2b(version.encode(), digest_size=_SIGNATURE_BYTES)
    for node in sorted(person.nodes):
        card = members[node].card
        digest.update(node + f"{card.touches},{card.first_seen},{card.shared}".encode())
    return digest.digest()


def _profile(  # noqa: PLR0913, PLR0917  # a record is made of its parts
    person: Person,
    cards: list[tuple[NodeId, Card]],
    whole: Fragment,
    known: bool,  # noqa: FBT001  # a field of the record
    version: str,
    revision: int,
    now_ms: int,
) -> Profile:
    language = whole.traits.get("language")
    return {
        "customer_id": person.founder.hex(),
        "revision": revision,
        "status": "active",
        "merged_into": None,
        "policy_version": version,
        "updated_at": now_ms,
        "known": known,
        "identifiers": [
            {
                "node_id": node.hex(),
                "type": card.type,
                "value": card.value,
                "first_seen": card.first_seen,
                "shared": card.shared,
            }
            for node, card in cards
        ],
        "traits": [_trait(name, *value) for name, value in sorted(whole.traits.items())],
        "preferred_language": language.value if language else None,
        "touches": sum(whole.by_channel.values()),
        "touches_by_channel": dict(sorted(whole.by_channel.items())),
        "touches_by_type": dict(sorted(whole.by_type.items())),
        "first_touch": _touch(whole.first) if whole.first else None,
        "last_touch": _touch(whole.recent[0]) if whole.recent else None,
        "recent_touches": [_touch(mark) for mark in whole.recent],
        "orders": whole.orders,
        "returns": whole.returns,
        "revenue_micros": dict(sorted(whole.revenue.items())),
        "consents": [_consent(purpose, channel, given) for (purpose, channel), given in sorted(whole.consents.items())],
    }


def _merged_profile(node: NodeId, founder: NodeId, version: str, revision: int, now_ms: int) -> Profile:
    return {
        "customer_id": node.hex(),
        "revision": revision,
        "status": "merged",
        "merged_into": founder.hex(),
        "policy_version": version,
        "updated_at": now_ms,
        "known": False,
        "identifiers": [],
        "traits": [],
        "preferred_language": None,
        "touches": 0,
        "touches_by_channel": {},
        "touches_by_type": {},
        "first_touch": None,
        "last_touch": None,
        "recent_touches": [],
        "orders": 0,
        "returns": 0,
        "revenue_micros": {},
        "consents": [],
    }


def _trait(name: str, value: str, time: int, event_id: str, source: str) -> Trait:
    return {"name": name, "value": value, "event_time": time, "source": source, "event_id": event_id}


def _touch(mark: TouchMark) -> Touch:
    return {"event_time": mark.time, "event_id": mark.event_id, "channel": mark.channel, "type": mark.type}


def _consent(purpose: str, channel: str, given: ConsentValue) -> ConsentInForce:
    return {
        "purpose": purpose,
        "channel": channel,
        "state": given.state,
        "event_time": given.time,
        "source": given.source,
        "event_id": given.event_id,
        "text_version": given.text_version,
    }
