"""Levels of likeness."""

import msgspec
import pytest

from identity.matching.compare import COMPARISONS, LEVELS, MISSING, are_two_people, compare
from identity.matching.records import MatchRecord


def level(name: str, one: MatchRecord, other: MatchRecord) -> str | None:
    """Return the level of a comparison, the same both ways; None where it is untold."""
    place = COMPARISONS.index(name)
    found, swapped = compare(one, other)[place].level, compare(other, one)[place].level
    assert found == swapped
    return None if found == MISSING else LEVELS[name][found]


def named(text: str, gender: str = "", email: str = "") -> MatchRecord:
    *given, surname = text.split()
    return MatchRecord(given=tuple(given), surname=surname, gender=gender, emails=(email,) if email else ())


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("anna huber", "anna huber", "exact"),
        ("bill huber", "william huber", "nickname"),
        ("sebastian huber", "sebastain huber", "near"),
        ("alex huber", "alexandrina huber", "similar"),
        ("alessandra huber", "alessandrina huber", "by_ear"),
        ("virginia huber", "virkynya huber", "by_ear"),
        ("mohammed huber", "manuel huber", "different"),
        ("jan huber", "johanna huber", "different"),
        ("a huber", "anna huber", "initial"),
        ("b huber", "anna huber", "different"),
        ("maria huber", "anna maria huber", "other_name"),
        ("anna huber", "otto huber", "different"),
    ],
)
def test_given_names(one: str, other: str, expected: str) -> None:
    assert level("given", named(one), named(other)) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("anna huber", "anna huber", "exact"),
        ("anna huber", "anna hubar", "near"),
        ("anna huber", "anna huberland", "similar"),
        ("john arthur", "john arthur bennett", "other_name"),
        ("anna huber", "anna koch", "different"),
    ],
)
def test_surnames(one: str, other: str, expected: str) -> None:
    assert level("surname", named(one), named(other)) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (named("henrik sander"), named("sander henrik")),
        (named("henrik sander"), named("sandr henrik")),
        (named("henrik sander"), named("sander hendrik")),
        (named("henrik karl sander"), named("sander karl henrik")),
        (named("henrik karl sander"), named("sander henrik karl")),
        (named("mohammed yilmaz"), named("yilmaz muhammad")),
        (
            MatchRecord(given=("hendrika",), surname="van der linden"),
            MatchRecord(given=("van", "der", "linden"), surname="hendrika"),
        ),
    ],
)
def test_names_in_each_others_field_are_one_level(one: MatchRecord, other: MatchRecord) -> None:
    assert level("given", one, other) == "exchanged"
    assert level("surname", one, other) is None


def test_a_name_in_both_fields_is_not_exchanged() -> None:
    assert level("given", named("martin koch"), named("peter martin")) == "different"


def test_names_that_agree_in_their_roles_are_not_exchanged() -> None:
    assert level("given", named("thomas thomas"), named("thomas thomas")) == "exact"


@pytest.mark.parametrize(
    ("one", "other", "comparison"),
    [
        (MatchRecord(surname="henrik"), named("henrik sander"), "given"),
        (MatchRecord(given=("sander",)), named("henrik sander"), "surname"),
        (MatchRecord(given=("sander",)), MatchRecord(surname="sander"), "surname"),
    ],
)
def test_the_only_name_may_be_in_the_wrong_field(one: MatchRecord, other: MatchRecord, comparison: str) -> None:
    assert level(comparison, one, other) == "exact"


def test_a_surname_of_two_words_agrees_in_part() -> None:
    one, other = MatchRecord(surname="garcia lopez"), MatchRecord(surname="garcia")
    assert level("surname", one, other) == "part"


def test_the_only_name_of_a_record_may_be_a_surname() -> None:
    single, whole = MatchRecord(given=("bennett",)), named("joseph bennett")
    assert level("given", single, whole) is None
    assert level("surname", single, whole) == "exact"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("19801231", "19801231", "exact"),
        ("19800102", "19800201", "swapped"),
        ("19801231", "19801331", "near"),
        ("19801231", "19800000", "partial"),
        ("19801231", "19800101", "partial"),
        ("19801231", "19801224", "two_parts"),
        ("19801231", "19800502", "year"),
        ("19801231", "19801912", "year"),
        ("19801231", "19821230", "alike"),
        ("19801231", "19900501", "different"),
        ("19801231", "19570502", "generation"),
        ("19801231", "", None),
    ],
)
def test_birth_dates(one: str, other: str, expected: str | None) -> None:
    assert level("born", MatchRecord(born=one), MatchRecord(born=other)) == expected


HOME = MatchRecord(street="highstreet", house="12", postcode="ts190sh", city="stockton")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "house"),
        ({"postcode": "", "city": ""}, "house"),
        ({"street": "", "house": ""}, "postcode"),
        ({"house": "14", "postcode": "ts190sb"}, "street"),
        ({"street": "", "house": "", "postcode": "ts190sb"}, "city_near_postcode"),
        ({"street": "", "house": "", "postcode": "ts190sb", "city": "leeds"}, "near_postcode"),
        ({"street": "lowlane", "house": "1", "postcode": "ts19kqq", "city": "leeds"}, "area"),
        ({"street": "lowlane", "house": "1", "postcode": "le11aa"}, "city"),
        ({"street": "lowlane", "house": "1", "postcode": "le11aa", "city": "leeds"}, "different"),
        ({"street": "hihgstret"}, "house"),
        ({"postcode": "le11aa", "city": "leeds"}, "different"),
        ({"street": "", "house": "", "postcode": "", "city": ""}, None),
    ],
)
def test_addresses(change: dict[str, str], expected: str | None) -> None:
    assert level("address", HOME, msgspec.structs.replace(HOME, **change)) == expected


def test_gender_counts_only_where_the_given_names_do_not_tell_it() -> None:
    one = named("anna huber", gender="f")
    assert level("gender", one, named("anna huber", gender="m")) is None
    assert level("gender", one, named("otto huber", gender="m")) == "different"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("star77@example.org", "star77@example.org", "exact"),
        ("star77@example.org", "star78@example.org", "near"),
        ("star77@example.org", "star77@example.net", "local_part"),
        ("anna.huber@example.org", "anna.huber@example.net", None),
        ("anna.huber1@example.org", "anna.huber2@example.org", None),
        ("anna.huber@example.org", "moon@example.net", "different"),
    ],
)
def test_an_address_that_only_repeats_the_name_tells_nothing_more(one: str, other: str, expected: str | None) -> None:
    assert level("email", named("anna huber", email=one), named("anna huber", email=other)) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("ssn:123456789",), ("ssn:123456789", "tax_id:1"), "exact"),
        (("ssn:123456789",), ("ssn:123465789",), "near"),
        (("ssn:123456789",), ("ssn:987654321",), "different"),
        (("ssn:123456789",), ("tax_id:123456789",), None),
    ],
)
def test_numbers_are_compared_within_their_type(
    one: tuple[str, ...], other: tuple[str, ...], expected: str | None
) -> None:
    assert level("number", MatchRecord(numbers=one), MatchRecord(numbers=other)) == expected


def test_phones_of_one_slip_are_near() -> None:
    one, other = MatchRecord(phones=("+49301234567",)), MatchRecord(phones=("+49301234576",))
    assert level("phone", one, other) == "near"


@pytest.mark.parametrize(
    ("persons", "are_two"),
    [
        ([], False),
        ([("anna", "19801231")], False),
        ([("anna", "19801231"), ("otto", "")], True),
        ([("anna", ""), ("anne", "19801231")], False),
        ([("william", ""), ("bill", "")], False),
        ([("hans", "19501103"), ("hans", "19820724")], True),
        ([("hans", "19501103"), ("hans", "19500311")], False),
    ],
)
def test_two_people_are_told_by_names_or_birth_dates_with_nothing_in_common(
    persons: list[tuple[str, str]],
    are_two: bool,  # noqa: FBT001  # what is expected
) -> None:
    assert are_two_people(persons) == are_two


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("2", "1", "different"), ("2", "2", "exact"), ("2", "", "one_side"), ("", "", "neither")],
)
def test_suffixes(one: str, other: str, expected: str) -> None:
    assert level("suffix", MatchRecord(suffix=one), MatchRecord(suffix=other)) == expected


def test_a_short_form_of_a_mans_and_a_womans_name_is_an_initial_unless_a_record_tells_which() -> None:
    pat = named("pat doyle")
    assert level("given", pat, named("patricia doyle")) == level("given", pat, named("patrick doyle")) == "initial"
    assert level("given", named("pat doyle", gender="f"), named("patricia doyle")) == "nickname"
    assert level("given", named("pat doyle", gender="f"), named("patrick doyle")) == "initial"
    assert level("given", named("patrick doyle"), named("patricia doyle")) == "different"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("19800000", "19800000", "partial"),
        ("19800512", "19800500", "partial"),
        ("19800012", "19800512", "near"),
        ("19800700", "19800512", "year"),
        ("19800000", "19820000", "different"),
    ],
)
def test_what_a_birth_date_leaves_out_differs_in_nothing(one: str, other: str, expected: str) -> None:
    assert level("born", MatchRecord(born=one), MatchRecord(born=other)) == expected


def test_of_two_readings_of_a_birth_date_the_one_that_agrees_counts() -> None:
    one = MatchRecord(born="19700103", born_also=("19700301",))
    assert level("born", one, MatchRecord(born="19700301")) == "exact"


def test_a_former_surname_agrees_in_part_and_an_initial_tells_nothing() -> None:
    married = MatchRecord(surname="huber", former=("maier",))
    assert level("surname", married, MatchRecord(surname="maier")) == "part"
    assert level("surname", married, MatchRecord(surname="h")) is None
    assert level("surname", married, MatchRecord(surname="k")) == "different"


def test_states_and_flats_that_differ_are_no_one_address() -> None:
    one = MatchRecord(city="springfield", state="il")
    assert level("address", one, MatchRecord(city="springfield", state="ma")) == "different"
    flat = msgspec.structs.replace(HOME, unit="4")
    assert level("address", flat, HOME) == "house"
    assert level("address", flat, msgspec.structs.replace(HOME, unit="5")) == "postcode"
