"""The policy in force, as the lake knows it."""

import duckdb

from identity.policy import IdentityPolicy
from identity.policy_file import default_policy, parse_policy
from profiles.policy import ProfilePolicy
from profiles.policy_file import default_profile_policy, parse_profile_policy

_IN_FORCE = "SELECT text, model FROM policies ORDER BY applied_at DESC LIMIT 1"


def identity_policy_in(connection: duckdb.DuckDBPyConnection) -> IdentityPolicy:
    """Return the identity policy that was applied last, the default one where none was."""
    found = connection.execute(_IN_FORCE).fetchone()
    return parse_policy(found[0]) if found else default_policy()


def profile_policy_in(connection: duckdb.DuckDBPyConnection) -> ProfilePolicy:
    """Return the profile policy that was applied last, the default one where none was."""
    found = connection.execute(_IN_FORCE).fetchone()
    return parse_profile_policy(found[0]) if found else default_profile_policy()


def model_in_force(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Return the model of matching, as JSON, that came with the policy applied last; None where none did."""
    found = connection.execute(_IN_FORCE).fetchone()
    return found[1] if found else None
