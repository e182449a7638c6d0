"""Call-centre records to touchpoints."""

from math import isfinite

from schemas.reasons import Problem, RejectedError
from schemas.records import CallRecord, Consent, Identifier, Touchpoint


def from_call(call: CallRecord) -> Touchpoint:
    """Map a call or a chat.

    The caller's number is the customer's, except when we called: then it is ours and only a property. A channel
    the caller opted out of withdraws the consent to marketing on it. What the agent noted of the caller becomes
    traits, with the language spoken where the note names none.

    Raises:
        RejectedError: the sentiment is not a finite number.
    """
    sentiment = call["sentiment"]
    if sentiment is not None and not isfinite(sentiment):
        raise RejectedError.of([Problem("not_finite", "sentiment is not a finite number", "sentiment")])
    direction, caller = call["direction"], call["caller_number"]
    identifiers: list[Identifier] = []
    if call["customer_number"] is not None:
        identifiers.append({"type": "customer_id", "value": call["customer_number"]})
    if call["email"] is not None:
        identifiers.append({"type": "email", "value": call["email"]})
    properties: dict[str, str] = {"direction": direction}
    if direction == "outbound":
        if caller:
            properties["caller_number"] = caller
    elif caller is not None:
        identifiers.append({"type": "phone", "value": caller})
    return {
        "event_id": call["call_id"],
        "event_time": call["started_at"],
        "type": "chat" if direction == "chat" else "call",
        "identifiers": identifiers,
        "traits": _traits(call),
        "order": None,
        "marketing": None,
        "consents": [_withdrawn(channel) for channel in call["opt_out"] if channel],
        "interaction": {
            "reason": call["reason"],
            "outcome": call["outcome"],
            "duration_seconds": float(call["duration_seconds"]),
            "agent": call["agent"],
            "sentiment": sentiment,
        },
        "party": "first",
        "properties": properties,
    }


def _traits(call: CallRecord) -> dict[str, str]:
    return {"language": call["language"], **call["caller"]} if call["language"] else call["caller"].copy()


def _withdrawn(channel: str) -> Consent:
    return {"purpose": "marketing", "channel": channel, "state": "withdrawn", "text_version": None}
