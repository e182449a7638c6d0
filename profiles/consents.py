"""What the consents of a fragment permit."""

from profiles.consent import Statement, is_permitted
from profiles.fragment import LEFT_OUT, Fragment


def permitted(whole: Fragment) -> dict[tuple[str, str], bool]:
    """Return whether each purpose and channel that was ever spoken of is permitted; ``*`` stands for any channel."""
    said = statements(whole)
    return {name: is_permitted(said, *name) for name in whole.consents if name != LEFT_OUT}


def statements(whole: Fragment) -> list[Statement]:
    """Return the newest statement on each purpose and channel: no older one can matter."""
    return [
        Statement(purpose, channel, given.state, given.time, given.event_id, given.source, given.text_version)
        for (purpose, channel), given in whole.consents.items()
    ]
