"""``onefold profile``: one whole customer, by anything they are known by."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from streams.commands.examples import add
from streams.commands.lake import AsOfOption
from streams.errors import StreamsError
from streams.output import complain, show, write_json
from streams.settings import load_settings

if TYPE_CHECKING:
    from sinks.find import ProfileRow

_CUSTOMER = "customer"
_KEY_OF_NO_MEANING = bytes(32)
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
) -> None:
    """Show one customer: who they are, what they are known by, what they did and allow.

    Types are customer_id, loyalty_id, crm_id, email, phone, social_handle, device_id, advertising_id and cookie. Where
    nobody is found, the exit code is 1.
    """
    identifier_type, colon, value = who.partition(":")
    if not colon:
        raise StreamsError("expected TYPE:VALUE, for example email:ann@example.com")
    found = _find(identifier_type, value, as_of)
    if found is None:
        complain(f"onefold: nobody has this {identifier_type}")
        raise typer.Exit(1)
    links = _quarantined(found, as_of)
    if form == "json":
        write_json({**asdict(found), "quarantined_links": links})
    else:
        from streams.commands.card import card  # noqa: PLC0415 - only here

        show(card(found, links))


def _find(identifier_type: str, value: str, as_of: str | None) -> "ProfileRow | None":
    from sinks.find import find_customer, find_profile  # noqa: PLC0415 - heavy

    home = load_settings().home
    if identifier_type == _CUSTOMER:
        return find_customer(home, value.strip().lower(), as_of)
    normalised = _normalised(identifier_type, value)
    return None if normalised is None else find_profile(home, identifier_type, normalised, as_of)


def _normalised(identifier_type: str, value: str) -> str | None:
    """Return an identifier's value as it is matched, or None where nobody can have it."""
    from identity.normalise import Normaliser  # noqa: PLC0415 - heavy
    from identity.policy_file import default_policy  # noqa: PLC0415 - heavy

    policy = default_policy()
    if identifier_type not in policy.identifiers:
        types = ", ".join([_CUSTOMER, *policy.identifiers])
        raise StreamsError(f"there is no identifier type {identifier_type!r}; the types are {types}")
    # The key makes node ids, which are not asked for: who may read the lake needs no key.
    node = Normaliser(policy, _KEY_OF_NO_MEANING).node(identifier_type, value)
    return node["value"] if node else None


def _quarantined(found: "ProfileRow", as_of: str | None) -> list[Mapping[str, str | None]]:
    """Return the links that join nobody, around this customer's identifiers."""
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy

    nodes = [identifier["node_id"] for identifier in found.identifiers]
    with open_lake_reader(load_settings().home, as_of) as reader:
        return [*reader.records(_QUARANTINED, [nodes, nodes])]
