"""The HTTP server of a worker or sink: ``/metrics``, ``/live`` and ``/ready``, in threads of its own."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

import structlog

from streams.errors import SettingsError
from streams.health import Health
from streams.metrics import CONTENT_TYPE, INFO, READY, Meters
from streams.settings import Settings

_JSON = "application/json"
_REQUEST_SECONDS = 10.0

log = structlog.get_logger()


class Telemetry:
    """What a process tells of itself: metrics and health.

    Args:
        process: worker or sink.
        patience_seconds: a process whose main loop has not turned for longer is not alive.
    """

    def __init__(self, process: str, patience_seconds: float) -> None:
        self.meters = Meters()
        self.meters.put(INFO, 1, version("onefold"), process)
        self.health = Health(patience_seconds)
        self.meters.ask(READY, lambda: float(not self.health.missing()))


@contextmanager
def serving(settings: Settings, telemetry: Telemetry) -> Iterator[int | None]:
    """Serve telemetry while the context lasts, and provide the port; None where none is set.

    Raises:
        SettingsError: the address cannot be listened on.
    """
    if settings.metrics_port is None:
        yield None
        return
    try:
        server = _Server((settings.metrics_host, settings.metrics_port), telemetry)
    except OSError as error:
        raise SettingsError(
            f"metrics cannot be served at {settings.metrics_host}:{settings.metrics_port}: {error.strerror}; "
            "set ONEFOLD_METRICS_PORT to a free port, another one for each process of a machine"
        ) from None
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    log.info("serving metrics", host=settings.metrics_host, port=server.server_port)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], telemetry: Telemetry) -> None:
        self.telemetry = telemetry
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    timeout = _REQUEST_SECONDS
    server: _Server

    def do_GET(self) -> None:
        """Answer what is asked for."""
        telemetry = self.server.telemetry
        match self.path.partition("?")[0]:
            case "/metrics":
                self._answer(HTTPStatus.OK, CONTENT_TYPE, telemetry.meters.text())
            case "/live":
                health = telemetry.health
                self._tell(is_well=health.is_alive, found={"still_seconds": round(health.still_seconds, 1)})
            case "/ready":
                missing = telemetry.health.missing()
                self._tell(is_well=not missing, found={"missing": missing})
            case _:
                self._answer(HTTPStatus.NOT_FOUND, _JSON, b'{"paths": ["/metrics", "/live", "/ready"]}\n')

    def _tell(self, *, is_well: bool, found: dict[str, object]) -> None:
        status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
        self._answer(status, _JSON, json.dumps({"ok": is_well, **found}).encode() + b"\n")

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a probe comes every few seconds."""
