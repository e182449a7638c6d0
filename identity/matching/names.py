"""Names of people as they are written: in parts or in one text, with titles, suffixes, call names and maiden names."""

# ruff: noqa: RUF001  # quotation marks of other languages look like ASCII ones

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from identity.matching.text import words

_TITLE_WORDS = """
    mr mrs ms miss mx dr prof professor sir dame lady lord rev reverend herr frau hr fr dipl ing mag sr sra srta senor
    senora senorita monsieur madame mme mlle signor signora sig dott dottssa avv hon honourable capt
    captain col gen sgt baron baronet bt baroness count countess earl duke duchess viscount viscountess
    marquess marquis of the and mevr dhr mgr inz
"""
_TITLES = frozenset(_TITLE_WORDS.split())
_TITLES_AND_NAMES = frozenset({"earl", "duke", "baron", "marquis"})
_DEGREES = frozenset({"phd", "md", "mba", "dds", "esq", "cpa", "dvm", "obe", "mbe", "cbe", "msc", "bsc", "llm"})

_SUFFIXES = {
    "sr": "1", "snr": "1", "senior": "1", "sen": "1", "pere": "1", "i": "1", "1st": "1", "aeltere": "1", "starszy": "1",
    "jr": "2", "jnr": "2", "junior": "2", "jun": "2", "fils": "2", "filho": "2", "hijo": "2", "ii": "2", "2nd": "2",
    "juengere": "2", "mlodszy": "2", "jra": "2",
    "iii": "3", "3rd": "3", "neto": "3", "nieto": "3",
    "iv": "4", "4th": "4",
}  # fmt: skip
"""Which of a line of namesakes somebody is: the first, the second ..."""
_SUFFIX_PHRASES = (
    (re.compile(r"\bd(?:er|ie)?\.?\s*(?:j(?:ü|ue)ngere|j)\.?\s*$", re.IGNORECASE), "2"),
    (re.compile(r"\bd(?:er|ie)?\.?\s*(?:(?:ä|ae)ltere|ä)\.?\s*$", re.IGNORECASE), "1"),
    (re.compile(r"\bthe\s+(?:younger|2nd|second)\s*$", re.IGNORECASE), "2"),
    (re.compile(r"\bthe\s+(?:elder|1st|first)\s*$", re.IGNORECASE), "1"),
)
_SUFFIXES_AND_NAMES = frozenset({
    "sen", "jun", "junior", "senior", "pere", "fils", "filho", "hijo", "neto", "nieto", "jra",
})  # fmt: skip

_PARTICLE_WORDS = """
    van von der den de del della dello degli di da do dos das du la le las los ten ter te vom zu zum zur af av bin ibn
    y e mc mac o st saint san d
"""
PARTICLES = frozenset(_PARTICLE_WORDS.split())
"""Words of a surname that go before it, and say little themselves."""
_OPENING = PARTICLES - {"y", "e", "d", "o", "st", "san", "saint", "da"} | {"da", "mc", "mac"}
_SONS = frozenset({"mc", "mac"})
_JOINED = (
    "vander", "vanden", "vande", "van", "vonder", "vonden", "von", "dela", "delos", "delas", "della", "del", "di",
    "de", "du", "la", "le", "ter", "ten",
)  # fmt: skip

_CALL_NAME = re.compile(r"[\"“”„«»]([^\"“”„«»]+)[\"“”„«»]|\(([^()]*)\)|(?<!\w)['‘]([^'’]+)['’](?!\w)")
_MAIDEN = re.compile(
    r"[\s,(]+(?:n(?:é|ée|ee)\b\.?|geb\.?\s|geborene?\b|born\b|roz\.\s|z\s+domu\b|nacida\b|nata\b|f\.\s?k\.\s?a\.)"
    r"\s*([^,()]+)\)?",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_INITIALS_LENGTH, _LEAST_CAPITALS, _WORDS_WITH_SUFFIX = 2, 2, 2
_VOWELS = frozenset("aeiouy")
_NO_INITIALS = frozenset({"md", "ng", "mc", "st"})


class PersonName(NamedTuple):
    """A name, Latin and in lower case.

    Attributes:
        given: given names and call names, the first one first.
        surname: words of the family name, joined by spaces.
        former: the same of other family names: a maiden name.
        suffix: ``1`` for senior, ``2`` for junior and II, and so on; empty where none is told.
    """

    given: tuple[str, ...] = ()
    surname: str = ""
    former: tuple[str, ...] = ()
    suffix: str = ""


class _Part(NamedTuple):
    words: tuple[str, ...]
    suffix: str = ""
    former: tuple[str, ...] = ()


_NOTHING = _Part(())


@lru_cache(maxsize=100_000)
def name_words(value: str) -> tuple[str, ...]:
    """Return the words of a name without titles, and without what starts with a digit (the 2nd)."""
    found = (_DIGITS.sub("", word) for word in words(value) if not word[0].isdigit())
    return tuple(word for word in found if word and word not in _TITLES)


def suffix_of(value: str) -> str:
    """Return which of a line of namesakes a text says, as :class:`PersonName` has it; empty where it says none."""
    found = words(value)
    return _SUFFIXES.get(found[-1], "") if found else ""


def read_name(traits: Mapping[str, str]) -> PersonName:
    """Return the name that traits tell; a full name tells what the parts do not.

    The words of a full name that are neither the first name nor the surname are middle names. Where the parts are
    missing, see :func:`read_full_name`.

    Args:
        traits: ``first_name``, ``middle_name``, ``last_name`` or ``surname``, ``full_name`` or ``name``,
            ``maiden_name`` or ``birth_name``, ``suffix``, ``name_suffix`` or ``generation``.
    """
    first = _part(traits.get("first_name") or traits.get("given_name") or "")
    last = _part(traits.get("last_name") or traits.get("surname") or traits.get("family_name") or "")
    middle = _part(traits.get("middle_name", ""))
    text = traits.get("full_name") or traits.get("name") or ""
    whole = read_full_name(text) if text else PersonName()
    told = suffix_of(traits.get("suffix") or traits.get("name_suffix") or traits.get("generation") or "")
    maiden = _surname(_part(traits.get("maiden_name") or traits.get("birth_name") or "").words)
    given, surname = _combined(_initials(first.words), middle.words, last.words, whole)
    former = {maiden, *first.former, *last.former, *whole.former} - {"", surname}
    return PersonName(
        given, surname, tuple(sorted(former)), told or last.suffix or first.suffix or middle.suffix or whole.suffix
    )


def _combined(
    first: tuple[str, ...], middle: tuple[str, ...], last: tuple[str, ...], whole: PersonName
) -> tuple[tuple[str, ...], str]:
    """Return given names and surname out of the parts and the full name."""
    in_whole = (*whole.given, *whole.surname.split())
    if not in_whole:
        return (*first, *middle), _surname(last)
    if first and last:
        told = {*first, *last, *middle}
        return (*first, *middle, *(word for word in in_whole if word not in told)), _surname(last)
    if first:
        rest = tuple(word for word in in_whole if word not in first)
        if set(whole.surname.split()).isdisjoint(first):
            return (*first, *middle, *(word for word in whole.given if word not in first)), whole.surname
        return (*first, *middle, *rest[:-1]), "".join(rest[-1:])
    if last:
        return (*(word for word in in_whole if word not in last), *middle), _surname(last)
    return (*whole.given, *middle), whole.surname


@lru_cache(maxsize=100_000)
def read_full_name(text: str) -> PersonName:
    """Return the parts of a name in one text.

    The surname stands before a comma (Smith, John), or in capitals (SMITH John), or is the last word with the particles
    before it (Anna van der Berg). Call names in quotes or brackets are further given names.
    """
    former = tuple(filter(None, (_surname(name_words(found)) for found in _MAIDEN.findall(text))))
    text = _MAIDEN.sub(" ", text)
    calls = [word for groups in _CALL_NAME.findall(text) for word in name_words(" ".join(groups))]
    text = _CALL_NAME.sub(" ", text)
    text, suffix = _without_phrase(text)
    before, *behind = [found for found in text.split(",") if words(found)] or [""]
    kept = []
    for found in behind:
        if only := _only_suffix(found):
            suffix = suffix or only
        elif not _DEGREES.issuperset(words(found)):
            kept.append(found)
    if kept:
        surname, given = _part(before), _part(" ".join(kept))
        suffix = suffix or surname.suffix or given.suffix
        return PersonName((*_initials(given.words), *calls), _surname(surname.words), former, suffix)
    whole = _part(before, _WORDS_WITH_SUFFIX + 1)
    given_words, surname_words = _divided(whole.words, before)
    suffix = suffix or whole.suffix
    return PersonName((*_initials(given_words), *calls), _surname(surname_words), former, suffix)


def surname_core(surname: str) -> tuple[str, ...]:
    """Return the words of a surname that are no particles; all of them where it has no others."""
    found = tuple(surname.split())
    return tuple(word for word in found if word not in PARTICLES) or found


def same_surname(one: str, other: str) -> bool:
    """Whether two surnames are one, however its words are parted: Mc Donald and McDonald."""
    return one == other or ((" " in one or " " in other) and one.replace(" ", "") == other.replace(" ", ""))


def share_surname(one: str, other: str) -> bool:
    """Whether two surnames have a word in common that is no particle, or differ in particles alone.

    One half of a double name, as Garcia of Garcia Lopez; or Vanderberg, van der Berg and Berg.
    """
    if " " in one or " " in other:
        return not set(surname_core(one)).isdisjoint(surname_core(other))
    left, right = (one, other) if len(one) > len(other) else (other, one)
    rest = left.removesuffix(right)
    return rest != left and rest in _JOINED


@lru_cache(maxsize=100_000)
def _part(value: str, least: int = _WORDS_WITH_SUFFIX) -> _Part:
    """Return the words of a part of a name, and the suffix and maiden name that stand in it.

    Args:
        value: as it was told.
        least: words that it has where the last one is a suffix though it may be a name: Souza Filho, but Amartya Sen.
    """
    if not value:
        return _NOTHING
    former: tuple[str, ...] = ()
    if maiden := _MAIDEN.search(value):
        former = (_surname(name_words(maiden[1])),)
        value = value[: maiden.start()]
    value, suffix = _without_phrase(value)
    found = words(value)
    while len(found) > 1 and (found[-1] in _DEGREES or _is_suffix(found, least)):
        suffix = suffix or _SUFFIXES.get(found[-1], "")
        found.pop()
    text = " ".join(found)
    if len(found) == least - 1 and found[0] in _TITLES_AND_NAMES:
        return _Part((found[0], *name_words(" ".join(found[1:]))), suffix, former)
    return _Part(name_words(text), suffix, former)


def _is_suffix(found: Sequence[str], least: int) -> bool:
    """Whether the last of some words is a suffix; one that may be a name only among so many words."""
    last = found[-1]
    return last in _SUFFIXES and last != "i" and (last not in _SUFFIXES_AND_NAMES or len(found) >= least)


def _only_suffix(text: str) -> str:
    found = [word for word in words(text) if word not in _DEGREES]
    return _SUFFIXES.get(found[0], "") if len(found) == 1 else ""


def _without_phrase(text: str) -> tuple[str, str]:
    for phrase, suffix in _SUFFIX_PHRASES:
        if found := phrase.search(text):
            return text[: found.start()], suffix
    return text, ""


def _initials(given: tuple[str, ...]) -> tuple[str, ...]:
    """Return given names with two initials written as one word parted: JR, TJ."""
    first = given[0] if given else ""
    if len(first) == _INITIALS_LENGTH and first not in _NO_INITIALS and (_VOWELS.isdisjoint(first) or first == "aj"):
        return (*given[0], *given[1:])
    return given


def _divided(found: tuple[str, ...], written: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return given names and surname of the words of a name without a comma."""
    if len(found) < _LEAST_CAPITALS:
        return found, ()
    capitals = [word for text in written.split() if _is_capitals(text) for word in name_words(text)]
    if 0 < len(capitals) < len(found):
        size = len(capitals)
        if found[:size] == tuple(capitals):
            return found[size:], found[:size]
        if found[-size:] == tuple(capitals):
            return found[:-size], found[-size:]
    if found[0] in _SONS:
        return (), found
    start = next((place for place, word in enumerate(found[1:-1], start=1) if word in _OPENING), len(found) - 1)
    return found[:start], found[start:]


def _is_capitals(word: str) -> bool:
    letters = [sign for sign in word if sign.isalpha()]
    if len(letters) < _LEAST_CAPITALS or "." in word or word != word.upper():
        return False
    return len(_initials(name_words(word))) == 1


def _surname(found: Sequence[str]) -> str:
    return " ".join(found)
