"""A customer as a card for the terminal."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sinks.find import ProfileRow
from streams.output import amount, printable

_RECENT = 8
_LINKS = 8
_VALUES = 6
_PERSON = frozenset({"first_name", "last_name"})
_ADDRESS = ("street", "postcode", "city", "country")


def card(person: ProfileRow, quarantined: Sequence[Mapping[str, str | None]]) -> Panel:
    """Return the card of a customer.

    Args:
        person: from the lake.
        quarantined: links around them that join nobody: type and value of both sides, and the rule.
    """
    traits = {trait["name"]: str(trait["value"]) for trait in person.traits}
    lines = Table.grid(padding=(0, 2))
    lines.add_column(style="bold", no_wrap=True)
    lines.add_column(overflow="fold")
    for label, value in (*_who(person, traits), *_did(person), *_links(quarantined)):
        lines.add_row(label, Text(value))
    footer = Text(f"customer {person.customer_id}  revision {person.revision}", style="dim")
    return Panel(Group(lines, Text(), footer), title=Text(_name(person, traits)), title_align="left", padding=(1, 2))


def _name(person: ProfileRow, traits: Mapping[str, str]) -> str:
    name = " ".join(traits[part] for part in ("first_name", "last_name") if part in traits)
    return printable(name) or ("Customer without a name" if person.known else "Anonymous visitor")


def _who(person: ProfileRow, traits: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if person.preferred_language:
        yield "Language", printable(person.preferred_language)
    address = ", ".join(traits[part] for part in _ADDRESS if part in traits)
    if address:
        yield "Address", printable(address)
    for name, value in sorted(traits.items()):
        if name not in _PERSON and name not in _ADDRESS and name != "language":
            yield _title(name), printable(value)
    since = [identifier["first_seen"] for identifier in person.identifiers]
    if since:
        yield "Known since", _time(min(since))
    for place, identifier in enumerate(person.identifiers):
        shared = "  (shared, joins nobody)" if identifier["shared"] else ""
        text = f"{identifier['type']:<15} {printable(identifier['value'])}{shared}"
        yield "" if place else "Known by", text


def _did(person: ProfileRow) -> Iterator[tuple[str, str]]:
    channels = sorted(person.touches_by_channel.items(), key=lambda entry: (-entry[1], entry[0]))
    yield "Touches", f"{person.touches:,}: " + ", ".join(f"{number:,} {printable(name)}" for name, number in channels)
    yield "Orders", f"{person.orders:,}, {person.returns:,} returned"
    if person.revenue:
        yield "Revenue", ", ".join(f"{amount(value)} {printable(code)}" for code, value in person.revenue.items())
    yield from _computed(person)
    yield from _standing(person)
    for place, consent in enumerate(person.consents):
        where = "every channel" if consent["channel"] == "*" else printable(consent["channel"])
        text = f"{printable(consent['purpose'])}, {where}: {consent['state']} since {_time(consent['event_time'])}"
        yield "" if place else "Consents", text
    for place, told in enumerate(person.permissions):
        where = "every other channel" if told["channel"] == "*" else printable(told["channel"])
        yield (
            "" if place else "Permits",
            f"{printable(told['purpose'])}, {where}: {'yes' if told['permitted'] else 'no'}",
        )
    if person.consents_left_out:
        yield "" if person.permissions else "Permits", "nothing: consent was told on more than is kept"
    if person.first_touch:
        yield "First touch", _touch(person.first_touch)
    if person.last_touch:
        yield "Last touch", _touch(person.last_touch)
    for place, touch in enumerate(person.recent_touches[:_RECENT]):
        yield "" if place else "Recent", _touch(touch)


def _computed(person: ProfileRow) -> Iterator[tuple[str, str]]:
    """Yield the computed traits, of several values the first ones: a top list begins with the most frequent."""
    for name, values in groupby(person.computed, key=itemgetter("name")):
        told = [" ".join(part for part in (printable(one["key"]), _value(one)) if part) for one in values]
        rest = f" and {len(told) - _VALUES:,} more" if len(told) > _VALUES else ""
        yield _title(name), ", ".join(told[:_VALUES]) + rest


def _standing(person: ProfileRow) -> Iterator[tuple[str, str]]:
    """Yield tags and segments, what offers came to, and how many messages more they may get."""
    if person.tags:
        yield "Tags", ", ".join(printable(tag["name"]) for tag in person.tags)
    for place, segment in enumerate(person.segments):
        yield "" if place else "Segments", f"{printable(segment['name'])} since {_time(segment['entered_at'])}"
    for place, offer in enumerate(person.offers):
        times = f"{offer['count']:,} times, last" if offer["count"] > 1 else "at"
        text = f"{printable(offer['offer_id'])}: {offer['stage']} {times} {_time(offer['last_at'])}"
        yield "" if place else "Offers", f"{text}, {printable(offer['channel'])}"
    for place, cap in enumerate(person.caps):
        free = f", free again {_time(cap['free_again_at'])}" if cap["free_again_at"] else ""
        yield "" if place else "Messages", f"{printable(cap['name'])}: {cap['messages']:,} of {cap['most']:,}{free}"


def _value(computed: Mapping[str, Any]) -> str:
    number = computed["number"]
    return printable(computed["text"]) if number is None else f"{number:,.3f}".rstrip("0").rstrip(".")


def _links(quarantined: Sequence[Mapping[str, str | None]]) -> Iterator[tuple[str, str]]:
    for place, link in enumerate(quarantined[:_LINKS]):
        sides = " - ".join(
            f"{link[f'{side}_type'] or 'an unknown one'} {link[f'{side}_value'] or ''}".rstrip()
            for side in ("anchor", "node")
        )
        yield "" if place else "Kept apart", printable(f"{sides} ({link['rule']})")
    if len(quarantined) > _LINKS:
        yield "", f"and {len(quarantined) - _LINKS:,} more"


def _touch(touch: Mapping[str, Any]) -> str:
    return f"{_time(touch['event_time'])}  {printable(touch['channel']):<8} {printable(touch['type'])}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _title(name: str) -> str:
    return printable(name).replace("_", " ").capitalize()
