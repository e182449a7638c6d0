"""Records sent together while the client's queue is full: the client is the real one, and no broker answers it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from confluent_kafka import Producer

from streams.errors import DeliveryError
from streams.producer import Deliveries, producer_settings

_ROOM = 10


@pytest.fixture
def client() -> Producer:
    return Producer({**producer_settings("127.0.0.1:1"), "queue.buffering.max.messages": _ROOM})


def sent(client: Producer) -> Deliveries:
    """Return more records than there is room for."""
    deliveries = Deliveries(client.produce)
    for at in range(3 * _ROOM):
        deliveries.send("topic", None, f"{at}".encode(), 0)
    return deliveries


def waited_for(deliveries: Deliveries, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """Do something while a task waits for records to arrive."""

    async def run() -> None:
        waiting = asyncio.create_task(deliveries.arrived())
        await asyncio.sleep(0)
        try:
            await meanwhile()
        except asyncio.CancelledError:
            waiting.cancel()
        await waiting

    asyncio.run(run())


def test_sending_does_not_wait_for_room_in_the_queue(client: Producer) -> None:
    assert sent(client).sent == 3 * _ROOM > len(client)


def test_others_have_their_turn_while_records_wait_for_room_in_the_queue(client: Producer) -> None:
    turns = []

    async def others() -> None:
        for turn in range(5):
            await asyncio.sleep(0.01)
            turns.append(turn)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        waited_for(sent(client), others)
    assert len(turns) == 5


def test_once_a_record_failed_the_others_are_not_waited_for(client: Producer) -> None:
    async def fails() -> None:
        client.purge()
        client.poll(1)

    with pytest.raises(DeliveryError, match="was not delivered"):
        waited_for(sent(client), fails)
