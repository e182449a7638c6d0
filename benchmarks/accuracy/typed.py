"""Records typed in twice by people in a hurry: two lists that name each person once, and names with birth dates alone.

The slips are of the sorts that F. J. Damerau (1964) and P. Christen (FEBRL, 2008) describe: of the keyboard, of the
ear, of the eye, and of the form: names in each other's field, a second name as call name, the suburb where the postcode
belongs.
"""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from random import Random

from benchmarks.accuracy.datasets import DataSet, Row
from infra.world.names import COUNTRIES, Country

_EAR = (
    ("ph", "f"), ("f", "ph"), ("th", "t"), ("ck", "k"), ("c", "k"), ("k", "c"), ("y", "i"), ("i", "y"), ("ei", "ai"),
    ("ai", "ay"), ("ie", "ee"), ("v", "w"), ("w", "v"), ("z", "s"), ("s", "z"), ("g", "k"), ("d", "t"), ("b", "p"),
    ("oo", "u"), ("o", "u"), ("u", "o"), ("e", "a"), ("ss", "s"), ("ll", "l"), ("nn", "n"), ("mm", "m"), ("tt", "t"),
    ("sch", "sh"), ("gu", "gw"), ("qu", "kw"), ("x", "ks"), ("j", "g"),
)  # fmt: skip
_EYE = (
    ("m", "rn"), ("rn", "m"), ("o", "0"), ("l", "1"), ("i", "l"), ("s", "5"), ("b", "6"), ("g", "q"), ("h", "b"),
    ("cl", "d"), ("d", "cl"), ("e", "c"), ("u", "v"), ("n", "u"), ("1", "7"), ("5", "6"), ("3", "8"), ("0", "6"),
)  # fmt: skip
_SHORT = (
    ("street", "st"), ("road", "rd"), ("avenue", "ave"), ("place", "pl"), ("crescent", "cres"), ("strasse", "str"),
)  # fmt: skip
_STREETS = ("street", "road", "place", "avenue", "crescent", "close")
_SYLLABLES = "bar bel bren cal car dal dun el fal gar glen har hol kel kin lan lor mar mel nor pel ros sel tam tor ul ven wal win yar"  # noqa: E501
_ENDINGS = "a an bank berg den er field ford gate ham ie in ley man mont o ova son ster ton wood"

Traits = dict[str, str]


def typed(people: int, seed: int, slips: int = 3) -> DataSet:
    """Two lists of the same people, each once; the second list has that many slips a record.

    Names, addresses and birth dates; here and there a field is empty. No number is shared.
    """
    random = Random(f"{seed}/typed")  # noqa: S311  # made-up data
    makers = _Makers(random)
    typist = _Typist(random)
    rows = []
    for number in range(people):
        first = makers.person()
        second = typist.copy(first, makers, slips)
        rows += [_row("first", number, first), _row("second", number, second)]
    return DataSet(f"typed_{people // 1000}k", rows)


def names_alone(records: int, seed: int) -> DataSet:
    """Names and birth dates of which one in ten is there twice, the second time with a slip or two."""
    random = Random(f"{seed}/names")  # noqa: S311  # made-up data
    makers = _Makers(random)
    typist = _Typist(random)
    country = COUNTRIES[0]
    rows: list[Row] = []
    while len(rows) < records:
        person = makers.named(country)
        number = len(rows)
        rows.append(_row("list", number, person))
        if random.random() < 1 / 9 and len(rows) < records:
            copy = dict(person)
            for _ in range(random.choice((1, 1, 2))):
                typist.one_sign(copy, random.choice(("first_name", "last_name", "birth_date")))
            rows.append(_row("again", number, copy))
    return DataSet(f"names_{records // 1000}k", rows)


def _row(source: str, number: int, traits: Traits) -> Row:
    return Row(f"{source}-{number}", str(number), {name: value for name, value in traits.items() if value})


class _Makers:
    """Makes people: half of the names are of few, the others of many."""

    def __init__(self, random: Random) -> None:
        self._random = random
        syllables, endings = _SYLLABLES.split(), _ENDINGS.split()
        self._surnames = ["".join(parts) for parts in product(syllables, syllables, endings)]
        self._given = ["".join(parts) for parts in product(syllables, ("a", "an", "en", "ia", "in", "o", "us", "y"))]
        self._places = ["".join(parts) for parts in product(syllables, syllables, ("", "bury", "dale", "ville"))]
        random.shuffle(self._surnames)

    def person(self) -> Traits:
        chance = self._random.random
        person = self.named(self._random.choice(COUNTRIES))
        street = f"{self._random.choice(self._places)} {self._random.choice(_STREETS)}"
        person["street"] = f"{self._random.randrange(1, 150)} {street}" if chance() < 0.95 else street
        place = self._random.randrange(900)
        person["city"] = self._places[place] if chance() < 0.99 else ""
        person["postcode"] = f"{2000 + place * 3 + self._random.randrange(4)}"
        if chance() < 0.1:
            person["birth_date"] = ""
        if chance() < 0.04:
            person["first_name"] = ""
        if chance() < 0.02:
            person["last_name"] = ""
        return person

    def named(self, country: Country) -> Traits:
        """Return names and a birth date."""
        born = date(1915, 1, 1) + timedelta(days=self._random.randrange(33_000))
        person = {
            "first_name": self.given(country),
            "last_name": self.surname(country),
            "birth_date": born.strftime("%Y%m%d"),
        }
        if self._random.random() < 0.08:
            person["middle_name"] = self.given(country)
        return person

    def given(self, country: Country) -> str:
        if self._random.random() < 0.2:
            return self._random.choice(self._given)
        names = country.men if self._random.random() < 0.5 else country.women
        return names[int(self._random.random() ** 1.5 * len(names))].lower()

    def surname(self, country: Country) -> str:
        if self._random.random() < 0.4:
            return country.surnames[int(self._random.random() ** 1.5 * len(country.surnames))].lower()
        return self._surnames[int(self._random.random() ** 2 * len(self._surnames))]


class _Typist:
    """Copies a record with slips."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def copy(self, person: Traits, makers: _Makers, slips: int) -> Traits:
        """Return a record with about so many slips."""
        copy = dict(person)
        for _ in range(self._random.choice((slips - 1, slips, slips, slips + 1))):
            self._slip(copy, makers)
        return copy

    def _slip(self, copy: Traits, makers: _Makers) -> None:
        roll = self._random.random()
        if roll < 0.04:
            _exchange(copy, "first_name", "last_name")
        elif roll < 0.06:
            _exchange(copy, "city", "postcode")
        elif roll < 0.075:
            copy["first_name"] = makers.given(self._random.choice(COUNTRIES))
        elif roll < 0.085:
            _exchange(copy, "first_name", "middle_name")
        elif roll < 0.1:
            copy["birth_date"] = makers.named(COUNTRIES[0])["birth_date"]
        elif roll < 0.12:
            self._impossible(copy)
        elif roll < 0.18:
            copy[self._random.choice(("first_name", "last_name", "birth_date", "street", "postcode", "city"))] = ""
        else:
            fields = ("first_name", "last_name", "street", "city", "postcode", "birth_date")
            self.one_sign(copy, self._random.choices(fields, (5, 5, 5, 4, 3, 4))[0])

    def _impossible(self, copy: Traits) -> None:
        if born := copy["birth_date"]:
            copy["birth_date"] = f"{born[:4]}{self._random.choice('1289')}{self._random.choice('3456789')}{born[6:]}"

    def one_sign(self, copy: Traits, field: str) -> None:
        """Make one slip in one field, if it is not empty."""
        text = copy.get(field, "")
        if len(text) < 2:
            return
        if text.isdigit():
            copy[field] = self._in_digits(text)
            return
        kinds: tuple[Callable[[str], str], ...] = (self._key, self._key, self._ear, self._eye, self._words)
        copy[field] = self._random.choice(kinds)(text)

    def _in_digits(self, text: str) -> str:
        place = self._random.randrange(len(text) - 1)
        if self._random.random() < 0.3:
            return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        place = self._random.randrange(len(text))
        return text[:place] + self._random.choice("0123456789") + text[place + 1 :]

    def _key(self, text: str) -> str:
        place = self._random.randrange(len(text) - 1)
        wrong = self._random.choice("abcdefghijklmnopqrstuvwxyz")
        before, sign, behind = text[:place], text[place], text[place + 1 :]
        return self._random.choice((
            before + behind,
            before + wrong + sign + behind,
            before + wrong + behind,
            before + behind[0] + sign + behind[1:],
        ))  # fmt: skip

    def _ear(self, text: str) -> str:
        for _ in range(2):
            text = self._replaced(text, _EAR)
        return text

    def _eye(self, text: str) -> str:
        return self._replaced(text, _EYE)

    def _replaced(self, text: str, pairs: tuple[tuple[str, str], ...]) -> str:
        usable = [pair for pair in pairs if pair[0] in text]
        if not usable:
            return self._key(text)
        old, new = self._random.choice(usable)
        return text.replace(old, new, 1)

    def _words(self, text: str) -> str:
        for long, short in _SHORT:
            if text.endswith(long) and self._random.random() < 0.5:
                return text.removesuffix(long) + short
        words = text.split()
        if len(words) > 1:
            self._random.shuffle(words)
            return " ".join(words)
        place = self._random.randrange(1, len(text))
        return f"{text[:place]} {text[place:]}" if len(text) > 6 else self._key(text)


def _exchange(copy: Traits, one: str, other: str) -> None:
    copy[one], copy[other] = copy.get(other, ""), copy.get(one, "")
