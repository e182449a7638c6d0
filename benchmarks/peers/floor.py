"""The floor: consume and decode every record, and nothing else. No program that reads these topics can cost less.

Publishes how many it decoded with each batch, so that its progress shows like that of the others.
"""

import json
import signal

from confluent_kafka import Consumer, Producer

from benchmarks.peers.task import Task, task_of_this_process
from schemas.framing import SingleObjectFraming
from schemas.reasons import RejectedError

_BATCH = 1_000


def main() -> None:
    """Run until a signal ends it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _run(task_of_this_process())
    except KeyboardInterrupt:
        return


def _run(task: Task) -> None:
    servers = {"bootstrap.servers": task.servers}
    consumer = Consumer({**servers, "group.id": task.group, "auto.offset.reset": "earliest"})
    producer = Producer(servers)
    records, decoded = SingleObjectFraming(), 0
    consumer.subscribe(list(task.sources))
    while True:
        batch = consumer.consume(_BATCH, timeout=0.1)
        for message in batch:
            try:
                records.decode(message.value())
            except RejectedError:
                continue
            decoded += 1
        if batch:
            producer.produce(task.profiles, json.dumps({"id": "floor", "touchpoints": decoded}), "floor")
        producer.poll(0)


if __name__ == "__main__":
    main()
