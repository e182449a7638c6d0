"""Whether the home of this process has room, and a lake that this version can read."""

import shutil
from collections.abc import Iterator

from streams.checks.findings import Finding, Looking

_MIB = 1024 * 1024
_LEAST_FREE_BYTES = 1024 * _MIB


def free_space(looking: Looking) -> Iterator[Finding]:
    """Find a disk that is nearly full."""
    home = looking.settings.home
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    is_short = free < _LEAST_FREE_BYTES
    yield Finding(
        "disk",
        f"home {home}",
        "warning" if is_short else "ok",
        f"{_LEAST_FREE_BYTES // _MIB} MiB free",
        f"{free // _MIB} MiB",
        "make room: a full disk stops the work" if is_short else "",
    )


def lake_format(looking: Looking) -> Iterator[Finding]:
    """Find a lake that a newer version wrote."""
    from sinks.errors import LakeMissingError, LakeVersionError  # noqa: PLC0415 - heavy, and no business of a worker's
    from sinks.reader import open_lake_reader  # noqa: PLC0415
    from sinks.tables import LAKE_FORMAT  # noqa: PLC0415

    home, expected = looking.settings.home, f"format {LAKE_FORMAT} or older"
    try:
        open_lake_reader(home).close()
    except LakeMissingError:
        yield Finding("lake format", f"home {home}", "ok", expected, "no lake yet")
    except LakeVersionError as error:
        remedy = "use the version that wrote it, or remove the folder and have it rebuilt"
        yield Finding("lake format", f"home {home}", "refused", expected, f"{error}", remedy)
    else:
        yield Finding("lake format", f"home {home}", "ok", expected, "as expected")
