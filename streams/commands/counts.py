"""What the lake holds, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sinks.reader import LakeReader, open_lake_reader
from sinks.tallies import quarantined_by_rule

_PROFILES = """
    SELECT count(*) FILTER (status = 'active'), count(*) FILTER (status = 'active' AND known),
           count(*) FILTER (status = 'merged'),
           coalesce(max(len(identifiers)) FILTER (status = 'active'), 0)
    FROM profiles
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
        policy: version of the policy in force, None where it is the default one.
        links: by verdict: joined, quarantined, suggested, withdrawn.
        quarantined: links in quarantine by rule.
        dead_letters: records that could not be used, by reason.
    """

    touchpoints: int
    people: int
    known_people: int
    merged_people: int
    shared_identifiers: int
    largest_person: int
    decisions: int
    policy: str | None
    links: Mapping[str, int]
    quarantined: Mapping[str, int]
    dead_letters: Mapping[str, int]


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
            policy=policy[0] if policy else None,
            links=links,
            quarantined=quarantined_by_rule(reader),
            dead_letters=_by(reader, "dead_letters", "reason"),
        )


def _by(reader: LakeReader, table: str, column: str) -> dict[str, int]:
    sql = f"SELECT {column}, count(*) FROM {table} GROUP BY ALL ORDER BY 2 DESC, 1"  # noqa: S608 - constants
    return dict(reader.execute(sql).fetchall())
