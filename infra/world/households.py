"""The population: households with their members, and people who look like others."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from datetime import date

from infra.world.config import WorldConfig
from infra.world.homes import Homes
from infra.world.lookalikes import near_birth_date
from infra.world.names import COUNTRIES
from infra.world.people import Household, Person, Registrar, birth_date, drawn
from infra.world.registrations import Registrations

_COUNTRY_LOTS = tuple(country for country in COUNTRIES for _ in range(country.weight))
_SIZES = (1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 5)
_CUSTOMERS_PER_SINGLE = sum(_SIZES) / _SIZES.count(1)
_OTHER_SURNAME_RATE = 0.15


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
        self._homes = Homes(config, self._random, self._registrar)
        self._registrations = Registrations(config, self._random, self._registrar, self._homes)

    def settle(self) -> None:
        """Add one household and what its members share and do twice."""
        size = _SIZES[int(self._random.random() * len(_SIZES))]
        members = self._single() if size == 1 else self._family(size)
        self.people.extend(members)
        landline = members[0].household.landline
        at_home = landline if size > 1 and self._random.random() < self._config.landline_rate else None
        for person in members:
            person.other_number = self._elsewhere(person) or at_home
            person.again = self._registrations.again(person)
            if person.loyalty_card and not person.again:
                person.mistyped_card = self._registrations.mistyped_card(person.loyalty_card)

    def _single(self) -> list[Person]:
        chance, config = self._random.random, self._config
        roll = chance() / _CUSTOMERS_PER_SINGLE if self.people else 1.0
        if roll < config.lookalike_rate:
            return [self._lookalike(self._model())]
        if roll < config.lookalike_rate + config.namesake_rate:
            return [self._namesake(self._model())]
        return [self._adult(self._home(1), birth_date(self._random, 25, 85), female=chance() < 0.5)]

    def _lookalike(self, model: Person) -> Person:
        """Somebody in another town with the same name and nearly the birth date."""
        home = self._homes.far_from(model.household, model.last_name)
        return self._like(model, home, near_birth_date(model.birth_date, self._random))

    def _namesake(self, model: Person) -> Person:
        """Somebody in the same town with the same name and any birth date."""
        home = self._homes.near(model.household, model.last_name)
        return self._like(model, home, birth_date(self._random, 25, 85))

    def _like(self, model: Person, home: Household, born: date) -> Person:
        return self._registrar.person(home, model.first_name, model.last_name, born, female=model.female)

    def _family(self, size: int) -> list[Person]:
        """A couple and their children, who may be called and born like each other, and may share an address."""
        household = self._home(size)
        youngest, oldest = (42, 65) if size > 2 else (25, 85)
        man = self._adult(household, birth_date(self._random, youngest, oldest), female=False)
        woman = self._adult(household, birth_date(self._random, youngest, oldest), female=True)
        family = [man, woman]
        has_twins = size > 3 and self._random.random() < self._config.twin_rate
        for number in range(size - 2):
            is_twin = has_twins and number == 1
            family.append(self._child(family, family[-1].birth_date if is_twin else birth_date(self._random, 16, 24)))
        if self._random.random() < self._config.family_email_rate:
            for person in family:
                person.email = man.email
                person.shares_email = True
        return family

    def _adult(self, household: Household, born: date, *, female: bool) -> Person:
        chance, country = self._random.random, household.country
        first_name = drawn(country.women if female else country.men, chance())
        other_surname = female and chance() < _OTHER_SURNAME_RATE
        last_name = drawn(country.surnames, chance()) if other_surname else household.surname
        return self._registrar.person(household, first_name, last_name, born, female=female)

    def _child(self, family: list[Person], born: date) -> Person:
        """A child with a name that no other in the family has, but for some sons called like their father."""
        father, household = family[0], family[0].household
        female = self._random.random() < 0.5
        names = household.country.women if female else household.country.men
        taken = {person.first_name for person in family}
        first_name = drawn(names, self._random.random())
        while first_name in taken:
            first_name = drawn(names, self._random.random())
        if not female and father.first_name not in {one.first_name for one in family[1:]}:
            first_name = father.first_name if self._random.random() < self._config.same_name_rate else first_name
        return self._registrar.person(household, first_name, household.surname, born, female=female)

    def _elsewhere(self, person: Person) -> str | None:
        """A number out of the house that is given in place of the own: somebody else's or the company's."""
        config, home = self._config, person.household
        roll = self._random.random()
        if roll < config.borrowed_rate:
            return self._borrowed(home)
        if roll < config.borrowed_rate + config.employee_rate:
            return self._homes.switchboard(home.country)
        return None

    def _borrowed(self, home: Household) -> str | None:
        lender = self._anybody()
        if lender.household is home:
            return None
        lender.shares_phone = True
        return lender.mobile

    def _home(self, size: int) -> Household:
        chance = self._random.random
        country = _COUNTRY_LOTS[int(chance() * len(_COUNTRY_LOTS))]
        return self._homes.anywhere(country, drawn(country.surnames, chance()), size)

    def _model(self) -> Person:
        """Somebody to resemble: a member if one of three is, as others hardly ever say their name."""
        drawn_people = [self._anybody() for _ in range(3)]
        return next((person for person in drawn_people if person.habit == "member"), drawn_people[0])

    def _anybody(self) -> Person:
        return self.people[int(self._random.random() * len(self.people))]
