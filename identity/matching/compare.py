"""How alike two records are: a level for each comparison, before any weight."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from rapidfuzz.distance import OSA, JaroWinkler

from identity.matching.addresses import BOX, same_street
from identity.matching.names import same_surname, share_surname
from identity.matching.nicknames import of_man_and_woman, same_by_nickname, which_is_untold
from identity.matching.records import MatchRecord
from identity.matching.text import sound

MISSING = -1
"""One side, or both, do not tell; counts for nothing."""

LEVELS: dict[str, tuple[str, ...]] = {
    "given": ("different", "initial", "other_name", "similar", "by_ear", "near", "nickname", "exact", "exchanged"),
    "middle": ("different", "initial", "similar", "exact"),
    "surname": ("different", "other_name", "part", "similar", "by_ear", "near", "exact"),
    "born": ("different", "generation", "year", "alike", "two_parts", "partial", "swapped", "near", "exact"),
    "address": (
        "different",
        "city",
        "area",
        "near_postcode",
        "other_house",
        "street",
        "city_alone",
        "city_near_postcode",
        "postcode",
        "house",
    ),
    "birth_place": ("different", "similar", "exact"),
    "gender": ("different", "exact"),
    "occupation": ("different", "similar", "exact"),
    "email": ("different", "local_part", "near", "exact"),
    "phone": ("different", "near", "exact"),
    "number": ("different", "near", "exact"),
    "suffix": ("different", "one_side", "neither", "exact"),
}
"""The levels of each comparison, the least alike first; in the order of a pattern."""

COMPARISONS = tuple(LEVELS)
OF_NAMES = ("given", "middle", "surname", "gender")
"""The comparisons of names, and the one that counts where these are not alike."""
_LEVEL: dict[str, dict[str, int]] = {
    name: {level: place for place, level in enumerate(levels)} for name, levels in LEVELS.items()
}

_G, _M, _S, _B, _A = (_LEVEL[name] for name in ("given", "middle", "surname", "born", "address"))
_NEAR_LENGTH, _SHORT_LENGTH = 3, 3
_SIMILAR = 0.88
_SAME_STREET = 0.92
_AREA = 3
_YEAR, _MONTH, _NO_PART = 4, 6, "00"
_ID_LENGTH = 6
_OWN_SIGNS = 3
_SPOKEN_LENGTH, _SPOKEN_APART, _ALIKE_BY_EAR = 3, 2, 0.7
_ALIKE_SLIPS = 2
_GENERATION = (15, 60)
"""Years between parents or grandparents and children of their name."""
_OTHER_BIRTHS = ("different", "generation")
_NAMES_KNOWN = 20_000
"""Pairs of names whose likeness is remembered: the frequent ones meet all the time."""


class Comparison(NamedTuple):
    """What came of one comparison.

    Attributes:
        level: place in :data:`LEVELS`, or :data:`MISSING`.
        one: the value that was compared of one record, for its frequency; empty where that does not count.
        other: of the other record.
    """

    level: int
    one: str = ""
    other: str = ""


_UNTOLD = Comparison(MISSING)
_DIFFERENT = Comparison(0)
_EXCHANGED = Comparison(_G["exchanged"])
_BORN = {level: Comparison(place) for level, place in _B.items()}
_HOUSE, _STREET, _CITY_NEAR_POSTCODE, _NEAR_POSTCODE, _SAME_AREA, _ELSEWHERE = (
    Comparison(_A[level]) for level in ("house", "street", "city_near_postcode", "near_postcode", "area", "different")
)

_OTHER_SUFFIX, _ONE_SUFFIX, _NO_SUFFIX, _SAME_SUFFIX = (
    Comparison(_LEVEL["suffix"][level]) for level in ("different", "one_side", "neither", "exact")
)


def are_two_people(persons: Sequence[tuple[str, str]]) -> bool:
    """Whether given names and birth dates cannot all be one person's: two are told, and have nothing in common.

    Args:
        persons: given name, and YYYYMMDD or nothing, as a record has them.
    """
    for (name, born), (other, other_born) in combinations(persons, 2):
        if _given_level(name, other) == _G["different"]:
            return True
        if born and other_born and _born_level(born, other_born) in _OTHER_BIRTHS:
            return True
    return False


def compare(one: MatchRecord, other: MatchRecord) -> tuple[Comparison, ...]:
    """Return a comparison each, in the order of :data:`COMPARISONS`; the same levels whichever record comes first."""
    given, middle, surname, gender = compare_names(one, other)
    born, address, birth_place, *others = compare_others(one, other)
    return given, middle, surname, born, address, birth_place, gender, *others


def compare_names(one: MatchRecord, other: MatchRecord) -> tuple[Comparison, Comparison, Comparison, Comparison]:
    """Return the comparisons of :data:`OF_NAMES`, in its order."""
    given, middle, surname = _names(one, other)
    return given, middle, surname, _gender(one.gender, other.gender) if given.level < _G["near"] else _UNTOLD


def compare_others(one: MatchRecord, other: MatchRecord) -> tuple[Comparison, ...]:
    """Return the comparisons that are not of :data:`OF_NAMES`, in their order."""
    return (
        _born(one, other),
        _address(one, other),
        _text(one.birth_place, other.birth_place),
        _text(one.occupation, other.occupation),
        _email(one, other),
        _identifiers(one.phones, other.phones),
        _identifiers(one.numbers, other.numbers),
        _suffix(one.suffix, other.suffix),
    )


def _near(one: str, other: str) -> bool:
    """Whether one slip of typing lies between two words: a letter more, less, another, or two swapped (Damerau)."""
    if max(len(one), len(other)) < _NEAR_LENGTH or not one or not other:
        return False
    return OSA.distance(one, other, score_cutoff=1) <= 1


def _similar(one: str, other: str) -> bool:
    """Whether two words are alike by the measure of Jaro and Winkler, or one is the other's beginning."""
    if min(len(one), len(other)) < _SHORT_LENGTH:
        return False
    if one.startswith(other) or other.startswith(one):
        return True
    return JaroWinkler.similarity(one, other, score_cutoff=_SIMILAR) >= _SIMILAR


def _by_ear(one: str, other: str) -> bool:
    """Whether two words sound alike and are spelled somewhat alike (Mohammed, Muhammad)."""
    shorter, longer = sorted((len(one), len(other)))
    if shorter < _SPOKEN_LENGTH or longer - shorter > _SPOKEN_APART or sound(one) != sound(other):
        return False
    return JaroWinkler.similarity(one, other, score_cutoff=_ALIKE_BY_EAR) >= _ALIKE_BY_EAR


@lru_cache(_NAMES_KNOWN)
def _alike(one: str, other: str) -> bool:
    """Whether two words are one name, perhaps with a slip, whatever their roles."""
    return one == other or _near(one, other) or _by_ear(one, other) or _similar(one, other)


@lru_cache(_NAMES_KNOWN)
def _given_level(one: str, other: str) -> int:
    if one == other:
        return _G["exact"]
    if len(one) == 1 or len(other) == 1:
        return _G["initial"] if one[0] == other[0] else _G["different"]
    if same_by_nickname(one, other):
        return _G["nickname"]
    if _near(one, other):
        return _G["near"]
    if of_man_and_woman(one, other):
        return _G["different"]
    return _alike_level(one, other)


def _alike_level(one: str, other: str) -> int:
    """Return the level of given names that are neither one name nor a slip of typing apart."""
    if _by_ear(one, other):
        return _G["by_ear"]
    return _G["similar"] if _similar(one, other) else _G["different"]


@lru_cache(_NAMES_KNOWN)
def _surname_level(one: str, other: str) -> int:
    if same_surname(one, other):
        return _S["exact"]
    if _near(one, other):
        return _S["near"]
    if share_surname(one, other):
        return _S["part"]
    if _by_ear(one, other):
        return _S["by_ear"]
    return _S["similar"] if _similar(one, other) else _S["different"]


def _names(one: MatchRecord, other: MatchRecord) -> tuple[Comparison, Comparison, Comparison]:
    """Compare given names, middle names and surnames; a word in another role than expected counts less.

    Names in each other's field are one piece of evidence: the surname is untold then, as are middle names.
    """
    if not (one.given and other.given and one.surname and other.surname):
        return _part_of_names(one, other)
    given = _as_far_as_told(_given(one.given, other.given), one, other)
    surname = _surname(one, other)
    if given.level <= _G["similar"] and surname.level <= _S["similar"] and _are_exchanged(one, other):
        return _EXCHANGED, _UNTOLD, _UNTOLD
    if surname.level == _S["different"] and (one.surname in other.given or other.surname in one.given):
        surname = surname._replace(level=_S["other_name"])
    return given, _middle(one.given[1:], other.given[1:]), surname


def _given(one: tuple[str, ...], other: tuple[str, ...]) -> Comparison:
    """Compare first given names; another one of the same person's counts less, a name written in two is one."""
    level = _given_level(one[0], other[0])
    if level <= _G["initial"] and (len(one) > 1 or len(other) > 1):
        if _are_among(one, other):
            level = _G["other_name"]
        elif level == _G["initial"] or len(one) != len(other):
            joined = _given_level("".join(one[:2]), other[0]), _given_level(one[0], "".join(other[:2]))
            level = max(level, *(found for found in joined if found >= _G["near"]), 0)
    return Comparison(level, one[0], other[0])


def _are_exchanged(one: MatchRecord, other: MatchRecord) -> bool:
    """Whether each record has its given name where the other one has its surname, also behind middle names."""
    return (_holds(one.given, other.surname) and _holds(other.given, one.surname)) and (
        _is(one.given, other.surname) or _is(other.given, one.surname)
    )


def _is(given: tuple[str, ...], surname: str) -> bool:
    return _alike(given[0], surname) or (len(given) > 1 and _alike("".join(given), surname.replace(" ", "")))


def _holds(given: tuple[str, ...], surname: str) -> bool:
    return _is(given, surname) or any(_alike(name, surname) for name in given[1:])


def _part_of_names(one: MatchRecord, other: MatchRecord) -> tuple[Comparison, Comparison, Comparison]:
    """Compare names of which a record lacks the given name or the surname; what it has may be in the wrong field."""
    given = _given(one.given, other.given) if one.given and other.given else _UNTOLD
    surname = _UNTOLD
    if one.surname and other.surname:
        surname = _surname(one, other)
    given = _as_far_as_told(given, one, other)
    if given.level <= _G["different"] and surname.level <= _S["different"]:
        given, surname = _single_name(one, other, given, surname)
    return given, _middle(one.given[1:], other.given[1:]), surname


def _are_among(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the first name of one is another name of the other, or a form of one."""
    return any(
        first == name or same_by_nickname(first, name)
        for first, names in ((one[0], other[1:]), (other[0], one[1:]))
        for name in names
    )


def _as_far_as_told(given: Comparison, one: MatchRecord, other: MatchRecord) -> Comparison:
    """Count a short form that is one of a man's name and of a woman's as an initial where no record tells which."""
    if given.level != _G["nickname"] or not which_is_untold(given.one, given.other, (one.gender, other.gender)):
        return given
    return Comparison(_G["initial"])


def _surname(one: MatchRecord, other: MatchRecord) -> Comparison:
    """Compare surnames; a former one, as before a marriage, counts as a part of the name, an initial tells little."""
    if min(len(one.surname), len(other.surname)) == 1 and one.surname != other.surname:
        return _UNTOLD if one.surname[0] == other.surname[0] else _DIFFERENT
    level = _surname_level(one.surname, other.surname)
    if level == _S["different"] and (one.former or other.former):
        pairs = [(mine, theirs) for mine in (one.surname, *one.former) for theirs in (other.surname, *other.former)]
        if any(_surname_level(*pair) >= _S["near"] for pair in pairs):
            level = _S["part"]
    return Comparison(level, one.surname, other.surname)


def _single_name(
    one: MatchRecord, other: MatchRecord, given: Comparison, surname: Comparison
) -> tuple[Comparison, Comparison]:
    """Compare a record that tells one name, which may be a surname after all, or a given name."""
    for single, whole in ((one, other), (other, one)):
        if not single.surname and len(single.given) == 1 and whole.surname:
            level = _surname_level(single.given[0], whole.surname)
            if level != _S["different"]:
                return _UNTOLD, Comparison(level, single.given[0], whole.surname)
    for single, whole in ((one, other), (other, one)):
        if not single.given and whole.given and whole.surname:
            level = _given_level(single.surname, whole.given[0])
            if level > _G["initial"]:
                return Comparison(level, single.surname, whole.given[0]), _UNTOLD
    return given, surname


def _middle(one: tuple[str, ...], other: tuple[str, ...]) -> Comparison:
    if not one or not other:
        return _UNTOLD
    for name in one:
        if name in other:
            return Comparison(_M["exact"], name, name)
    if any(_near(left, right) or same_by_nickname(left, right) for left in one for right in other):
        return Comparison(_M["similar"])
    starts = any(left[0] == right[0] for left in one for right in other if len(left) == 1 or len(right) == 1)
    return Comparison(_M["initial" if starts else "different"])


def _born(one: MatchRecord, other: MatchRecord) -> Comparison:
    """Compare birth dates; of one that may mean several days, the one that agrees."""
    if not one.born or not other.born:
        return _UNTOLD
    for born in (one.born, *one.born_also):
        if born in (other.born, *other.born_also) and not _lacks(born):
            return Comparison(_B["exact"], born, born)
    return _BORN[_born_level(one.born, other.born)]


def _lacks(born: str) -> bool:
    """Whether month or day are untold."""
    return _NO_PART in (born[_YEAR:_MONTH], born[_MONTH:])


def _level_of_told_parts(one: str, other: str) -> str:
    """Return the level of two birth dates of which one lacks month or day: what is untold differs in nothing."""
    if one[:_YEAR] != other[:_YEAR]:
        return _other_birth(one, other)
    for start, end, level in ((_MONTH, None, "near"), (_YEAR, _MONTH, "partial")):
        mine, theirs = one[start:end], other[start:end]
        if _NO_PART not in (mine, theirs):
            return level if mine == theirs else "year"
    return "partial"


def _born_level(one: str, other: str) -> str:
    return _level_of_told_parts(one, other) if _lacks(one) or _lacks(other) else _level_of_whole(one, other)


def _level_of_whole(one: str, other: str) -> str:
    year, month, day = one[:_YEAR] == other[:_YEAR], one[_YEAR:_MONTH], one[_MONTH:]
    if year and (_vague(one) or _vague(other)):
        return "partial"
    if year and (month, day) == (other[_MONTH:], other[_YEAR:_MONTH]):
        return "swapped"
    slips: int = OSA.distance(one, other, score_cutoff=_ALIKE_SLIPS)
    if slips <= 1:
        return "near"
    if year + (month == other[_YEAR:_MONTH]) + (day == other[_MONTH:]) > 1:
        return "two_parts"
    if slips <= _ALIKE_SLIPS:
        return "alike"
    return "year" if year else _other_birth(one, other)


def _other_birth(one: str, other: str) -> str:
    """Return how two dates differ that have nothing in common."""
    gap = abs(int(one[:_YEAR]) - int(other[:_YEAR]))
    return "generation" if _GENERATION[0] <= gap <= _GENERATION[1] else "different"


def _vague(born: str) -> bool:
    """Whether it is the first of January, which often stands for a day that is untold."""
    return born.endswith("0101")


@lru_cache(_NAMES_KNOWN)
def _slips_of_street(one: str, other: str) -> bool:
    """Whether two streets are one, but for slips."""
    return _near(one, other) or JaroWinkler.similarity(one, other, score_cutoff=_SAME_STREET) >= _SAME_STREET


def _address(one: MatchRecord, other: MatchRecord) -> Comparison:
    """Compare addresses by the finest part that both tell and that agrees."""
    streets = bool(one.street and other.street) and (one.street == BOX) == (other.street == BOX)
    postcodes = bool(one.postcode and other.postcode)
    cities = bool(one.city and other.city)
    if not (streets or postcodes or cities):
        return _UNTOLD
    street = streets and (same_street(one.street, other.street) or _slips_of_street(one.street, other.street))
    postcode = postcodes and one.postcode == other.postcode
    near = postcodes and not postcode and _near(one.postcode, other.postcode)
    city = cities and _alike(one.city, other.city) and not _differ(one.state, other.state)
    if street and (postcode or near or city or not (postcodes or cities)):
        if one.house == other.house != "" and not _differ(one.unit, other.unit):
            return _HOUSE
        if not postcode:
            return _STREET
    if postcode:
        level = _A["other_house" if streets and not street else "postcode"]
        return Comparison(level, one.postcode, other.postcode)
    if near:
        return _CITY_NEAR_POSTCODE if city else _NEAR_POSTCODE
    return _area(one, other, postcodes=postcodes, city=city)


def _differ(one: str, other: str) -> bool:
    """Whether both tell it, and differ."""
    return bool(one and other) and one != other


def _area(one: MatchRecord, other: MatchRecord, *, postcodes: bool, city: bool) -> Comparison:
    """Compare addresses by what is coarser than a postcode, given whether both tell one and whether cities agree."""
    if postcodes and one.postcode[:_AREA] == other.postcode[:_AREA]:
        return _SAME_AREA
    if city:
        return Comparison(_A["city" if postcodes else "city_alone"], one.city, other.city)
    return _ELSEWHERE


def _text(one: str, other: str) -> Comparison:
    if not one or not other:
        return _UNTOLD
    if one == other:
        return Comparison(2, one, other)
    return Comparison(int(_near(one, other) or _similar(one, other)))


def _gender(one: str, other: str) -> Comparison:
    return Comparison(int(one == other)) if one and other else _UNTOLD


def _suffix(one: str, other: str) -> Comparison:
    """Compare suffixes; that neither tells one counts too, since a father and his son are mostly told apart by it."""
    if one == other:
        return _SAME_SUFFIX if one else _NO_SUFFIX
    return _OTHER_SUFFIX if one and other else _ONE_SUFFIX


def _email(one: MatchRecord, other: MatchRecord) -> Comparison:
    """Compare addresses; likeness of what only repeats the name says nothing beyond the name."""
    if not one.emails or not other.emails:
        return _UNTOLD
    if not set(one.emails).isdisjoint(other.emails):
        return Comparison(3)
    levels = [(left, right, _email_level(left, right)) for left in one.emails for right in other.emails]
    if not any(level for _, _, level in levels):
        return _DIFFERENT
    best = 0
    names = sorted({*one.given, *other.given, *one.surname.split(), *other.surname.split()}, key=_longest_first)
    for left, right, found in levels:
        level = MISSING if found and _repeats_name(left, names) and _repeats_name(right, names) else found
        best = level if best == 0 else max(best, level)
    return Comparison(best)


def _email_level(one: str, other: str) -> int:
    if one.partition("@")[0] == other.partition("@")[0]:
        return 1
    return 2 if _near(one, other) else 0


def _longest_first(word: str) -> tuple[int, str]:
    return -len(word), word


def _repeats_name(email: str, names: Iterable[str]) -> bool:
    """Whether the local part of an address is made of the names, longest first, and hardly anything more."""
    rest = "".join(sign for sign in email.partition("@")[0] if sign.isalnum())
    for word in names:
        rest = rest.replace(word, "", 1)
    return len(rest) < _OWN_SIGNS


def _identifiers(one: tuple[str, ...], other: tuple[str, ...]) -> Comparison:
    """Compare phones, or numbers of the types that both have."""
    if not one or not other:
        return _UNTOLD
    if not set(one).isdisjoint(other):
        return Comparison(2)
    comparable = False
    for left in one:
        kind = left.partition(":")[0]
        for right in other:
            if ":" in left and not right.startswith(kind + ":"):
                continue
            comparable = True
            if len(left) >= _ID_LENGTH and OSA.distance(left, right, score_cutoff=1) <= 1:
                return Comparison(1)
    return Comparison(0) if comparable else _UNTOLD
