"""``onefold match``: the weights by which records are compared."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from streams.commands.examples import add, examples
from streams.errors import InputError
from streams.output import counting, show, waiting
from streams.settings import load_settings

_MOST_RECORDS = 50_000
_SEED = 1
_ENOUGH = 1_000


def register(app: typer.Typer) -> None:
    """Add the commands."""
    match = typer.Typer(
        help="The weights by which records that share no identifier are compared.",
        epilog=examples("onefold match train"),
        no_args_is_help=True,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @match.callback()
    def _group() -> None:
        """Have even a single command called by its name."""

    add(match, train, "", "onefold match train", "onefold match train --out rules --records 20000")
    app.add_typer(match, name="match", rich_help_panel="Identity")


def train(
    *,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="Where the model is written.", show_default="the current folder"),
    ] = Path(),
    records: Annotated[
        int, typer.Option("--records", metavar="N", min=100, help="Learn from so many records at most.")
    ] = _MOST_RECORDS,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Chooses the sample and the random pairs.")] = _SEED,
) -> None:
    """Learn the weights from all records in the lake, with no examples of who is who.

    The model is a JSON file. Its name follows from what is in it; a policy names it as matching.model and is applied
    with it. It holds values that come often, with their frequency: keep it as you keep your customers' data.
    """
    from sinks.policies import identity_policy_in, profile_policy_in  # noqa: PLC0415 - heavy
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy
    from streams.history import history_size  # noqa: PLC0415 - heavy
    from streams.policies import model_name  # noqa: PLC0415 - heavy
    from streams.settings import node_key  # noqa: PLC0415 - heavy
    from streams.training import comparable_records, learn  # noqa: PLC0415 - heavy

    if not out.is_dir():
        raise InputError(f"--out: there is no folder {out}")
    settings = load_settings()
    with open_lake_reader(settings.home) as reader, counting("Reading", history_size(reader)) as on_progress:
        found = comparable_records(
            reader,
            identity_policy_in(reader),
            profile_policy_in(reader),
            node_key(settings),
            on_progress,
        )
    try:
        with waiting("Learning"):
            done = learn(found, records, seed)
    except ValueError as error:
        raise InputError(
            f"nothing can be learnt from this lake: {error}; a record is a name and one fact more, of an identifier "
            "that names a person"
        ) from None
    path = out / model_name(done.model)
    path.write_text(done.model, "utf-8")
    path.chmod(0o600)
    show(
        f"Learnt from {done.sampled:,} of {done.records:,} records. The model is {escape(str(path.absolute()))}.",
        *_few(done.sampled),
        "",
        "To use it, write this under \\[matching] in a policy beside it:",
        f'  model = "{path.name}"',
        "",
        "Then check, rehearse and apply that policy:",
        "  onefold policy check policy.toml",
        "  onefold rehearse --policy policy.toml",
        "  onefold policy apply policy.toml",
    )


def _few(records: int) -> list[str]:
    """Return a word of warning where so many records teach little."""
    if records >= _ENOUGH:
        return []
    return [
        f"So few teach little, and may unite or part the wrong people: from {_ENOUGH:,} on it is worth while.",
        "Until then the weights to start with are likely better. Read what the rehearsal would change.",
    ]
