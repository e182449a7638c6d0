"""Plain Faust (faust-streaming): two agents and a table in RocksDB with a changelog.

Gives up what :mod:`benchmarks.peers.job` does, and more: a send or a changelog write that fails is only logged, and its
source is acknowledged all the same; the changelog knows no offsets, so that a crash may count twice or not at all.
"""

from typing import Any

import faust

from benchmarks.peers.job import first_message, new_card, step
from benchmarks.peers.task import Task, task_of_this_process


def main() -> None:
    """Run until a signal ends it."""
    worker = faust.Worker(application(task_of_this_process()), loglevel="WARNING")
    worker.spinner = None  # it would have every library log at DEBUG
    worker.execute_from_commandline()


def application(task: Task) -> Any:  # noqa: ANN401  # Faust has no types
    """Return the program."""
    app = faust.App(
        task.group,
        broker=f"kafka://{task.servers}",
        store="rocksdb://",
        datadir=task.home,
        topic_partitions=task.partitions,
        web_enabled=False,
    )
    sources = app.topic(*task.sources, key_serializer="raw", value_serializer="raw", value_type=bytes)
    messages = app.topic(task.messages, key_type=str, key_serializer="raw", value_serializer="json")
    profiles = app.topic(task.profiles, key_type=str, key_serializer="raw", value_serializer="json")
    cards = app.Table("cards", partitions=task.partitions)

    @app.agent(sources)
    async def read(stream: Any) -> None:  # noqa: ANN401
        async for event in stream.events():
            message = first_message(task.sources[event.message.topic], event.value)
            if message is not None:
                await messages.send(key=message["to"], value=message)

    @app.agent(messages)
    async def work_off(stream: Any) -> None:  # noqa: ANN401
        async for key, message in stream.items():
            card = cards.get(key) or new_card()
            sent, published = step(card, message)
            cards[key] = card
            for one in sent:
                await messages.send(key=one["to"], value=one)
            for update in published:
                await profiles.send(key=update["id"], value=update)

    return app


if __name__ == "__main__":
    main()
