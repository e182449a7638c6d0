"""Whether a disk has room for a broker."""

import shutil
from pathlib import Path

from infra.errors import DiskFullError

LEAST_MIB = 256
"""Empty, a broker with all topics takes a few; but it ends itself at the first record that the disk does not take."""

_MIB = 2**20


def check_room(home: Path) -> None:
    """Raise DiskFullError where the disk below a folder, or below where it will be, cannot hold a broker."""
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free_mib = shutil.disk_usage(there).free // _MIB
    if free_mib < LEAST_MIB:
        raise DiskFullError(there, free_mib, LEAST_MIB)
