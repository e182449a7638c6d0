"""Media: which touches are paid, owned or earned."""

from profiles.policy import ProfilePolicy
from sinks.engine import quoted
from sinks.views.filters import listed


def media_of(policy: ProfilePolicy, channel: str, medium: str) -> str:
    """Return an SQL expression: paid, owned or earned, by the medium that an expression gives, else by the channel.

    It is NULL of what the policy names nowhere.
    """
    return f"coalesce({_case(policy, medium)}, {_case(policy, channel)})" if policy.media else "NULL::VARCHAR"


def _case(policy: ProfilePolicy, name: str) -> str:
    cases = (f"WHEN {name} IN {listed(names)} THEN {quoted(media)}" for media, names in policy.media.items())
    return f"CASE {' '.join(cases)} ELSE NULL END"
