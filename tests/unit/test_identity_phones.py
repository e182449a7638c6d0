"""Every way to write a telephone number is one number, and numbers of two people are two."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.phones import normalise_phone


@pytest.mark.parametrize(
    ("told", "region", "number"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("0612345678", "NL", "+31612345678"),
        ("(807) 422-9031", "US", "+18074229031"),
        ("650 253 0000", "US", "+16502530000"),
        ("0236618300", "IT", "+390236618300"),
        ("+39 (0)2 36618300", "DE", "+390236618300"),
        ("+49 (0) 170 1230600", "US", "+491701230600"),
        ("+44 (0) 20 7031 3000", "US", "+442070313000"),
        ("\uff0b\uff14\uff19\u3000170 1230600", "US", "+491701230600"),
        ("\u0660\u0661\u0667\u0660\u0661\u0662\u0663\u0660\u0666\u0660\u0660", "DE", "+491701230600"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("tel:+1-201-555-0123", "DE", "+12015550123"),  # RFC 3966, 6
        ("tel: 030 123456", "DE", "+4930123456"),
        ("whatsapp:+491701230600", "US", "+491701230600"),
        ("491701230600@s.whatsapp.net", "US", "+491701230600"),
    ],
)
def test_a_number_is_read_in_its_region(told: str, region: str, number: str) -> None:
    assert normalise_phone(told, region) == number


@pytest.mark.parametrize(
    ("told", "region", "number"),
    [
        ("491701230600", "DE", "+491701230600"),
        ("491701230600", "US", "+491701230600"),
        ("493012345678", "DE", "+493012345678"),
        ("33612345678", "DE", "+33612345678"),
        ("447911123456", "DE", "+447911123456"),
        ("447911123456", "US", "+447911123456"),
        ("14155552671", "DE", "+14155552671"),
        ("905321234567", "DE", "+905321234567"),
        ("436641234567", "AT", "+436641234567"),
        ("393331234567", "IT", "+393331234567"),
        ("390612345678", "DE", "+390612345678"),
        ("00 49 170 1230600", "DE", "+491701230600"),
        ("0049 170 1230600", "US", "+491701230600"),
        ("011 49 170 1230600", "US", "+491701230600"),
        ("011 49 170 1230600", "DE", "+491701230600"),
    ],
)
def test_an_international_number_needs_no_plus(told: str, region: str, number: str) -> None:
    assert normalise_phone(told, region) == number


@pytest.mark.parametrize(
    ("told", "region", "number"),
    [
        ("0330 1234567", "DE", "+493301234567"),
        ("01701230600", "DE", "+491701230600"),
        ("1701230600", "DE", "+491701230600"),
        ("04512345678", "DE", "+494512345678"),
        ("4512345678", "DE", "+494512345678"),
        ("9161234567", "RU", "+79161234567"),
        ("89161234567", "RU", "+79161234567"),
        ("3331234567", "IT", "+393331234567"),
        ("4155552671", "US", "+14155552671"),
    ],
)
def test_a_national_number_that_begins_like_a_country_code_stays_national(told: str, region: str, number: str) -> None:
    assert normalise_phone(told, region) == number


@pytest.mark.parametrize(
    "told",
    [
        "+1 415 555 0199 ext. 11",
        "+1 415 555 0199 x11",
        "+1 415 555 0199 #11",
        "+1 (415) 555-0199 extension 11",
        "tel:+1-415-555-0199;ext=11",
        "+14155550199;ext=11",
        "+1 415 555 0199 Durchwahl 11",
    ],
)
def test_an_extension_is_part_of_a_number(told: str) -> None:
    assert normalise_phone(told, "DE") == "+14155550199;ext=11"


@pytest.mark.parametrize(
    ("told", "region"),
    [
        ("+52 1 55 1234 5678", "DE"),
        ("+52 55 1234 5678", "DE"),
        ("5215512345678", "DE"),
        ("55 1234 5678", "MX"),
        ("044 55 1234 5678", "MX"),
        ("045 55 1234 5678", "MX"),
    ],
)
def test_a_mexican_number_has_no_1(told: str, region: str) -> None:
    assert normalise_phone(told, region) == "+525512345678"


@pytest.mark.parametrize(
    ("told", "region"),
    [
        ("+54 9 11 2345 6789", "DE"),
        ("+54 11 15 2345 6789", "DE"),
        ("+54 11 2345 6789", "DE"),
        ("011 15-2345-6789", "AR"),
        ("11 2345-6789", "AR"),
        ("5491123456789", "DE"),
    ],
)
def test_an_argentine_number_has_no_9(told: str, region: str) -> None:
    assert normalise_phone(told, region) == "+541123456789"


@pytest.mark.parametrize("told", ["", "12", "abc", "4.91701E+11", "+49", "555-0199", "+999999999999999", "tel:;ext=1"])
def test_what_lacks_digits_is_no_number(told: str) -> None:
    assert normalise_phone(told, "US") is None


def test_a_region_without_telephones_reads_international_numbers_alone() -> None:
    assert normalise_phone("+4930123456", "AQ") == "+4930123456"
    assert normalise_phone("030 123456", "AQ") is None


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_example_numbers_of_each_region_are_the_same_in_every_notation(region: str) -> None:
    """By libphonenumber's own table."""
    for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None:
            normal = normalise_phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), "DE")
            assert normal is not None
            for notation in (
                phonenumbers.PhoneNumberFormat.INTERNATIONAL,
                phonenumbers.PhoneNumberFormat.NATIONAL,
                phonenumbers.PhoneNumberFormat.RFC3966,
            ):
                assert normalise_phone(phonenumbers.format_number(number, notation), region) == normal
            assert normalise_phone(normal, "US") == normal


@settings(max_examples=300)
@given(st.text("0123456789+() -/.x#abc", max_size=20), st.sampled_from(["DE", "US", "AR", "MX", "IT", "FR", "AQ"]))
def test_a_normal_form_is_its_own(told: str, region: str) -> None:
    normal = normalise_phone(told, region)
    assert normal is None or normalise_phone(normal, "DE") == normalise_phone(normal, "US") == normal
