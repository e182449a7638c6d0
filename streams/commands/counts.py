"""What the lake holds, in numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from identity.policy_file import default_policy
from schemas.touchpoint_types import shown_name
from sinks.policies import identity_policy_in
from sinks.reader import LakeReader, open_lake_reader
from sinks.tallies import quarantined_by_rule
from streams.tally import LeftOutCount, UnknownType, meant_for

_PROFILES = """
    SELECT count(*) FILTER (status = 'active'), count(*) FILTER (status = 'active' AND known),
           count(*) FILTER (status = 'merged'),
           coalesce(max(len(identifiers)) FILTER (status = 'active'), 0)
    FROM profiles
"""


_LEFT_OUT = """
    SELECT type, reason, sum(identifiers)::BIGINT FROM left_out_identifiers GROUP BY ALL ORDER BY 3 DESC, 1, 2 LIMIT 50
"""
_UNKNOWN_TYPES = """
    SELECT type, sum(touchpoints)::BIGINT, sum(with_order)::BIGINT FROM unknown_types
    GROUP BY ALL ORDER BY 3 DESC, 2 DESC, 1 LIMIT 50
"""


@dataclass(frozen=True, slots=True)
class LakeCounts:
    """What the lake holds.

    Attributes:
        touchpoints: accepted ones, each once.
        people: customers.
        known_people: those of them with a personal identifier.
        merged_people: customer ids that went over to another.
        shared_identifiers: identifiers that so many use that they join nobody.
        largest_person: number of identifiers of the customer with most.
        decisions: of data stewards, in force.
        policy: version of the policy in force; where none was applied, of the default one.
        links: by verdict: joined, quarantined, suggested, withdrawn.
        quarantined: links in quarantine by rule.
        dead_letters: records that could not be used, by reason.
        left_out: identifiers that count for nothing, by type and reason, the most frequent first.
        unknown_types: touchpoints of types that mean nothing, those with most orders first; names that are not to be
            shown are one.
    """

    touchpoints: int
    people: int
    known_people: int
    merged_people: int
    shared_identifiers: int
    largest_person: int
    decisions: int
    policy: str
    links: Mapping[str, int]
    quarantined: Mapping[str, int]
    dead_letters: Mapping[str, int]
    left_out: Sequence[LeftOutCount]
    unknown_types: Sequence[UnknownType]


def lake_counts(home: Path) -> LakeCounts:
    """Count what is in the lake of a home.

    Raises:
        LakeError: there is no lake, or it cannot be read.
    """
    with open_lake_reader(home) as reader:
        (touchpoints,) = reader.execute("SELECT count(*) FROM touchpoints").fetchall()[0]
        people, known, merged, largest = reader.execute(_PROFILES).fetchall()[0]
        (shared,) = reader.execute("SELECT count(*) FROM identifiers WHERE shared").fetchall()[0]
        (decisions,) = reader.execute("SELECT count(*) FROM decisions WHERE state = 'made'").fetchall()[0]
        policy = reader.execute("SELECT version FROM policies ORDER BY applied_at DESC LIMIT 1").fetchone()
        links = {"joined": 0, "quarantined": 0, **_by(reader, "links", "status")}
        return LakeCounts(
            touchpoints=touchpoints,
            people=people,
            known_people=known,
            merged_people=merged,
            shared_identifiers=shared,
            largest_person=largest,
            decisions=decisions,
            policy=policy[0] if policy else default_policy().version,
            links=links,
            quarantined=quarantined_by_rule(reader),
            dead_letters=_by(reader, "dead_letters", "reason"),
            left_out=_left_out(reader),
            unknown_types=_unknown_types(reader),
        )


def _left_out(reader: LakeReader) -> list[LeftOutCount]:
    known = identity_policy_in(reader.connection).identifiers
    rows = reader.execute(_LEFT_OUT).fetchall()
    return [LeftOutCount(type_, reason, number, meant_for(type_, reason, known)) for type_, reason, number in rows]


def _unknown_types(reader: LakeReader) -> list[UnknownType]:
    counts: dict[str, UnknownType] = {}
    for told, touchpoints, with_order in reader.execute(_UNKNOWN_TYPES).fetchall():
        name = shown_name(told)
        before = counts.get(name, UnknownType(name, 0, 0))
        counts[name] = UnknownType(name, before.touchpoints + touchpoints, before.with_order + with_order)
    return sorted(counts.values(), key=lambda one: (-one.with_order, -one.touchpoints, one.type))


def _by(reader: LakeReader, table: str, column: str) -> dict[str, int]:
    sql = f"SELECT {column}, count(*) FROM {table} GROUP BY ALL ORDER BY 2 DESC, 1"  # noqa: S608 - constants
    return dict(reader.execute(sql).fetchall())
