"""What is compared of a record: a few short texts, normalised once when the record is made."""

from collections.abc import Iterable, Mapping

import msgspec

from identity.matching.addresses import Address, city_name, postcode_of, read_address, state_code, state_region
from identity.matching.dates import BirthDate, read_birth_date
from identity.matching.names import read_name
from identity.matching.text import compact, latin, words
from identity.regions import told_region

_THINGS = frozenset({"cookie", "device_id", "advertising_id"})
"""Types of identifiers that name a thing: random signs, which nobody mistypes and which resemble nothing."""

_NUMBER_TRAITS = ("national_id", "social_security_number", "ssn", "tax_id", "passport_number")
BIRTH_TRAITS = ("birth_date", "date_of_birth", "birthdate", "birthday", "dob", "birth_year")
"""Traits that tell a birth date, the first one that is told counts."""
_ADDRESS_TRAITS = ("street", "address", "full_address", "address_line1")
_POSTCODE_TRAITS = ("postcode", "postal_code", "zip", "zip_code", "zipcode")
_CITY_TRAITS = ("city", "town")
_STATE_TRAITS = ("state", "province", "state_code")
_UNIT_TRAITS = ("unit", "apartment")
_FEMALE, _MALE = frozenset({"f", "female", "w", "woman", "weiblich"}), frozenset({"m", "male", "man", "maennlich"})
_LEAST_FACTS = 2


class MatchRecord(msgspec.Struct, array_like=True, frozen=True):
    """The comparable facts of one record; empty is unknown.

    Attributes:
        given: given names, Latin and in lower case, the first one first.
        surname: words of the family name, joined by spaces.
        born: YYYYMMDD, 00 for what is not told.
        street: name of the street without spaces.
        house: house number.
        postcode: letters and digits alone.
        city: town of the address, without spaces.
        birth_place: the same of the birth.
        gender: ``f``, ``m`` or as it came.
        occupation: without spaces.
        emails: normalised addresses.
        phones: numbers in E.164 form.
        numbers: other identifiers that name a person, as ``type:value``.
        born_also: what else the birth date may mean, in the same form.
        former: other family names, such as a maiden name.
        suffix: ``1`` for senior, ``2`` for junior and II, and so on.
        unit: which flat of the house.
        state: code of the state or province, or its name without spaces.
    """

    given: tuple[str, ...] = ()
    surname: str = ""
    born: str = ""
    street: str = ""
    house: str = ""
    postcode: str = ""
    city: str = ""
    birth_place: str = ""
    gender: str = ""
    occupation: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    born_also: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    suffix: str = ""
    unit: str = ""
    state: str = ""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(MatchRecord)


def encode_record(record: MatchRecord | None) -> bytes:
    """Return the stored form of a record; nothing where there is none."""
    return b"" if record is None else _encoder.encode(record)


def decode_record(data: bytes) -> MatchRecord:
    """Return a record from its stored form."""
    return _decoder.decode(data)


def match_record(
    traits: Mapping[str, str], identifiers: Iterable[tuple[str, str]], region: str = ""
) -> MatchRecord | None:
    """Return what is compared of a record.

    Args:
        traits: of a profile, by name; names that are not known here do not count.
        identifiers: types and normalised values of what stands on the same record, without the mailboxes of offices.
        region: ISO 3166 alpha-2 code of where dates are written that tell no country and show none; empty where nobody
            knows.

    Returns:
        None where there is too little to match on: no name, or nothing beside one.
    """
    name = read_name(traits)
    address = _address(traits)
    born = _birth_date(traits, address.region or region)
    emails, phones, numbers = _identifiers(traits, identifiers)
    record = MatchRecord(
        given=name.given,
        surname=name.surname,
        born=born.born,
        street=address.street,
        house=address.house,
        postcode=address.postcode,
        city=address.city,
        birth_place=city_name(traits.get("birth_place", "")),
        gender=_gender(traits.get("gender", "")),
        occupation=compact(traits.get("occupation", "")),
        emails=emails,
        phones=phones,
        numbers=numbers,
        born_also=born.also,
        former=name.former,
        suffix=name.suffix,
        unit=address.unit,
        state=address.state,
    )
    return record if _enough(record) else None


def name_and_birth(traits: Mapping[str, str], region: str = "") -> tuple[str, str] | None:
    """Return the first given name and the birth date that traits tell, as a record has them; None without a name.

    A birth date that may mean several days is none here.

    Args:
        traits: of a touchpoint.
        region: as in :func:`match_record`.
    """
    given = read_name(traits).given
    if not given:
        return None
    born = _birth_date(traits, _address(traits).region or region)
    return given[0], "" if born.also else born.born


def _first(traits: Mapping[str, str], names: Iterable[str]) -> str:
    return next((value for name in names if (value := traits.get(name))), "")


def _birth_date(traits: Mapping[str, str], region: str) -> BirthDate:
    return read_birth_date(_first(traits, BIRTH_TRAITS), region)


def _address(traits: Mapping[str, str]) -> Address:
    """Return the address: what has a trait of its own, else what the text of the street or of the whole tells."""
    lines = [read_address(value) for name in _ADDRESS_TRAITS if (value := traits.get(name))]
    written = next((line for line in lines if line.street), Address())
    state = state_code(_first(traits, _STATE_TRAITS))
    shown = (line.region for line in lines if line.region)
    region = told_region(traits) or state_region(state) or next(shown, "")
    city, postcode = _told_place(_first(traits, _CITY_TRAITS), _first(traits, _POSTCODE_TRAITS))
    return Address(
        street=written.street,
        house=compact(traits.get("house_number", "")) or written.house,
        unit=compact(_first(traits, _UNIT_TRAITS)) or written.unit,
        city=city_name(city) or next((line.city for line in lines if line.city), ""),
        state=state or next((line.state for line in lines if line.state), ""),
        postcode=postcode_of(postcode, region) or next((line.postcode for line in lines if line.postcode), ""),
        region=region,
    )


def _told_place(city: str, postcode: str) -> tuple[str, str]:
    """Return town and postcode, also where each stands in the other one's field."""
    if _has_digits(city) and postcode and not _has_digits(postcode):
        return postcode, city
    return city, postcode


def _has_digits(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


def _enough(record: MatchRecord) -> bool:
    if not record.given and not record.surname:
        return False
    facts = (
        bool(record.given) + bool(record.surname),
        bool(record.born),
        bool(record.street or record.postcode),
        bool(record.city or record.birth_place),
        bool(record.emails),
        bool(record.phones),
        bool(record.numbers),
    )
    return sum(facts) >= _LEAST_FACTS


def _identifiers(
    traits: Mapping[str, str], identifiers: Iterable[tuple[str, str]]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    emails, phones, numbers = set(), set(), set()
    for kind, value in identifiers:
        if kind == "email":
            emails.add(value)
        elif kind == "phone":
            phones.add(value)
        elif kind not in _THINGS:
            numbers.add(f"{kind}:{compact(value)}")
    for name in _NUMBER_TRAITS:
        if number := compact(traits.get(name, "")):
            numbers.add(f"{name}:{number}")
    return tuple(sorted(emails)), tuple(sorted(phones)), tuple(sorted(numbers))


def _gender(value: str) -> str:
    found = "".join(words(latin(value)))
    if found in _FEMALE:
        return "f"
    return "m" if found in _MALE else found
