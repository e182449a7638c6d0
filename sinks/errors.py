"""What can go wrong at the lake, as one tree.

    LakeError
    ├── LakeMissingError      there is no lake in this home yet
    ├── LakeBusyError         another process writes this lake
    ├── LakeVersionError      the lake was written by a newer version
    ├── LakeWriteError        a batch could not be written; nothing of it was
    ├── SnapshotMissingError  there is no such snapshot, or no longer
    ├── QueryRefusedError     the statement does more than read
    ├── QueryStoppedError     the statement takes more time, memory or disk than it may
    └── QueryError            the statement cannot be run

Every message is one sentence that can be shown as it is.
"""

import re
from difflib import SequenceMatcher
from typing import Final, Self

_ASK_FOR_LESS: Final = "ask for less, such as one customer, one channel or fewer days"
_NO_FUNCTION: Final = re.compile(r"Function with name (\S+) does not exist!(?:\s+Did you mean \"(?:\w+\.)*(\w+)\")?")
_OF_CONSENT: Final = re.compile(r"permi|consent|allow|opt_?(?:ed_?)?(?:in|out)", re.IGNORECASE)
_LIKE: Final = 0.8
"""So alike are a slip and what was meant; DuckDB names the nearest function, however far that is."""


class LakeError(Exception):
    """Base of everything this room raises on purpose."""


class LakeMissingError(LakeError):
    """There is no lake in this home yet."""


class LakeBusyError(LakeError):
    """Another process holds the writer's lock."""


class LakeVersionError(LakeError):
    """The lake's format is newer than this version can read."""


class LakeWriteError(LakeError):
    """A batch could not be written; neither its rows nor its offsets are in the lake."""


class SnapshotMissingError(LakeError):
    """The snapshot asked for never was, or has expired."""


class QueryRefusedError(LakeError):
    """The statement is not a single read-only one."""

    @classmethod
    def of_number(cls, statements: int) -> Self:
        """Return the error that a text holds so many statements, which are not one."""
        if not statements:
            return cls("Expected a statement that reads, got none: the text is empty, or a comment only.")
        return cls(f"One statement at a time, please: this text holds {statements}.")


class QueryStoppedError(LakeError):
    """The statement takes more time, memory or disk than it may.

    Args:
        why: as ``after 60 seconds``.
        more: a sentence that tells what gives a statement more; empty where nothing does.
        reading: what of the lake it was to read, where that is nothing that its user asked for.
    """

    def __init__(self, why: str, more: str, reading: str = "") -> None:
        told = f"Reading {reading} was stopped {why}." if reading else f"The query was stopped {why}: {_ASK_FOR_LESS}."
        super().__init__(f"{told} {more}".rstrip())
        self._why, self._more = why, more

    def while_reading(self, what: str) -> Self:
        """Return the error of a statement that Onefold itself asked, to read this."""
        return type(self)(self._why, self._more, what)


class QueryError(LakeError):
    """The statement is wrong: syntax, an unknown table or column, a failing expression."""


def sentence(error: BaseException) -> str:
    """Return the first paragraph of an engine's message on one line.

    DuckDB appends suggestions and a drawing of the statement; both are for a terminal, not for a sentence. Where
    there is no such function, what may have been meant is told only where it may.
    """
    paragraph = str(error).split("\n\n", 1)[0]
    if found := _NO_FUNCTION.search(paragraph):
        return _no_function(found[1], found[2])
    return " ".join(paragraph.split())


def _no_function(name: str, nearest: str | None) -> str:
    bare = name.rpartition(".")[2]
    if _OF_CONSENT.search(bare):
        return f"There is no function {name}; consent_at(customer_id, purpose, channel, time) says what is permitted."
    if nearest and SequenceMatcher(None, bare.lower(), nearest.lower()).ratio() >= _LIKE:
        return f"There is no function {name}; did you mean {nearest}?"
    return f"There is no function {name}."
