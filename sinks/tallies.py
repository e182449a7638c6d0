"""Counts that several places show alike."""

from typing import Final

from sinks.reader import LakeReader

_QUARANTINED: Final = """
    SELECT rule, count(*) FROM links WHERE status = 'quarantined' GROUP BY ALL ORDER BY 2 DESC, 1
"""
_ALIKE: Final = """
    SELECT count(*) FILTER (status = 'joined' AND rule = 'matched'), count(*) FILTER (status = 'suggested') FROM links
"""


def quarantined_by_rule(reader: LakeReader) -> dict[str, int]:
    """Return how many links are in quarantine by each rule, the most first."""
    return dict(reader.execute(_QUARANTINED).fetchall())


def alike_links(reader: LakeReader) -> tuple[int, int]:
    """Return how many links of like records join people, and how many are suggested."""
    ((matched, suggested),) = reader.execute(_ALIKE).fetchall()
    return matched, suggested
