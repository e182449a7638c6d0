"""Forms as people, or somebody at a till or on the telephone, fill them in."""

from random import Random

from infra.world.config import WorldConfig
from infra.world.disorder import Typist
from infra.world.people import Person


class Forms:
    """Fills in forms, with slips and gaps.

    Args:
        config: rates of slips and gaps.
        random: the source of chance, shared with the writer of the records.
        typist: who writes.
    """

    def __init__(self, config: WorldConfig, random: Random, typist: Typist) -> None:
        self._chance = random.random
        self._missing = config.missing_rate
        self._typist = typist

    def registration(self, person: Person) -> dict[str, str]:
        """Names, birth date, gender and address; all but the names may be missing, of the address the street alone."""
        form = self.caller(person)
        if self._chance() >= self._missing:
            form["gender"] = "female" if person.female else "male"
        if self._chance() >= self._missing:
            form.update(self._address(person))
        if self._chance() < self._missing:
            form.pop("street", None)
        return form

    def caller(self, person: Person) -> dict[str, str]:
        """Names and, unless it is missing, the birth date: what is asked of somebody without a card or number."""
        form = self._names(person)
        if self._chance() >= self._missing:
            form["birth_date"] = self._typist.birth_date(person.birth_date).isoformat()
        return form

    def delivery(self, person: Person) -> dict[str, str]:
        """Names and the whole address."""
        return {**self._names(person), **self._address(person)}

    def _names(self, person: Person) -> dict[str, str]:
        typed = self._typist.name
        return {"first_name": typed(person.first_name), "last_name": typed(person.last_name)}

    def _address(self, person: Person) -> dict[str, str]:
        home = person.household
        return {
            "street": self._typist.name(home.street),
            "postcode": home.postcode,
            "city": home.city,
            "country": home.country.code,
        }
