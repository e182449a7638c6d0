"""The world to measure with: most of it published beforehand, the rest kept to be published live."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from infra.world import Emission, PoisonEmission, World, WorldConfig
from schemas.framing import Framing
from streams.demo import SEED
from streams.producer import CheckedProducer
from streams.publish import RECORDS_BEFORE_CHECK
from streams.registry import framing
from streams.settings import Settings
from streams.topics import topics_of

_REPORT_EVERY = 10_000


class Live(NamedTuple):
    """A touchpoint to publish later.

    Attributes:
        source: where it comes from.
        event_id: unique in its source.
        value: as it is published.
    """

    source: str
    event_id: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Preloaded:
    """What lies in the source topics before anything runs.

    Attributes:
        customers: of the world.
        touchpoints: usable ones, each once.
        duplicates: of these, published once more.
        rejects: records that ingest must refuse.
    """

    customers: int
    touchpoints: int
    duplicates: int
    rejects: int

    @property
    def records(self) -> int:
        """All that was published."""
        return self.touchpoints + self.duplicates + self.rejects


def preload(
    settings: Settings, customers: int, touchpoints: int, live: int, on_progress: Callable[[int], None]
) -> tuple[Preloaded, list[Live]]:
    """Publish the first touchpoints of a world and return the ones that follow, of customers known and new.

    Args:
        settings: of the installation.
        customers: of the world.
        touchpoints: how many usable ones to publish now.
        live: how many to keep.
        on_progress: called now and then with the number published so far.
    """
    frames, topics = framing(settings), topics_of(settings)
    world = World(WorldConfig(customers=customers, touchpoints=touchpoints + live, seed=SEED))
    fresh = duplicates = rejects = 0
    kept: list[Live] = []
    producer = CheckedProducer(settings.servers)
    try:
        deliveries = producer.begin()
        for emission in world.emissions():
            is_fresh = _is_fresh(emission)
            if fresh == touchpoints:  # the world's next months: only what counts as a new touchpoint
                if is_fresh:
                    kept.append(_live(emission, frames))
                if len(kept) == live:
                    break
                continue
            deliveries.send(topics.source(emission.source), None, _value(emission, frames))
            fresh += is_fresh
            if not is_fresh:
                repeats = isinstance(emission, Emission) and emission.duplicate
                duplicates += repeats
                rejects += not repeats
            if deliveries.sent == RECORDS_BEFORE_CHECK:
                deliveries.wait()
                deliveries = producer.begin()
            if (fresh + duplicates + rejects) % _REPORT_EVERY == 0:
                on_progress(fresh)
        deliveries.wait()
    finally:
        producer.close()
    return Preloaded(customers, fresh, duplicates, rejects), kept


def _is_fresh(emission: Emission | PoisonEmission) -> bool:
    return isinstance(emission, Emission) and not emission.duplicate and emission.rejected_as is None


def _value(emission: Emission | PoisonEmission, frames: Framing) -> bytes:
    if isinstance(emission, PoisonEmission):
        return emission.payload
    return frames.encode(emission.record_name, emission.record)


def _live(emission: Emission | PoisonEmission, frames: Framing) -> Live:
    if isinstance(emission, PoisonEmission):
        raise TypeError("poison is no touchpoint")
    return Live(emission.source, emission.event_id, _value(emission, frames))
