"""Blocks: records that share a key are compared with each other, all others never.

Many small blocks find more than a few broad rules: each key is a combination of two or three facts of which a slip
seldom spoils all. Words of a name count whatever their role, so swapped names meet too.
"""

import hashlib
from collections.abc import Iterator
from itertools import combinations

from identity.matching.names import PARTICLES, surname_core
from identity.matching.nicknames import long_form
from identity.matching.records import MatchRecord
from identity.matching.text import sound

KEY_BYTES = 8
DEFAULT_BLOCK_CAP = 60
"""Records in a block; of a larger one nothing is compared."""

_NAME_WORDS = 4
_PREFIX = 3
_ROAD = 5
_PHONE_TAIL = 7
_NUMBER_HALF = 5


def block_keys(record: MatchRecord, key: bytes) -> tuple[bytes, ...]:
    """Return the keys of a record's blocks, in order of size of number and each once.

    Args:
        record: what is compared.
        key: up to 64 secret bytes; without it, a block's key cannot be turned back by trying values.
    """
    found = set()
    for parts in _combinations(record):
        text = "\x00".join(parts).encode("utf-8", "surrogatepass")
        found.add(hashlib.blake2b(text, digest_size=KEY_BYTES, key=key, person=b"onefold.block").digest())
    return tuple(sorted(found))


def _combinations(record: MatchRecord) -> Iterator[tuple[str, ...]]:
    """Yield the facts behind each key: what kind of combination, then the facts."""
    given = [long_form(name) for name in record.given]
    surnames = list(surname_core(record.surname))
    joined = [record.surname.replace(" ", "")] if PARTICLES.intersection(record.surname.split()) else []
    family = (*surnames[-2:], *joined, *record.former)
    sounds = sorted({sound(word) for word in (*given[: _NAME_WORDS - 1], *family) if len(word) > 1})
    pairs = list(combinations(sounds, 2))
    for born in (record.born, *record.born_also):
        yield from _by_date(record, born, sounds, pairs)
    yield from _by_address(record, sounds, pairs)
    yield from _by_names(given, surnames, pairs, record)
    yield from _by_identifiers(record, given)


def _by_date(
    record: MatchRecord, born: str, sounds: list[str], pairs: list[tuple[str, str]]
) -> Iterator[tuple[str, ...]]:
    if not born:
        return
    year, month, day = born[:4], born[4:6], born[6:]
    for one in sounds:
        yield "word date", one, year, *sorted((month, day))
    for one, other in pairs:
        yield "words year", one, other, year
        yield "words day", one, other, *sorted((month, day))
    for place in {record.postcode[:_PREFIX], record.city, record.birth_place} - {""}:
        yield "date place", born, place
    if record.given:
        yield "start date", record.given[0][0], born
    if record.surname:
        yield "start date", record.surname[0], born
        heard = sound(record.surname.split()[-1])
        yield "surname month", heard, born[:6]
        yield "surname day", heard, year, born[6:]
        yield "surname birthday", heard, *sorted((month, day))
    if record.given and record.surname:
        yield "starts date", record.given[0][0], record.surname[:_PREFIX], born
        yield "given year end", record.given[0][:_PREFIX], year, record.surname[-_PREFIX:]


def _by_address(record: MatchRecord, sounds: list[str], pairs: list[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
    for one in sounds:
        if record.postcode:
            yield "word postcode", one, record.postcode
        if record.street:
            yield "word road", one, record.street[:_ROAD]
        if record.street and record.house:
            yield "word street", one, sound(record.street), record.house
    places = {record.postcode[:_PREFIX], record.city, record.birth_place} - {""}
    for one, other in pairs:
        for place in places:
            yield "words place", one, other, place
    if record.house:
        yield from _by_house(record)
    if record.postcode and record.born:
        yield "postcode month", record.postcode, record.born[:6]
        yield "postcode day", record.postcode, record.born[4:]


def _by_house(record: MatchRecord) -> Iterator[tuple[str, ...]]:
    """Yield what finds the people of a house, also where no name is spelled or told as elsewhere."""
    if record.postcode and record.given:
        yield "start house", record.given[0][0], record.postcode, record.house
    if record.street:
        for place in {record.postcode[:_PREFIX], record.city} - {""}:
            yield "house place", sound(record.street), record.house, place
        if record.born:
            yield "house year", record.street[:_PREFIX], record.house, record.born[:4]


def _by_names(
    given: list[str], surnames: list[str], pairs: list[tuple[str, str]], record: MatchRecord
) -> Iterator[tuple[str, ...]]:
    for one, other in pairs:
        yield "words", one, other
    if record.given and surnames:
        yield "names", record.given[0], record.surname
        if record.postcode:
            yield "starts place", given[0][:_PREFIX], surnames[-1][:_PREFIX], record.postcode[:_PREFIX]


def _by_identifiers(record: MatchRecord, given: list[str]) -> Iterator[tuple[str, ...]]:
    start = given[0][0] if given else ""
    for email in record.emails:
        yield "email", email
        local = email.partition("@")[0]
        yield "local part", "".join(sign for sign in local if sign.isalnum())
    for phone in record.phones:
        yield "phone", phone[-_PHONE_TAIL:]
        yield "phone head", phone[:-2], start
    for number in record.numbers:
        yield "number", number
        value = number.partition(":")[2]
        if len(value) > _NUMBER_HALF:
            yield "number head", value[:_NUMBER_HALF], start
            yield "number tail", value[-_NUMBER_HALF:], start
