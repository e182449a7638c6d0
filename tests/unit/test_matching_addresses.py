"""Addresses as people write them."""

import pytest

from identity.matching.addresses import Address, city_name, postcode_of, read_address, state_code


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "1304 Poppy Hills Dr, Blacklick, OH 43004",
            Address("poppyhillsdrive", "1304", "", "blacklick", "oh", "43004", "US"),
        ),
        (
            "1304 Poppy Hills Drive\nBlacklick, Ohio 43004-1234\nUnited States",
            Address("poppyhillsdrive", "1304", "", "blacklick", "oh", "43004", "US"),
        ),
        (
            "123 Main St Apt 4 Las Vegas NV 89132",
            Address("mainstreet", "123", "4", "lasvegas", "nv", "89132", "US"),
        ),
        (
            "123 N 5th Ave #7, New York, New York 10001",
            Address("north5thavenue", "123", "7", "newyork", "ny", "10001", "US"),
        ),
        (
            "123 North Fifth Avenue, Unit 7, New York, NY",
            Address("north5thavenue", "123", "7", "newyork", "ny", "", "US"),
        ),
        (
            "1600 Pennsylvania Avenue NW, Washington, DC 20500",
            Address("pennsylvaniaavenuenorthwest", "1600", "", "washington", "dc", "20500", "US"),
        ),
        ("1304 Broadway Las Vegas NV 89132", Address("broadway", "1304", "", "lasvegas", "nv", "89132", "US")),
        ("123 Main Street Springfield IL", Address("mainstreet", "123", "", "springfield", "il", "", "US")),
        ("P.O. Box 123, Springfield, IL 62701", Address("pobox", "123", "", "springfield", "il", "62701", "US")),
        ("St. Louis, MO 63101", Address("", "", "", "saintlouis", "mo", "63101", "US")),
        (
            "100 St James St, Montreal QC H2Y 1L6",
            Address("saintjamesstreet", "100", "", "montreal", "qc", "h2y1l6", "CA"),
        ),
        ("42 Wallaby Way, Sydney NSW 2000", Address("wallabyway", "42", "", "sydney", "nsw", "2000", "AU")),
        (
            "10 Downing Street, London SW1A 2AA",
            Address("downingstreet", "10", "", "london", "", "sw1a2aa", "GB"),
        ),
        ("Flat 2, 10 High Street, Leeds, LS1 4AP, UK", Address("highstreet", "10", "2", "leeds", "", "ls14ap", "GB")),
        ("Hauptstr. 5, 80331 München", Address("hauptstrasse", "5", "", "muenchen", "", "80331")),
        ("Hauptstraße 5 80331 München", Address("hauptstrasse", "5", "", "muenchen", "", "80331")),
        ("Hauptstr. 5, 80331 München, DE", Address("hauptstrasse", "5", "", "muenchen", "", "80331", "DE")),
        (
            "Straße des 17. Juni 135, 10623 Berlin",
            Address("strassedes17juni", "135", "", "berlin", "", "10623"),
        ),
        ("Postfach 12 34, 10115 Berlin", Address("pobox", "1234", "", "berlin", "", "10115")),
        ("Stephansplatz 1/4, 1010 Wien, Österreich", Address("stephansplatz", "1", "", "wien", "", "1010", "AT")),
        ("10 rue de la Paix, 75002 Paris", Address("ruedelapaix", "10", "", "paris", "", "75002")),
        ("5 Rue St Honoré 75001 Paris", Address("ruesainthonore", "5", "", "paris", "", "75001")),
        ("8 bis rue Victor Hugo, 69002 Lyon", Address("ruevictorhugo", "8", "", "lyon", "", "69002")),
        ("C/ Mayor 5, 3º B, 28013 Madrid", Address("callemayor", "5", "", "madrid", "", "28013")),
        ("Calle Mayor, 5, Madrid", Address("callemayor", "5", "", "madrid")),
        ("Via Roma 10, 20121 Milano MI", Address("viaroma", "10", "", "milano", "", "20121")),
        ("Keizersgracht 12, 1015 CN Amsterdam", Address("keizersgracht", "12", "", "amsterdam", "", "1015cn", "NL")),
        ("ul. Długa 5/3, 00-238 Warszawa", Address("dluga", "5", "", "warszawa", "", "00238")),
        ("Rua Augusta 100, 1100-048 Lisboa", Address("ruaaugusta", "100", "", "lisboa", "", "1100048")),
    ],
)
def test_an_address_in_one_line_is_parted(written: str, expected: Address) -> None:
    assert read_address(written) == expected


@pytest.mark.parametrize(
    ("written", "street", "house"),
    [
        ("12 High St.", "highstreet", "12"),
        ("Hauptstr. 7a", "hauptstrasse", "7a"),
        ("Hauptstraße 7 a", "hauptstrasse", "7a"),
        ("Lange Str. 5", "langestrasse", "5"),
        ("Via Roma", "viaroma", ""),
        ("5 a High Street", "highstreet", "5a"),
        ("12-14 Long Lane", "longlane", "12"),
        ("12 E Main St", "eastmainstreet", "12"),
        ("101 Highway 12 West", "highway12west", "101"),
        ("av. de la Gare 3", "avenuedelagare", "3"),
        ("10115", "", "10115"),
        ("", "", ""),
        ("-, -", "", ""),
    ],
)
def test_streets_are_spelled_out_and_lose_their_house_number(written: str, street: str, house: str) -> None:
    found = read_address(written)
    assert (found.street, found.house) == (street, house)


def test_a_zip_code_has_five_digits() -> None:
    assert postcode_of("43004-1234") == postcode_of("430041234") == postcode_of("43004") == "43004"
    assert postcode_of("2139", "US") == "02139"
    assert postcode_of("2139") == "2139"


def test_states_and_towns_have_one_spelling() -> None:
    assert state_code("Ohio") == state_code("OH") == "oh"
    assert state_code("Nordrhein-Westfalen") == "nordrheinwestfalen"
    assert city_name("St. Louis") == city_name("Saint Louis") == "saintlouis"


def test_an_abbreviation_that_stands_before_a_street_ends_none() -> None:
    assert read_address("21 Bayly P lace").street == read_address("21 Bayly Place").street
