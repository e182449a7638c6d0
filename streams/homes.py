"""The home of an installation: whether it can be used, and who else can."""

import os
import stat
from pathlib import Path

from streams.errors import SettingsError

_SETTING = "setting ONEFOLD_HOME"
_OTHERS = 0o077
_OURS = frozenset({"broker", "faust", "keys", "lake", "logs", "models", "profile-view", "state", "world"})
"""What Onefold makes in a home."""


def check_home(home: Path) -> None:
    """Make sure that a home is a folder to write in, or that one can be made there.

    Raises:
        SettingsError: it is not; the message says why and what was expected.
    """
    try:
        str(home).encode()
    except UnicodeEncodeError:
        raise SettingsError(f"{_SETTING}: expected a path in UTF-8; name another folder") from None
    if "\\" in str(home):  # DuckDB takes it for the end of a folder's name
        raise SettingsError(f"{_SETTING}: expected a path without a backslash; name another folder")
    try:
        there = _nearest(home)
        is_folder = there.is_dir()
    except OSError as error:
        raise SettingsError(f"{_SETTING}: {home} cannot be used: {error.strerror}; name another folder") from None
    if not is_folder:
        kind = "a link to nothing" if there.is_symlink() else "a file"
        raise SettingsError(f"{_SETTING}: expected a folder, and {there} is {kind}; name another one")
    if not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        raise SettingsError(f"{_SETTING}: expected a folder to write in, and {there} is not yours to; name another one")


def _nearest(home: Path) -> Path:
    """Return what is there of a path: it, or the nearest folder above it."""
    for folder in (home, *home.parents):
        try:
            folder.lstat()
        except FileNotFoundError:
            continue
        except NotADirectoryError:  # told of the file, which comes next
            continue
        return folder
    return home


def keep_to_owner(home: Path) -> bool:
    """Make a home, or take from others what they may do in one that is there; return whether they could do anything.

    A folder that holds what is not Onefold's stays as it is, and only what is Onefold's in it is taken from others.

    Raises:
        SettingsError: it cannot be made, or belongs to someone else.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = {entry.name for entry in home.iterdir()}
        mine = [home] if names <= _OURS else [home / name for name in sorted(names & _OURS)]
        narrowed = [folder for folder in mine if _narrow(folder)]
    except OSError as error:
        raise SettingsError(f"{_SETTING}: {home} cannot be used: {error.strerror}; name another folder") from None
    return bool(narrowed)


def _narrow(folder: Path) -> bool:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not mode & _OTHERS:
        return False
    folder.chmod(mode & ~_OTHERS)
    return True
