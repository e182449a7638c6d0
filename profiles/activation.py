"""Decisions in real time, when a touchpoint asks: what may be said to a customer, and which offers be made. Pure."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b

from profiles.conditions import Value
from profiles.consents import decided
from profiles.customer import Customer
from profiles.facts import Facts, free_again_at, messages_within
from profiles.folding import Folding, language_of, surviving_traits
from profiles.folds import DAY_MS
from profiles.fragment import Fragment
from profiles.policy import ProfilePolicy
from profiles.signals import Signal
from profiles.standing import segments_in
from schemas.records import Activation

_ID_BYTES = 8
_MINUTE_MS = 60_000


def activation(customer: Customer, asked: Signal, folding: Folding, revision: int, now_ms: int) -> Activation | None:
    """Return the decision for a touchpoint; None where it is too old, not permitted, or the cap leaves no room.

    Args:
        customer: who asked, by the newest that is known of them.
        asked: the touchpoint.
        folding: of the policy in force.
        revision: of the customer.
        now_ms: processing time.
    """
    policy, mark = folding.policy, asked.mark
    declared = policy.activations[asked.name]
    if customer.clock is not None and customer.clock - mark.time > declared.minutes * _MINUTE_MS:
        return None
    whole = customer.whole
    if not decided(whole, declared.purpose, declared.channel, folding.known_consents).permitted:
        return None
    moment = max(mark.time, customer.clock or 0)
    left = _messages_left(whole, declared.cap, moment, policy) if declared.cap else None
    if left == 0:
        return None
    facts = Facts(whole, known=customer.known, now_ms=moment, folding=folding)
    traits = surviving_traits(whole)
    return {
        "activation_id": signal_id("activation", asked.name, mark.channel, mark.event_id),
        "name": asked.name,
        "customer_id": customer.person.founder.hex(),
        "revision": revision,
        "event_id": mark.event_id,
        "event_time": mark.time,
        "asked_on": mark.channel,
        "purpose": declared.purpose,
        "channel": declared.channel,
        "language": language_of(traits),
        "traits": {name: traits[name].value for name in declared.traits if name in traits},
        "segments": list(segments_in(customer.standing.holds)),
        "offers": list(_offers(whole, facts, moment, policy))[: declared.offers],
        "messages_left": left,
        "made_at": now_ms,
    }


def signal_id(*parts: str) -> str:
    """Return the id of what these parts name, the same each time."""
    return blake2b("\x00".join(parts).encode("utf-8", "surrogatepass"), digest_size=_ID_BYTES).hexdigest()


def _messages_left(whole: Fragment, cap: str, moment: int, policy: ProfilePolicy) -> int:
    if free_again_at(whole, cap, moment, policy) > moment:
        return 0
    return policy.caps[cap].most - messages_within(whole, cap, moment, policy)


def _offers(whole: Fragment, facts: Mapping[str, Value | None], moment: int, policy: ProfilePolicy) -> Iterator[str]:
    """Yield the offers that may be made now, the best first."""
    for name, offer in sorted(policy.offers.items(), key=lambda item: (-item[1].priority, item[0])):
        last = max((tally.time for tally in whole.offers.get(name, {}).values()), default=None)
        is_recent = last is not None and last > moment - offer.again_days * DAY_MS
        if not is_recent and offer.eligible.hold(facts):
            yield name
