"""What checks make of what they see, where no broker of today can show it."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from streams.checks.brokers import produce_version
from streams.checks.probing import clock_finding
from streams.checks.topics import _too_few
from streams.errors import BrokerDownError


@pytest.mark.parametrize(
    ("told", "verdict", "words"),
    [
        (1_000.5, "ok", "as expected"),
        (975.0, "ok", "as expected"),
        (940.0, "warning", "60 seconds ahead of the broker"),
        (1_061.0, "warning", "60 seconds behind the broker"),
        (600.0, "refused", "400 seconds ahead of the broker"),
        (1_401.0, "refused", "400 seconds behind the broker"),
    ],
)
def test_a_clock_is_refused_where_it_is_minutes_off_the_brokers(told: float, verdict: str, words: str) -> None:
    found = clock_finding(before=1_000.0, after=1_001.0, told=told)

    assert (found.verdict, found.found) == (verdict, words)


@pytest.mark.parametrize(
    ("least", "copies", "in_sync", "brokers", "verdicts"),
    [
        (1, 1, 1, 1, []),
        (2, 3, 3, 3, []),
        (2, 3, 2, 3, []),
        (2, 3, 1, 3, ["refused"]),
        (1, 1, 0, 1, ["refused"]),
        (3, 2, 2, 3, ["warning"]),
        (1, 3, 3, 3, ["warning"]),
        (1, 1, 1, 3, ["warning"]),
        (1, 3, 0, 3, ["refused", "warning"]),
    ],
)
def test_replicas_must_outlive_a_broker_and_take_a_record(
    least: int, copies: int, in_sync: int, brokers: int, verdicts: list[str]
) -> None:
    assert [found[0] for found in _too_few(least, copies, in_sync, brokers)] == verdicts


@contextmanager
def answering(versions: dict[int, int]) -> Iterator[int]:
    """Answer one request for the newest version of each kind of request, as a broker does; provide the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    body = b"".join(struct.pack(">hhh", key, 0, newest) for key, newest in versions.items())
    answer = struct.pack(">ihi", 1, 0, len(versions)) + body

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1024)
            connection.sendall(struct.pack(">i", len(answer)) + answer[:9])
            connection.sendall(answer[9:])

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join()
        listener.close()


def test_an_old_broker_is_known_by_the_requests_it_takes() -> None:
    with answering({0: 5, 1: 7, 18: 1}) as port:
        assert produce_version(f"127.0.0.1:1, 127.0.0.1:{port}") == 5


def test_where_no_broker_says_what_it_speaks_none_answers() -> None:
    with pytest.raises(BrokerDownError, match=r"127\.0\.0\.1:1"):
        produce_version("127.0.0.1:1")
