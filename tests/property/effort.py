"""How long property tests search: as long as each says by default, many times longer under the thorough profile."""

from hypothesis import settings

_USUAL = 100


def examples(number: int) -> int:
    """Return how many examples to try where ``number`` of them do as a rule."""
    profile = settings.default
    return number * profile.max_examples // _USUAL if profile else number
