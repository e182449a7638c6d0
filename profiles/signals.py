"""Signals of single touchpoints: goals reached, breakdowns, and what a touchpoint asks for. Pure.

They are found among the newest marks of each identifier, and told once: which were is remembered with the identifier,
so neither a merge nor a split tells them again.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, NamedTuple

from profiles.folding import mark_name
from profiles.fragment import Fragment, Mark
from profiles.policy import Breakdown, ProfilePolicy

SignalKind = Literal["goal_reached", "breakdown", "activation"]

_MINUTE_MS = 60_000
_NUMBERS = 50_000
"""Remembered, since the same marks are looked at whenever their customer is told of."""


class Signal(NamedTuple):
    """Something that one touchpoint tells of a customer.

    Attributes:
        kind: what.
        name: of its declaration.
        mark: the touchpoint.
        failure: of a breakdown: the newest failure before it.
        failures: of a breakdown: how many failures there were within its time.
    """

    kind: SignalKind
    name: str
    mark: Mark
    failure: Mark | None = None
    failures: int = 0

    @property
    def number(self) -> int:
        """What it is remembered by: equal ones are the same signal."""
        return _number(self.kind, self.name, self.mark.channel, self.mark.event_id)


@lru_cache(maxsize=_NUMBERS)
def _number(*parts: str) -> int:
    text = "\x00".join(parts)
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def signals(part: Fragment, whole: Fragment, policy: ProfilePolicy) -> Iterator[Signal]:
    """Yield the signals of one identifier's touchpoints, told before or not, within what all of the customer's tell."""
    if not part.marks:
        return
    for name in policy.goals:
        for mark in part.marks.get(mark_name("goal", name), ()):
            yield Signal("goal_reached", name, mark)
    for name in policy.activations:
        for mark in part.marks.get(mark_name("activation", name), ()):
            yield Signal("activation", name, mark)
    for name, breakdown in policy.breakdowns.items():
        failures = whole.marks.get(mark_name("failure", name), ())
        for contact in part.marks.get(mark_name("contact", name), ()) if failures else ():
            before = _failures_before(contact, failures, breakdown)
            if before:
                yield Signal("breakdown", name, contact, before[-1], len(before))


def _failures_before(contact: Mark, failures: Iterable[Mark], breakdown: Breakdown) -> list[Mark]:
    """Return the failures that a contact may be about, oldest first."""
    if breakdown.reasons and contact.about and contact.about not in breakdown.reasons:
        return []
    first = contact.time - breakdown.minutes * _MINUTE_MS
    return [
        failure for failure in failures if first <= failure.time <= contact.time and failure.channel != contact.channel
    ]


def untold(
    part: Fragment, found: Iterable[Signal], told: Iterable[int], policy: ProfilePolicy
) -> tuple[list[Signal], list[int]]:
    """Return the signals that were not told yet, and what to remember.

    What was told is remembered as long as its touchpoint is among the marks, found just now or not: a breakdown is not
    where failure and contact were split, and would be found again when they merge.
    """
    known = set(told)
    news = [signal for signal in found if signal.number not in known]
    if not known:
        return news, [signal.number for signal in news]
    possible = {signal.number for signal in _possible(part, policy)}
    return news, sorted((known & possible) | {signal.number for signal in news})


def _possible(part: Fragment, policy: ProfilePolicy) -> Iterator[Signal]:
    kinds: Mapping[SignalKind, tuple[str, Iterable[str]]] = {
        "goal_reached": ("goal", policy.goals),
        "activation": ("activation", policy.activations),
        "breakdown": ("contact", policy.breakdowns),
    }
    for kind, (marked, names) in kinds.items():
        for name in names:
            for mark in part.marks.get(mark_name(marked, name), ()):
                yield Signal(kind, name, mark)


def context_of(signal: Signal) -> dict[str, str]:
    """Return what a signal tells besides its touchpoint: of a breakdown what went wrong."""
    context = {"channel": signal.mark.channel, "type": signal.mark.type}
    if signal.mark.about:
        context["about"] = signal.mark.about
    if signal.failure is not None:
        failure = signal.failure
        context |= {
            "failure_channel": failure.channel,
            "failure_type": failure.type,
            "failure_event_id": failure.event_id,
            "failure_about": failure.about,
            "failures": str(signal.failures),
            "seconds_between": str((signal.mark.time - failure.time) // 1000),
        }
    return context
