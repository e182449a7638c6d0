"""``onefold generate``: a synthetic world of customers that knows the truth about itself."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from streams.commands.examples import add
from streams.output import complain, counting, figures, show
from streams.settings import load_settings

if TYPE_CHECKING:
    from infra.world import WorldConfig


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(
        app,
        generate,
        "Data in",
        "onefold generate --customers 1000 --touchpoints 10000 --publish",
        "onefold generate --touchpoints 5000 --seed 7 --out world/",
        "onefold generate --publish --shuffle 3",
    )


def generate(
    *,
    customers: Annotated[int, typer.Option(help="How many customers.", min=1, max=9_999_999)] = 1_000,
    touchpoints: Annotated[int, typer.Option(help="How many usable touchpoints.", min=0)] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder for JSON lines by source.", file_okay=False)] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Publish to the source topics.")] = False,
    shuffle: Annotated[
        int | None, typer.Option(help="Shuffle the order, by this seed; all is held in memory.", show_default=False)
    ] = None,
) -> None:
    """Make a synthetic world of customers, to files (--out) or to the topics (--publish).

    Beside the touchpoints come duplicates, late events and some poison, as in real life, and the truth about who is
    who: truth_identifiers.parquet and truth_events.parquet, in the folder or in the data folder under world/.
    """
    if publish == (out is not None):
        raise typer.BadParameter("give one of --out DIR and --publish", param_hint="--out / --publish")
    from infra.world import WorldConfig  # noqa: PLC0415 - heavy

    config = WorldConfig(customers=customers, touchpoints=touchpoints, seed=seed)
    if out is None:
        _publish(config, shuffle)
    else:
        _write(out, config, shuffle)


def _publish(config: "WorldConfig", shuffle: int | None) -> None:
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.publish import publish_world  # noqa: PLC0415 - heavy

    settings = with_broker(load_settings())
    try:
        with _progress("Publishing", config) as on_progress:
            done = publish_world(settings, config, shuffle, on_progress)
    except KeyboardInterrupt:
        complain("stopped midway; the same command again publishes all of it, and no touchpoint counts twice")
        raise
    _show_records(done.records)
    truth = escape(str(done.truth))
    show(f"{done.duplicates:,} of these are duplicates; {done.poison:,} poison payloads on top; truth in {truth}")


def _write(folder: Path, config: "WorldConfig", shuffle: int | None) -> None:
    from streams.commands.world_files import REJECTED_FILE, write_world  # noqa: PLC0415 - heavy

    with _progress("Writing", config) as on_progress:
        done = write_world(folder, config, shuffle, on_progress)
    _show_records(done.records)
    show(
        f"{done.duplicates:,} of these are duplicates; {done.rejected:,} records without a canonical form are in "
        f"{REJECTED_FILE}; {done.poison:,} poison payloads are left out; truth beside them in {escape(str(folder))}"
    )


def _progress(title: str, config: "WorldConfig") -> AbstractContextManager[Callable[[int], None]]:
    on_top = config.duplicate_rate + 2 * config.poison_rate
    return counting(f"{title} a world", round(config.touchpoints * (1 + on_top)))


def _show_records(records: Mapping[str, int]) -> None:
    rows = [*sorted(records.items()), ("all", sum(records.values()))]
    show(figures("source", "records", of=rows))
