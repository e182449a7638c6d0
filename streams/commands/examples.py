"""How a command is added: its help text is its docstring, and every help text ends with examples."""

import inspect
from collections.abc import Callable
from typing import Any

import typer
from rich.markup import escape


def add(app: typer.Typer, command: Callable[..., Any], panel: str, *commands: str, name: str | None = None) -> None:
    """Add a command to the program.

    Args:
        app: the program.
        command: its docstring is the help text, in rich's markup.
        panel: the heading it stands under in ``onefold --help``.
        commands: examples, as one would type them.
        name: what it is called; the function's own name where None.
    """
    app.command(name, rich_help_panel=panel, help=_unwrapped(command), epilog=examples(*commands))(command)


def examples(*commands: str) -> str:
    """Return the end of a help text: commands as one would type them, one a line."""
    lines = [f"  [cyan]{escape(command)}[/cyan]" for command in commands]
    return "\n".join(["[bold]Examples[/bold]\n", *lines])


def _unwrapped(command: Callable[..., Any]) -> str:
    """Return the docstring with one line a paragraph, for the terminal to wrap."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)
