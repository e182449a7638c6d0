"""What a check finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from confluent_kafka.admin import AdminClient

from streams.settings import Settings
from streams.topics import Topics

CheckName = Literal[
    "broker version",
    "topics",
    "topic settings",
    "replicas",
    "delivery",
    "reading",
    "partitioner",
    "clock",
    "disk",
    "placement",
    "node key",
    "state format",
    "lake format",
]
Verdict = Literal["ok", "warning", "refused"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: its name, as docs/operations.md has it.
        where: what was looked at.
        verdict: refused where nothing may start as it is.
        expected: what should be there.
        found: what is there.
        remedy: what to do; empty where all is well.
    """

    check: CheckName
    where: str
    verdict: Verdict
    expected: str
    found: str
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """All of it in one."""
        return f"{self.where}: expected {self.expected}, found {self.found}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Looking:
    """Where checks look."""

    settings: Settings
    client: AdminClient
    topics: Topics


Check = Callable[[Looking], Iterable[Finding]]
