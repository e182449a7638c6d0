"""Matching in memory: all records at once, or one after the other with the same result.

What meets in blocks, what it scores and who is one person are each a function of the records that are there. So a
record that comes late, twice, or goes again leaves no trace of when.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

from identity.matching.blocks import DEFAULT_BLOCK_CAP, block_keys
from identity.matching.link import Linkage, LinkPolicy, Suggestion, components, link, log_odds
from identity.matching.model import Evidence, Scorer
from identity.matching.pairs import blocks, candidates
from identity.matching.records import MatchRecord

Key = TypeVar("Key", str, bytes)


class MatchPolicy(NamedTuple):
    """What is compared, and what unites.

    Attributes:
        block_cap: records in a block; of a larger one nothing is compared.
        links: thresholds.
    """

    block_cap: int = DEFAULT_BLOCK_CAP
    links: LinkPolicy = LinkPolicy()


def match_all(
    records: Mapping[Key, MatchRecord], scorer: Scorer, policy: MatchPolicy, hash_key: bytes = b""
) -> Linkage[Key]:
    """Return who is one person among all records."""
    return link_all(records, score_all(records, scorer, policy, hash_key), policy.links)


def score_all(
    records: Mapping[Key, MatchRecord], scorer: Scorer, policy: MatchPolicy, hash_key: bytes = b""
) -> dict[tuple[Key, Key], Evidence]:
    """Return the evidence of every pair that meets in a block."""
    found = blocks({name: block_keys(record, hash_key) for name, record in records.items()})
    return {
        (one, other): scorer.evidence(records[one], records[other])
        for one, other in candidates(found, policy.block_cap)
    }


def link_all(members: Iterable[Key], evidence: Mapping[tuple[Key, Key], Evidence], policy: LinkPolicy) -> Linkage[Key]:
    """Link each component for itself."""
    parts = components(members, evidence, log_odds(policy.suggest))
    part_of = {name: number for number, part in enumerate(parts) for name in part}
    inside: list[dict[tuple[Key, Key], Evidence]] = [{} for _ in parts]
    for pair, found in evidence.items():
        if part_of[pair[0]] == part_of[pair[1]]:
            inside[part_of[pair[0]]][pair] = found
    groups: list[tuple[Key, ...]] = []
    suggestions: list[Suggestion[Key]] = []
    for part, within in zip(parts, inside, strict=True):
        if len(part) == 1:
            groups.append(tuple(part))
            continue
        linkage = link(part, within, policy)
        groups.extend(linkage.groups)
        suggestions.extend(linkage.suggestions)
    return Linkage(tuple(sorted(groups)), tuple(sorted(suggestions)))


class Index(Generic[Key]):
    """Records that come and go one at a time; each step looks at the blocks of its record only."""

    def __init__(self, scorer: Scorer, policy: MatchPolicy, hash_key: bytes = b"") -> None:
        self._scorer, self._policy, self._hash_key = scorer, policy, hash_key
        self._records: dict[Key, MatchRecord] = {}
        self._blocks: dict[bytes, set[Key]] = {}
        self._meetings: dict[Key, Counter[Key]] = {}
        """In how many blocks that are not too large two records meet."""
        self._evidence: dict[Key, dict[Key, Evidence]] = {}

    def add(self, name: Key, record: MatchRecord) -> None:
        """Take in a record; one of the same name is replaced."""
        known = self._records.get(name)
        if known == record:
            return
        if known is not None:
            self.remove(name)
        self._records[name] = record
        self._evidence[name] = {}
        self._meetings[name] = met = Counter[Key]()
        cap = self._policy.block_cap
        for key in block_keys(record, self._hash_key):
            members = self._blocks.setdefault(key, set())
            if len(members) < cap:
                met.update(members)
            elif len(members) == cap:
                self._each_pair(members, self._part)
            members.add(name)
        for other, times in met.items():
            self._meetings[other][name] = times
            found = self._scorer.evidence(record, self._records[other])
            self._evidence[name][other] = self._evidence[other][name] = found

    def remove(self, name: Key) -> None:
        """Take a record out, as if it had never been there; one that is not there is no matter.

        A block that was just too large counts again from now on.
        """
        record = self._records.pop(name, None)
        if record is None:
            return
        cap = self._policy.block_cap
        for key in block_keys(record, self._hash_key):
            members = self._blocks[key]
            members.remove(name)
            if not members:
                del self._blocks[key]
            elif len(members) == cap:
                self._each_pair(members, self._meet)
        for other in self._meetings.pop(name):
            del self._meetings[other][name]
            del self._evidence[other][name]
        del self._evidence[name]

    def group(self, name: Key) -> tuple[Key, ...]:
        """Return the records that are one person with a record."""
        linkage = self._linkage(name, log_odds(self._policy.links.unite))
        return next(group for group in linkage.groups if name in group)

    def linkage(self, name: Key) -> Linkage[Key]:
        """Return who is one person, and what is suggested, in the component of a record."""
        return self._linkage(name, log_odds(self._policy.links.suggest))

    def _linkage(self, name: Key, least_bits: float) -> Linkage[Key]:
        reached, waiting = {name}, [name]
        while waiting:
            for other, found in self._evidence[waiting.pop()].items():
                if found.bits >= least_bits and other not in reached:
                    reached.add(other)
                    waiting.append(other)
        within = {
            (one, other): found
            for one in reached
            for other, found in self._evidence[one].items()
            if one < other and other in reached
        }
        return link(reached, within, self._policy.links)

    def linkage_of_all(self) -> Linkage[Key]:
        """Return who is one person among all records."""
        evidence = {
            (one, other): found for one, near in self._evidence.items() for other, found in near.items() if one < other
        }
        return link_all(self._records, evidence, self._policy.links)

    def _each_pair(self, members: Iterable[Key], do: Callable[[Key, Key], None]) -> None:
        ordered = sorted(members)
        for place, one in enumerate(ordered):
            for other in ordered[place + 1 :]:
                do(one, other)

    def _meet(self, one: Key, other: Key) -> None:
        if other not in self._evidence[one]:
            found = self._scorer.evidence(self._records[one], self._records[other])
            self._evidence[one][other] = self._evidence[other][one] = found
        self._meetings[one][other] += 1
        self._meetings[other][one] += 1

    def _part(self, one: Key, other: Key) -> None:
        self._meetings[one][other] -= 1
        self._meetings[other][one] -= 1
        if not self._meetings[one][other]:
            del self._meetings[one][other], self._meetings[other][one]
            del self._evidence[one][other], self._evidence[other][one]
