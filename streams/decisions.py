"""Decisions of data stewards on their way to the nodes they are on."""

from identity.graph import Block, Blocked, Message, Ruled, Ruling, RulingKind
from identity.nodes import NODE_ID_BYTES, NodeId
from schemas.contracts import DECISION
from schemas.framing import Framing
from schemas.reasons import RejectedError
from schemas.records import DecidedIdentifier, Decision
from streams.gather import graph_outputs
from streams.records import Output, SourceRecord, dead_letter
from streams.topics import Topics

_KINDS = {"together": RulingKind.TOGETHER, "apart": RulingKind.APART, "release": RulingKind.RELEASE}


def decision_key(decision: Decision) -> bytes:
    """Return what a decision is on, the same whichever identifier is named first: its key in the topic."""
    nodes = [part["node_id"] for part in (decision["one"], decision["other"]) if part is not None]
    return ":".join(sorted(nodes)).encode()


def decision_outputs(topics: Topics, framing: Framing, record: SourceRecord) -> list[Output]:
    """Return the messages to the nodes that a decision is on, or the dead letter of a record that is none."""
    try:
        messages = decision_messages(_decision(framing, record))
    except RejectedError as error:
        return [dead_letter(topics, framing, record, error, "ingest")]
    return [output for message in messages for output in graph_outputs(topics, [message])]


def _decision(framing: Framing, record: SourceRecord) -> Decision:
    name, content = framing.decode(record.value)
    if name != DECISION:
        raise RejectedError("unexpected_schema", f"expected {DECISION}")
    decision: Decision = content  # type: ignore[assignment]  # the contract's name says so
    check_decision(decision)
    return decision


def check_decision(decision: Decision) -> None:
    """Make sure that a record of the contract is a decision; ingest and the lake refuse the same ones.

    Raises:
        RejectedError: it is none.
    """
    one, other = decision["one"], decision["other"]
    if (other is None) != (decision["kind"] == "block"):
        raise RejectedError("bad_value", "other: expected an identifier unless kind is block, and none then")
    near = _node("one", one)
    if other is not None and _node("other", other) == near:
        raise RejectedError("bad_value", "other: expected another identifier")


def decision_messages(decision: Decision) -> list[Message]:
    """Return what the nodes that a decision is on are told; :func:`check_decision` took no offence at it."""
    one, other = decision["one"], decision["other"]
    is_made = decision["state"] == "made"
    if other is None:
        block = Block(decision["made_at"], blocked=is_made)
        return [Blocked(_node("one", one), one["type"], one["value"], block)]
    ruling = Ruling(decision["made_at"], _KINDS[decision["kind"]] if is_made else RulingKind.WITHDRAWN)
    near, far = _node("one", one), _node("other", other)
    return [
        Ruled(near, one["type"], one["value"], far, ruling),
        Ruled(far, other["type"], other["value"], near, ruling),
    ]


def _node(field: str, part: DecidedIdentifier) -> NodeId:
    try:
        node = bytes.fromhex(part["node_id"])
    except ValueError:
        node = b""
    if len(node) != NODE_ID_BYTES:
        raise RejectedError("bad_value", f"{field}.node_id: expected {2 * NODE_ID_BYTES} hexadecimal digits")
    return NodeId(node)
