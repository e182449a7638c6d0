"""From a gathering that changed to what subscribers are told: profiles, links, changes. Pure; time is an argument."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from identity.gathering import Dirty
from identity.graph import Card, Gathering, Member
from identity.matching.likeness import Likeness, probability
from identity.nodes import NodeId
from identity.policy import IdentityPolicy
from identity.resolution import LinkId, Person, Resolution, Verdict, resolve
from identity.told import last_known_verdict, told_number, verdict_told
from profiles import fragment as fragments
from profiles.changes import DECIDED, Regrouping
from profiles.fragment import ConsentValue, Fragment, TouchMark
from profiles.policy import ProfilePolicy
from schemas.records import Change, ConsentInForce, Link, Profile, Touch, Trait

_SIGNATURE_BYTES = 8
STATUS: Mapping[Verdict, Literal["joined", "suggested", "withdrawn"]] = {
    "joined": "joined",
    "decided_together": "joined",
    "matched": "joined",
    "suggested": "suggested",
    "suggested_past_limit": "suggested",
    "withdrawn": "withdrawn",
}
"""Of the verdicts that are no quarantine."""

_BY_LIKENESS: frozenset[Verdict] = frozenset({"matched", "suggested", "suggested_past_limit"})
_RULE: Mapping[Verdict, str | None] = {
    "joined": None,
    "withdrawn": None,
    "suggested": None,
    "suggested_past_limit": "limit_per_person",
}
"""Of the verdicts that are not told by their own name."""

_UNDOABLE = DECIDED - {"withdrawn"}


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
        likeness: of records, by the policy's model; None: records do not count.
    """

    identity: IdentityPolicy
    profile: ProfilePolicy
    incarnation: int
    likeness: Likeness | None = None

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
            by_policy = self.identity.version if dirty.revisited else None
            self._publish_regrouped(gathering, by_policy, fragment_of, revision, now_ms, told)
        else:
            for person in self._unchanged_people(gathering, dirty):
                self._tell_person(gathering, person, fragment_of, revision, now_ms, told)
        if told.profiles or told.links:
            gathering.revision, gathering.incarnation = revision, self.incarnation
        return told

    def _publish_regrouped(  # one step of publish, with its whole setting
        self,
        gathering: Gathering,
        by_policy: str | None,
        fragment_of: Callable[[NodeId], bytes],
        revision: int,
        now_ms: int,
        told: Publication,
    ) -> None:
        members = gathering.members
        cards = {node: member.card for node, member in members.items()}
        resolution = resolve(cards, self.identity, self.likeness)
        news = self._news(gathering, resolution)
        judged_anew = {link: verdict for link, verdict in news.items() if _verdict_told(members, link) != verdict}
        undone = frozenset(link for link in judged_anew if _verdict_told(members, link) in _UNDOABLE)
        for link, verdict in news.items():
            member, found = members[link.anchor], resolution.alike.get(link)
            member.verdicts = {**member.verdicts, link.node: told_number(verdict, found)}
            told.links.append(_link(link, verdict, found, revision, self.identity.version))
        before = {node: member.customer for node, member in members.items()}
        regrouping = Regrouping(members, before, resolution.people, judged_anew, undone, by_policy, revision, now_ms)
        told.changes.extend(regrouping.changes())
        for person in resolution.people:
            self._tell_person(gathering, person, fragment_of, revision, now_ms, told)
        founders = {person.founder for person in resolution.people}
        gathering.published = {
            founder: signature for founder, signature in gathering.published.items() if founder in founders
        }

    def _news(self, gathering: Gathering, resolution: Resolution) -> dict[LinkId, Verdict]:
        """Return the links of which another verdict or likeness was told last, the ones that are no more included.

        A link is no more when its node has become shared since and holds none, or when it was but a decision or a
        likeness.
        """
        members = gathering.members
        news = {
            link: verdict
            for link, verdict in resolution.verdicts.items()
            if members[link.anchor].verdicts.get(link.node) != told_number(verdict, resolution.alike.get(link))
        }
        for node, member in members.items():
            for other, number in member.verdicts.items():
                was_likeness = last_known_verdict(number) in _BY_LIKENESS
                gone: Verdict = "shared_identifier" if member.card.shared and not was_likeness else "withdrawn"
                if LinkId(node, other) not in resolution.verdicts and number != told_number(gone, None):
                    news[LinkId(node, other)] = gone
        return news

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
                # Told again where only a past owner is known to have said so.
                merged = _merged_profile(node, person.founder, self.identity.version, revision, now_ms)
                told.profiles.append(merged)
            member.customer = person.founder
        signature = _signature(person, members)
        if gathering.published.get(person.founder) == signature:
            return
        gathering.published[person.founder] = signature
        members[person.founder].named = True
        cards = [(node, members[node].card) for node in person.nodes]
        parts = (fragments.decode(fragment_of(node)) for node, card in cards if card.touches)
        whole = fragments.merge(parts, self.profile)
        known = any(self.identity.identifiers[card.type].personal for _, card in cards)
        told.profiles.append(_profile(person, cards, whole, known, self.identity.version, revision, now_ms))

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


def _verdict_told(members: dict[NodeId, Member], link: LinkId) -> Verdict | None:
    """Return the verdict that was told last of a link, None where none was or several owners told one."""
    number = members[link.anchor].verdicts.get(link.node)
    return None if number is None else verdict_told(number)


def _signature(person: Person, members: dict[NodeId, Member]) -> bytes:
    """Sum up all that a profile's content is a function of; a policy that leaves the person alone is no part of it."""
    digest = hashlib.blake2b(digest_size=_SIGNATURE_BYTES)
    for node in sorted(person.nodes):
        card = members[node].card
        digest.update(node + f"{card.touches},{card.first_seen},{card.shared}".encode())
    return digest.digest()


def _link(link: LinkId, verdict: Verdict, alike: int | None, revision: int, version: str) -> Link:
    return {
        "anchor_id": link.anchor.hex(),
        "node_id": link.node.hex(),
        "revision": revision,
        "status": STATUS.get(verdict, "quarantined"),
        "rule": _RULE.get(verdict, verdict),
        "policy_version": version,
        "probability": None if alike is None else probability(alike),
    }


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
