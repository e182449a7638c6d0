"""What can go wrong while the parts outside Python are fetched, started or reached.

::

    InfraError
    ├── JarDownloadError        Maven Central (or a filled cache) did not give the jars
    ├── PortInUseError          another program listens on the port
    ├── StartError              a started program died or did not get ready in time
    │   ├── BrokerStartError
    │   └── RegistryStartError
    ├── DiskFullError           the disk has no room for a broker
    ├── BrokerUnreachableError  no Kafka answers at an address the user gave
    └── NoDockerError           Docker was asked for and no engine answers

Each message is one sentence (a start error adds lines of the program's log) fit to be shown as it is.
"""

from pathlib import Path


class InfraError(Exception):
    """Base of every error of this room."""


class JarDownloadError(InfraError):
    """The jars of a Java program are neither cached nor can be downloaded."""

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(f"Could not fetch {endpoint} from Maven Central: {reason}")
        self.endpoint = endpoint


class PortInUseError(InfraError):
    """Another program already listens on a port of this machine; `setting` is what chooses the port, if any does."""

    def __init__(self, port: int, setting: str | None) -> None:
        other = "choose a free port" if setting is None else f"set {setting} to a free port"
        super().__init__(f"Port {port} is already used by another program: stop it, or {other}.")
        self.port = port
        self.setting = setting


class StartError(InfraError):
    """A program we started is not ready; `log_lines` are the lines of its log that tell why."""

    program = "The program"

    def __init__(self, what: str, *, log_lines: tuple[str, ...] = (), log_file: Path | None = None) -> None:
        message = f"{self.program} {what}"
        if log_file is not None:
            message += f" (log: {log_file})"
        super().__init__("\n  ".join((message, *log_lines)))
        self.log_lines = log_lines
        self.log_file = log_file


class BrokerStartError(StartError):
    """The Kafka broker did not start."""

    program = "The Kafka broker"


class RegistryStartError(StartError):
    """The schema registry did not start."""

    program = "The schema registry"


class DiskFullError(InfraError):
    """The disk has no room for a broker."""

    def __init__(self, folder: Path, free_mib: int, least_mib: int) -> None:
        super().__init__(
            f"The Kafka broker needs {least_mib} MiB of free disk to begin with, and {folder} has {free_mib}: make "
            "room, or set ONEFOLD_HOME to a folder elsewhere."
        )


class BrokerUnreachableError(InfraError):
    """No Kafka broker answers at the address the user gave."""

    def __init__(self, bootstrap_servers: str, reason: str) -> None:
        super().__init__(f"No Kafka broker answers at {bootstrap_servers}: {reason}")
        self.bootstrap_servers = bootstrap_servers


class NoDockerError(InfraError):
    """Docker was asked for, but no engine answers or the client package is missing."""

    def __init__(self) -> None:
        super().__init__("No Docker engine answers: start Docker and install onefold[docker], or use the local broker.")
