"""A customer as published: the profile of a person out of what their touchpoints add up to. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from identity.graph import Card, Standing
from identity.nodes import NodeId
from identity.resolution import Person
from profiles.consent import Decision
from profiles.consents import consents_in_force, permissions
from profiles.facts import free_again_at, messages_within, moments, purchases
from profiles.folding import Folding, language_of, surviving_traits
from profiles.fragment import ConsentValue, Fragment, OrderMark, TouchMark, TraitValue
from profiles.policy import ProfilePolicy
from profiles.standing import segments_in
from schemas.records import (
    CapState,
    ComputedTrait,
    ConsentInForce,
    Membership,
    OfferStage,
    Permission,
    Profile,
    Tag,
    Touch,
    Trait,
)


@dataclass(frozen=True, slots=True)
class Customer:
    """All that a profile is made of.

    Attributes:
        person: who.
        cards: of their nodes, strongest first.
        whole: what all their touchpoints add up to.
        known: whether a personal identifier is known.
        standing: what holds of them.
        clock: what time it is for caps, milliseconds since 1970 UTC; None where that is not known.
    """

    person: Person
    cards: list[tuple[NodeId, Card]]
    whole: Fragment
    known: bool
    standing: Standing
    clock: int | None


def profile_of(customer: Customer, folding: Folding, version: str, revision: int, now_ms: int) -> Profile:
    """Return the record of a customer.

    Args:
        customer: whom.
        folding: by which their touchpoints were added up.
        version: of the policy that decided who they are.
        revision: of this publication.
        now_ms: processing time.
    """
    whole = customer.whole
    traits = surviving_traits(whole)
    known = moments(whole)
    bought = len(purchases(whole))
    return {
        "customer_id": customer.person.founder.hex(),
        "revision": revision,
        "status": "active",
        "merged_into": None,
        "policy_version": version,
        "updated_at": now_ms,
        "known": customer.known,
        "identifiers": [
            {
                "node_id": node.hex(),
                "type": card.type,
                "value": card.value,
                "first_seen": card.first_seen,
                "shared": card.shared,
                "quality": whole.quality[node.hex()].value if node.hex() in whole.quality else None,
            }
            for node, card in customer.cards
        ],
        "traits": [_trait(name, told) for name, told in traits.items()],
        "computed": list(_computed(whole, folding)),
        "tags": list(_tags(whole)),
        "segments": list(_segments(customer.standing)),
        "offers": list(_offers(whole)),
        "caps": [] if customer.clock is None else list(_caps(whole, customer.clock, folding.policy)),
        "preferred_language": language_of(traits),
        "touches": sum(whole.by_channel.values()),
        "touches_by_channel": dict(sorted(whole.by_channel.items())),
        "touches_by_type": dict(sorted(whole.by_type.items())),
        "first_touch": _touch(whole.first) if whole.first else None,
        "last_touch": _touch(whole.recent[0]) if whole.recent else None,
        "recent_touches": [_touch(mark) for mark in whole.recent],
        "orders": bought,
        "returns": len(whole.orders) - bought,
        "first_order_at": known["first_order"],
        "last_order_at": known["last_order"],
        "margin_micros": _by_currency(whole, lambda order: order.margin),
        "revenue_micros": _by_currency(whole, lambda order: order.amount),
        "consents": [_consent(*name, given) for name, given in consents_in_force(whole).items()],
        "permissions": [
            _permission(*name, decision) for name, decision in permissions(whole, folding.known_consents).items()
        ],
        "consents_left_out": whole.consents_left_out,
    }


def merged_profile(node: NodeId, founder: NodeId, version: str, revision: int, now_ms: int) -> Profile:
    """Return the record of a customer id that went over to another one."""
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
        "computed": [],
        "tags": [],
        "segments": [],
        "offers": [],
        "caps": [],
        "preferred_language": None,
        "touches": 0,
        "touches_by_channel": {},
        "touches_by_type": {},
        "first_touch": None,
        "last_touch": None,
        "recent_touches": [],
        "orders": 0,
        "returns": 0,
        "first_order_at": None,
        "last_order_at": None,
        "margin_micros": {},
        "revenue_micros": {},
        "consents": [],
        "permissions": [],
        "consents_left_out": False,
    }


def _trait(name: str, told: TraitValue) -> Trait:
    return {
        "name": name,
        "value": told.value,
        "event_time": told.time,
        "source": told.source,
        "event_id": told.event_id,
    }


def _computed(whole: Fragment, folding: Folding) -> Iterator[ComputedTrait]:
    for name, fold in folding.folds.items():
        state = whole.computed.get(name)
        for key, value, origin in fold.values(state) if state is not None else ():
            yield {
                "name": name,
                "key": key,
                "number": None if isinstance(value, str) else value,
                "text": value if isinstance(value, str) else None,
                "event_time": origin.time if origin else None,
                "source": origin.source if origin else None,
                "event_id": origin.event_id if origin else None,
            }


def _tags(whole: Fragment) -> Iterator[Tag]:
    for name, told in sorted(whole.tags.items()):
        if told.value == "added":
            yield {"name": name, "event_time": told.time, "source": told.source, "event_id": told.event_id}


def _segments(standing: Standing) -> Iterator[Membership]:
    for name, since in segments_in(standing.holds).items():
        yield {"name": name, "entered_at": since}


def _offers(whole: Fragment) -> Iterator[OfferStage]:
    for offer, stages in sorted(whole.offers.items()):
        for stage, tally in sorted(stages.items()):
            yield {
                "offer_id": offer,
                "stage": stage,
                "count": tally.times,
                "last_at": tally.time,
                "channel": tally.channel,
            }


def _caps(whole: Fragment, clock: int, policy: ProfilePolicy) -> Iterator[CapState]:
    for name, cap in policy.caps.items():
        free = free_again_at(whole, name, clock, policy)
        yield {
            "name": name,
            "messages": messages_within(whole, name, clock, policy),
            "most": cap.most,
            "free_again_at": free if free > clock else None,
        }


def _by_currency(whole: Fragment, part: Callable[[OrderMark], int | None]) -> dict[str, int]:
    """Return what a part of each order adds up to, returns taken off; orders without it do not count."""
    sums: dict[str, int] = {}
    for order in whole.orders.values():
        found = part(order)
        if found is not None:
            sums[order.currency] = sums.get(order.currency, 0) + (-found if order.is_return else found)
    return dict(sorted(sums.items()))


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


def _permission(purpose: str, channel: str, decision: Decision) -> Permission:
    by = decision.by
    return {
        "purpose": purpose,
        "channel": channel,
        "permitted": decision.permitted,
        "by_purpose": by.purpose if by else None,
        "by_channel": by.channel if by else None,
        "state": by.state if by else None,
        "event_time": by.time if by else None,
        "source": by.source if by else None,
        "event_id": by.event_id if by else None,
        "text_version": by.text_version if by else None,
    }
