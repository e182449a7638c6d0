"""A wire between clients and a broker that can be held, so that a fault is in one place and all else goes on."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_PRODUCE = 0
_LENGTH = struct.Struct(">i")
_API = struct.Struct(">h")


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
                threading.Thread(target=self._forward, args=(client, broker, self._request), daemon=True).start()
                threading.Thread(target=self._forward, args=(broker, client, self._answer), daemon=True).start()

    def _forward(self, reader: socket.socket, writer: socket.socket, passed: object) -> None:
        with contextlib.suppress(OSError):
            while (head := _read(reader, _LENGTH.size)) and (body := _read(reader, _LENGTH.unpack(head)[0])):
                writer.sendall(head + passed(body))  # type: ignore[operator]  # one of the two below
            writer.shutdown(socket.SHUT_WR)

    def _request(self, body: bytes) -> bytes:
        if self._held and _API.unpack_from(body)[0] == _PRODUCE and self._held in body:
            self._free.wait()
        return body

    def _answer(self, body: bytes) -> bytes:
        self._speaks.wait()
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
