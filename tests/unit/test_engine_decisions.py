"""A steward's decision becomes messages to the nodes it is on; what is no decision becomes a dead letter."""

from typing import Any

import msgspec
import pytest

from identity.graph import Block, Blocked, Message, Ruled, Ruling, RulingKind
from schemas.contracts import DEAD_LETTER, DECISION, LINK
from schemas.framing import SingleObjectFraming
from schemas.records import Decision
from sinks.testing import a_link
from streams.decisions import decision_key, decision_outputs
from streams.records import Output, SourceRecord
from streams.topics import Topics

TOPICS = Topics("p.", "p.")
FRAMES = SingleObjectFraming()
ANN, BEN = bytes([3]) * 16, bytes([4]) * 16

_messages = msgspec.msgpack.Decoder(list[Message])


def a_decision(**change: Any) -> Decision:  # noqa: ANN401  # any field
    decision: Decision = {
        "kind": "apart",
        "state": "made",
        "one": {"node_id": ANN.hex(), "type": "email", "value": "ann@example.org"},
        "other": {"node_id": BEN.hex(), "type": "phone", "value": "+4930123456"},
        "made_at": 7,
        "made_by": "a steward",
        "reason": "twins",
    }
    return {**decision, **change}  # type: ignore[typeddict-item]  # a change is of one field


def outputs(value: bytes | None) -> list[Output]:
    return decision_outputs(TOPICS, FRAMES, SourceRecord(TOPICS.decisions, 0, 5, 9, b"k", value))


def messages(**change: Any) -> list[Message]:  # noqa: ANN401  # any field
    found = outputs(FRAMES.encode(DECISION, a_decision(**change)))
    assert {output.topic for output in found} == {TOPICS.graph}
    decoded = [message for output in found for message in _messages.decode(output.value)]
    assert [output.key for output in found] == [message.to for message in decoded]
    return decoded


@pytest.mark.parametrize(
    ("kind", "ruling"),
    [("apart", RulingKind.APART), ("together", RulingKind.TOGETHER), ("release", RulingKind.RELEASE)],
)
def test_both_identifiers_are_told_of_a_decision_on_two(kind: str, ruling: RulingKind) -> None:
    one, other = messages(kind=kind)
    assert one == Ruled(ANN, "email", "ann@example.org", BEN, Ruling(7, ruling))  # type: ignore[arg-type]  # node ids
    assert other == Ruled(BEN, "phone", "+4930123456", ANN, Ruling(7, ruling))  # type: ignore[arg-type]  # node ids


def test_a_withdrawn_decision_is_a_newer_one_that_decides_nothing() -> None:
    assert {message.ruling.kind for message in messages(state="withdrawn") if isinstance(message, Ruled)} == {
        RulingKind.WITHDRAWN
    }


@pytest.mark.parametrize(("state", "blocked"), [("made", True), ("withdrawn", False)])
def test_the_one_identifier_is_told_of_a_block(state: str, blocked: bool) -> None:  # noqa: FBT001  # a parameter
    (told,) = messages(kind="block", state=state, other=None)
    assert told == Blocked(ANN, "email", "ann@example.org", Block(7, blocked=blocked))  # type: ignore[arg-type]  # id


def test_the_key_is_the_same_whichever_identifier_is_named_first() -> None:
    decision = a_decision()
    other = decision["other"]
    assert other is not None
    turned = a_decision(one=other, other=decision["one"])
    assert decision_key(decision) == decision_key(turned) == f"{ANN.hex()}:{BEN.hex()}".encode()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "null_value"),
        (b"noise", "unknown_framing"),
        (FRAMES.encode(LINK, a_link("a", "b")), "unexpected_schema"),
        (FRAMES.encode(DECISION, a_decision(other=None)), "bad_value"),
        (FRAMES.encode(DECISION, a_decision(kind="block")), "bad_value"),
        (FRAMES.encode(DECISION, a_decision(other=a_decision()["one"])), "bad_value"),
        (FRAMES.encode(DECISION, a_decision(one={"node_id": "beef", "type": "email", "value": "x"})), "bad_value"),
        (FRAMES.encode(DECISION, a_decision(one={"node_id": "x" * 32, "type": "email", "value": "x"})), "bad_value"),
    ],
)
def test_what_is_no_decision_becomes_a_dead_letter(value: bytes | None, reason: str) -> None:
    (output,) = outputs(value)
    name, letter = FRAMES.decode(output.value)
    assert (output.topic, name) == (TOPICS.dead_letters, DEAD_LETTER)
    assert (letter["reason"], letter["topic"], letter["offset"]) == (reason, TOPICS.decisions, 5)
