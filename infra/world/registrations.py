"""People who are in the books twice: a second registration with a slip, a card number with a wrong digit."""

from dataclasses import replace
from random import Random

from infra.world.config import WorldConfig
from infra.world.dates import digits_swapped, month_and_day_swapped
from infra.world.disorder import Typist
from infra.world.homes import Homes
from infra.world.nicknames import NICKNAMES
from infra.world.people import Person, Registrar, drawn

_CARD_SHARE = 0.6
"""Of the second registrations; the others are in the customer relationship system."""
_FIRST_DIGIT, _DIGITS = 2, 7
"""Where the digits of a card lie that can be mistyped."""


class Registrations:
    """Registers people once more, as if they had never come before.

    Args:
        config: the rates.
        random: the source of chance; the same one gives the same registrations.
        registrar: gives the new numbers and addresses.
        homes: gives those who moved another home.
    """

    def __init__(self, config: WorldConfig, random: Random, registrar: Registrar, homes: Homes) -> None:
        self._config = config
        self._random = random
        self._registrar = registrar
        self._homes = homes
        self._typist = Typist(config, random)
        weights = (
            (self._typo, 4),
            (self._nickname, 3),
            (self._swapped_names, 2),
            (self._birth_digits, 3),
            (self._month_and_day, 2),
            (self._moved, 3),
            (self._married, 2),
            (self._as_before, 1),
        )
        self._slips = tuple(slip for slip, weight in weights for _ in range(weight))

    def again(self, person: Person) -> Person | None:
        """The same person as registered a second time, for some of the members; None for the others.

        The second registration has the index and id of the person, one loyalty card or one CRM number, and an address
        and a number of its own. It shares no identifier with the first, and its details differ by one slip, or by
        none in one of twenty. A slip that cannot be of a person gives way to another.
        """
        chance = self._random.random
        if person.habit != "member" or chance() >= self._config.second_registration_rate:
            return None
        changed = self._slips[int(chance() * len(self._slips))](person)
        number = self._registrar.spare_number()
        on_card = chance() < _CARD_SHARE
        return replace(
            changed,
            email=self._registrar.email(changed.first_name, changed.last_name, changed.birth_date),
            mobile=self._registrar.mobile(person.household.country, number),
            customer_id="",
            cookie=self._registrar.token(),
            work_cookie=None,
            device=None,
            advertising_id=None,
            loyalty_card=self._registrar.loyalty_card(person.index, number) if on_card else None,
            crm_id=None if on_card else self._registrar.crm_id(number),
            social_handle=None,
            shares_email=False,
            shares_phone=False,
            other_number=None,
        )

    def mistyped_card(self, card: str) -> str | None:
        """The number of a card with one digit wrong, for some of the cards; None for the others."""
        chance = self._random.random
        if chance() >= self._config.mistyped_card_rate:
            return None
        place = _FIRST_DIGIT + int(chance() * _DIGITS)
        wrong = (int(card[place]) + 1 + int(chance() * 9)) % 10
        return f"{card[:place]}{wrong}{card[place + 1 :]}"

    @staticmethod
    def _as_before(person: Person) -> Person:
        return person

    def _typo(self, person: Person) -> Person:
        if self._random.random() < 0.5:  # noqa: PLR2004 first name or surname
            return replace(person, first_name=self._typist.slip(person.first_name))
        return replace(person, last_name=self._typist.slip(person.last_name))

    def _nickname(self, person: Person) -> Person:
        names = NICKNAMES.get(person.first_name)
        if names is None:
            return self._typo(person)
        return replace(person, first_name=names[int(self._random.random() * len(names))])

    @staticmethod
    def _swapped_names(person: Person) -> Person:
        return replace(person, first_name=person.last_name, last_name=person.first_name)

    def _birth_digits(self, person: Person) -> Person:
        return replace(person, birth_date=digits_swapped(person.birth_date, self._random.random()))

    def _month_and_day(self, person: Person) -> Person:
        swapped = month_and_day_swapped(person.birth_date)
        return replace(person, birth_date=swapped) if swapped else self._birth_digits(person)

    def _moved(self, person: Person) -> Person:
        """Another home, in another town as a rule and across the street sometimes."""
        home, surname = person.household, person.household.surname
        to = self._homes.far_from if self._random.random() < 0.7 else self._homes.near  # noqa: PLR2004
        return replace(person, household=to(home, surname))

    def _married(self, person: Person) -> Person:
        if not person.female:
            return self._moved(person)
        surnames = [name for name in person.household.country.surnames if name != person.last_name]
        return replace(person, last_name=drawn(tuple(surnames), self._random.random()))
