"""Touches as the call centre's telephony records them."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Callable, Mapping

from infra.world.disorder import WITHHELD
from infra.world.journeys import Step
from infra.world.people import Person
from infra.world.writing import Writer
from schemas.records import CallRecord

CALL_CENTRE_NUMBER = "+49302222000"
"""Our own number: telephony shows it now and then in place of the caller's."""

_REASONS = ("delivery", "invoice", "return", "complaint", "product", "account")
_OUTCOMES = ("solved", "solved", "solved", "escalated", "abandoned")
_MARKETING_CHANNELS = ("call", "email", "sms", "post")


class CallWriter(Writer):
    """Writes calls and chats."""

    def write(self, person: Person, step: Step, event_id: str) -> CallRecord:
        """The call of a step of one of the kinds in `KINDS`."""
        mood = self._chance() * 2 - 1
        call: CallRecord = {
            "call_id": event_id,
            "started_at": step.event_time,
            "direction": "inbound",
            "caller_number": None,
            "customer_number": None,
            "email": None,
            "reason": _REASONS[step.number % len(_REASONS)],
            "outcome": _OUTCOMES[step.number % len(_OUTCOMES)],
            "duration_seconds": 20 + int(self._chance() ** 2 * 1800),
            "agent": f"agent-{step.number % 60:02d}",
            "sentiment": round(mood, 2) if step.number % 5 else None,
            "language": person.household.country.language,
            "caller": {},
            "opt_out": [],
        }
        self.KINDS[step.kind](self, call, person, step)
        return call

    def _call(self, call: CallRecord, person: Person, _step: Step) -> None:
        from_own = self._chance() >= (0.3 if person.other_number else 0.06)
        call["caller_number"] = self.who.phone(person) if from_own else self.who.line(person)
        roll = self._chance()
        if roll < 0.5:
            self._verified(call, person)
        elif roll < 0.8:
            call["caller"] = self.who.forms.caller(person)

    def _after_failure(self, call: CallRecord, person: Person, step: Step) -> None:
        self._call(call, person, step)
        call["reason"] = "password"

    def _withheld(self, call: CallRecord, person: Person, _step: Step) -> None:
        """A caller without a number of their own, who therefore says who they are."""
        transferred = self._chance() < 0.4
        call["caller_number"] = self.who.call_centre(person, CALL_CENTRE_NUMBER) if transferred else WITHHELD
        self._verified(call, person)

    def _outbound(self, call: CallRecord, person: Person, _step: Step) -> None:
        call["direction"] = "outbound"
        call["caller_number"] = CALL_CENTRE_NUMBER
        call["reason"] = "feedback"
        self._verified(call, person)

    def _chat(self, call: CallRecord, person: Person, _step: Step) -> None:
        call["direction"] = "chat"
        self._verified(call, person)

    def _opt_out(self, call: CallRecord, person: Person, step: Step) -> None:
        self._call(call, person, step)
        call["reason"] = "advertising"
        call["opt_out"] = [_MARKETING_CHANNELS[int(self._chance() * len(_MARKETING_CHANNELS))]]

    def _verified(self, call: CallRecord, person: Person) -> None:
        """What the agent asked for: the customer number, or name, birth date and the address they are sure of."""
        if self._chance() < 0.8:
            call["customer_number"] = self.who.customer_id(person)
        else:
            call["email"] = self.who.email(person)
            call["caller"] = self.who.forms.caller(person)

    KINDS: Mapping[str, Callable[["CallWriter", CallRecord, Person, Step], None]] = {
        "call": _call,
        "call_after_failure": _after_failure,
        "call_withheld": _withheld,
        "outbound_call": _outbound,
        "chat": _chat,
        "opt_out_call": _opt_out,
    }
    """What each kind of step fills in."""
