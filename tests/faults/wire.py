"""A wire between clients and a broker that can be held, so that a fault is in one place and all else goes on."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PRODUCE, _SYNC_GROUP = 0, 14
_LENGTH = struct.Struct(">i")
_REQUEST = struct.Struct(">hhi")
"""How a request begins: what is asked, in which version, and the number that its answer begins with."""
_SYNC_REFUSED = struct.Struct(">iihi")
"""An answer to SyncGroup in versions 1 to 3: number, no delay, error code, no partitions."""


class Wire:
    """Forwards Kafka's requests and answers; clients that begin here never learn of the broker's own address.

    Args:
        servers: bootstrap servers of a cluster of one broker.
    """

    def __init__(self, servers: str) -> None:
        host, port = servers.rsplit(":", 1)
        self._broker = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]
        self._held = b""
        self._free = threading.Event()
        self._free.set()
        self._speaks = threading.Event()
        self._speaks.set()
        self._refusal: int | None = None
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def servers(self) -> str:
        """Bootstrap servers for whom the fault is meant."""
        return f"127.0.0.1:{self._port}"

    @contextmanager
    def holding(self, topic: str) -> Iterator[None]:
        """Hold back whatever is produced to a topic: its leader stalls, the coordinator lives."""
        self._held = topic.encode()
        self._free.clear()
        try:
            yield
        finally:
            self._held = b""
            self._free.set()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Let no answer through: the broker hangs."""
        self._speaks.clear()
        try:
            yield
        finally:
            self._speaks.set()

    @contextmanager
    def refusing_members(self, error_code: int) -> Iterator[None]:
        """Answer whoever would join a group with an error instead of partitions."""
        self._refusal = error_code
        try:
            yield
        finally:
            self._refusal = None

    def close(self) -> None:
        """End all connections."""
        self._free.set()
        self._speaks.set()
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                broker = socket.create_connection(self._broker)
                self._sockets += [client, broker]
                joins: set[int] = set()
                for reader, writer, passed in ((client, broker, self._request), (broker, client, self._answer)):
                    threading.Thread(target=self._forward, args=(reader, writer, passed, joins), daemon=True).start()

    def _forward(
        self, reader: socket.socket, writer: socket.socket, passed: Callable[[bytes, set[int]], bytes], joins: set[int]
    ) -> None:
        with contextlib.suppress(OSError):
            while (head := _read(reader, _LENGTH.size)) and (body := _read(reader, _LENGTH.unpack(head)[0])):
                changed = passed(body, joins)
                writer.sendall(_LENGTH.pack(len(changed)) + changed)
            writer.shutdown(socket.SHUT_WR)

    def _request(self, body: bytes, joins: set[int]) -> bytes:
        asked, _, number = _REQUEST.unpack_from(body)
        if self._held and asked == _PRODUCE and self._held in body:
            self._free.wait()
        if asked == _SYNC_GROUP:
            joins.add(number)
        return body

    def _answer(self, body: bytes, joins: set[int]) -> bytes:
        self._speaks.wait()
        (number,) = _LENGTH.unpack_from(body)
        refusal = self._refusal
        if number in joins and refusal is not None:
            return _SYNC_REFUSED.pack(number, 0, refusal, 0)
        host, port = self._broker
        return body.replace(host.encode() + _LENGTH.pack(port), b"127.0.0.1" + _LENGTH.pack(self._port))


def _read(reader: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size and (part := reader.recv(size - len(content))):
        content += part
    return content if len(content) == size else b""


@contextmanager
def wire_to(servers: str) -> Iterator[Wire]:
    """Provide a wire to a broker."""
    wire = Wire(servers)
    try:
        yield wire
    finally:
        wire.close()
