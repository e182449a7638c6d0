"""``onefold profile``: one whole customer, by anything they are known by."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from streams.commands.examples import add
from streams.commands.identifiers import named, policy_in
from streams.commands.lake import AsOfOption
from streams.errors import InputError
from streams.output import complain, show, write_json
from streams.settings import load_settings

if TYPE_CHECKING:
    from sinks.find import ProfileRow

_CUSTOMER = "customer:"
_TELL_EVERY_SECONDS = 5.0
_QUARANTINED = """
    SELECT anchor.type AS anchor_type, anchor.value AS anchor_value, node.type AS node_type, node.value AS node_value,
           rule
    FROM links
    LEFT JOIN identifiers AS anchor ON anchor.node_id = links.anchor_id
    LEFT JOIN identifiers AS node ON node.node_id = links.node_id
    WHERE status = 'quarantined'
      AND (anchor_id IN (SELECT unnest(?::VARCHAR[])) OR links.node_id IN (SELECT unnest(?::VARCHAR[])))
    ORDER BY ALL
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(
        app,
        profile,
        "Answers",
        "onefold profile email:ann@example.com",
        'onefold profile "phone:0170 1234567" --format json',
        "onefold profile customer:03a1b2c3d4e5f60718293a4b5c6d7e8f",
        "onefold profile loyalty_id:L-1001 --as-of 2026-03-01T12:00:00",
        "onefold profile email:ann@example.com --live",
    )


def profile(
    who: Annotated[
        str,
        typer.Argument(
            metavar="TYPE:VALUE",
            help="An identifier as anybody would write it, or customer: and a customer id.",
            show_default=False,
        ),
    ],
    *,
    form: Annotated[Literal["card", "json"], typer.Option("--format", help="How it is written.")] = "card",
    as_of: AsOfOption = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live", help="As of now: from the topic of profiles, without the lake and what it knows of links."
        ),
    ] = False,
) -> None:
    """Show one customer: who they are, what they are known by, what they did and allow.

    With [bold]--live[/bold], a view of the topic is kept in the data folder. The first time the whole topic is read for
    it; later only what is new. One process at a time has it open.

    Types are customer_id, loyalty_id, crm_id, email, phone, social_handle, device_id, advertising_id and cookie. Where
    nobody is found, the exit code is 1.
    """
    if live and as_of is not None:
        raise InputError("--live is as of now: expected no --as-of beside it")
    found = _find_live(who) if live else _find(who, as_of)
    if found is None:
        complain(f"onefold: nobody has this {who.partition(':')[0]}")
        raise typer.Exit(1)
    links = None if live else _quarantined(found, as_of)
    if form == "json":
        write_json(asdict(found) if links is None else {**asdict(found), "quarantined_links": links})
    else:
        from streams.commands.card import card  # noqa: PLC0415 - only here

        show(card(found, links or ()))


def _find(who: str, as_of: str | None) -> "ProfileRow | None":
    from sinks.engine import require_lake  # noqa: PLC0415 - heavy
    from sinks.find import find_customer, find_profile  # noqa: PLC0415 - heavy

    home = load_settings().home
    customer_id = _customer_id(who)
    if customer_id is not None:
        return find_customer(home, customer_id, as_of)
    identifier = named(policy_in(home), who)
    if identifier.value is None:
        require_lake(home)
        return None
    return find_profile(home, identifier.type, identifier.value, as_of)


def _find_live(who: str) -> "ProfileRow | None":
    from sinks.find import row_of  # noqa: PLC0415 - heavy
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.logs import configure_logging  # noqa: PLC0415 - heavy
    from streams.profile_view import open_profile_view  # noqa: PLC0415 - heavy

    configure_logging()
    settings = load_settings()
    customer_id = _customer_id(who)
    identifier = None if customer_id is not None else named(policy_in(settings.home), who)
    with open_profile_view(with_broker(settings)) as view:
        while not view.wait(_TELL_EVERY_SECONDS):
            complain(f"onefold: {view.freshness().behind:,} records of the topic of profiles are still to be read")
        if identifier is not None and identifier.value is not None:
            customer_id = view.customer_of(identifier.type, identifier.value)
        found = None if customer_id is None else view.profile_of(customer_id)
    return None if found is None else row_of(found)


def _customer_id(who: str) -> str | None:
    """Return the customer id that a user named, None where it is an identifier."""
    return who.removeprefix(_CUSTOMER).strip().lower() if who.startswith(_CUSTOMER) else None


def _quarantined(found: "ProfileRow", as_of: str | None) -> list[Mapping[str, str | None]]:
    """Return the links that join nobody, around this customer's identifiers."""
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy

    nodes = [identifier["node_id"] for identifier in found.identifiers]
    with open_lake_reader(load_settings().home, as_of) as reader:
        return [*reader.records(_QUARANTINED, [nodes, nodes])]
