"""``onefold``: the command line."""

import errno
import sys
from collections.abc import Sequence

import typer

from infra.errors import InfraError
from sinks.errors import LakeError
from streams.commands import (
    audience,
    check,
    demo,
    engine,
    generate,
    lake,
    local,
    lookalikes,
    match,
    policy,
    profile,
    publish,
    report,
    status,
    steward,
    value,
    why,
)
from streams.commands.examples import examples
from streams.errors import StreamsError
from streams.output import complain

_FAILED = 2
_INTERRUPTED = 130

_OF_THE_SYSTEM = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EEXIST,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.EMFILE,
        errno.ENFILE,
        errno.EIO,
    }
)
"""What the system refuses for a reason that lies with files, disks and rights, and so with the user."""

COMMANDS = (
    demo,
    local,
    status,
    check,
    generate,
    publish,
    engine,
    lake,
    report,
    profile,
    why,
    steward,
    policy,
    match,
    value,
    lookalikes,
    audience,
)
"""The modules of the commands, in the order of ``onefold --help``."""

_EXAMPLES = examples(
    "onefold up",
    "onefold generate --customers 1000 --touchpoints 10000 --publish",
    "onefold drain",
    'onefold sql "SELECT * FROM customers LIMIT 5"',
    "onefold profile email:ann@example.com",
)

app = typer.Typer(
    name="onefold",
    help="Many streams fold into one customer: touchpoints in, one profile a customer out.\n\n"
    "The data folder is [bold].onefold[/bold], or what ONEFOLD_HOME names.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,  # they print the values of variables, which are personal data here
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in COMMANDS:
    module.register(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit.

    What a user can act on, files, disks and rights among it, becomes one sentence on standard error and exit code 2.
    Any other error is ours and keeps its traceback. Ctrl-C ends with exit code 130.

    Args:
        arguments: of the command line; None is the process's own.
    """
    try:
        app(args=arguments, prog_name="onefold")
    except (StreamsError, InfraError, LakeError) as error:
        complain(f"onefold: {error}")
        sys.exit(_INTERRUPTED if _by_ctrl_c(error) else _FAILED)
    except UnicodeEncodeError:  # half a surrogate pair: what the system makes of arguments that are no UTF-8
        complain("onefold: expected text in UTF-8, and an argument holds something else")
        sys.exit(_FAILED)
    except OSError as error:
        if error.errno not in _OF_THE_SYSTEM:
            raise
        complain(f"onefold: {_refusal(error)}")
        sys.exit(_FAILED)
    except RuntimeError as error:  # what C code makes of it
        if _by_ctrl_c(error):
            sys.exit(_INTERRUPTED)
        raise


def _refusal(error: OSError) -> str:
    """Return what the system refused, as a sentence."""
    return f"{error.filename}: {error.strerror}" if error.filename is not None else f"{error.strerror}"


def _by_ctrl_c(error: BaseException | None) -> bool:
    """Tell whether a Ctrl-C led to an error."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None
