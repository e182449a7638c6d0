"""Identifiers as a user names them: ``TYPE:VALUE``."""

from typing import NamedTuple

from streams.errors import InputError

_KEY_OF_NO_MEANING = bytes(32)


class Named(NamedTuple):
    """An identifier as it is matched; the value is None where nobody can have it."""

    type: str
    value: str | None


def named(text: str) -> Named:
    """Return the identifier that a user wrote as anybody would write it.

    Raises:
        InputError: it is not of the form, or of no known type.
    """
    from identity.normalise import Normaliser  # noqa: PLC0415 - heavy
    from identity.policy_file import default_policy  # noqa: PLC0415 - heavy

    identifier_type, colon, value = text.partition(":")
    if not colon:
        raise InputError("expected TYPE:VALUE, for example email:ann@example.com")
    policy = default_policy()
    if identifier_type not in policy.identifiers:
        raise InputError(
            f"there is no identifier type {identifier_type!r}; the types are {', '.join(policy.identifiers)}"
        )
    # The key makes node ids, which are not asked for: who may read the lake needs no key.
    node = Normaliser(policy, _KEY_OF_NO_MEANING).node(identifier_type, value)
    return Named(identifier_type, node["value"] if node else None)
