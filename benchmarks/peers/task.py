"""What a peer is told when it starts: a file of JSON, which a program in any language can read."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Task(NamedTuple):
    """Where a peer finds its work and leaves it.

    Attributes:
        servers: of the broker.
        group: consumer group; no other peer has it.
        sources: channel by source topic.
        partitions: of every topic.
        messages: topic between identifiers, keyed by the one a message is for.
        profiles: topic of updated profiles, keyed by their id.
        home: folder for local state.
        contracts: folder of the Avro schemas of the sources.
    """

    servers: str
    group: str
    sources: Mapping[str, str]
    partitions: int
    messages: str
    profiles: str
    home: str
    contracts: str


def write_task(task: Task, file: Path) -> None:
    """Keep a task for the peer's process."""
    file.write_text(json.dumps(task._asdict(), indent=2) + "\n", "utf-8")


def task_of_this_process() -> Task:
    """Return the task whose file is the only argument of this program."""
    (file,) = sys.argv[1:]
    return Task(**json.loads(Path(file).read_text("utf-8")))
