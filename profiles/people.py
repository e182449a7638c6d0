"""From a gathering that changed to what subscribers are told: profiles, links, changes. Pure; time is an argument."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from identity.claims import claimants
from identity.gathering import Dirty
from identity.graph import Gathering, Member
from identity.matching.likeness import Likeness, probability
from identity.members import News
from identity.nodes import NodeId
from identity.policy import IdentityPolicy
from identity.resolution import LinkId, Person, Resolution, Verdict, resolve
from identity.told import last_known_verdict, told_number, verdict_told
from profiles.changes import DECIDED, Regrouping
from profiles.folding import Folding
from profiles.fragment import Fragment
from profiles.telling import Now, Publication, Telling
from schemas.records import Link

STATUS: Mapping[Verdict, Literal["joined", "suggested", "withdrawn"]] = {
    "joined": "joined",
    "decided_together": "joined",
    "matched": "joined",
    "suggested": "suggested",
    "suggested_past_limit": "suggested",
    "too_many_alike": "suggested",
    "withdrawn": "withdrawn",
}
"""Of the verdicts that are no quarantine."""

_BY_LIKENESS: frozenset[Verdict] = frozenset({"matched", "suggested", "suggested_past_limit", "too_many_alike"})
_RULE: Mapping[Verdict, str | None] = {
    "joined": None,
    "withdrawn": None,
    "suggested": None,
    "suggested_past_limit": "limit_per_person",
}
"""Of the verdicts that are not told by their own name."""

_CONTENDING: frozenset[Verdict] = frozenset(
    {
        "limit_per_person",
        "ambiguous_identifier",
        "device_alone",
        "unlike_records",
        "decided_apart",
        "contradicting_decision",
        "matched",
    }
)
"""What became of links that may be otherwise with other evidence; likeness may hide that one was refused before."""

_UNDOABLE = DECIDED - {"withdrawn"}


@dataclass(frozen=True, slots=True)
class Publisher:
    """Resolves gatherings and says what became of their people.

    Attributes:
        identity: who may be one person.
        folding: how their touchpoints add up, and what follows from it.
        incarnation: number of the store's present opening. What an earlier opening published just before a crash may
            be unknown to its state, so revisions leave one free for each opening since.
        likeness: of records, by the policy's model; None: records do not count.
    """

    identity: IdentityPolicy
    folding: Folding
    incarnation: int
    likeness: Likeness | None = None

    def publish(
        self, gathering: Gathering, dirty: Dirty, fragment_of: Callable[[NodeId], Fragment], now: Now
    ) -> Publication:
        """Return what changed in a gathering since it was last published, and note in it that it was.

        Args:
            gathering: all that gathered; its bookkeeping (revision, published, customers, verdicts, standings, due) is
                brought up to date in place.
            dirty: what changed since.
            fragment_of: the newest fragment of a member, which is not changed.
            now: the time.
        """
        telling = self._telling(gathering, fragment_of, now)
        if dirty.news is News.LINKS or (dirty.news is News.EVIDENCE and _has_contention(gathering)):
            self._publish_regrouped(telling, is_revisited=dirty.revisited)
        else:
            members = gathering.members
            concerned = chain(dirty.members, *(claimants(members, node) for node in dirty.members))
            customers = {members[node].customer for node in concerned}
            for person in self._people_as_told(gathering, customers):
                telling.tell(person)
        return self._told(telling)

    def publish_due(self, gathering: Gathering, fragment_of: Callable[[NodeId], Fragment], now: Now) -> Publication:
        """Return what time alone changed in a gathering since it was last published, and note in it that it was."""
        telling = self._telling(gathering, fragment_of, now)
        due = {
            member.customer
            for member in gathering.members.values()
            if member.standing is not None and now.clock is not None and 0 < member.standing.due <= now.clock
        }
        for person in self._people_as_told(gathering, due):
            telling.tell_time(person)
        return self._told(telling)

    def _telling(self, gathering: Gathering, fragment_of: Callable[[NodeId], Fragment], now: Now) -> Telling:
        revision = gathering.revision + 1 + self.incarnation - gathering.incarnation
        return Telling(self.identity, self.folding, gathering, fragment_of, revision, now)

    def _told(self, telling: Telling) -> Publication:
        gathering, told = telling.gathering, telling.told
        if told.profiles or told.links:
            gathering.revision, gathering.incarnation = telling.revision, self.incarnation
        standings = (member.standing for member in gathering.members.values())
        gathering.due = min((standing.due for standing in standings if standing and standing.due), default=0)
        return told

    def _publish_regrouped(self, telling: Telling, *, is_revisited: bool) -> None:
        gathering, revision = telling.gathering, telling.revision
        members = gathering.members
        cards = {node: member.card for node, member in members.items()}
        resolution = resolve(cards, self.identity, self.likeness)
        news = self._news(gathering, resolution)
        judged_anew = {link: verdict for link, verdict in news.items() if _verdict_told(members, link) != verdict}
        undone = frozenset(link for link in judged_anew if _verdict_told(members, link) in _UNDOABLE)
        for link, verdict in news.items():
            member, found = members[link.anchor], resolution.alike.get(link)
            member.verdicts = {**member.verdicts, link.node: told_number(verdict, found)}
            telling.told.links.append(_link(link, verdict, found, revision, self.identity.version))
        before = {node: member.customer for node, member in members.items()}
        by_policy = self.identity.version if is_revisited else None
        people, now_ms = resolution.people, telling.now.processing
        regrouping = Regrouping(members, before, people, judged_anew, undone, by_policy, revision, now_ms)
        telling.told.changes.extend(regrouping.changes())
        for person in people:
            telling.tell(person)
            if is_revisited:
                telling.tell_time(person)
        founders = {person.founder for person in people}
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

    def _people_as_told(self, gathering: Gathering, customers: Container[NodeId | None]) -> list[Person]:
        """Return some of the people, as they were resolved last; their membership did not change since."""
        members = gathering.members
        nodes: dict[NodeId, list[NodeId]] = {}
        for node, member in members.items():
            if member.customer and member.customer in customers:
                nodes.setdefault(member.customer, []).append(node)

        def strongest_first(node: NodeId) -> tuple[tuple[int, int], str]:
            card = members[node].card
            return self.identity.strength(card.type, card.value), card.value

        return [Person(founder, tuple(sorted(group, key=strongest_first))) for founder, group in nodes.items()]


def _has_contention(gathering: Gathering) -> bool:
    """Whether a link of a gathering was refused: where none was, links unite in whatever order they come."""
    numbers = (number for member in gathering.members.values() for number in member.verdicts.values())
    return any(last_known_verdict(number) in _CONTENDING for number in numbers)


def _verdict_told(members: dict[NodeId, Member], link: LinkId) -> Verdict | None:
    """Return the verdict that was told last of a link, None where none was or several owners told one."""
    number = members[link.anchor].verdicts.get(link.node)
    return None if number is None else verdict_told(number)


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
