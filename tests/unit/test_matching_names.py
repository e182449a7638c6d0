"""Names as people write them."""

import pytest

from identity.matching.names import PersonName, name_words, read_full_name, read_name, same_surname, share_surname


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Dr. Anna-Maria  O\u2019Neil", ("anna", "maria", "oneil")),
        ("Sir John, 2nd Baronet", ("john",)),
        ("Prof.", ()),
        ("", ()),
    ],
)
def test_names_lose_titles_numbers_and_punctuation(written: str, expected: tuple[str, ...]) -> None:
    assert name_words(written) == expected


@pytest.mark.parametrize(
    ("written", "given", "surname"),
    [
        ("John Smith", "john", "smith"),
        ("Smith, John", "john", "smith"),
        ("SMITH John", "john", "smith"),
        ("John SMITH", "john", "smith"),
        ("JOHN SMITH", "john", "smith"),
        ("LI Wei", "wei", "li"),
        ('John "Jack" Smith', "john jack", "smith"),
        ("Smith, John (Jack)", "john jack", "smith"),
        ("Bob 'Bobby' O'Neil", "bob bobby", "oneil"),
        ("Mr. John Robert Smith, MD", "john robert", "smith"),
        ("J. Smith", "j", "smith"),
        ("J Robert Smith", "j robert", "smith"),
        ("Smith, J. Robert", "j robert", "smith"),
        ("J.R. Smith", "j r", "smith"),
        ("JR Smith", "j r", "smith"),
        ("Anna van der Berg", "anna", "van der berg"),
        ("Maria de la Cruz", "maria", "de la cruz"),
        ("John Mc Donald", "john", "mc donald"),
        ("Mc Donald", "", "mc donald"),
        ("Amartya Sen", "amartya", "sen"),
        ("Earl Smith", "earl", "smith"),
        ("Yo-Yo Ma", "yo yo", "ma"),
        ("Anna", "anna", ""),
        ("", "", ""),
    ],
)
def test_a_name_in_one_text_is_parted(written: str, given: str, surname: str) -> None:
    assert read_full_name(written) == PersonName(tuple(given.split()), surname)


@pytest.mark.parametrize(
    ("written", "suffix"),
    [
        ("John Smith Jr.", "2"),
        ("John Smith, Jr.", "2"),
        ("Smith Jr, John", "2"),
        ("Smith, John, Jr.", "2"),
        ("SMITH JR, JOHN", "2"),
        ("John Smith II", "2"),
        ("Dr. John Smith III, PhD", "3"),
        ("John Smith IV", "4"),
        ("John Smith Senior", "1"),
        ("John D. Smith Sr", "1"),
        ("John Smith d. J.", "2"),
        ("John Smith d.Ä.", "1"),
        ("John Smith fils", "2"),
        ("John Smith père", "1"),
        ("John Smith", ""),
    ],
)
def test_a_suffix_tells_which_of_the_namesakes_it_is(written: str, suffix: str) -> None:
    found = read_full_name(written)
    assert (found.given[0], found.surname, found.suffix) == ("john", "smith", suffix)


@pytest.mark.parametrize(
    "traits",
    [
        {"first_name": "John", "last_name": "Smith", "suffix": "Jr."},
        {"first_name": "John", "last_name": "Smith", "name_suffix": "junior"},
        {"first_name": "John", "last_name": "Smith", "generation": "II"},
        {"first_name": "John Jr.", "last_name": "Smith"},
        {"first_name": "John", "last_name": "Smith Jr"},
        {"first_name": "John", "last_name": "Smith", "full_name": "John Smith, Jr."},
    ],
)
def test_a_suffix_stands_in_any_part_or_in_its_own_trait(traits: dict[str, str]) -> None:
    assert read_name(traits) == PersonName(("john",), "smith", (), "2")


def test_a_suffix_that_is_the_only_word_is_a_name() -> None:
    assert read_name({"first_name": "Junior", "last_name": "Seau"}) == PersonName(("junior",), "seau")
    assert read_name({"first_name": "JR", "last_name": "Smith"}) == PersonName(("j", "r"), "smith")


@pytest.mark.parametrize(
    "traits",
    [
        {"full_name": "Anna Huber (geb. Maier)"},
        {"full_name": "Anna Huber née Maier"},
        {"full_name": "Anna Huber, geb. Maier"},
        {"first_name": "Anna", "last_name": "Huber geb. Maier"},
        {"first_name": "Anna", "last_name": "Huber", "maiden_name": "Maier"},
        {"first_name": "Anna", "last_name": "Huber", "birth_name": "Maier"},
    ],
)
def test_a_maiden_name_is_another_surname(traits: dict[str, str]) -> None:
    assert read_name(traits) == PersonName(("anna",), "huber", ("maier",))


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ({"last_name": "Smith", "full_name": "Smith, John"}, PersonName(("john",), "smith")),
        ({"first_name": "Ann", "full_name": "Ann van Dyke"}, PersonName(("ann",), "van dyke")),
        ({"first_name": "Jack", "full_name": "John Smith"}, PersonName(("jack", "john"), "smith")),
        ({"given_name": "John", "family_name": "Smith"}, PersonName(("john",), "smith")),
    ],
)
def test_a_full_name_tells_what_the_parts_do_not(traits: dict[str, str], expected: PersonName) -> None:
    assert read_name(traits) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("vanderberg", "berg"),
        ("van der berg", "berg"),
        ("cruz", "delacruz"),
        ("garcia lopez", "garcia"),
        ("smith jones", "jones"),
    ],
)
def test_one_half_of_a_surname_and_one_without_its_particles_are_shared(one: str, other: str) -> None:
    assert share_surname(one, other)
    assert share_surname(other, one)


@pytest.mark.parametrize(("one", "other"), [("weinberg", "berg"), ("de la cruz", "de la rosa"), ("huber", "koch")])
def test_other_surnames_share_nothing(one: str, other: str) -> None:
    assert not share_surname(one, other)


def test_a_surname_is_one_however_it_is_parted() -> None:
    assert same_surname("mc donald", "mcdonald")
    assert same_surname("van der berg", "vanderberg")
    assert not same_surname("berg", "van der berg")
