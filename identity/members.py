"""What an owner makes of a report on a member."""

from enum import IntEnum

from identity.graph import NOBODY, Card, Member, Report, Standing, merge_cards, newest_counts
from identity.nodes import NodeId
from identity.told import in_doubt

NO_CUSTOMER = NOBODY
"""In place of a customer: owners told different ones, so the true one must be told again."""


def merged_member(known: Member | None, report: Report) -> Member:
    """Return a member with what a report adds to what is known of it; what a past owner published is in doubt."""
    customer = _last_customer(report, known)
    standing = _standing_of_both(report.member.standing, known.standing if known else None)
    return Member(
        merge_cards(known.card, report.member.card) if known else report.member.card,
        report.member.named or (known is not None and known.named),
        customer,
        _verdicts_in_doubt(report, known) if report.revision else (known.verdicts if known else {}),
        _all_in_doubt(standing) if standing and customer == NO_CUSTOMER else standing,
        sorted({*report.member.signals, *(known.signals if known else ())}),
        newest_counts(report.member.crowded, known.crowded) if known else report.member.crowded,
    )


def _standing_of_both(one: Standing | None, other: Standing | None) -> Standing | None:
    """Return what either of two owners told to hold; what only one of them did is in doubt, since 0."""
    if one is None or other is None:
        return one or other
    names = one.holds.keys() | other.holds.keys()
    holds = {name: min(one.holds.get(name, 0), other.holds.get(name, 0)) for name in sorted(names)}
    return Standing(holds, min(one.due or other.due, other.due or one.due))


def _all_in_doubt(standing: Standing) -> Standing:
    """Return a standing of a customer whom another owner told to be part of another one, and so to stand nowhere."""
    return Standing(dict.fromkeys(standing.holds, 0), standing.due)


def _last_customer(report: Report, known: Member | None) -> NodeId | None:
    """Return whom the node was told to belong to; where past owners told different things, nobody."""
    told = {report.member.customer, known.customer if known else None} - {None}
    return NO_CUSTOMER if len(told) > 1 else next(iter(told), None)


def _verdicts_in_doubt(report: Report, known: Member | None) -> dict[NodeId, int]:
    """Return every link of which a past owner or this one told a verdict; which one was last cannot be known."""
    told = {link: in_doubt(number) for link, number in report.member.verdicts.items()}
    for link, number in known.verdicts.items() if known else ():
        told[link] = max(told.get(link, in_doubt(number)), in_doubt(number))
    return told


class News(IntEnum):
    """What a card may change, the greater including the lesser."""

    TOUCHES = 0
    """What people did."""
    EVIDENCE = 1
    """How often links were seen: who is who only where links contend."""
    LINKS = 2
    """Who is who."""


def news_of(old: Card, new: Card) -> News:
    """Return what a card may change that takes the place of another one of its node."""
    if (
        old.first_seen != new.first_seen
        or old.shared != new.shared
        or old.neighbours != new.neighbours
        or old.type != new.type
        or old.rulings != new.rulings
        or old.block != new.block
        or old.record != new.record
        or old.alike != new.alike
        or old.crowds != new.crowds
    ):
        return News.LINKS
    if old.links == new.links:
        return News.TOUCHES
    known = old.links
    if known.keys() != new.links.keys():
        return News.LINKS
    is_far_news = any(known[node].far_shared != evidence.far_shared for node, evidence in new.links.items())
    return News.LINKS if is_far_news else News.EVIDENCE
