"""Who does what when: the plan of a world, before any record is written."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Iterator
from typing import NamedTuple

from infra.world.config import DAY_MS, HOUR_MS, WorldConfig
from infra.world.disorder import delay_ms
from infra.world.people import Person
from infra.world.scripts import (
    ACQUISITION,
    ANSWERS,
    BROWSE,
    CARD,
    CRM,
    DEFAULT_GAP_MS,
    GAPS_MS,
    HELD,
    INTRODUCTIONS,
    KIOSK,
    LATER,
    LONGEST_HOLD_MS,
    PROSPECT_ACQUISITION,
    REGISTRATION,
    SALE,
    Script,
)

OWN, WORK, TABLET = 0, 1, 2
"""Places: the person's own browser or phone, the work laptop, the tablet of the family."""

_HOURS = (
    0,
    6,
    7,
    8,
    8,
    9,
    10,
    11,
    12,
    12,
    13,
    14,
    15,
    16,
    17,
    17,
    18,
    18,
    19,
    19,
    20,
    20,
    20,
    21,
    21,
    22,
    23,
)
_NEWCOMER_SHARE = 0.75  # of the period in which first touches fall
_EAGER_RATE = 0.004
_FAITHFUL_SHARE = 0.6
"""Of the customers; the others stay away from some day on."""
_MOST_CENTS = 9_000_000


class Step(NamedTuple):
    """One planned touchpoint; sorted, steps are in order of arrival."""

    arrived_at: int
    number: int
    """Unique; the next step of the same script has the next number."""
    event_time: int
    person: int
    """Index of the person."""
    kind: str
    place: int
    cents: int
    """What is paid or given back, in hundredths of a euro."""
    again: bool
    """Whether they show themselves as registered the second time."""
    scene: int
    """Number of the first step of the same script: what belongs together has the same."""
    script: Script


class _Scene(NamedTuple):
    person: Person
    script: Script
    place: int
    start: int
    again: bool = False


def planned(config: WorldConfig, people: list[Person]) -> list[Step]:
    """All steps of everybody, exactly ``config.touchpoints``, in order of arrival."""
    planner = _Planner(config)
    steps: list[Step] = []
    for person, touches in zip(people, touches_each(config), strict=True):
        planner.journey(person, touches, steps)
    steps.sort()
    return steps


def touches_each(config: WorldConfig) -> Iterator[int]:
    """How many touchpoints each person has: few most of them, hundreds a few, ``config.touchpoints`` in all.

    Where there are enough touchpoints everybody has at least one.
    """
    random = config.random("activity")
    weights = [random.lognormvariate(0.0, 0.75) for _ in range(config.customers)]
    for index in range(config.customers):
        if random.random() < _EAGER_RATE:
            weights[index] *= 20.0 * random.paretovariate(1.6)
    least = 1 if config.touchpoints >= config.customers else 0
    per_weight = (config.touchpoints - least * config.customers) / sum(weights)
    total, given = 0.0, 0
    for weight in weights[:-1]:
        total += weight * per_weight
        share = int(total) - given
        given += share
        yield least + share
    yield config.touchpoints - given - least * (config.customers - 1)


class _Planner:
    def __init__(self, config: WorldConfig) -> None:
        self._config = config
        self._random = config.random("journeys")
        self._number = 0

    def journey(self, person: Person, touches: int, steps: list[Step]) -> None:
        """Append the steps of one person, so many as they have touches."""
        if not touches:
            return
        config, chance = self._config, self._random.random
        limit = len(steps) + touches
        days = (config.end - config.start) // DAY_MS
        first_day = int(chance() * days * _NEWCOMER_SHARE)
        end_day = days if chance() < _FAITHFUL_SHARE else first_day + 2 + int(chance() * (days - first_day - 2))
        has_tablet = person.household.tablet_cookie and person.habit == "member"
        home = TABLET if has_tablet and chance() < 0.4 else OWN
        for day, script in enumerate(_opening(person, touches), start=first_day):
            self._play(_Scene(person, script, home, self._moment(day)), limit, steps)
        if person.again:
            self._second(person.again, (first_day, days), limit, steps)
        for script in self._introduction(person):
            if len(steps) < limit:
                start = self._moment(first_day + 1 + int(chance() * 5))
                self._play(_Scene(person, script, home, start), limit, steps)
        lots = LATER[person.habit]
        while len(steps) < limit:
            script = lots[int(chance() * len(lots))]
            if not self._suits(script, person):
                continue
            start = self._between(first_day, end_day)
            self._play(_Scene(person, script, self._place(person, script), start), limit, steps)

    def _second(self, again: Person, days: tuple[int, int], limit: int, steps: list[Step]) -> None:
        """Register somebody once more after their first of these days; a second card may be used besides."""
        if len(steps) < limit:
            script, start = _registering(again), self._between(*days)
            self._play(_Scene(again, script, OWN, start, again=True), limit, steps)
        while again.loyalty_card and len(steps) < limit and self._random.random() < 0.3:
            self._play(_Scene(again, SALE, OWN, self._between(*days), again=True), limit, steps)

    def _between(self, first_day: int, end_day: int) -> int:
        """A moment after a first day and before an end."""
        return self._moment(first_day + 1 + int(self._random.random() * (end_day - first_day - 1)))

    def _introduction(self, person: Person) -> list[Script]:
        if person.habit != "member":
            return []
        chance = self._random.random
        script = INTRODUCTIONS[int(chance() * len(INTRODUCTIONS))]
        if not self._suits(script, person):
            script = INTRODUCTIONS[0]
        scripts = [script] if chance() < 0.9 else []
        if person.uses_kiosk and chance() < 0.7:
            scripts.insert(int(chance() * 2), KIOSK)
        if person.loyalty_card and person.campaign.channel != "store" and chance() < 0.7:
            scripts.insert(int(chance() * 2), CARD)
        return scripts

    def _suits(self, script: Script, person: Person) -> bool:
        """Whether a person can do this and wants to: those won by a bad campaign buy less often."""
        if script.needs and not getattr(person, script.needs):
            return False
        return not script.pays or self._random.random() < 0.4 + 0.6 * person.campaign.value

    def _moment(self, day: int) -> int:
        chance = self._random.random
        hour = _HOURS[int(chance() * len(_HOURS))]
        return self._config.start + day * DAY_MS + hour * HOUR_MS + int(chance() * HOUR_MS)

    def _play(self, scene: _Scene, limit: int, steps: list[Step]) -> None:
        person, script, place, time = scene.person, scene.script, scene.place, scene.start
        random, chance = self._random, self._random.random
        cents = self._cents(person) if script.pays else 0
        scene_number, arrived_at = self._number, 0
        for position, kind in enumerate(script.kinds):
            if len(steps) == limit:
                return
            if position:
                shortest, longest = GAPS_MS.get(kind, DEFAULT_GAP_MS)
                time += shortest + int(chance() * (longest - shortest))
            if time >= self._config.end:
                return
            delay = int(chance() * LONGEST_HOLD_MS) if kind in HELD else delay_ms(random, self._config.late_rate)
            arrived_at = max(time + delay, arrived_at if kind in ANSWERS else 0)
            steps.append(
                Step(
                    *(arrived_at, self._number, time, person.index, kind, place, cents, scene.again),
                    *(scene_number, script),
                )
            )
            self._number += 1

    def _place(self, person: Person, script: Script) -> int:
        if script.where == "else":
            return OWN
        chance = self._random.random
        household = person.household
        if household.tablet_cookie and person.habit == "member" and chance() < 0.25:
            return TABLET
        if script.where == "web" and person.work_cookie and chance() < 0.35:
            return WORK
        return OWN

    def _cents(self, person: Person) -> int:
        euros = person.wealth * person.campaign.value * self._random.lognormvariate(3.6, 0.6)
        return min(max(int(euros * 100), 99), _MOST_CENTS)


def _opening(person: Person, touches: int) -> list[Script]:
    """How somebody comes; who registers twice begins with the first time where there is no room for more."""
    acquisition = _acquisition(person)
    if person.again is None:
        return [acquisition]
    registering = _registering(person)
    if registering == acquisition or touches < len(acquisition.kinds) + 2:
        return [registering]
    return [acquisition, registering]


def _registering(person: Person) -> Script:
    """How somebody is registered with name and birth date: for a card, by an agent, or on the web."""
    if person.loyalty_card:
        return ACQUISITION["store"]
    return CRM if person.crm_id else REGISTRATION


def _acquisition(person: Person) -> Script:
    if person.habit == "prospect":
        return PROSPECT_ACQUISITION
    script = ACQUISITION[person.campaign.channel]
    if script.needs and not getattr(person, script.needs):
        return BROWSE
    return script
