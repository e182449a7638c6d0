"""``onefold steward``: a data steward's decisions on who is one person."""

import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from streams.commands.examples import add, examples
from streams.commands.identifiers import by_whom, named
from streams.commands.lake import FormatOption
from streams.errors import InputError
from streams.output import Rows, show, write_rows
from streams.settings import Settings, load_settings

if TYPE_CHECKING:
    from schemas.records import DecidedIdentifier
    from sinks.reader import LakeReader
    from sinks.why import NodeRow

Kind = Literal["together", "apart", "release", "block"]

One = Annotated[str, typer.Argument(metavar="TYPE:VALUE", help="An identifier.", show_default=False)]
Other = Annotated[str, typer.Argument(metavar="TYPE:VALUE", help="Another one.", show_default=False)]
Why = Annotated[str, typer.Option("--why", help="The reason, for those who ask later.", show_default=False)]
By = Annotated[str | None, typer.Option("--by", help="Who decides.", show_default="the user")]

_COLUMNS = (
    "kind",
    "state",
    "type",
    "value",
    "other_type",
    "other_value",
    "made_at",
    "made_by",
    "reason",
    "node_id",
    "other_node_id",
)
_LIST = f"SELECT {', '.join(_COLUMNS)} FROM decisions ORDER BY made_at DESC, node_id"  # noqa: S608 - constants
_KNOWN = "SELECT kind, state, epoch_ms(made_at) FROM decisions WHERE node_id = ? AND other_node_id = ?"
_QUARANTINED = """
    SELECT count(*) FROM links WHERE status IN ('quarantined', 'suggested')
    AND ((anchor_id = ? AND node_id = ?) OR (node_id = ? AND anchor_id = ?))
"""
_SUGGESTED_COLUMNS = (
    "probability",
    "because",
    "identifier",
    "name",
    "born",
    "other",
    "other_name",
    "other_born",
)
_SUGGESTED_IDS = ("customer_id", "other_customer_id", "anchor_id", "node_id")
_SUGGESTIONS = """
    WITH named AS (
        SELECT node_id, type || ':' || value AS identifier, customer_id, birth_date AS born,
               trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')) AS name
        FROM identifiers JOIN profiles USING (customer_id)
    )
    SELECT least(probability, 0.9999)::DECIMAL(5, 4),
           CASE WHEN rule = 'too_many_alike' THEN 'too many others are alike'
                WHEN rule IS NOT NULL THEN 'a limit forbids more'
                WHEN probability >= ? THEN 'their other records differ' ELSE 'not enough in common' END,
           one.identifier, one.name, one.born, other.identifier, other.name, other.born,
           one.customer_id, other.customer_id, links.anchor_id, links.node_id
    FROM links
    JOIN named AS one ON one.node_id = links.anchor_id
    JOIN named AS other ON other.node_id = links.node_id
    WHERE status = 'suggested'
    QUALIFY row_number() OVER (
        PARTITION BY least(one.customer_id, other.customer_id), greatest(one.customer_id, other.customer_id)
        ORDER BY probability DESC, anchor_id, links.node_id
    ) = 1
    ORDER BY probability DESC, anchor_id, links.node_id LIMIT ?
"""
_BY_ID = "SELECT node_id, type, value, customer_id, shared, first_seen FROM identifiers WHERE node_id = ?"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    ann, ben, tablet = "email:ann@example.com", "email:ben@example.com", "device_id:3f2a9c01"
    steward = typer.Typer(
        help="Decide who is one person: decisions come before evidence, replay, and can be withdrawn.",
        epilog=examples(
            f'onefold steward apart {ann} {ben} --why "twins, they called"',
            "onefold steward decisions",
        ),
        no_args_is_help=True,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    add(steward, together, "", f'onefold steward together {ann} loyalty_id:L-1001 --why "showed her card"')
    add(steward, apart, "", f'onefold steward apart {ann} {ben} --why "twins, they called"')
    add(
        steward,
        release,
        "",
        f'onefold steward release {ann} {tablet} --why "it is her own"',
        'onefold steward release 03a1...7e8f:0611...90ab --why "the link that onefold why shows"',
    )
    add(steward, block, "", 'onefold steward block phone:+4930123456 --why "our own switchboard"')
    add(
        steward,
        withdraw,
        "",
        f'onefold steward withdraw {ann} {ben} --why "a mix-up"',
        'onefold steward withdraw phone:+4930123456 --why "no longer ours"',
    )
    add(steward, suggestions, "", "onefold steward suggestions", "onefold steward suggestions --limit 500 --format csv")
    add(steward, decisions, "", "onefold steward decisions", "onefold steward decisions --format csv")
    app.add_typer(steward, name="steward", rich_help_panel="Identity")


def together(one: One, other: Other, *, why: Why, by: By = None) -> None:
    """Decide that two identifiers are one person, whatever the limits say.

    What was decided apart stays apart: of decisions that contradict it the older ones hold, and onefold why shows which
    do not.
    """
    _decide_on_two("together", one, other, why, by)


def apart(one: One, other: Other, *, why: Why, by: By = None) -> None:
    """Decide that two identifiers are two people, whatever links them.

    Both people get exactly what was theirs: profiles, history and values are derived anew from their own touchpoints.
    """
    _decide_on_two("apart", one, other, why, by)


def release(
    one: Annotated[
        str, typer.Argument(metavar="LINK|TYPE:VALUE", help="ANCHOR_ID:NODE_ID, or an identifier.", show_default=False)
    ],
    other: Annotated[str | None, typer.Argument(metavar="TYPE:VALUE", help="Another one.", show_default=False)] = None,
    *,
    why: Why,
    by: By = None,
) -> None:
    """Decide that a quarantined or suggested link is right after all."""
    _decide_on_two("release", one, other, why, by)


def block(identifier: One, *, why: Why, by: By = None) -> None:
    """Decide that an identifier names nobody: it joins nobody any more, seen before or not."""
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy

    settings = load_settings()
    with open_lake_reader(settings.home) as reader:
        part = _known_or_new(reader, settings, identifier)
        _publish(reader, settings, "block", "made", part, None, why, by)


def withdraw(
    one: One,
    other: Annotated[str | None, typer.Argument(metavar="TYPE:VALUE", help="Another one.", show_default=False)] = None,
    *,
    why: Why,
    by: By = None,
) -> None:
    """Take back the decision on two identifiers, or the block of one: as if it had never been made."""
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy

    settings = load_settings()
    with open_lake_reader(settings.home) as reader:
        first = _known_or_new(reader, settings, one)
        second = None if other is None else _known_or_new(reader, settings, other)
        known = _known_decision(reader, first, second)
        if known is None or known[1] == "withdrawn":
            raise InputError("there is no decision to withdraw here; 'onefold steward decisions' shows all")
        _publish(reader, settings, known[0], "withdrawn", first, second, why, by)


def suggestions(
    *,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1_000_000, help="So many at most.")] = 50,
    form: FormatOption = "table",
) -> None:
    """List people who may be one by their likeness and whom nobody decided on, the most probable first.

    Of each two people the link that is most alike stands for all. JSON and CSV have the ids too.

    Accept one by 'together', refuse it by 'apart'; 'onefold why' says what is alike and what is not.
    """
    from sinks.policies import identity_policy_in  # noqa: PLC0415 - heavy
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy

    with open_lake_reader(load_settings().home) as reader:
        matching = identity_policy_in(reader).matching
        rows = reader.execute(_SUGGESTIONS, [matching.unite if matching else 1.0, limit]).fetchall()
    if form == "table":
        write_rows(Rows(_SUGGESTED_COLUMNS, [row[: len(_SUGGESTED_COLUMNS)] for row in rows]), form)
    else:
        write_rows(Rows((*_SUGGESTED_COLUMNS, *_SUGGESTED_IDS), rows), form)


def decisions(*, form: FormatOption = "table") -> None:
    """List all decisions, the newest first, withdrawn ones too."""
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy

    with open_lake_reader(load_settings().home) as reader:
        write_rows(Rows(_COLUMNS, reader.execute(_LIST).fetchall()), form)


def _decide_on_two(kind: Kind, one: str, other: str | None, why: str, by: str | None) -> None:
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy

    settings = load_settings()
    with open_lake_reader(settings.home) as reader:
        first, second = _ends(reader, one) if other is None else (_known(reader, one), _known(reader, other))
        if first["node_id"] == second["node_id"]:
            raise InputError("expected two identifiers, got the same twice")
        if kind == "release":
            _check_quarantined(reader, first["node_id"], second["node_id"])
        _publish(reader, settings, kind, "made", first, second, why, by)


def _publish(  # noqa: PLR0913, PLR0917  # a record is made of its parts
    reader: "LakeReader",
    settings: Settings,
    kind: Kind,
    state: Literal["made", "withdrawn"],
    one: "DecidedIdentifier",
    other: "DecidedIdentifier | None",
    reason: str,
    made_by: str | None,
) -> None:
    """Publish a decision, newer than the one on the same that it replaces."""
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.decide import publish_decision  # noqa: PLC0415 - heavy

    if not reason.strip():
        raise InputError("--why: expected a reason, got none")
    known = _known_decision(reader, one, other)
    made_at = max(time.time_ns() // 1_000_000, known[2] + 1 if known else 0)
    publish_decision(
        with_broker(settings),
        {
            "kind": kind,
            "state": state,
            "one": one,
            "other": other,
            "made_at": made_at,
            "made_by": by_whom(made_by),
            "reason": reason.strip(),
        },
    )
    if known is not None and known[1] == "made" and state == "made":
        show(f"It replaces the decision '{known[0]}' on the same.")
    done = "Decided" if state == "made" else "Withdrawn"
    show(f"{done}. Workers carry it out when they run; 'onefold drain' waits until they have.")


def _known_decision(
    reader: "LakeReader", one: "DecidedIdentifier", other: "DecidedIdentifier | None"
) -> tuple[Kind, str, int] | None:
    """Return kind, state and time of the newest decision on the same, None where there is none."""
    nodes = sorted([one["node_id"], other["node_id"]]) if other else [one["node_id"], ""]
    found = reader.execute(_KNOWN, nodes).fetchone()
    return None if found is None else (found[0], found[1], found[2])


def _ends(reader: "LakeReader", link: str) -> "tuple[DecidedIdentifier, DecidedIdentifier]":
    anchor, _, node = link.strip().lower().partition(":")
    rows = [reader.execute(_BY_ID, [node_id]).fetchone() for node_id in (anchor, node)]
    if rows[0] is None or rows[1] is None:
        raise InputError("expected two identifiers, or a link as ANCHOR_ID:NODE_ID; there is no such link")
    first, second = (_decided(row[0], row[1], row[2]) for row in rows if row is not None)
    return first, second


def _known(reader: "LakeReader", text: str) -> "DecidedIdentifier":
    found = _find(reader, text)
    if found is None:
        raise InputError(f"this {text.partition(':')[0]} was never seen in a touchpoint: there is nothing to decide on")
    return _decided(found.node_id, found.type, found.value)


def _known_or_new(reader: "LakeReader", settings: Settings, text: str) -> "DecidedIdentifier":
    found = _find(reader, text)
    if found is not None:
        return _decided(found.node_id, found.type, found.value)
    from identity.nodes import node_id  # noqa: PLC0415 - heavy
    from sinks.policies import identity_policy_in  # noqa: PLC0415 - heavy
    from streams.settings import node_key  # noqa: PLC0415 - heavy

    identifier = named(identity_policy_in(reader), text)
    if identifier.value is None:
        raise InputError(f"this {identifier.type} is malformed or blocked already: it names nobody")
    return _decided(
        node_id(node_key(settings), identifier.type, identifier.value).hex(), identifier.type, identifier.value
    )


def _find(reader: "LakeReader", text: str) -> "NodeRow | None":
    from sinks.policies import identity_policy_in  # noqa: PLC0415 - heavy
    from sinks.why import find_node  # noqa: PLC0415 - heavy

    identifier = named(identity_policy_in(reader), text)
    return None if identifier.value is None else find_node(reader, identifier.type, identifier.value)


def _decided(node: str, identifier_type: str, value: str) -> "DecidedIdentifier":
    return {"node_id": node, "type": identifier_type, "value": value}


def _check_quarantined(reader: "LakeReader", one: str, other: str) -> None:
    found = reader.execute(_QUARANTINED, [one, other, one, other]).fetchone()
    if not found or not found[0]:
        raise InputError("there is no quarantined or suggested link between these two; 'onefold why' shows their links")
