"""The policy in force, as the lake knows it.

Where a reader is asked, all of these raise QueryStoppedError when its time is over.
"""

from typing import Any

from identity.policy import IdentityPolicy
from identity.policy_file import default_policy, parse_policy
from profiles.policy import ProfilePolicy
from profiles.policy_file import default_profile_policy, parse_profile_policy
from sinks.asking import Asked
from sinks.errors import QueryStoppedError

_IN_FORCE = "SELECT text, model FROM policies ORDER BY applied_at DESC LIMIT 1"


def identity_policy_in(lake: Asked) -> IdentityPolicy:
    """Return the identity policy that was applied last, the default one where none was."""
    found = _in_force(lake)
    return parse_policy(found[0]) if found else default_policy()


def profile_policy_in(lake: Asked) -> ProfilePolicy:
    """Return the profile policy that was applied last, the default one where none was."""
    found = _in_force(lake)
    return parse_profile_policy(found[0]) if found else default_profile_policy()


def model_in_force(lake: Asked) -> str | None:
    """Return the model of matching, as JSON, that came with the policy applied last; None where none did."""
    found = _in_force(lake)
    return found[1] if found else None


def _in_force(lake: Asked) -> tuple[Any, ...] | None:
    try:
        return lake.execute(_IN_FORCE).fetchone()
    except QueryStoppedError as error:
        raise error.while_reading("the policy in force") from error
