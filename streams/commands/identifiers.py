"""Identifiers as a user names them: ``TYPE:VALUE``."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from streams.errors import InputError
from streams.settings import KEY_OF_NO_MEANING

if TYPE_CHECKING:
    from identity.policy import IdentityPolicy


class Named(NamedTuple):
    """An identifier as it is matched; the value is None where nobody can have it."""

    type: str
    value: str | None


def named(policy: "IdentityPolicy", text: str) -> Named:
    """Return the identifier that a user wrote as anybody would write it.

    Raises:
        InputError: it is not of the form, or of no known type.
    """
    from identity.normalise import Normaliser  # noqa: PLC0415 - heavy

    identifier_type, colon, value = text.partition(":")
    if not colon:
        raise InputError("expected TYPE:VALUE, for example email:ann@example.com")
    normaliser = Normaliser(policy, KEY_OF_NO_MEANING)
    known = normaliser.known_type(identifier_type)
    if known is None:
        # What stands before the colon is not repeated: who forgot the type put a value there.
        raise InputError(f"there is no such identifier type; expected one of {', '.join(policy.identifiers)}")
    node = normaliser.node(known, value)
    return Named(known, node["value"] if node else None)


def by_whom(name: str | None) -> str:
    """Return who decides: the name given, else the user's.

    Raises:
        InputError: the system has no name for the user.
    """
    if name:
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise InputError("--by: expected a name, since the system has none for this user") from None


def policy_in(home: Path) -> "IdentityPolicy":
    """Return the policy in force as the lake of a home knows it; the default one where there is no lake yet."""
    from identity.policy_file import default_policy  # noqa: PLC0415 - heavy
    from sinks.errors import LakeMissingError  # noqa: PLC0415 - heavy
    from sinks.policies import identity_policy_in  # noqa: PLC0415 - heavy
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy

    try:
        reader = open_lake_reader(home)
    except LakeMissingError:
        return default_policy()
    with reader:
        return identity_policy_in(reader)
