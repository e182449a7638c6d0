"""``onefold audience`` and ``onefold tag``: whom a segment reaches, and words that people put on customers."""

import io
import json
import time
import uuid
from typing import Annotated, Literal

import typer

from schemas.touchpoint_types import TAG_ADDED, TAG_REMOVED
from streams.commands.examples import add
from streams.commands.identifiers import named, policy_in
from streams.commands.lake import PANEL, AtOption, FormatOption
from streams.errors import InputError
from streams.output import Rows, complain, counted, show, write_rows
from streams.settings import load_settings

_CHANGES = {"add": TAG_ADDED, "remove": TAG_REMOVED}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    add(
        app,
        audience,
        PANEL,
        "onefold audience lapsed_buyers --channel email --format csv > audience.csv",
        "onefold audience best_customers --channel sms --traits first_name,language",
    )
    add(
        app,
        tag,
        "Data in",
        "onefold tag add email:ann@example.org vip",
        "onefold tag remove loyalty_id:L-1001 staff",
    )


def audience(
    segment: Annotated[str, typer.Argument(help="A segment of the policy.", show_default=False)],
    *,
    channel: Annotated[str, typer.Option(help="Where they are spoken to: email, sms, call, push, paid or social.")],
    purpose: Annotated[str, typer.Option(help="Consent purpose that must be permitted there.")] = "marketing",
    traits: Annotated[str, typer.Option(help="Told traits to hand out, with commas between.")] = "",
    at: AtOption = None,
    form: FormatOption = "table",
) -> None:
    """List whom a segment reaches on a channel: permitted members only, each with one contact that is not bad.

    A contact that was verified comes first, then the newest; shared ones and those that bounced are left out.
    """
    from sinks.audience import CONTACTS, purposes_told  # noqa: PLC0415 - heavy
    from sinks.audience import audience as found_audience  # noqa: PLC0415 - heavy
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy

    if channel not in CONTACTS:
        raise InputError(f"--channel: expected one of {', '.join(CONTACTS)}, got {channel!r}")
    names = [name.strip() for name in traits.split(",") if name.strip()]
    with open_lake_reader(load_settings().home, moment=at) as reader:
        found = found_audience(reader, segment, purpose, channel, names)
        told = purposes_told(reader)
    rows = [(one.customer_id, one.contact, *(one.traits[name] for name in names)) for one in found.reached]
    write_rows(Rows(("customer_id", CONTACTS[channel], *names), rows), form)
    complain(
        f"{counted(found.members, 'member', 'members')}, {counted(found.permitted, 'permits', 'permit')} {purpose} "
        f"by {channel}, {len(found.reached):,} of them can be reached"
    )
    if purpose not in told:
        complain(f"No consent names the purpose {purpose!r}; those named so far: {', '.join(told) or 'none'}")


def tag(
    change: Annotated[Literal["add", "remove"], typer.Argument(help="Put it on, or take it off.")],
    identifier: Annotated[str, typer.Argument(help="TYPE:VALUE of the customer.", show_default=False)],
    name: Annotated[str, typer.Argument(help="The tag.", show_default=False)],
) -> None:
    """Tag a customer: a touchpoint of the CRM, so that the tag is history like all else."""
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.publish import publish_lines  # noqa: PLC0415 - heavy

    settings = load_settings()
    found = named(policy_in(settings.home), identifier)
    if found.value is None or not name.strip():
        raise InputError("expected an identifier that somebody can have, and a tag")
    line = {
        "event_id": f"tag-{uuid.uuid4()}",
        "event_time": time.time_ns() // 1_000_000,
        "type": _CHANGES[change],
        "identifiers": [{"type": found.type, "value": identifier.partition(":")[2]}],
        "properties": {"tag": name.strip()},
    }
    lines = io.BytesIO(json.dumps(line).encode() + b"\n")
    publish_lines(with_broker(settings), "crm", lines, lambda _, error: complain(error), lambda _: None)
    show("Published; workers carry it out when they run, and 'onefold drain' waits until they have")
