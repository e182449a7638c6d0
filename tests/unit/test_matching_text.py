"""Names, dates and addresses made comparable."""

import pytest

from identity.matching.nicknames import long_form, same_by_nickname
from identity.matching.text import compact, date_digits, latin, name_words, sound, street_and_house


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("MÜLLER", "mueller"),
        ("Mu\u0308ller", "mueller"),  # the same in two signs
        ("Łukasz", "lukasz"),
        ("Şerife", "serife"),
        ("Иванов", "ivanov"),
        ("Ωνάσης", "onasis"),
        ("Ærø", "aeroe"),
        ("Straße", "strasse"),
        ("plain", "plain"),
    ],
)
def test_text_is_spelled_in_latin_letters(written: str, expected: str) -> None:
    assert latin(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Dr. Anna-Maria  O\u2019Neil", ["anna", "maria", "oneil"]),
        ("Sir John, 2nd Baronet", ["john"]),
        ("Prof.", []),
        ("", []),
    ],
)
def test_names_lose_titles_numbers_and_punctuation(written: str, expected: list[str]) -> None:
    assert name_words(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("12 High St.", ("highstreet", "12")),
        ("Hauptstr. 7a", ("hauptstrasse", "7a")),
        ("Hauptstraße 7a", ("hauptstrasse", "7a")),
        ("Via Roma", ("viaroma", "")),
        ("", ("", "")),
    ],
)
def test_streets_are_spelled_out_and_lose_their_house_number(written: str, expected: tuple[str, str]) -> None:
    assert street_and_house(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1980-12-31", "19801231"),
        ("1980-12-31T00:00:00Z", "19801231"),
        ("31.12.1980", "19801231"),
        ("12/31/1980", "19801231"),
        ("1/2/1980", "19800201"),
        ("19801231", "19801231"),
        ("1980", "19800000"),
        ("1980-12", "19801200"),
        ("1835-81-01", "18358101"),
        ("-0050-01-0", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_dates_are_read_in_the_usual_ways(written: str, expected: str) -> None:
    assert date_digits(written) == expected


def test_a_postcode_keeps_letters_and_digits_alone() -> None:
    assert compact(" ts19-0SH ") == "ts190sh"


@pytest.mark.parametrize(
    ("one", "other"), [("meyer", "maier"), ("philipp", "filip"), ("schmidt", "schmitt"), ("katherine", "catherine")]
)
def test_names_of_one_sound_sound_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)


def test_a_name_without_consonants_has_a_sound_too() -> None:
    assert sound("eau") == "a"


@pytest.mark.parametrize(
    ("one", "other"), [("bill", "william"), ("liz", "betty"), ("tony", "anthony"), ("hans", "johannes")]
)
def test_nicknames_are_known(one: str, other: str) -> None:
    assert same_by_nickname(one, other)
    assert same_by_nickname(other, one)


def test_other_names_are_no_nicknames() -> None:
    assert not same_by_nickname("william", "robert")
    assert not same_by_nickname("xyz", "xyz")


def test_a_nickname_stands_for_one_long_form() -> None:
    assert long_form("bill") == "william"
    assert long_form("william") == "william"
    assert long_form("teddy") == "edward"
    assert long_form("xyz") == "xyz"
