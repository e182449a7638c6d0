"""What is compared of a record: a few short texts, normalised once when the record is made."""

from collections.abc import Iterable, Mapping

import msgspec

from identity.matching.text import compact, date_digits, latin, name_words, street_and_house, words

_THINGS = frozenset({"cookie", "device_id", "advertising_id"})
"""Types of identifiers that name a thing: random signs, which nobody mistypes and which resemble nothing."""

_NUMBER_TRAITS = ("national_id", "social_security_number", "ssn", "tax_id", "passport_number")
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


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(MatchRecord)


def encode_record(record: MatchRecord | None) -> bytes:
    """Return the stored form of a record; nothing where there is none."""
    return b"" if record is None else _encoder.encode(record)


def decode_record(data: bytes) -> MatchRecord:
    """Return a record from its stored form."""
    return _decoder.decode(data)


def match_record(traits: Mapping[str, str], identifiers: Iterable[tuple[str, str]]) -> MatchRecord | None:
    """Return what is compared of a record.

    Args:
        traits: of a profile, by name; names that are not known here do not count.
        identifiers: types and normalised values of what stands on the same record.

    Returns:
        None where there is too little to match on: no name, or nothing beside one.
    """
    given, surname = _names(traits)
    emails, phones, numbers = _identifiers(traits, identifiers)
    street, house = street_and_house(traits.get("street") or traits.get("address") or "")
    record = MatchRecord(
        given=given,
        surname=surname,
        born=date_digits(traits.get("birth_date", "")),
        street=street,
        house=compact(traits.get("house_number", "")) or house,
        postcode=compact(traits.get("postcode") or traits.get("postal_code") or ""),
        city=compact(traits.get("city", "")),
        birth_place=compact(traits.get("birth_place", "")),
        gender=_gender(traits.get("gender", "")),
        occupation=compact(traits.get("occupation", "")),
        emails=emails,
        phones=phones,
        numbers=numbers,
    )
    return record if _enough(record) else None


def name_and_birth(traits: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the first given name and the birth date that traits tell, as a record has them; None without a name."""
    given, _ = _names(traits)
    return (given[0], date_digits(traits.get("birth_date", ""))) if given else None


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


def _names(traits: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """Return given names and surname; a full name tells what the parts do not.

    The words of a full name that are neither the first name nor the surname are middle names. Where the parts are
    missing, the last word is the surname, or all before a comma.
    """
    first = name_words(traits.get("first_name", ""))
    last = name_words(traits.get("last_name") or traits.get("surname") or "")
    middle = name_words(traits.get("middle_name", ""))
    text = traits.get("full_name") or traits.get("name") or ""
    if not text:
        return (*first, *middle), " ".join(last)
    if first and last:
        told = {*first, *last, *middle}
        return (*first, *middle, *(word for word in name_words(text) if word not in told)), " ".join(last)
    if first or last:
        rest = [word for word in name_words(text) if word not in (*first, *last)]
        return ((*first, *middle, *rest[:-1]), "".join(rest[-1:])) if first else ((*rest, *middle), " ".join(last))
    before, comma, behind = text.partition(",")
    if comma and behind.strip():
        return tuple(name_words(behind)), " ".join(name_words(before))
    whole = name_words(text)
    return (tuple(whole[:-1]), whole[-1]) if len(whole) > 1 else (tuple(whole), "")


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
