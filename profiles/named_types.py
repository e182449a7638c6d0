"""The types of touchpoints that a profile policy names, and so gives a meaning."""

from collections.abc import Iterator
from itertools import chain

from profiles.policy import Filter, ProfilePolicy


def named_types(policy: ProfilePolicy) -> frozenset[str]:
    """Return every touchpoint type that some declaration of a policy asks for."""
    asked = chain.from_iterable(told.get("type", ()) for told in _filters(policy))
    return frozenset(asked) | frozenset(policy.engagement.points)


def _filters(policy: ProfilePolicy) -> Iterator[Filter]:
    for trait in policy.traits.values():
        yield from (trait.when, trait.hit)
    yield from policy.quality.values()
    for goal in policy.goals.values():
        yield from (goal.when, goal.of)
    for breakdown in policy.breakdowns.values():
        yield from (breakdown.failure, breakdown.contact)
    yield from (cap.messages for cap in policy.caps.values())
    yield from (activation.when for activation in policy.activations.values())
    yield from (policy.service.contact, policy.service.complaint, policy.service.reply)
    for begun in policy.abandonment.values():
        yield from (begun.started, begun.finished)
