"""Which files of a table are brought together: few files whatever was written, each row rewritten few times. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

MOST_REPLACED: Final = 0.3
"""A file is written anew once this share of its rows has been replaced."""

RATIO: Final = 2
"""A file is taken in by smaller ones once it has no more than so many times their rows."""

MEGABYTE: Final = 1_000_000
BANDS: Final = (MEGABYTE, 8 * MEGABYTE, 64 * MEGABYTE, 512 * MEGABYTE)
"""Upper ends of sizes. Files of one band that are merged come to lie in the next."""

BAND_FILES: Final = 8
"""So many files of a band above the first are merged; of the first, any two."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of a table.

    Attributes:
        path: where it is.
        rows: in it, the replaced ones too.
        replaced: rows that are not valid any more.
        size_bytes: how large it is.
    """

    path: str
    rows: int
    replaced: int
    size_bytes: int

    @property
    def valid(self) -> int:
        """Rows that are still valid."""
        return self.rows - self.replaced


def to_rewrite(files: Iterable[DataFile]) -> list[DataFile]:
    """Return the files of a table with replaced rows whose valid rows go into one new file; none where that is idle.

    They are those of which much was replaced, and all up to the last that is not too large for the smaller ones
    together. Each that stays is more than ``RATIO`` times all smaller ones, so there are as many files as the number
    of rows has digits, about.
    """
    by_size = sorted(files, key=lambda file: (file.valid, file.path))
    last, rows = 0, 0
    for place, file in enumerate(by_size):
        if place > 0 and file.valid <= RATIO * rows:
            last = place + 1
        rows += file.valid
    return by_size[:last] + [file for file in by_size[last:] if file.replaced > MOST_REPLACED * file.rows]


def bands_to_merge(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Return the bands, from a size to before another, of which a table without replaced rows has files to merge."""
    bands = zip(chain((0,), BANDS), BANDS, strict=False)
    fewest = chain((2,), (BAND_FILES for _ in BANDS))
    return [
        (least, most)
        for (least, most), needed in zip(bands, fewest, strict=False)
        if sum(least <= size < most for size in sizes) >= needed
    ]
