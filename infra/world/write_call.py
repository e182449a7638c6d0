"""Touches as the call centre's telephony records them."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Callable, Mapping

from infra.world.disorder import WITHHELD
from infra.world.journeys import Step
from infra.world.people import Person
from infra.world.writing import COMPLAINT, Writer
from schemas.records import CallRecord

CALL_CENTRE_NUMBER = "+49302222000"
"""Our own number: telephony shows it now and then in place of the caller's."""

_REASONS = ("delivery", "delivery", "invoice", "return", "product", "account", "order")
_REASON_OF = {
    "call_after_failure": "password",
    "call_checkout": "checkout",
    "chat_checkout": "checkout",
    "chat_product": "product",
    "complaint_call": COMPLAINT,
    "complaint_chat": COMPLAINT,
    "complaint_again": COMPLAINT,
    "outbound_call": "feedback",
    "opt_out_call": "advertising",
}
_OUTCOMES = ("solved", "solved", "solved", "escalated", "abandoned")
_UNSOLVED = ("escalated", "abandoned", "callback")
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
            "reason": _REASON_OF.get(step.kind) or _REASONS[step.scene % len(_REASONS)],
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

    def _unsolved(self, call: CallRecord, person: Person, step: Step) -> None:
        self._call(call, person, step)
        call["outcome"] = _UNSOLVED[step.scene % len(_UNSOLVED)]

    def _complaint(self, call: CallRecord, person: Person, step: Step) -> None:
        if step.kind == "complaint_chat":
            self._chat(call, person, step)
        else:
            self._call(call, person, step)
        call["sentiment"] = round(-0.2 - 0.8 * self._chance(), 2)
        self._complaints.setdefault(step.scene, call["call_id"])

    def _withheld(self, call: CallRecord, person: Person, _step: Step) -> None:
        """A caller without a number of their own, who therefore says who they are."""
        transferred = self._chance() < 0.4
        call["caller_number"] = self.who.call_centre(person, CALL_CENTRE_NUMBER) if transferred else WITHHELD
        self._verified(call, person)

    def _outbound(self, call: CallRecord, person: Person, _step: Step) -> None:
        call["direction"] = "outbound"
        call["caller_number"] = CALL_CENTRE_NUMBER
        self._verified(call, person)

    def _chat(self, call: CallRecord, person: Person, _step: Step) -> None:
        call["direction"] = "chat"
        self._verified(call, person)

    def _opt_out(self, call: CallRecord, person: Person, step: Step) -> None:
        self._call(call, person, step)
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
        "call_unsolved": _unsolved,
        "call_again": _call,
        "call_after_failure": _call,
        "call_checkout": _call,
        "complaint_call": _complaint,
        "complaint_chat": _complaint,
        "complaint_again": _complaint,
        "call_withheld": _withheld,
        "outbound_call": _outbound,
        "chat": _chat,
        "chat_checkout": _chat,
        "chat_product": _chat,
        "opt_out_call": _opt_out,
    }
    """What each kind of step fills in."""
