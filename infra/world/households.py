"""The population: households with their members, and people who look like others."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from datetime import date, timedelta
from random import Random

from infra.world.config import WorldConfig
from infra.world.names import COUNTRIES, Country
from infra.world.people import Household, Person, Registrar, birth_date, drawn

_COUNTRY_LOTS = tuple(country for country in COUNTRIES for _ in range(country.weight))
_SIZES = (1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 5)
_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
_SAME_NAME_RATE = 0.08
_OTHER_SURNAME_RATE = 0.15
_COUPLE_EMAIL_RATE = 0.03
_LANDLINES = 10**6
_LANDLINE_STRIDE = 736_877  # no common divisor with a million


def population(config: WorldConfig) -> list[Person]:
    """Everybody in the world, exactly ``config.customers``, households together."""
    builder = _Builder(config)
    while len(builder.people) < config.customers:
        builder.settle()
    return builder.people[: config.customers]


class _Builder:
    def __init__(self, config: WorldConfig) -> None:
        self.people: list[Person] = []
        self._config = config
        self._random = config.random("people")
        self._registrar = Registrar(config, self._random)
        self._households = 0

    def settle(self) -> None:
        chance = self._random.random
        size = _SIZES[int(chance() * len(_SIZES))]
        if size == 1 and self.people and chance() < self._config.lookalike_rate * 2.2:
            self._lookalike(self.people[int(chance() * len(self.people))])
            return
        country = _COUNTRY_LOTS[int(chance() * len(_COUNTRY_LOTS))]
        household = self._household(country, drawn(country.surnames, chance()), size)
        man = self._adult(household, female=size == 1 and chance() < 0.5)
        if size == 1:
            return
        woman = self._adult(household, female=True)
        if chance() < _COUPLE_EMAIL_RATE:
            woman.email = man.email
            woman.shares_email = man.shares_email = True
        for _ in range(size - 2):
            self._child(household, man)

    def _adult(self, household: Household, *, female: bool) -> Person:
        chance, country = self._random.random, household.country
        first_name = drawn(country.women if female else country.men, chance())
        other_surname = female and chance() < _OTHER_SURNAME_RATE
        last_name = drawn(country.surnames, chance()) if other_surname else household.surname
        return self._add(household, first_name, last_name, birth_date(self._random, 25, 85), female=female)

    def _child(self, household: Household, father: Person) -> None:
        chance, country = self._random.random, household.country
        female = chance() < 0.5
        first_name = drawn(country.women if female else country.men, chance())
        if not female and chance() < _SAME_NAME_RATE:
            first_name = father.first_name
        born = birth_date(self._random, 16, 24)
        self._add(household, first_name, household.surname, born, female=female)

    def _lookalike(self, model: Person) -> None:
        """Somebody elsewhere with the same name, born some days or exactly a month apart, rarely the same day."""
        country = model.household.country
        household = self._household(country, model.last_name, 1)
        days = (0, 1, -1, 2, -3, 9, 10, -10, 30, 31)[int(self._random.random() * 10)]
        born = model.birth_date + timedelta(days=days)
        self._add(household, model.first_name, model.last_name, born, female=model.female)

    def _add(self, household: Household, first: str, last: str, born: date, *, female: bool) -> Person:
        person = self._registrar.person(household, first, last, born, female=female)
        self.people.append(person)
        return person

    def _household(self, country: Country, surname: str, size: int) -> Household:
        chance = self._random.random
        city, pattern = country.towns[int(chance() ** 1.5 * len(country.towns))]
        street, house = drawn(country.streets, chance()), 1 + int(chance() ** 2 * 180)
        number = self._households * _LANDLINE_STRIDE % _LANDLINES  # no two households of a million share one
        area = country.landline[self._households % len(country.landline)]
        self._households += 1
        has_tablet = size > 1 and chance() < self._config.tablet_rate
        return Household(
            country=country,
            surname=surname,
            street=f"{house} {street}" if country.house_first else f"{street} {house}",
            postcode=_postcode(pattern, self._random),
            city=city,
            landline=f"+{country.calling_code}{area}{number:06d}",
            tablet_cookie=self._registrar.token() if has_tablet else None,
            tablet_device=self._registrar.uuid() if has_tablet else None,
        )


def _postcode(pattern: str, random: Random) -> str:
    if "#" not in pattern:
        return pattern
    text = pattern
    while "#" in text:
        text = text.replace("#", str(int(random.random() * 10)), 1)
    while "@" in text:
        text = text.replace("@", _LETTERS[int(random.random() * len(_LETTERS))], 1)
    return text
