"""Birth dates as people and systems write them."""

import pytest

from identity.matching.dates import BirthDate, iso_day, read_birth_date


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1980-12-31", "19801231"),
        ("1980-12-31T00:00:00Z", "19801231"),
        ("1980-12-31 00:00:00.000", "19801231"),
        ("19801231", "19801231"),
        ("1980/12/31", "19801231"),
        ("1970/3/21", "19700321"),
        ("31.12.1980", "19801231"),
        ("21.03.1970", "19700321"),
        ("12/31/1980", "19801231"),
        ("3/21/1970", "19700321"),
        ("3/21/1970 12:00:00 AM", "19700321"),
        ("31121980", "19801231"),
        ("Mar 1 1970", "19700301"),
        ("March 1st, 1970", "19700301"),
        ("1 March 1970", "19700301"),
        ("Sat, 21 Mar 1970 10:00:00 GMT", "19700321"),
        ("24-May-1911", "19110524"),
        ("3. März 1980", "19800303"),
        ("1er août 1980", "19800801"),
        ("2 de marzo de 1970", "19700302"),
        ("12 ottobre 1955", "19551012"),
        ("5 mei 1945", "19450505"),
        ("7 de fevereiro de 1990", "19900207"),
        ("12 października 1999", "19991012"),
        ("1970年3月21日", "19700321"),
        ("19700321", "19700321"),
        ("19700321.0", "19700321"),
        ("19700321120000", "19700321"),
        ("197003210000", "19700321"),
        ("29.02.2000", "20000229"),
    ],
)
def test_dates_are_read_in_the_usual_ways(written: str, expected: str) -> None:
    assert read_birth_date(written) == BirthDate(expected)


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("3/1/1970", "US", "19700301"),
        ("3/1/1970", "GB", "19700103"),
        ("3/1/1970", "DE", "19700103"),
        ("3/1/70", "US", "19700301"),
        ("70/03/01", "JP", "19700301"),
        ("31/12/1980", "US", "19801231"),
        ("12/31/1980", "GB", "19801231"),
        ("01.03.1970", "", "19700301"),
    ],
)
def test_the_country_says_whether_day_or_month_comes_first_unless_one_way_is_impossible(
    written: str, region: str, expected: str
) -> None:
    assert read_birth_date(written, region) == BirthDate(expected)


def test_where_nobody_knows_the_order_a_date_has_two_readings() -> None:
    assert read_birth_date("3/1/1970") == BirthDate("19700103", ("19700301",))
    assert read_birth_date("3/3/1970") == BirthDate("19700303")


@pytest.mark.parametrize(
    ("written", "born", "also"),
    [
        ("24-May-11", "20110524", ("19110524",)),
        ("24-May-25", "20250524", ("19250524",)),
        ("24-May-26", "19260524", ()),
        ("3/21/70", "19700321", ()),
    ],
)
def test_a_year_of_two_digits_is_past(written: str, born: str, also: tuple[str, ...]) -> None:
    assert read_birth_date(written) == BirthDate(born, also)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1980", "19800000"),
        ("1980-12", "19801200"),
        ("12/1980", "19801200"),
        ("December 1980", "19801200"),
        ("1970-13-05", "19700513"),
        ("1835-81-01", "18350001"),
        ("1970-19-45", "19700000"),
        ("31/02/1970", "19700200"),
        ("1970-02-29", "19700200"),
        ("1972-02-29", "19720229"),
        ("1980-00-12", "19800012"),
    ],
)
def test_what_is_not_told_or_impossible_is_unknown(written: str, expected: str) -> None:
    assert read_birth_date(written).born == expected


@pytest.mark.parametrize("written", ["", " ", "soon", "-0050-01-0", "May 24", "0000-00-00", "12345", "May"])
def test_what_tells_no_year_is_no_date(written: str) -> None:
    date = read_birth_date(written)
    assert (date.born, date.also) == ("", ())


@pytest.mark.parametrize(
    ("written", "flaw"),
    [
        ("1970-19-45", "calendar"),
        ("31/02/1970", "calendar"),
        ("1900-02-29", "calendar"),
        ("29-Feb-81", "calendar"),
        ("0000-05-17", "calendar"),
        ("-2208988800", "calendar"),
        ("1970-00-00", ""),
        ("1970-13-05", ""),
        ("12/1970", ""),
        ("Sat, 21 Mar 1970", ""),
        ("1970-03-21Z", ""),
        ("15 Mart 1980", "words"),
        ("31 февраля 1980", "words"),
        ("१९८४-०५-१७", "words"),
        ("soon", "words"),
        ("--05-17", ""),
        ("12345", ""),
    ],
)
def test_what_is_wrong_with_a_date_is_told(written: str, flaw: str) -> None:
    assert read_birth_date(written).flaw == flaw


def test_only_what_tells_a_day_is_iso_8601() -> None:
    assert [iso_day(born) for born in ("19700321", "19700300", "19700021", "19700000")] == ["1970-03-21", "", "", ""]
