"""A synthetic world of customers that knows the truth about itself: same configuration, same stream, anywhere.

`generate` gives the stream in order of arrival; `World` gives the truth beside it, `write_truth` keeps it.
"""

from infra.world.config import Emission, PoisonEmission, WorldConfig
from infra.world.disorder import shuffled
from infra.world.generate import World, generate
from infra.world.truth import Truth, write_truth

__all__ = [
    "Emission",
    "PoisonEmission",
    "Truth",
    "World",
    "WorldConfig",
    "generate",
    "shuffled",
    "write_truth",
]
