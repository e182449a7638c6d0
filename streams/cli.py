"""Where the process of ``onefold`` begins and ends.

To be imported by that process alone: from its first lines on Ctrl-C ends the process, with exit code 130 and nothing to
be seen. So they load nothing: not even ``signal`` of the standard library, which takes longer than Python's own start.
"""

import _signal  # type: ignore[import-not-found]  # it is in every Python, and only its types are not known
import os
import sys

_INTERRUPTED = 130


def _leave(_number: int, _frame: object) -> None:
    os._exit(_INTERRUPTED)


_ITS_OWN = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
"""Whether Ctrl-C is Python's own; else the process was started to ignore it."""

if _ITS_OWN:
    _signal.signal(_signal.SIGINT, _leave)

from io import TextIOWrapper  # noqa: E402 - see above
from typing import NoReturn  # noqa: E402

OWNER_ALONE = 0o077
"""The umask of every process of Onefold, and of the programs it starts: what they write is their owner's alone."""

_UNREAD = 1
_AGAIN_SECONDS = 0.05


def main() -> NoReturn:
    """Run the command of the process's arguments, and end the process.

    While Python loads the program, Ctrl-C ends the process at once; then by KeyboardInterrupt, so that what was begun
    is stopped in order, and at the end at once again. Standard streams that are closed are nothing to read, and nowhere
    to write to.
    """
    os.umask(OWNER_ALONE)
    _fill_standard_streams()
    sys.unraisablehook = _unraisable
    from streams.program import main as program  # noqa: PLC0415 - takes most of a second

    code = 0
    try:
        if _ITS_OWN:
            _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        program()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BrokenPipeError:
        code = _UNREAD
    if _ITS_OWN:
        _signal.signal(_signal.SIGINT, _leave)
    # Not by the interpreter's own end: it shows tracebacks of a Ctrl-C, and of output that nobody reads.
    os._exit(_flushed(code))


def _fill_standard_streams() -> None:
    """Put the null device where a standard stream is closed: the next file opened would be taken for it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for good
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for good
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as standard error does: not every locale has every sign


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """Press Ctrl-C again where it came in the midst of what cannot raise, such as the removal of an object."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        from threading import Timer  # noqa: PLC0415 - rarely needed

        Timer(_AGAIN_SECONDS, _signal.raise_signal, [_signal.SIGINT]).start()
    else:
        sys.__unraisablehook__(lost)


def _flushed(code: int) -> int:
    """Write out what is left, and return the exit code: 1 where nobody reads it, as for any other output."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = code or _UNREAD
    return code
