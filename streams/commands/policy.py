"""``onefold policy`` and ``onefold rehearse``: the rules of who is one person, tried before they count."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from streams.commands.examples import add, examples
from streams.commands.identifiers import by_whom
from streams.errors import InputError, PolicyRefusedError
from streams.output import complain, counted, counting, figures, printable, show, write_json
from streams.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.table import Table

    from identity.policy import IdentityPolicy
    from streams.rehearsal import Regrouped, Rehearsal

_PANEL = "Identity"
_SHOWN = 4
_REPLAY = (
    "this takes a replay: apply it to a fresh installation that reads the same sources (another ONEFOLD_HOME and "
    "ONEFOLD_TOPIC_PREFIX, with ONEFOLD_SOURCE_PREFIX as it is here), see the README"
)

PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A policy file, TOML.", show_default=False)]

By = Annotated[str | None, typer.Option("--by", help="Who applies it.", show_default="the user")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    policy = typer.Typer(
        help="Who is one person and what a profile keeps: check a policy file, apply it, show the one in force.",
        epilog=examples("onefold policy show > policy.toml", "onefold policy check policy.toml"),
        no_args_is_help=True,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    add(policy, check, "", "onefold policy check policy.toml")
    add(
        policy,
        show_policy,
        "",
        "onefold policy show > policy.toml",
        "onefold policy show --models rules > rules/policy.toml",
        name="show",
    )
    add(policy, default_policy, "", "onefold policy default > policy.toml", name="default")
    add(policy, apply, "", "onefold policy apply policy.toml")
    app.add_typer(policy, name="policy", rich_help_panel=_PANEL)
    add(
        app,
        rehearse,
        _PANEL,
        "onefold rehearse --policy policy.toml",
        "onefold rehearse --policy policy.toml --format json",
    )


def check(file: PolicyFile) -> None:
    """Say what is wrong with a policy file, each problem with its line; exit code 1 where anything is."""
    policy = _parsed(_text(file), file)
    _model(policy, file)
    show(f"{escape(str(file))} is a sound policy: {policy.version}, {len(policy.identifiers)} identifier types")


def show_policy(
    *,
    models: Annotated[
        Path | None,
        typer.Option(
            "--models", metavar="DIR", help="Write the model that the policy names there.", show_default=False
        ),
    ] = None,
) -> None:
    """Print the policy in force, as a file to begin one's own with."""
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.policies import model_name, policy_in_force  # noqa: PLC0415 - heavy

    in_force = policy_in_force(with_broker(load_settings()))
    typer.echo(in_force["text"], nl=False)
    model = in_force["model"]
    if model is not None and models is not None:
        path = models / model_name(model)
        try:
            path.write_text(model, "utf-8")
            path.chmod(0o600)
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}") from None
    elif model is not None:
        complain(f"It names the model {model_name(model)}; '--models DIR' writes it there")


def default_policy() -> None:
    """Print the default policy: apply it to go back to it."""
    from profiles.policy_file import default_text  # noqa: PLC0415 - heavy

    typer.echo(default_text(), nl=False)


def apply(
    file: PolicyFile,
    *,
    by: Annotated[str | None, typer.Option("--by", help="Who applies it.", show_default="the user")] = None,
) -> None:
    """Put a policy in force: workers resolve everybody by it, and publish only the people that change.

    What decides which identifiers a touchpoint has (types, ranks, normalisation, blocked values) and what is folded of
    it (traits, and the filters of goals, breakdowns, caps and activations) can change only before anything was
    published; onefold rehearse works for such a policy too.
    """
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.policies import publish_policy  # noqa: PLC0415 - heavy

    text = _text(file)
    policy = _parsed(text, file)
    settings = with_broker(load_settings())
    if not _check_appliable(settings, text):
        show(f"{policy.version} is in force already.")
        return
    publish_policy(settings, text, policy, _model(policy, file), by_whom(by))
    show(f"Applied {policy.version}. Workers carry it out when they run; 'onefold drain' waits until they have.")


def rehearse(
    *,
    policy: Annotated[Path, typer.Option("--policy", metavar="FILE", help="A policy file, TOML.", show_default=False)],
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="How it is written.")] = "text",
) -> None:
    """Say who would be who under a policy, from all of history in the lake; nothing that is live is touched."""
    from profiles.policy_file import parse_profile_policy  # noqa: PLC0415 - heavy
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy
    from streams.history import history_size  # noqa: PLC0415 - heavy
    from streams.policies import likeness_by  # noqa: PLC0415 - heavy
    from streams.rehearsal import Rehearsed  # noqa: PLC0415 - heavy
    from streams.rehearsal import rehearse as run  # noqa: PLC0415 - heavy
    from streams.settings import node_key  # noqa: PLC0415 - heavy

    settings = load_settings()
    parsed = _parsed(_text(policy), policy)
    rehearsed = Rehearsed(parsed, likeness_by(_model(parsed, policy)), parse_profile_policy(_text(policy)))
    with (
        open_lake_reader(settings.home) as reader,
        counting(f"Resolving under {parsed.version}", history_size(reader)) as on_progress,
    ):
        done = run(reader, rehearsed, node_key(settings), on_progress)
    if form == "json":
        write_json(asdict(done))
    else:
        show(*_report(done))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{file} cannot be read: expected text in UTF-8") from None


def _parsed(text: str, file: Path) -> "IdentityPolicy":
    from identity.policy_file import PolicyError, parse_policy  # noqa: PLC0415 - heavy
    from profiles.policy_file import parse_profile_policy  # noqa: PLC0415 - heavy

    try:
        policy = parse_policy(text)
        parse_profile_policy(text)
    except PolicyError as error:
        for problem in error.problems:
            complain(f"{file}: {problem}")
        raise typer.Exit(1) from None
    return policy


def _model(policy: "IdentityPolicy", file: Path) -> str | None:
    """Return the model that a policy names, which lies beside its file; None where it names none.

    Exits with code 1 where it is not there, or is not the one that its name says.
    """
    if policy.matching is None or not policy.matching.model:
        return None
    path = file.parent / policy.matching.model
    try:
        return _checked_model(path)
    except InputError as error:
        from identity.policy_file import problem_at  # noqa: PLC0415 - heavy

        complain(f"{file}: {problem_at(_text(file), ('matching', 'model'), str(error))}")
        raise typer.Exit(1) from None


def _checked_model(path: Path) -> str:
    from identity.matching.model import from_json  # noqa: PLC0415 - heavy
    from streams.policies import model_name  # noqa: PLC0415 - heavy

    text = _text(path)
    if model_name(text) != path.name:
        raise InputError(f"{path} is not the model that its name says: expected it as 'onefold match train' wrote it")
    try:
        from_json(text.encode())
    except ValueError as error:
        raise InputError(f"{path} is no model: {error}") from None
    return text


def _check_appliable(settings: Settings, text: str) -> bool:
    """Return whether a policy is another than the one in force.

    Raises:
        PolicyRefusedError: it takes a replay.
    """
    from identity.policy_file import parse_policy, shape  # noqa: PLC0415 - heavy
    from profiles.policy_file import folding_version, parse_profile_policy  # noqa: PLC0415 - heavy
    from streams.begun import has_begun  # noqa: PLC0415 - heavy
    from streams.policies import policy_in_force  # noqa: PLC0415 - heavy

    in_force = policy_in_force(settings)["text"]
    present, policy = parse_policy(in_force), parse_policy(text)
    if present.version == policy.version:
        return False
    if has_begun(settings):
        if shape(present) != shape(policy):
            raise PolicyRefusedError(
                f"types, ranks, normalisation, blocked or compared values differ from those in force; {_REPLAY}"
            )
        if folding_version(parse_profile_policy(in_force)) != folding_version(parse_profile_policy(text)):
            raise PolicyRefusedError(f"what is folded of touchpoints differs from the policy in force; {_REPLAY}")
        for name, rule in policy.identifiers.items():
            if rule.max_neighbours > present.identifiers[name].max_neighbours:
                raise PolicyRefusedError(
                    f"identifiers.{name}.max_neighbours rises, and what is shared stays so; {_REPLAY}"
                )
    return True


def _report(done: "Rehearsal") -> "Iterator[str | Table]":
    unusable = f", {done.unusable:,} without any usable identifier" if done.unusable else ""
    read = counted(done.touchpoints, "touchpoint", "touchpoints")
    yield f"Under [bold]{done.policy_version}[/bold], from {read}{unusable}:"
    yield ""
    largest = [max(sizes, default=0) for sizes in (done.largest_before, done.largest_after)]
    yield figures(
        "",
        "today",
        "then",
        of=[
            ("people", done.people_before, done.people_after),
            ("identifiers of the largest", *largest),
            ("suggested links", done.suggested_before, done.suggested_after),
            *_by_rule(done.quarantine_before, done.quarantine_after),
        ],
    )
    yield ""
    changes = f"{counted(done.merges, 'merge', 'merges')}, {counted(done.splits, 'split', 'splits')}"
    yield f"{counted(done.customers_affected, 'customer', 'customers')} of today would change: {changes}."
    yield from _examples("Customers that would be one", done.merge_examples)
    yield from _examples("Customers that would be several", done.split_examples)


def _by_rule(before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    for rule in sorted(before.keys() | after.keys()):
        yield f"quarantined: {rule}", before.get(rule, 0), after.get(rule, 0)


def _examples(heading: str, examples_of: "list[Regrouped]") -> Iterator[str]:
    if not examples_of:
        return
    yield ""
    yield f"[bold]{heading}[/bold] (some)"
    for example in examples_of:
        yield f"  {', '.join(example.customers[:_SHOWN])}"
        for group in example.groups:
            yield f"    {_group(group)}"


def _group(identifiers: list[str]) -> str:
    rest = f" and {len(identifiers) - _SHOWN:,} more" if len(identifiers) > _SHOWN else ""
    return escape(printable(" ".join(identifiers[:_SHOWN]))) + rest
