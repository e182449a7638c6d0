"""What the lake holds, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sinks.reader import LakeReader, open_lake_reader

_PROFILES = """
    SELECT count(*) FILTER (status = 'active'), count(*) FILTER (status = 'active' AND known),
           count(*) FILTER (status = 'merged')
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
        links: by verdict, joined or quarantined.
        dead_letters: records that could not be used, by reason.
    """

    touchpoints: int
    people: int
    known_people: int
    merged_people: int
    links: Mapping[str, int]
    dead_letters: Mapping[str, int]


def lake_counts(home: Path) -> LakeCounts:
    """Count what is in the lake of a home.

    Raises:
        LakeError: there is no lake, or it cannot be read.
    """
    with open_lake_reader(home) as reader:
        (touchpoints,) = reader.execute("SELECT count(*) FROM touchpoints").fetchall()[0]
        people, known, merged = reader.execute(_PROFILES).fetchall()[0]
        links = {"joined": 0, "quarantined": 0, **_by(reader, "links", "status")}
        return LakeCounts(touchpoints, people, known, merged, links, _by(reader, "dead_letters", "reason"))


def _by(reader: LakeReader, table: str, column: str) -> dict[str, int]:
    sql = f"SELECT {column}, count(*) FROM {table} GROUP BY ALL ORDER BY 2 DESC, 1"  # noqa: S608 - constants
    return dict(reader.execute(sql).fetchall())
