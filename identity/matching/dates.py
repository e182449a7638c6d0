"""Birth dates as people and systems write them."""

import re
from calendar import isleap
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from identity.matching.text import latin

NEWEST_TWO_DIGITS = 25
"""A year of two digits up to this one is of this century, any other of the last one: a birth date is in the past."""

_MONTH_FIRST = frozenset({"US", "PR", "GU", "VI", "AS", "MP", "UM", "FM", "MH", "PW", "PH", "BZ"})
_YEAR_FIRST = frozenset({"CN", "JP", "KR", "KP", "TW", "HU", "LT", "MN", "IR"})

_MONTH_NAMES = """
january januar janvier enero gennaio januari janeiro styczen stycznia jaenner
february februar fevrier febrero febbraio februari fevereiro luty lutego feber
march maerz mars marzo marzo maart marco marzec marca mrt mrz
april april avril abril aprile april abril kwiecien kwietnia
may mai mai mayo maggio mei maio maj maja
june juni juin junio giugno juni junho czerwiec czerwca
july juli juillet julio luglio juli julho lipiec lipca
august august aout agosto agosto augustus agosto sierpien sierpnia
september september septembre septiembre settembre september setembro wrzesien wrzesnia
october oktober octobre octubre ottobre oktober outubro pazdziernik pazdziernika
november november novembre noviembre novembre november novembro listopad listopada
december dezember decembre diciembre dicembre december dezembro grudzien grudnia
"""
_SHORTEST_MONTH = 3

_CLOCK = re.compile(r"(?:t|\s+)\d{1,2}:\d.*|(?<=\d)t\d{2}.*|[,\s]+\d{1,2}\s*[ap]\.?m\b.*")
_TOKENS = re.compile(r"\d+|[^\W\d_]+")
_SEPARATOR = re.compile(r"\d\s*(\D)")
_UNITS = frozenset(map(latin, ("年", "月", "日", "년", "월", "일", "z", "utc", "gmt")))
"""Words that may stand in a date whose month is a number."""
_STAMP = re.compile(r"((?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?")
"""A day with its clock in digits alone, as HL7 writes it."""
_WHOLE = re.compile(r"(\d+)\.0+")
"""Digits that went through a data frame: 19840517.0."""
_HIDDEN = frozenset("*?#")
"""What stands for digits that are not told."""
_BELOW_ZERO = re.compile(r"[-\u2212]\d")
_YEARS = range(1800, 2100)
_YEAR_DIGITS, _SHORT_DATE_DIGITS, _DATE_DIGITS = 4, 6, 8
_MONTHS, _DAYS, _FEBRUARY = 12, (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 2
_DAY_MONTH_YEAR, _MONTH_YEAR = 3, 2
_CENTURY = 100
_DAY_MS = 86_400_000

Flaw = Literal["", "words", "calendar"]
"""Of a text: nothing is wrong; words or digits stand in it that are not understood; it tells a year, month or day that
no calendar has."""


class BirthDate(NamedTuple):
    """A birth date as it was most probably meant.

    Attributes:
        born: YYYYMMDD, 00 for a month or day that is not told or that no calendar has; empty where it is no date.
        also: what else it may mean, in the same form: day and month the other way about where nothing says which comes
            first, or a hundred years earlier where the year has two digits.
        flaw: what is wrong with the text.
    """

    born: str
    also: tuple[str, ...] = ()
    flaw: Flaw = ""


_NO_DATE = BirthDate("")
_NO_SUCH_DATE = BirthDate("", flaw="calendar")


@lru_cache(maxsize=50_000)
def read_birth_date(value: str, region: str = "") -> BirthDate:
    """Return the date that a text tells.

    Args:
        value: with the year first, the month first (3/21/1970), the day first (21.03.1970), or the month as a word.
        region: ISO 3166 alpha-2 code of where it was written: it says whether day or month comes first, unless only one
            way makes a date; empty where nobody knows.
    """
    text = value.strip()
    if whole := _WHOLE.fullmatch(text):
        text = whole[1]
    if text.isascii() and text.isdigit():
        return _from_digits(text, region)
    text = _CLOCK.sub("", latin(text))
    if text.startswith(("-", "\u2212")):
        return _NO_SUCH_DATE if _BELOW_ZERO.match(text) else _NO_DATE
    numbers: list[str] = []
    month = 0
    is_plain = _HIDDEN.isdisjoint(text)
    for token in _TOKENS.findall(text):
        if token.isdecimal():
            numbers.append(token)
        elif not month:
            month = _MONTH_OF.get(token, 0)
            is_plain &= token in _UNITS
    date = _with_month_name(numbers, month) if month else _from_numbers(numbers, text, region)
    is_understood = (is_plain or month) and all(map(str.isascii, numbers))
    return date if is_understood else date._replace(flaw="words")


def possible_dates(date: BirthDate, told_at_ms: int, longest_life_years: int) -> list[str]:
    """Return what a date may mean for somebody who lives when it is told, as YYYYMMDD with 00 for what is not told.

    Args:
        date: as it is read.
        told_at_ms: event time, in milliseconds since 1970 UTC. A date may lie a day after it: somewhere it is tomorrow.
        longest_life_years: nobody is older; 0 where everybody may be.
    """
    last = datetime.fromtimestamp((told_at_ms + _DAY_MS) / 1000, UTC).strftime("%Y%m%d")
    first = int(last[:_YEAR_DIGITS]) - longest_life_years if longest_life_years else 0
    return [born for born in _readings(date) if born <= last and int(born[:_YEAR_DIGITS]) >= first]


def iso_day(born: str) -> str:
    """Return YYYY-MM-DD of YYYYMMDD; empty where month or day is not told."""
    year, month, day = born[:4], born[4:6], born[6:]
    return "" if "00" in {month, day} else f"{year}-{month}-{day}"


def _readings(date: BirthDate) -> Iterator[str]:
    if date.born:
        yield date.born
    yield from date.also


def _from_numbers(numbers: list[str], text: str, region: str) -> BirthDate:
    if len(numbers) == _MONTH_YEAR:
        return _month_and_year(*numbers)
    if len(numbers) != _DAY_MONTH_YEAR:
        return _from_digits(numbers[0], region) if len(numbers) == 1 else _NO_DATE
    separator = _SEPARATOR.search(text)
    return _from_three(numbers, region, dotted=bool(separator and separator[1] == "."))


def _month_names() -> Mapping[str, int]:
    """Return the month of each name and of each beginning that only one month has."""
    found: dict[str, set[int]] = {}
    whole: dict[str, int] = {}
    for month, line in enumerate(_MONTH_NAMES.strip().splitlines(), start=1):
        for name in line.split():
            whole[name] = month
            for length in range(_SHORTEST_MONTH, len(name)):
                found.setdefault(name[:length], set()).add(month)
    return {name: min(months) for name, months in found.items() if len(months) == 1} | whole


_MONTH_OF = _month_names()


def _from_digits(text: str, region: str) -> BirthDate:
    if len(text) == _YEAR_DIGITS:
        return BirthDate(text + "0000")
    if stamp := _STAMP.fullmatch(text):
        text = stamp[1]
    if len(text) == _DATE_DIGITS:
        if int(text[:4]) in _YEARS or int(text[4:]) not in _YEARS:
            return _from_three([text[:4], text[4:6], text[6:]], region, dotted=False)
        return _from_three([text[:2], text[2:4], text[4:]], region, dotted=False)
    if len(text) == _SHORT_DATE_DIGITS:
        if int(text[:4]) in _YEARS and 0 < int(text[4:]) <= _MONTHS:
            return BirthDate(text + "00")
        return _from_three([text[:2], text[2:4], text[4:]], region, dotted=False)
    return _NO_DATE


def _with_month_name(numbers: list[str], month: int) -> BirthDate:
    if len(numbers) == 1 and len(numbers[0]) == _YEAR_DIGITS:
        return BirthDate(f"{numbers[0]}{month:02}00")
    if len(numbers) != _MONTH_YEAR:
        return _NO_DATE
    day, year = numbers
    if len(day) == _YEAR_DIGITS or int(day) > max(_DAYS):
        day, year = year, day
    return _each_year(year, [(str(month), day)])


def _month_and_year(first: str, second: str) -> BirthDate:
    year, month = (first, second) if len(first) == _YEAR_DIGITS else (second, first)
    is_read = len(year) == _YEAR_DIGITS and len(month) <= _MONTH_YEAR
    return _each_year(year, [(month, "0")]) if is_read else _NO_DATE


def _from_three(numbers: list[str], region: str, *, dotted: bool) -> BirthDate:
    """Read a date of three numbers.

    Args:
        numbers: in the order in which they stand.
        region: of the writer.
        dotted: they are parted by full stops, which is how day first is written.
    """
    first, second, third = numbers
    year_first = len(first) == _YEAR_DIGITS or (
        len(third) != _YEAR_DIGITS and (int(first) > max(_DAYS) or region in _YEAR_FIRST)
    )
    if year_first:
        day_second = _is_month(third) and _MONTHS < int(second) <= max(_DAYS)
        return _each_year(first, [(third, second) if day_second else (second, third)])
    day_first, month_first = (second, first), (first, second)
    if not (_is_month(first) and _is_month(second)):
        return _each_year(third, [month_first if _is_month(first) else day_first])
    if region in _MONTH_FIRST:
        return _each_year(third, [month_first])
    if region or dotted or int(first) == int(second):
        return _each_year(third, [day_first])
    return _each_year(third, [day_first, month_first])


def _each_year(year: str, months_and_days: list[tuple[str, str]]) -> BirthDate:
    """Return the date of each reading, the likeliest first."""
    years = [year]
    if len(year) <= _MONTH_YEAR:
        short = int(year)
        last = 1900 + short
        years = [str(last + _CENTURY), str(last)] if short <= NEWEST_TWO_DIGITS else [str(last)]
    dates = [(year, month, day) for year in years for month, day in months_and_days]
    born, *also = (_joined(*date) for date in dates)
    flaw: Flaw = "" if any(_is_in_calendar(*date) for date in dates) else "calendar"
    return BirthDate(born, tuple(found for found in also if found) if born else (), flaw)


def _is_month(number: str) -> bool:
    return 0 < int(number) <= _MONTHS


def _joined(year: str, month: str, day: str) -> str:
    """Return YYYYMMDD with 00 for what no calendar has; empty where the year has not four digits."""
    if len(year) != _YEAR_DIGITS or not int(year):
        return ""
    known = int(month) if _is_month(month) else 0
    number = int(day)
    return f"{year}{known:02}{number if number <= _most_days(year, known) else 0:02}"


def _is_in_calendar(year: str, month: str, day: str) -> bool:
    """Whether a calendar has what is told; zeros tell nothing."""
    if len(year) != _YEAR_DIGITS or not int(year) or int(month) > _MONTHS:
        return False
    return int(day) <= _most_days(year, int(month))


def _most_days(year: str, month: int) -> int:
    if month == _FEBRUARY and not isleap(int(year)):
        return _DAYS[month] - 1
    return _DAYS[month] if month else max(_DAYS)
