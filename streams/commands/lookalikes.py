"""``onefold lookalikes``: customers who are like the members of a segment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from streams.commands.examples import add, examples
from streams.commands.lake import AtOption
from streams.commands.value import FormOption
from streams.errors import InputError
from streams.output import Rows, counting, printable, show, waiting, write_json, write_rows
from streams.settings import load_settings

if TYPE_CHECKING:
    from profiles.look_alikes import Search
    from streams.look_alikes import Crowd

_SHOWN = 10
_HARDLY = 0.6


def register(app: typer.Typer) -> None:
    """Add the commands."""
    lookalikes = typer.Typer(
        help="Customers who are like the members of a segment without being one.",
        epilog=examples("onefold lookalikes find best_customers", 'onefold sql "FROM look_alikes LIMIT 5"'),
        no_args_is_help=True,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @lookalikes.callback()
    def _group() -> None:
        """Have even a single command called by its name."""

    add(
        lookalikes,
        find,
        "",
        "onefold lookalikes find best_customers",
        "onefold lookalikes find camping_fans --among others --most 500",
        "onefold lookalikes find best_customers --format json",
    )
    app.add_typer(lookalikes, name="lookalikes", rich_help_panel="Models")


def find(
    segment: Annotated[str, typer.Argument(help="A segment of the policy in force.", show_default=False)],
    *,
    most: Annotated[int, typer.Option(metavar="N", min=1, help="Find so many at most.")] = 100,
    among: Annotated[
        Literal["prospects", "others"],
        typer.Option(help="Among those who are known and never bought, or among all who are not in it."),
    ] = "prospects",
    at: AtOption = None,
    form: FormOption = "text",
) -> None:
    """Find those who are most like the members of a segment, each with what makes them so, and publish them.

    A regression learns to tell members from all others by what they do, are interested in and are told to be. Orders,
    returns, revenue and scores are no part of it, so that prospects can be like customers; nor is what the segment is
    declared by. The first line says how well members are told that it has not seen.

    Who was found goes to the topic onefold.scores; a sink brings it into the view look_alikes. Another search for the
    segment replaces it. It says nothing of consent: look at consent_permissions before you address anybody.
    """
    from profiles.likelihood import NotFittedError  # noqa: PLC0415 - heavy
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.look_alikes import model_of, read_crowd, scores_of, search, version  # noqa: PLC0415 - heavy
    from streams.scores import made_now, moment_asked, present_ms, publish_scores  # noqa: PLC0415 - heavy
    from streams.topics import admin, check_topics  # noqa: PLC0415 - heavy

    settings, moment = load_settings(), moment_asked(at)
    with open_lake_reader(settings.home, moment=moment) as reader, waiting("Reading customers"):
        crowd, made_at = read_crowd(reader, segment, moment), made_now(reader, model_of(segment), present_ms())
    settings = with_broker(settings)
    check_topics(admin(settings), settings)
    try:
        with waiting("Searching"):
            done = search(crowd, among, most)
    except NotFittedError as error:
        raise InputError(
            f"no look-alikes of {segment} can be found among {among} at {crowd.at:%Y-%m-%d %H:%M}: {error}"
        ) from None
    of_version = version(crowd, among, done)
    with counting("Publishing scores", len(done.found)) as on_progress:
        publish_scores(settings, scores_of(crowd, done, of_version, made_at), on_progress)
    if form == "json":
        write_json(_as_object(crowd, done, of_version, among))
        return
    show(*_lines(crowd, done, among))
    rows = [
        (rank, crowd.customers[found.place], f"{found.lift:.2f}", ", ".join(found.reasons))
        for rank, found in enumerate(done.found[:_SHOWN], start=1)
    ]
    write_rows(Rows(("rank", "customer_id", "lift", "features"), rows), "table")


def _as_object(crowd: "Crowd", done: "Search", of_version: str, among: str) -> dict[str, object]:
    return {
        "segment": crowd.segment,
        "version": of_version,
        "at": crowd.at,
        "among": among,
        "members": int(crowd.members.sum()),
        "customers": len(crowd.customers),
        "auc": done.auc,
        "labelled_share": done.labelled_share,
        "weights": dict(sorted(done.weights.items(), key=lambda entry: -abs(entry[1]))),
        "found": [
            {
                "rank": rank,
                "customer_id": crowd.customers[found.place],
                "similarity": found.similarity,
                "lift": found.lift,
                "features": list(found.reasons),
            }
            for rank, found in enumerate(done.found, start=1)
        ],
    }


def _lines(crowd: "Crowd", done: "Search", among: str) -> Iterator[str]:
    name = escape(printable(crowd.segment))
    yield (
        f"{int(crowd.members.sum()):,} of {len(crowd.customers):,} customers are in {name}. A member whom the search "
        f"has not seen ranks above {done.auc:.0%} of the others."
    )
    if done.auc < _HARDLY:
        yield "[bold]That is little more than chance, 50 %: members hardly differ in what is compared.[/bold]"
    yield (
        f"The {len(done.found):,} who are most like them among {among} are published. The first ones; lift is how many "
        "times as likely to be a member they are as the average of those:"
    )
    yield ""
