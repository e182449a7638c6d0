"""Telling of the people of a gathering: profiles, signals and activations, each where there is news. Pure."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from identity.claims import claimed_by
from identity.graph import NO_DENIALS, Card, Gathering, Member, Standing
from identity.nodes import NodeId
from identity.policy import IdentityPolicy
from identity.resolution import Person
from profiles.activation import activation, signal_id
from profiles.consent import PERSONAL
from profiles.consents import weight
from profiles.customer import Customer, merged_profile, profile_of
from profiles.facts import Facts
from profiles.folding import Folding, denied_besides, denied_of
from profiles.fragment import Fragment
from profiles.signals import Signal as Found
from profiles.signals import context_of, signals, untold
from profiles.standing import SIGNALS, outlook
from schemas.records import Activation, Change, Link, Profile, Signal

_SIGNATURE_BYTES = 8


class Now(NamedTuple):
    """What time it is, in milliseconds since 1970 UTC.

    Attributes:
        processing: by the machine; stands on what is published.
        clock: by which days are counted; None as long as it was never told.
    """

    processing: int
    clock: int | None


@dataclass(slots=True)
class Publication:
    """What there is to tell. Order within a list carries no meaning."""

    profiles: list[Profile] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    activations: list[Activation] = field(default_factory=list)


@dataclass(slots=True)
class Telling:
    """One publication of a gathering in the making; what is told is noted in the gathering.

    Attributes:
        identity: the policy that decided who its people are.
        folding: how their touchpoints add up, and what follows from it.
        gathering: of which is told.
        fragment_of: the newest fragment of a member, which is not changed.
        revision: of what is told.
        now: the time.
        told: grows.
    """

    identity: IdentityPolicy
    folding: Folding
    gathering: Gathering
    fragment_of: Callable[[NodeId], Fragment]
    revision: int
    now: Now
    told: Publication = field(default_factory=Publication)

    def tell(self, person: Person) -> None:
        """Tell of a person whose touchpoints or identifiers changed, and nothing of one of whom none did."""
        members = self.gathering.members
        self._tell_merged(person)
        besides = self._denied_besides(person)
        parts = self._parts(person) if besides else {}
        signature = _signature(person, members, _untold(besides, parts.values()))
        if self.gathering.published.get(person.founder) == signature:
            return
        self.gathering.published[person.founder] = signature
        members[person.founder].named = True
        parts = parts or self._parts(person)
        customer = self._customer(person, parts, besides)
        self._tell_standing(customer, "event")
        self._tell_profile(customer)
        self._tell_touchpoints(customer, parts)

    def tell_time(self, person: Person) -> None:
        """Tell of a person of whom time, or another policy, may have changed what holds."""
        customer = self._customer(person, self._parts(person), self._denied_besides(person))
        if self._tell_standing(customer, "clock"):
            self._tell_profile(customer)

    def _tell_merged(self, person: Person) -> None:
        members = self.gathering.members
        is_new_here = person.founder not in self.gathering.published
        for node in person.nodes:
            member = members[node]
            has_moved = member.customer != person.founder
            if member.named and node != person.founder and (has_moved or is_new_here):
                # Told again where only a past owner is known to have said so.
                version, now_ms = self.identity.version, self.now.processing
                self.told.profiles.append(merged_profile(node, person.founder, version, self.revision, now_ms))
            member.customer = person.founder
            if node != person.founder:
                member.standing = None

    def _parts(self, person: Person) -> dict[NodeId, Fragment]:
        members = self.gathering.members
        return {node: self.fragment_of(node) for node in person.nodes if _has_fragment(members[node].card)}

    def _denied_besides(self, person: Person) -> list[Fragment]:
        """Return what was denied on touchpoints of others that name the person, or by whoever has what they claim."""
        members = self.gathering.members
        claimed = self._claimed(person)
        cards = (members[node].card for node in (*person.nodes, *claimed))
        denied = [denied_besides(card.denials) for card in cards if card.denials != NO_DENIALS]
        own = (denied_of(self.fragment_of(node)) for node in claimed if _has_fragment(members[node].card))
        return [*denied, *(part for part in own if part.denials or part.consents_left_out)]

    def _claimed(self, person: Person) -> set[NodeId]:
        members = self.gathering.members
        anchors = [node for node in person.nodes if members[node].card.type in PERSONAL]
        found = {node for anchor in anchors for node in claimed_by(members, anchor)}
        return {node for node in found.difference(person.nodes) if members[node].card.type in PERSONAL}

    def _customer(self, person: Person, parts: dict[NodeId, Fragment], besides: list[Fragment]) -> Customer:
        """Return a person with what holds of them now; what held before is noted still."""
        cards = [(node, self.gathering.members[node].card) for node in person.nodes]
        is_single = len(parts) == 1 and not besides
        whole = next(iter(parts.values())) if is_single else self.folding.merge([*parts.values(), *besides])
        known = any(self.identity.identifiers[card.type].personal for _, card in cards)
        clock = self.now.clock
        facts = Facts(whole, known=known, now_ms=clock, folding=self.folding)
        ahead = outlook(whole, facts, clock, self.folding)
        past = self._standing(person)
        since = {name: past.holds.get(name) or self.now.processing for name in sorted(ahead.holds)}
        return Customer(person, cards, whole, known, Standing(since, ahead.due), clock)

    def _standing(self, person: Person) -> Standing:
        return self.gathering.members[person.founder].standing or Standing({}, 0)

    def _tell_standing(self, customer: Customer, cause: Literal["event", "clock"]) -> bool:
        """Tell what holds and held not, or the other way round; return whether there was any such."""
        past, present = self._standing(customer.person).holds, customer.standing.holds
        self.gathering.members[customer.person.founder].standing = customer.standing
        in_doubt = {name for name, since in past.items() if not since}
        news = sorted((past.keys() ^ present.keys()) | in_doubt)
        for name in news:
            kind, _, of = name.partition(":")
            begun, ended = SIGNALS[kind]
            self.told.signals.append(
                {
                    "signal_id": signal_id(name, customer.person.founder.hex(), str(self.revision)),
                    "kind": begun if name in present else ended,
                    "name": of,
                    "customer_id": customer.person.founder.hex(),
                    "revision": self.revision,
                    "cause": cause,
                    "event_id": None,
                    "event_time": None,
                    "context": {},
                    "occurred_at": self.now.processing,
                }
            )
        return bool(news)

    def _tell_profile(self, customer: Customer) -> None:
        version, now_ms = self.identity.version, self.now.processing
        self.told.profiles.append(profile_of(customer, self.folding, version, self.revision, now_ms))

    def _tell_touchpoints(self, customer: Customer, parts: dict[NodeId, Fragment]) -> None:
        """Tell what single touchpoints signal and ask for, each once."""
        for node, part in parts.items():
            member = self.gathering.members[node]
            found = signals(part, customer.whole, self.folding.policy)
            news, member.signals = untold(part, found, member.signals, self.folding.policy)
            for signal in news:
                if signal.kind == "activation":
                    asked = activation(customer, signal, self.folding, self.revision, self.now.processing)
                    self.told.activations += [asked] if asked is not None else []
                else:
                    self.told.signals.append(self._signal(customer, signal))

    def _signal(self, customer: Customer, found: Found) -> Signal:
        mark = found.mark
        return {
            "signal_id": signal_id(found.kind, found.name, mark.channel, mark.event_id),
            "kind": "goal_reached" if found.kind == "goal_reached" else "breakdown",
            "name": found.name,
            "customer_id": customer.person.founder.hex(),
            "revision": self.revision,
            "cause": "event",
            "event_id": mark.event_id,
            "event_time": mark.time,
            "context": context_of(found),
            "occurred_at": self.now.processing,
        }


def _has_fragment(card: Card) -> bool:
    return bool(card.touches or card.restated)


def _untold(besides: Iterable[Fragment], parts: Iterable[Fragment]) -> Fragment:
    """Return of what was denied besides that which the parts do not deny as long."""
    untold = Fragment()
    for part in besides:
        untold.consents_left_out |= part.consents_left_out
        for name, denial in part.denials.items():
            untold.denials[name] = max(untold.denials.get(name, denial), denial, key=weight)
    for part in parts:
        for name, denial in part.denials.items():
            if name in untold.denials and weight(denial) >= weight(untold.denials[name]):
                del untold.denials[name]
    return untold


def _signature(person: Person, members: dict[NodeId, Member], untold: Fragment) -> bytes:
    """Sum up all that a profile's content is a function of; a policy that leaves the person alone is no part of it."""
    digest = hashlib.blake2b(digest_size=_SIGNATURE_BYTES)
    for node in sorted(person.nodes):
        card = members[node].card
        digest.update(node + f"{card.touches},{card.first_seen},{card.shared}".encode())
        if card.restated:
            digest.update(f",{card.restated}".encode())
    if untold.denials or untold.consents_left_out:
        digest.update(repr((sorted(untold.denials.items()), untold.consents_left_out)).encode())
    return digest.digest()
