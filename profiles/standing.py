"""What holds of a customer for the time being: segments, consents, caps; what changed of it is a signal. Pure."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from profiles.conditions import Value
from profiles.consents import permissions
from profiles.facts import changes_at
from profiles.folding import Folding
from profiles.fragment import Fragment
from schemas.records import SignalKind

SEGMENT = "segment"
CONSENT = "consent"
CAP = "cap"

SIGNALS: Mapping[str, tuple[SignalKind, SignalKind]] = {
    SEGMENT: ("segment_entered", "segment_left"),
    CONSENT: ("consent_granted", "consent_ended"),
    CAP: ("cap_reached", "cap_freed"),
}
"""What is told where something of a kind begins to hold, and where it holds no more."""

_AT_ONCE = 1


class Outlook(NamedTuple):
    """What holds at a moment, as ``KIND:NAME``, and when time alone may change it; ``due`` is 0 for never."""

    holds: frozenset[str]
    due: int


def segments_in(holds: Mapping[str, int]) -> dict[str, int]:
    """Return the segments among what holds, and since when."""
    before = f"{SEGMENT}:"
    return {name.removeprefix(before): since for name, since in sorted(holds.items()) if name.startswith(before)}


def outlook(whole: Fragment, facts: Mapping[str, Value | None], now_ms: int | None, folding: Folding) -> Outlook:
    """Return what holds of a customer.

    Args:
        whole: what all their touchpoints add up to.
        facts: of the same moment.
        now_ms: the moment; None where it is not known: nothing that takes one holds, and it is due at once.
        folding: of the policy in force.
    """
    due = _AT_ONCE if now_ms is None else changes_at(whole, folding, now_ms) or 0
    return Outlook(frozenset(_held(whole, facts, folding)), due)


def _held(whole: Fragment, facts: Mapping[str, Value | None], folding: Folding) -> Iterator[str]:
    for name, conditions in folding.policy.segments.items():
        if conditions.hold(facts):
            yield f"{SEGMENT}:{name}"
    for (purpose, channel), decision in permissions(whole, folding.known_consents).items():
        if decision.permitted:
            yield f"{CONSENT}:{purpose}/{channel}"
    for name in folding.policy.caps:
        if facts.get(f"cap.{name}"):
            yield f"{CAP}:{name}"
