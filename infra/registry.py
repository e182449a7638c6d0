"""A schema registry on this machine: Apicurio, which speaks Confluent's API under `/apis/ccompat/v7`.

Its schemas lie in a database file of its home folder, so that the ids inside stored messages stay valid.
"""

import http.client
import shutil
import tarfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from infra import jvm
from infra.daemon import LOOPBACK, Daemon, check_port_free
from infra.errors import RegistryStartError

APICURIO_VERSION = "3.3.3"


@dataclass(frozen=True)
class RunningRegistry:
    """A registry that answers; `url` is what a Confluent-compatible client is given."""

    url: str
    pid: int


def start_registry(home: Path, *, port: int, wait_seconds: float = 90) -> RunningRegistry:
    """Start this home's registry and return when it answers.

    When it already runs it is returned as it is, with the port it has. It outlives the calling process.
    The first start downloads 160 MB and unpacks them in the home.

    Args:
        home: its folder, created as needed; schemas of an earlier start are used again.
        port: where it listens, on the loopback address.
        wait_seconds: how long it may take to get ready, download and unpacking not counted.

    Raises:
        JarDownloadError: Apicurio is not cached and cannot be downloaded.
        PortInUseError: another program listens on the port.
        RegistryStartError: it died, or was not ready in time.
    """
    running = registry_state(home)
    if running is None:
        check_port_free(port)
        running = RunningRegistry(_url(port), _spawn(home.resolve(), port))
    url = running.url
    _daemon(home).wait_until(lambda: _answers(url), wait_seconds, RegistryStartError)
    return running


def registry_state(home: Path) -> RunningRegistry | None:
    """Return this home's registry when its process runs (it may still be starting), else None."""
    running = _daemon(home).running()
    return None if running is None else RunningRegistry(_url(running[1]), running[0])


def stop_registry(home: Path) -> bool:
    """Stop this home's registry and keep its schemas; return whether one was running."""
    return _daemon(home).stop()


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}/apis/ccompat/v7"


def _application(home: Path) -> Path:
    return home / f"apicurio-{APICURIO_VERSION}"


def _daemon(home: Path) -> Daemon:
    home = home.resolve()
    marker = str(_application(home) / "quarkus-run.jar")
    return Daemon(pid_file=home / "registry.json", log_file=home / "registry.log", marker=marker)


def _spawn(home: Path, port: int) -> int:
    home.mkdir(parents=True, exist_ok=True)
    if not _application(home).exists():
        _unpack(_application(home))
    scratch = home / "tmp"  # it unpacks native libraries and leaves them behind
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    program = [
        f"-Djava.io.tmpdir={scratch}",
        f"-Dquarkus.http.host={LOOPBACK}",
        f"-Dquarkus.http.port={port}",
        f"-Dquarkus.management.host={LOOPBACK}",  # else it listens on every address, port 9000
        "-Dquarkus.management.port=0",
        "-Dapicurio.datasource.url=jdbc:h2:file:./registry",  # it stands in its home, whose name may hold a semicolon
        *("-jar", str(_application(home) / "quarkus-run.jar")),
    ]
    return _daemon(home).spawn(jvm.java_command(home, heap="512m", program=program), port)


def _unpack(target: Path) -> None:
    """Unpack beside the target and rename, so that an interruption leaves no half application."""
    archive = jvm.fetch_archive("io.apicurio", "apicurio-registry-app", APICURIO_VERSION, classifier="all")
    part = target.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(part, filter="data")
    except (tarfile.ReadError, EOFError) as error:
        archive.unlink()
        raise RegistryStartError(f"was not fully downloaded, try again ({error})") from error
    part.rename(target)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/subjects", timeout=1):  # noqa: S310 - our own http address
            return True
    except urllib.error.HTTPError as refusal:
        refusal.close()
    except (OSError, http.client.HTTPException):
        pass
    return False
