"""The policy in force, as the lake knows it."""

import duckdb

from profiles.policy import ProfilePolicy
from profiles.policy_file import default_profile_policy, parse_profile_policy


def profile_policy_in(connection: duckdb.DuckDBPyConnection) -> ProfilePolicy:
    """Return the profile policy that was applied last, the default one where none was."""
    found = connection.execute("SELECT text FROM policies ORDER BY applied_at DESC LIMIT 1").fetchone()
    return parse_profile_policy(found[0]) if found else default_profile_policy()
