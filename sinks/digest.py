"""One hash of all people: equal digests mean equal results.

A person is hashed by what is known of them and by nothing of how it came to be: no revisions, no processing times, no
state of caps (which is as of the last publication), no policy version, no node ids (they depend on a secret key), no
order of rows. People who merged into others are not people. Two lakes made from the same events in any order, by any
number of workers, have the same digest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from sinks.reader import AsOf, LakeReader, open_lake_reader

_HASH_BYTES: Final = 16
_CHUNK: Final = 10_000

# Lists without an order of their own are sorted; the founding identifier stands in for the customer id that names it.
PERSON_SQL: Final = """
    to_json({
        founder: list_transform(list_filter(identifiers, lambda i: i.node_id = customer_id),
                                lambda i: {type: i.type, value: i.value}),
        known: known,
        identifiers: list_sort(list_transform(identifiers, lambda i: {
            type: i.type, value: i.value, first_seen: i.first_seen, shared: i.shared, quality: i.quality})),
        traits: list_sort(traits),
        computed: list_sort(computed),
        tags: list_sort(tags),
        segments: list_sort(list_transform(segments, lambda s: s.name)),
        offers: list_sort(offers),
        preferred_language: preferred_language,
        touches: touches,
        touches_by_channel: list_sort(map_entries(touches_by_channel)),
        touches_by_type: list_sort(map_entries(touches_by_type)),
        first_touch: first_touch,
        last_touch: last_touch,
        recent_touches: recent_touches,
        orders: orders,
        returns: returns,
        first_order_at: first_order_at,
        last_order_at: last_order_at,
        margin_micros: list_sort(map_entries(margin_micros)),
        revenue_micros: list_sort(map_entries(revenue_micros)),
        consents: list_sort(consents),
        permissions: list_sort(permissions),
        consents_left_out: consents_left_out
    })::VARCHAR
"""
"""A row of ``profiles`` as text that is equal exactly where two people are."""

_PEOPLE: Final = f"""
    SELECT sha256({PERSON_SQL}), len(identifiers) FROM profiles WHERE status = 'active'
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Digest:
    """The hash of all people in hexadecimal, and how many people and identifiers it covers."""

    hex: str
    people: int
    identifiers: int


def people_digest(home: Path, as_of: AsOf = None) -> Digest:
    """Return the digest of the active people of a lake. Time grows with their number; memory by a hash for each.

    Raises:
        LakeMissingError, LakeVersionError, SnapshotMissingError: as ``open_lake_reader``.
    """
    hashes: list[str] = []
    identifiers = 0
    with open_lake_reader(home, as_of) as reader:
        for person, known_by in _people(reader):
            identifiers += known_by
            hashes.append(person)
    combined = blake2b("".join(sorted(hashes)).encode(), digest_size=_HASH_BYTES)
    return Digest(combined.hexdigest(), len(hashes), identifiers)


def _people(reader: LakeReader) -> Iterator[tuple[str, int]]:
    """Yield the hash of each person and the number of their identifiers."""
    cursor = reader.execute(_PEOPLE)
    while rows := cursor.fetchmany(_CHUNK):
        yield from rows
