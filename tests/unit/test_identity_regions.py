"""The country of a touchpoint is known however it is written."""

import phonenumbers
import pytest

from identity.regions import region_of, told_region


@pytest.mark.parametrize(
    ("told", "region"),
    [
        ("DE", "DE"),
        ("de", "DE"),
        (" fr ", "FR"),
        ("USA", "US"),
        ("United States", "US"),
        ("united kingdom", "GB"),
        ("UK", "GB"),
        ("Deutschland", "DE"),
        ("Österreich", "AT"),
        ("Nederland", "NL"),
        ("日本", "JP"),
        ("NLD", "NL"),
        ("Turkey", "TR"),
        ("Schweiz", "CH"),
        ("Czech Republic", "CZ"),
        ("México", "MX"),
    ],
)
def test_a_country_is_known_by_code_and_by_name(told: str, region: str) -> None:
    assert region_of(told) == region


@pytest.mark.parametrize("told", ["", " ", "ZZ", "Atlantis", "n/a", "49"])
def test_what_is_no_country_is_none(told: str) -> None:
    assert region_of(told) is None


def test_each_region_that_telephone_numbers_are_read_in_is_known() -> None:
    assert {code for code in phonenumbers.SUPPORTED_REGIONS if region_of(code) != code} <= {"AC", "TA"}


def test_the_trait_is_found_in_any_case_and_a_code_stands_in_for_a_name_nobody_knows() -> None:
    assert told_region({"Country": "France"}) == "FR"
    assert told_region({"countryCode": "nl"}) == "NL"
    assert told_region({"country": "Nowhere", "country_code": "GB"}) == "GB"
    assert told_region({"country": "FR", "country_code": "GB"}) == "FR"
    assert told_region({"city": "Aachen"}) is None
