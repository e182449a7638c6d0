"""``onefold why``: the links that make two identifiers one person, and those that may not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from streams.commands.examples import add
from streams.commands.identifiers import named
from streams.commands.lake import AsOfOption
from streams.errors import InputError
from streams.output import complain, printable, show, write_json
from streams.settings import load_settings

if TYPE_CHECKING:
    from identity.matching.model import Explanation
    from identity.policy import IdentityPolicy
    from sinks.reader import LakeReader
    from sinks.why import DecisionRow, LinkRow, NodeRow, Why

_MOST = 15
_NEARLY_SURE = 0.9999
_BITS_A_LINE = 4
_BECAUSE = {"limit_per_person": ", a limit forbids it", "too_many_alike": ", as too many others are", None: ""}
_DECIDED, _SEEN, _ALIKE = range(3)

Explained = Mapping[tuple[str, str], "Explanation"]
"""What each comparison told, by link."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(
        app,
        why,
        "Identity",
        "onefold why email:ann@example.com",
        "onefold why email:ann@example.com cookie:3f2a9c01",
        "onefold why email:ann@example.com phone:+4930123456 --format json",
    )


def why(
    one: Annotated[str, typer.Argument(metavar="TYPE:VALUE", help="An identifier.", show_default=False)],
    other: Annotated[str | None, typer.Argument(metavar="TYPE:VALUE", help="Another one.", show_default=False)] = None,
    *,
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="How it is written.")] = "text",
    as_of: AsOfOption = None,
) -> None:
    """Say why two identifiers are one person or two, or what one identifier's person is made of.

    Of each link: how often the two were seen together, first and last, from which sources, and which rule decided.
    Links are listed from strong to weak. An identifier that was never seen ends with exit code 1.
    """
    from sinks.policies import identity_policy_in  # noqa: PLC0415 - heavy
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy
    from sinks.why import why as explain  # noqa: PLC0415 - heavy
    from streams.resemblance import explanations  # noqa: PLC0415 - heavy

    with open_lake_reader(load_settings().home, as_of) as reader:
        policy = identity_policy_in(reader)
        first = _node(reader, policy, one)
        second = None if other is None else _node(reader, policy, other)
        if second is not None and second.node_id == first.node_id:
            raise InputError("expected two identifiers, got the same twice")
        found = explain(reader, first, second, partial(_strength, policy), partial(_names_person, policy))
        told = [*(found.chain if second else found.joined[:_MOST]), *found.would_separate, *found.suggested[:_MOST]]
        told += found.quarantined[:_MOST]
        pairs = [(link.anchor_id, link.node_id) for link in told if link.probability is not None]
        explained = explanations(reader, policy, pairs)
    if form == "json":
        write_json(
            {
                "same_person": found.same_person if second else None,
                **asdict(found),
                "likeness": [_as_object(*pair, why) for pair, why in explained.items()],
            }
        )
    else:
        show(*_lines(found, explained))


def _as_object(one: str, other: str, explanation: "Explanation") -> dict[str, object]:
    weights = [weight._asdict() for weight in explanation.weights]
    return {"anchor_id": one, "node_id": other, "probability": explanation.probability, "weights": weights}


def _node(reader: "LakeReader", policy: "IdentityPolicy", text: str) -> "NodeRow":
    from sinks.why import find_node  # noqa: PLC0415 - heavy

    identifier = named(policy, text)
    node = None if identifier.value is None else find_node(reader, identifier.type, identifier.value)
    if node is None:
        complain(f"onefold: nobody has this {identifier.type}")
        raise typer.Exit(1)
    return node


def _names_person(policy: "IdentityPolicy", node: "NodeRow") -> bool:
    from identity.policy import Naming  # noqa: PLC0415 - heavy

    return node.type in policy.identifiers and policy.naming(node.type, node.value) == Naming.PERSON


def _strength(policy: "IdentityPolicy", link: "LinkRow", anchor: "NodeRow", node: "NodeRow") -> tuple[object, ...]:
    """Order links as resolution does: decisions, then evidence, then likeness.

    Evidence is ordered by the weaker end's type, the other's, number, time.
    """
    known = policy.identifiers
    unknown = (0, len(known))
    ends = [policy.strength(end.type, end.value) if end.type in known else unknown for end in (anchor, node)]
    kind = {"decided_together": _DECIDED, "matched": _ALIKE}.get(link.rule or "", _SEEN)
    return (
        kind,
        *((-(link.probability or 0.0),) if kind == _ALIKE else ()),
        *sorted(ends, reverse=True),
        -link.times,
        str(link.first_at),
        anchor.type,
        anchor.value,
        node.type,
        node.value,
    )


def _lines(found: "Why", explained: Explained) -> Iterator[str]:
    yield f"{_name(found.one)} belongs to customer {found.one.customer_id}{_shared(found.one)}"
    if found.other is not None:
        yield f"{_name(found.other)} belongs to customer {found.other.customer_id}{_shared(found.other)}"
        yield ""
        yield "[bold]One person.[/bold]" if found.same_person else "[bold]Two people.[/bold]"
    if found.chain:
        yield from _section("What makes them one, link by link", found.chain, found, explained)
    elif found.other is None:
        yield from _section("Links that make this person, strongest first", found.joined, found, explained)
    if found.would_separate:
        yield from _section("Without these links they would be two people", found.would_separate, found, explained)
    heading = "Links between the two that may not join them" if _are_two(found) else "Links that may not join"
    yield from _section(heading, found.quarantined, found, explained)
    yield from _section("Alike, but not one person", found.suggested, found, explained)
    if _are_two(found) and not found.quarantined and not found.suggested:
        yield "Nothing was seen with both of them, and their records are not alike."
    yield from _decisions(found)


def _are_two(found: "Why") -> bool:
    return found.other is not None and not found.same_person


def _section(heading: str, links: "Sequence[LinkRow]", found: "Why", explained: Explained) -> Iterator[str]:
    if not links:
        return
    yield ""
    yield f"[bold]{heading}[/bold]"
    for link in links[:_MOST]:
        yield f"  {_name(found.nodes[link.anchor_id])} - {_name(found.nodes[link.node_id])}"
        yield f"    {_evidence(link)}"
        yield from _weights(explained.get((link.anchor_id, link.node_id)))
        yield f"    [dim]{link.anchor_id}:{link.node_id}[/dim]"
    if len(links) > _MOST:
        yield f"  and {len(links) - _MOST:,} more (--format json has all)"


def _weights(explanation: "Explanation | None") -> Iterator[str]:
    """Say what each comparison told, in bits: one bit for doubles the odds that the two are one person."""
    if explanation is not None:
        told = [f"{name} {level} {bits:+.1f}".replace("  ", " ") for name, level, bits in explanation.weights]
        for start in range(0, len(told), _BITS_A_LINE):
            heading = "bits for one person: " if start == 0 else "  "
            yield f"    {heading}{', '.join(told[start : start + _BITS_A_LINE])}"


def _evidence(link: "LinkRow") -> str:
    rule = f", {link.rule}" if link.rule else ""
    if link.probability is not None and not link.times:
        because = _BECAUSE.get(link.rule, rule) if link.status == "suggested" else rule
        return f"alike, one person by {min(link.probability, _NEARLY_SURE):.2%}{because}"
    if not link.times:
        return f"never seen together{rule}"
    sources = ", ".join(f"{number:,} {escape(printable(name))}" for name, number in sorted(link.sources.items()))
    times = "once" if link.times == 1 else f"{link.times:,} times"
    between = f"{link.first_at:%Y-%m-%d %H:%M}"
    if link.times > 1:
        between += f" to {link.last_at:%Y-%m-%d %H:%M}"
    return f"seen together {times} ({sources}), {between}{rule}"


def _decisions(found: "Why") -> Iterator[str]:
    if not found.decisions:
        return
    yield ""
    yield "[bold]Decisions[/bold]"
    for decision in found.decisions:
        yield f"  {_decision(decision, found)}"


def _decision(decision: "DecisionRow", found: "Why") -> str:
    ends = [
        _name(found.nodes[end]) if end in found.nodes else "another identifier"
        for end in (decision.node_id, decision.other_node_id)
        if end
    ]
    state = " (withdrawn)" if decision.state == "withdrawn" else ""
    who = escape(printable(decision.made_by))
    reason = escape(printable(decision.reason))
    return f"{decision.kind}{state}: {' - '.join(ends)}, by {who} at {decision.made_at:%Y-%m-%d %H:%M}: {reason}"


def _name(node: "NodeRow") -> str:
    return escape(f"{node.type} {printable(node.value)}")


def _shared(node: "NodeRow") -> str:
    return " (shared: it joins nobody)" if node.shared else ""
