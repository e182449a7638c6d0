"""What is compared of a profile's traits."""

import msgspec
import pytest

from identity.matching.records import MatchRecord, match_record


def record(**traits: str) -> MatchRecord:
    found = match_record({"birth_date": "1980-01-02", **traits}, [])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("traits", "given", "surname"),
    [
        ({"first_name": "Anna", "last_name": "de Vries"}, ("anna",), "de vries"),
        ({"name": "Anna Maria Huber"}, ("anna", "maria"), "huber"),
        ({"full_name": "Huber, Anna"}, ("anna",), "huber"),
        ({"first_name": "Anna", "last_name": "Huber", "full_name": "Anna Maria Huber"}, ("anna", "maria"), "huber"),
        ({"first_name": "Sir", "last_name": "Smith", "full_name": "Sir John Smith"}, ("john",), "smith"),
        ({"first_name": "John", "last_name": "Baronet", "full_name": "John Hay Baronet"}, ("john",), "hay"),
        ({"first_name": "Anna", "middle_name": "M."}, ("anna", "m"), ""),
        ({"name": "Anna"}, ("anna",), ""),
        ({"surname": "Huber"}, (), "huber"),
    ],
)
def test_names_come_from_parts_and_from_full_names(
    traits: dict[str, str], given: tuple[str, ...], surname: str
) -> None:
    found = record(**traits)
    assert (found.given, found.surname) == (given, surname)


def test_everything_is_normalised_once() -> None:
    found = match_record(
        {
            "first_name": "Jürgen",
            "last_name": "Groß",
            "birth_date": "2.1.1980",
            "street": "Lange Str. 5",
            "postcode": "10 115",
            "city": "Berlin-Mitte",
            "birth_place": "Köln",
            "gender": "Male",
            "occupation": "Lehrer",
            "ssn": "12-345",
            "favourite_colour": "red",
        },
        [("email", "j@example.org"), ("phone", "+4930123"), ("cookie", "abc"), ("loyalty_id", "L-1")],
    )
    assert found == MatchRecord(
        given=("juergen",),
        surname="gross",
        born="19800102",
        street="langestrasse",
        house="5",
        postcode="10115",
        city="berlinmitte",
        birth_place="koeln",
        gender="m",
        occupation="lehrer",
        emails=("j@example.org",),
        phones=("+4930123",),
        numbers=("loyalty_id:l1", "ssn:12345"),
    )


@pytest.mark.parametrize(
    ("traits", "identifiers"),
    [
        ({}, []),
        ({"city": "Berlin", "birth_date": "1980-01-02"}, [("email", "a@example.org")]),
        ({"first_name": "Anna"}, []),
        ({"first_name": "Anna"}, [("cookie", "abc")]),
        ({"first_name": "Dr.", "last_name": "-", "birth_date": "1980-01-02"}, []),
    ],
)
def test_too_little_to_match_on_is_no_record(traits: dict[str, str], identifiers: list[tuple[str, str]]) -> None:
    assert match_record(traits, identifiers) is None


def test_a_record_is_small_and_survives_msgpack() -> None:
    found = record(first_name="Anna", last_name="Huber", postcode="10115")
    encoded = msgspec.msgpack.encode(found)
    assert msgspec.msgpack.decode(encoded, type=MatchRecord) == found
    assert len(encoded) < 64


def test_a_date_is_read_by_the_country_of_the_record_or_of_its_address_else_by_the_region() -> None:
    name = {"full_name": "Anna Huber", "birth_date": "3/1/1970"}
    american = match_record({**name, "country": "US"}, [], "DE")
    shown = match_record({**name, "address": "1304 Poppy Hills Dr, Blacklick, OH 43004"}, [], "DE")
    german = match_record(name, [], "DE")
    untold = match_record(name, [])
    assert [found and (found.born, found.born_also) for found in (american, shown, german, untold)] == [
        ("19700301", ()),
        ("19700301", ()),
        ("19700103", ()),
        ("19700103", ("19700301",)),
    ]


@pytest.mark.parametrize(
    ("city", "postcode", "expected"),
    [
        ("4322", "Dunkelbury", ("dunkelbury", "4322")),
        ("SW1A 2AA", "London", ("london", "sw1a2aa")),
        ("Dunkelbury", "4322", ("dunkelbury", "4322")),
        ("Paris 7", "75007", ("paris7", "75007")),
        ("4322", "", ("4322", "")),
    ],
)
def test_town_and_postcode_in_each_others_field_are_put_right(
    city: str, postcode: str, expected: tuple[str, str]
) -> None:
    record = match_record({"name": "Anna Huber", "birth_date": "1980", "city": city, "postcode": postcode}, [])
    assert record is not None
    assert (record.city, record.postcode) == expected
