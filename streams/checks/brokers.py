"""Whether a broker is new enough."""

import socket
import struct
from collections.abc import Iterator

from streams.checks.findings import Finding, Looking
from streams.errors import BrokerDownError

_TIMEOUT_SECONDS = 5.0
_API_VERSIONS, _PRODUCE = 18, 0
_LEAST_PRODUCE = 7
"""Came with Kafka 2.1, of 2018; the clients of Kafka 4 speak with none older."""


def broker_version(looking: Looking) -> Iterator[Finding]:
    """Find a broker that is too old."""
    servers = looking.settings.servers
    newest = produce_version(servers)
    is_old = newest < _LEAST_PRODUCE
    yield Finding(
        "broker version",
        f"broker {servers}",
        "refused" if is_old else "ok",
        f"Kafka 2.1 or newer (produce requests of version {_LEAST_PRODUCE})",
        f"version {newest}",
        "use a newer broker" if is_old else "",
    )


def produce_version(servers: str) -> int:
    """Return the newest version of a produce request that a broker takes, by which its release can be told.

    Raises:
        BrokerDownError: none answers.
    """
    for server in servers.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), _TIMEOUT_SECONDS) as connection:
                return _versions(connection)[_PRODUCE]
        except (OSError, ValueError, KeyError, struct.error):  # another one of them may answer, and as it should
            continue
    raise BrokerDownError(f"no Kafka broker says at {servers} which versions it speaks")


def _versions(connection: socket.socket) -> dict[int, int]:
    """Ask for the newest version of every kind of request (ApiVersions, version 0)."""
    request = struct.pack(">hhih", _API_VERSIONS, 0, 1, -1)  # correlation 1, no client id
    connection.sendall(struct.pack(">i", len(request)) + request)
    (length,) = struct.unpack(">i", _read(connection, 4))
    answer = _read(connection, length)
    (number,) = struct.unpack_from(">i", answer, 6)
    return {key: newest for key, _, newest in struct.iter_unpack(">hhh", answer[10 : 10 + 6 * number])}


def _read(connection: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = connection.recv(length - len(parts))
        if not part:
            raise ConnectionResetError
        parts += part
    return bytes(parts)
