"""The stream of a world, in order of arrival."""

from collections.abc import Callable, Iterator, Mapping
from heapq import heappop, heappush

from infra.world import poison
from infra.world.config import DAY_MS, MINUTE_MS, TOUCHPOINT, Emission, PoisonEmission, WorldConfig
from infra.world.households import population
from infra.world.identifying import Identifying
from infra.world.journeys import Step, planned
from infra.world.people import Person
from infra.world.truth import Truth
from infra.world.write_call import CallWriter
from infra.world.write_crm import CrmWriter
from infra.world.write_email import EmailWriter
from infra.world.write_media import MediaWriter
from infra.world.write_mobile import MobileWriter
from infra.world.write_store import StoreWriter
from infra.world.write_web import WebWriter

_Write = Callable[[Person, Step, str], Mapping[str, object]]
_LATE_DUPLICATE_SHARE = 0.1


class World:
    """A world and, as far as it has been emitted, the truth about it.

    Args:
        config: size and habits; equal configurations give equal streams in every process.
    """

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        self.truth = Truth(config.name)

    def emissions(self) -> Iterator[Emission | PoisonEmission]:
        """Everything that reaches the topics, by time of arrival: event time is disturbed by lateness.

        The plan of the whole world is made first (about 300 bytes a touchpoint and 2 kB a customer), records are
        written one by one. A new call starts from the beginning, with a new truth; one that goes on meanwhile keeps
        the old one.
        """
        self.truth = truth = Truth(self.config.name)
        people = population(self.config)
        steps = planned(self.config, people)
        return _with_poison(self.config, _with_duplicates(self.config, _records(self.config, people, steps, truth)))


def generate(config: WorldConfig) -> Iterator[Emission | PoisonEmission]:
    """The stream of a world without its truth; see `World.emissions`."""
    return World(config).emissions()


def _records(config: WorldConfig, people: list[Person], steps: list[Step], truth: Truth) -> Iterator[Emission]:
    writers = _writers(config, truth)
    happened = truth.happened
    for step in steps:
        person = _shown(people[step.person], step)
        source, name, write = writers[step.kind]
        event_id = happened(source, person)
        yield Emission(step.arrived_at, source, name, event_id, write(person, step, event_id), person.person_id)


def _shown(person: Person, step: Step) -> Person:
    return person.again if step.again and person.again else person


def _writers(config: WorldConfig, truth: Truth) -> dict[str, tuple[str, str, _Write]]:
    """Source, record name and writer of each kind of step."""
    random = config.random("records")
    complaints: dict[int, str] = {}
    shared = (Identifying(config, random, truth), random, complaints)
    writers: dict[str, tuple[str, str, _Write]] = {}
    for kind in WebWriter.KINDS:
        writers[kind] = ("web", "onefold.raw.WebEvent", WebWriter(*shared).write)
    for kind in MobileWriter.KINDS:
        writers[kind] = ("mobile", "onefold.raw.MobileEvent", MobileWriter(*shared).write)
    for kind in StoreWriter.KINDS:
        writers[kind] = ("store", "onefold.raw.StoreReceipt", StoreWriter(*shared).write)
    for kind in CallWriter.KINDS:
        writers[kind] = ("call", "onefold.raw.CallRecord", CallWriter(*shared).write)
    for canonical in (EmailWriter(*shared), MediaWriter(*shared), CrmWriter(*shared)):
        for kind, (source, _) in canonical.KINDS.items():
            writers[kind] = (source, TOUCHPOINT, canonical.write)
    return writers


def _with_duplicates(config: WorldConfig, emissions: Iterator[Emission]) -> Iterator[Emission]:
    """Deliver some emissions once more, minutes later as a rule and days later sometimes."""
    chance = config.random("duplicates").random
    waiting: list[tuple[int, int, Emission]] = []
    number = 0
    for emission in emissions:
        while waiting and waiting[0][0] <= emission.arrived_at:
            yield heappop(waiting)[2]
        yield emission
        if chance() < config.duplicate_rate:
            longest = 3 * DAY_MS if chance() < _LATE_DUPLICATE_SHARE else 5 * MINUTE_MS
            again_at = emission.arrived_at + int(chance() * longest)
            number += 1
            heappush(waiting, (again_at, number, emission._replace(arrived_at=again_at, duplicate=True)))
    while waiting:
        yield heappop(waiting)[2]


def _with_poison(config: WorldConfig, emissions: Iterator[Emission]) -> Iterator[Emission | PoisonEmission]:
    """Put something bad in between at even distances, and the rest of what is due at the end."""
    if not config.poison_rate:
        yield from emissions
        return
    due = 2 * max(round(config.touchpoints * config.poison_rate), poison.KINDS)
    every = max(config.touchpoints // due, 1)
    bad = poison.poison(config.random("poison"))
    arrived_at, made = config.start, 0
    for number, emission in enumerate(emissions, start=1):
        yield emission
        arrived_at = emission.arrived_at
        if number % every == 0 and made < due:
            made += 1
            yield next(bad)(arrived_at)
    for _ in range(due - made):
        yield next(bad)(arrived_at)
