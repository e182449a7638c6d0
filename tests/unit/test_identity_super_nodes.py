"""What everybody uses costs no more at the thousandth person than at the twentieth, and joins nobody."""

import msgspec

from identity.graph import Card
from tests.property.engine_model import Engine, Event, Identified, event, identifier, subscribe
from tests.property.strategies import POLICY

KIOSK = identifier("cookie", "kiosk")
FEW, MANY = 50, 2_000


def visit(number: int) -> Event:
    return event(f"visit {number}", number, identifier("email", f"{number}@example.org"), KIOSK)


def worked_off(engine: Engine) -> None:
    while busy := engine.busy():
        engine.work(busy[0], 100, 100)


def messages_for(engine: Engine, visits: range) -> int:
    before = engine.sent
    for number in visits:
        engine.deliver(visit(number))
        worked_off(engine)
    return engine.sent - before


def card_of(engine: Engine, one: Identified) -> Card:
    return engine.nodes()[one.node].card


def test_a_device_that_everybody_uses_stays_small_quiet_and_alone() -> None:
    engine = Engine(3, POLICY)
    messages_for(engine, range(FEW))
    early = messages_for(engine, range(FEW, 2 * FEW))
    early_size = len(msgspec.msgpack.encode(card_of(engine, KIOSK)))
    messages_for(engine, range(2 * FEW, MANY))
    late = messages_for(engine, range(MANY, MANY + FEW))

    assert late <= early * 1.2, "a visit costs more messages the more people use the device"
    longer_names = 32  # of the newest denials: their times and events have more digits
    assert len(msgspec.msgpack.encode(card_of(engine, KIOSK))) <= early_size + longer_names
    people = [one for one in subscribe(engine, 1).profiles.values() if one["status"] == "active"]
    assert len(people) == MANY + FEW + 1
    assert max(len(one["identifiers"]) for one in people) == 1
    assert max(len(gathering.members) for gathering in engine.gatherings().values()) <= POLICY.max_gathering
