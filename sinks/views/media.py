"""Media: which channels are paid, owned or earned."""

from profiles.policy import ProfilePolicy
from sinks.engine import quoted
from sinks.views.filters import listed


def media_of(policy: ProfilePolicy, channel: str) -> str:
    """Return an SQL expression: paid, owned or earned, by the channel that another expression gives; else NULL."""
    cases = (f"WHEN {channel} IN {listed(channels)} THEN {quoted(media)}" for media, channels in policy.media.items())
    return f"(CASE {' '.join(cases)} ELSE NULL END)" if policy.media else "NULL::VARCHAR"
