"""A made-up town: households, look-alikes and namesakes, seen by six sources that all make mistakes."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from benchmarks.accuracy.datasets import DataSet, Row
from infra.world.names import COUNTRIES, MAIL_DOMAINS, Country
from infra.world.people import latin

_SIZES = (1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5)
_SYLLABLES = "ba bern bor dal den der el far gar hal hol kam kel kor lan lem mal mar nor ost pel ran ros sal sel tar tol vin wal zan"  # noqa: E501
_ENDINGS = "berg mann ing son ski ez er ard in elli ova stra wood ley hoff"


@dataclass(frozen=True, slots=True)
class _Home:
    country: Country
    street: str
    postcode: str
    city: str
    landline: str


@dataclass(frozen=True, slots=True)
class _Inhabitant:
    number: int
    first_name: str
    last_name: str
    born: date
    female: bool
    home: _Home
    email: str
    mobile: str
    ssn: str


def town(people: int, seed: int) -> DataSet:
    """People in households, seen by six sources of different habits.

    Children share surname, address and landline; two in a hundred sons the father's name; one in a hundred people looks
    like a stranger elsewhere in name and nearly in birth date. Between two sources some move or take another surname.
    Slips happen everywhere, facts are left out, contacts are given for the whole family, and social security numbers
    are borrowed or mistyped now and then.
    """
    random = Random(f"{seed}/town")  # noqa: S311  # made-up data
    families = _Registry(random).settle(people)
    clerk = _Clerk(families, random)
    return DataSet(f"town_{people // 1000}k", [row for family in families for one in family for row in clerk.rows(one)])


class _Registry:
    """Makes the inhabitants."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._everybody: list[_Inhabitant] = []
        syllables, endings = _SYLLABLES.split(), _ENDINGS.split()
        self._rare_surnames = sorted({
            (first + second + ending).capitalize() for first in syllables for second in syllables for ending in endings
        })  # fmt: skip

    def settle(self, people: int) -> list[list[_Inhabitant]]:
        families = []
        while len(self._everybody) < people:
            size = self._random.choice(_SIZES)
            if size == 1 and self._everybody and self._random.random() < 0.04:
                families.append([self._lookalike(self._random.choice(self._everybody))])
            else:
                families.append(self._family(size))
        return families

    def _family(self, size: int) -> list[_Inhabitant]:
        country = self._random.choices(COUNTRIES, [country.weight for country in COUNTRIES])[0]
        home, surname = self._home(country), self._surname(country)
        found: list[_Inhabitant] = []
        for place in range(size):
            child = place > 1
            female = self._random.random() < 0.5 if child or size == 1 else place == 1
            taken = {one.first_name for one in found}
            first = self._first_name(country, female=female)
            while first in taken:
                first = self._first_name(country, female=female)
            if child and not female and self._random.random() < 0.02:
                first = found[0].first_name
            last = self._surname(country) if place == 1 and self._random.random() < 0.15 else surname
            age = self._random.randrange(16, 24) if child else self._random.randrange(25, 85)
            found.append(self._inhabitant(first, last, self._birthday(age), home, female=female))
        return found

    def _lookalike(self, model: _Inhabitant) -> _Inhabitant:
        born = model.born + timedelta(days=self._random.choice((0, 1, -1, 2, 9, 10, -10, 30, 31, 365)))
        home = self._home(model.home.country)
        return self._inhabitant(model.first_name, model.last_name, born, home, female=model.female)

    def _inhabitant(self, first: str, last: str, born: date, home: _Home, *, female: bool) -> _Inhabitant:
        number = len(self._everybody)
        local = self._random.choice((
            f"{latin(first)}.{latin(last)}",
            f"{latin(first)}{born.year % 100:02d}",
            f"{latin(first)[0]}{latin(last)}{number % 97}",
            f"{self._random.choice(('star', 'moon', 'tiger', 'rose', 'blue'))}{self._random.randrange(10_000)}",
        ))  # fmt: skip
        found = _Inhabitant(
            number, first, last, born, female, home,
            email=f"{local}@{self._random.choice(MAIL_DOMAINS)}",
            mobile=f"+{home.country.calling_code}{self._random.choice(home.country.mobile)}{self._digits(7)}",
            ssn=self._digits(9),
        )  # fmt: skip
        self._everybody.append(found)
        return found

    def _home(self, country: Country) -> _Home:
        street, house = self._random.choice(country.streets), 1 + int(self._random.random() ** 2 * 180)
        city, pattern = self._random.choice(country.towns)
        postcode = "".join(self._random.choice(_SIGNS.get(sign, sign)) for sign in pattern)
        return _Home(
            country,
            f"{house} {street}" if country.house_first else f"{street} {house}",
            postcode,
            city,
            f"+{country.calling_code}{self._random.choice(country.landline)}{self._digits(6)}",
        )

    def _first_name(self, country: Country, *, female: bool) -> str:
        names = country.women if female else country.men
        return names[int(self._random.random() ** 1.5 * len(names))]

    def _surname(self, country: Country) -> str:
        """Return a surname: half of the people have one of few, the others one of many."""
        if self._random.random() < 0.5:
            return country.surnames[int(self._random.random() ** 1.5 * len(country.surnames))]
        return self._random.choice(self._rare_surnames)

    def _birthday(self, age: int) -> date:
        return date(2007 - age, 1, 1) + timedelta(days=self._random.randrange(365))

    def _digits(self, number: int) -> str:
        return "".join(self._random.choice("0123456789") for _ in range(number))


_SIGNS = {"#": "0123456789", "@": "ABDEFGHJLNPQRSTUWXYZ"}

_SOURCES: Mapping[str, tuple[float, tuple[str, ...], tuple[str, ...]]] = {
    "crm": (0.6, ("born", "address", "gender"), ("email", "phone")),
    "shop": (0.55, ("address",), ("email", "phone")),
    "store": (0.45, ("born", "postcode"), ("phone",)),
    "insurance": (0.5, ("born", "address", "gender"), ("ssn",)),
    "clinic": (0.5, ("born", "address"), ("ssn", "phone")),
    "partner": (0.4, ("born", "city"), ("email",)),
}
"""Share of the people that each source knows, and what it asks for beside the name."""

_NUMBER = "ssn"
"""A trait; it is no identifier that the default policy knows, and matching compares it."""

_MISSING, _SLIP, _MOVED, _RENAMED, _BORROWED, _FAMILY_CONTACT = 0.08, 0.05, 0.12, 0.1, 0.047, 0.1


class _Clerk:
    """Writes down people as sources do."""

    def __init__(self, families: list[list[_Inhabitant]], random: Random) -> None:
        self._random = random
        self._family_of = {one.number: family for family in families for one in family}

    def rows(self, person: _Inhabitant) -> list[Row]:
        """Return the records of one person, at least one."""
        chance = self._random.random
        sources = [name for name, (share, _, _) in _SOURCES.items() if chance() < share] or ["crm"]
        later = person
        if chance() < _MOVED:
            later = replace(later, home=self._anybody().home)
        if person.female and chance() < _RENAMED:
            later = replace(later, last_name=self._anybody().last_name)
        return [self._row(source, self._random.choice((person, later))) for source in sources]

    def _row(self, source: str, person: _Inhabitant) -> Row:
        _, facts, kinds = _SOURCES[source]
        told = {"first_name": self._typed(self._called(person)), "last_name": self._typed(person.last_name)}
        for fact in facts:
            if self._random.random() >= _MISSING:
                told.update(self._fact(fact, person))
        given = [(kind, self._identifier(kind, person)) for kind in kinds if self._random.random() >= _MISSING]
        told.update((kind, value) for kind, value in given if kind == _NUMBER)
        contacts = tuple((kind, value) for kind, value in given if kind != _NUMBER)
        return Row(f"{source}-{person.number}", str(person.number), told, contacts)

    def _called(self, person: _Inhabitant) -> str:
        return person.first_name[:1] if self._random.random() < 0.03 else person.first_name

    def _fact(self, fact: str, person: _Inhabitant) -> dict[str, str]:
        home = person.home
        facts = {
            "born": {"birth_date": self._typed_digits(person.born.isoformat())},
            "gender": {"gender": "female" if person.female else "male"},
            "postcode": {"postcode": self._typed_digits(home.postcode)},
            "city": {"city": self._typed(home.city)},
            "address": {
                "street": self._typed(home.street),
                "postcode": self._typed_digits(home.postcode),
                "city": self._typed(home.city),
            },
        }
        return facts[fact]

    def _identifier(self, kind: str, person: _Inhabitant) -> str:
        family = self._random.choice(self._family_of[person.number])
        roll = self._random.random()
        if kind == _NUMBER:
            lender = family if roll < _BORROWED / 2 else self._anybody()
            return self._typed_digits(lender.ssn if roll < _BORROWED else person.ssn)
        giver = family if roll < _FAMILY_CONTACT else person
        if kind == "email":
            return self._typed(giver.email).lower()
        return self._typed_digits(person.home.landline if roll < _FAMILY_CONTACT / 2 else giver.mobile)

    def _anybody(self) -> _Inhabitant:
        return self._random.choice(self._random.choice(self._family_of))

    def _typed(self, text: str) -> str:
        """Return a text with a letter lost, doubled, swapped or wrong now and then."""
        if self._random.random() >= _SLIP or len(text) < 3:
            return text
        place = self._random.randrange(1, len(text) - 1)
        before, sign, behind = text[:place], text[place], text[place + 1 :]
        wrong = self._random.choice("aeioulnrst")
        return self._random.choice((
            before + behind,
            before + sign + sign + behind,
            before + behind[0] + sign + behind[1:],
            before + wrong + behind,
        ))  # fmt: skip

    def _typed_digits(self, text: str) -> str:
        """Return a text with a digit wrong now and then."""
        places = [place for place, sign in enumerate(text) if sign.isdigit()]
        if not places or self._random.random() >= _SLIP / 2:
            return text
        place = self._random.choice(places)
        return f"{text[:place]}{self._random.randrange(10)}{text[place + 1 :]}"
