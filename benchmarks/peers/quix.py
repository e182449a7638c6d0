"""Quix Streams as it comes: two streaming dataframes, the second one stateful by key, RocksDB with a changelog.

Gives up what :mod:`benchmarks.peers.job` does. At least once: after a crash, what was sent since the last commit (every
5 s) is sent and counted again.
"""

from importlib import import_module
from typing import Any

from benchmarks.peers.job import Message, Update, first_message, new_card, step
from benchmarks.peers.task import Task, task_of_this_process

_PACKAGE = "quixstreams"
"""By name: it is in an environment of its own (:mod:`benchmarks.peers.installing`), unknown to the checks here."""


def main() -> None:
    """Run until a signal ends it."""
    application(task_of_this_process()).run()


def application(task: Task) -> Any:  # noqa: ANN401
    """Return the program."""
    app = import_module(_PACKAGE).Application(
        task.servers, consumer_group=task.group, auto_offset_reset="earliest", state_dir=task.home, loglevel="WARNING"
    )
    messages = app.topic(task.messages, key_serializer="str", key_deserializer="str")
    profiles = app.topic(task.profiles, key_serializer="str")
    for name, channel in task.sources.items():
        source = app.dataframe(app.topic(name, value_deserializer="bytes"))
        source.apply(lambda value, channel=channel: first_message(channel, value)).filter(bool).to_topic(
            messages, key=lambda message: message["to"]
        )
    outputs = app.dataframe(messages).apply(_outputs, stateful=True, expand=True)
    outputs.filter(lambda output: "to" in output).to_topic(messages, key=lambda message: message["to"])
    outputs.filter(lambda output: "id" in output).to_topic(profiles, key=lambda update: update["id"])
    return app


def _outputs(message: Message, state: Any) -> list[Message | Update]:  # noqa: ANN401
    card: Any = state.get("card") or new_card()
    sent, published = step(card, message)
    state.set("card", card)
    return [*sent, *published]


if __name__ == "__main__":
    main()
