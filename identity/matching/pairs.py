"""Which records are compared: all pairs of the blocks that are no larger than the cap."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

Key = TypeVar("Key", str, bytes)


def blocks(keys: Mapping[Key, Iterable[bytes]]) -> dict[bytes, list[Key]]:
    """Return the members of each block, in order.

    Args:
        keys: of the blocks of each record.
    """
    found: dict[bytes, list[Key]] = {}
    for record in sorted(keys):
        for key in keys[record]:
            found.setdefault(key, []).append(record)
    return found


def candidates(found: Mapping[bytes, list[Key]], cap: int) -> Iterator[tuple[Key, Key]]:
    """Yield every pair of records that meet in a block of no more than ``cap``, each once, the smaller record first."""
    seen: dict[Key, set[Key]] = {}
    for members in found.values():
        if len(members) > cap:
            continue
        for place, one in enumerate(members):
            partners = seen.setdefault(one, set())
            for other in members[place + 1 :]:
                if other not in partners:
                    partners.add(other)
                    yield one, other
