"""Where people live and work: addresses, landlines and switchboards."""

from random import Random

from infra.world.config import WorldConfig
from infra.world.names import COUNTRIES, Country
from infra.world.people import Household, Registrar, drawn

_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
_LANDLINES = 10**6
_LANDLINE_STRIDE = 736_877  # no common divisor with a million
_COLLEAGUES = 12


class Homes:
    """Makes households and companies; among a million no two get the same landline.

    Args:
        config: size and rates of the world.
        random: the source of chance; the same one makes the same homes.
        registrar: gives the tablets their ids.
    """

    def __init__(self, config: WorldConfig, random: Random, registrar: Registrar) -> None:
        self._config = config
        self._random = random
        self._registrar = registrar
        self._households = 0

    def anywhere(self, country: Country, surname: str, size: int) -> Household:
        """A home in some town of a country, for so many people."""
        chance = self._random.random
        return self._in(country.towns[int(chance() ** 1.5 * len(country.towns))], country, surname, size)

    def near(self, neighbour: Household, surname: str) -> Household:
        """A home for one in the same town as another."""
        country = neighbour.country
        town = next(town for town in country.towns if town[0] == neighbour.city)
        return self._in(town, country, surname, 1)

    def far_from(self, other: Household, surname: str) -> Household:
        """A home for one in another town of the same country."""
        country = other.country
        towns = [town for town in country.towns if town[0] != other.city]
        return self._in(towns[int(self._random.random() * len(towns))], country, surname, 1)

    def switchboard(self, country: Country) -> str:
        """The number of a company, E.164; about `_COLLEAGUES` of the world's employees work for each."""
        employees = self._config.customers * self._config.employee_rate * country.weight / 100
        company = int(self._random.random() * max(employees // _COLLEAGUES, 1))
        place = 1 + company * len(COUNTRIES) + COUNTRIES.index(country)
        return self._landline(country, -place, company)

    def _in(self, town: tuple[str, str], country: Country, surname: str, size: int) -> Household:
        chance = self._random.random
        city, pattern = town
        street, house = drawn(country.streets, chance()), 1 + int(chance() ** 2 * 180)
        number = self._households
        self._households = number + 1
        has_tablet = size > 1 and chance() < self._config.tablet_rate
        return Household(
            country=country,
            surname=surname,
            street=f"{house} {street}" if country.house_first else f"{street} {house}",
            postcode=_postcode(pattern, self._random),
            city=city,
            landline=self._landline(country, number, number),
            tablet_cookie=self._registrar.token() if has_tablet else None,
            tablet_device=self._registrar.uuid() if has_tablet else None,
        )

    @staticmethod
    def _landline(country: Country, place: int, area: int) -> str:
        """The number at a place of the walk through all numbers; households walk forward, companies backward."""
        number = place * _LANDLINE_STRIDE % _LANDLINES
        return f"+{country.calling_code}{country.landline[area % len(country.landline)]}{number:06d}"


def _postcode(pattern: str, random: Random) -> str:
    if "#" not in pattern:
        return pattern
    text = pattern
    while "#" in text:
        text = text.replace("#", str(int(random.random() * 10)), 1)
    while "@" in text:
        text = text.replace("@", _LETTERS[int(random.random() * len(_LETTERS))], 1)
    return text
