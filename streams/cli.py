"""``onefold``: the command line."""

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

    What a user can act on becomes one sentence on standard error and exit code 2. Any other error is ours and keeps
    its traceback. Ctrl-C ends with exit code 130.

    Args:
        arguments: of the command line; None is the process's own.
    """
    try:
        app(args=arguments, prog_name="onefold")
    except (StreamsError, InfraError, LakeError) as error:
        complain(f"onefold: {error}")
        sys.exit(_FAILED)
