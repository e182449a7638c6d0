"""Watching what a process needs: whether the broker answers, whether a folder can be written."""

import tempfile
import threading
import time
from pathlib import Path
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

_ASK_SECONDS = 3.0
_ANSWER_SECONDS = 2.0
_SILENCE_SECONDS = 10.0
_PROBE_BYTES = 4096


class BrokerWatch:
    """Asks the broker every few seconds while its context lasts.

    Over a connection of its own: after an outage a consumer that is being read answers no such question any more.

    Args:
        client: used for this alone.
        topic: that is there.
    """

    def __init__(self, client: AdminClient, topic: str) -> None:
        self._client = client
        self._topic = topic
        self._answered = time.monotonic()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="broker-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def missing(self) -> str | None:
        """Return for how long the broker has been silent; None where it answers."""
        silent = time.monotonic() - self._answered
        return None if silent < _SILENCE_SECONDS else f"the broker has not answered for {silent:.0f} seconds"

    def _watch(self) -> None:
        while not self._ends.is_set():
            if self._answers():
                self._answered = time.monotonic()
            self._ends.wait(_ASK_SECONDS)

    def _answers(self) -> bool:
        try:
            self._client.list_topics(self._topic, timeout=_ANSWER_SECONDS)
        except KafkaException:
            return False
        return True


def unwritable(folder: Path) -> str | None:
    """Return why nothing can be written to a folder; None where it can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(_PROBE_BYTES))
            probe.flush()
    except OSError as error:
        return f"{folder} cannot be written: {error.strerror}"
    return None


def waits_for(seconds: float, what: str) -> str | None:
    """Return what waits and for how long, where that is longer than a busy system needs."""
    return None if seconds < _SILENCE_SECONDS else f"{what} for {seconds:.0f} seconds"
