"""Text made comparable."""

import pytest

from identity.matching.nicknames import long_form, same_by_nickname
from identity.matching.text import compact, latin, sound


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
