"""What tests of resolution share: cards of events that are said in a line, and decisions on them."""

from identity.graph import Card, Ruling, RulingKind
from identity.nodes import NodeId
from identity.policy_file import default_policy
from tests.property.engine_model import Event, Identified, event, oracle_cards

POLICY = default_policy()

Cards = dict[NodeId, Card]


def seen(times: int, *whom: Identified) -> list[Event]:
    name = "+".join(part.value for part in whom)
    return [event(f"{name} {number}", 1 + number, *whom) for number in range(times)]


def gathered(*events: list[Event]) -> Cards:
    return oracle_cards([one for part in events for one in part], POLICY)


def decide(cards: Cards, one: Identified, other: Identified, kind: RulingKind, at: int = 1) -> None:
    for node, far in ((one.node, other.node), (other.node, one.node)):
        ruling = Ruling(at, kind)
        cards[node].rulings[far] = max(cards[node].rulings.get(far, ruling), ruling)
