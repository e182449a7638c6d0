"""Which traits of a touchpoint say something. Blank ones and placeholders say nothing, so they overwrite nothing."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from identity.cleaning import clean_text
from identity.matching.dates import iso_day, possible_dates, read_birth_date
from identity.placeholders import Placeholders, Verdict, is_masked

_GIVEN = frozenset({"first_name", "given_name", "forename", "firstname", "middle_name"})
_FAMILY = frozenset({"last_name", "surname", "family_name", "lastname"})
_FULL = frozenset({"full_name", "name", "display_name"})
_NAMES = _GIVEN | _FAMILY | _FULL
_BIRTH = frozenset({"birth_date", "birthdate", "birthday", "date_of_birth", "dateofbirth", "dob", "birth_year"})
_CODES = frozenset(
    {
        "country", "country_code", "countrycode", "birth_country", "nationality", "language", "preferred_language",
        "language_code", "lang", "locale",
    }
)  # fmt: skip
_NUMBER = re.compile(r"[-+\u2212]?(?:\d+(?:[.,]0+)?|\d{5,}[.,]\d+|\d+(?:[.,]\d+)?e[-+]?\d+)", re.IGNORECASE)
"""A count of days or seconds since some day: nobody tells since which."""
_EMAIL = frozenset({"email", "e_mail", "email_address"})
_PHONE = frozenset({"phone", "mobile", "phone_number", "mobile_phone", "telephone"})
_PLACE = frozenset(
    {
        "address", "street", "house_number", "address_line_1", "address_line_2", "city", "town", "postcode",
        "postal_code", "zip", "zip_code", "state", "region", "county", "birth_place",
        "company", "employer", "occupation", "gender", "title", "salutation", "national_id", "social_security_number",
        "ssn", "tax_id", "passport_number",
    }
)  # fmt: skip
_SOUND = frozenset({"sound", "example"})
_Judgement = Verdict | Literal["dated"]
"""Of a trait by itself; ``dated`` for a birth date, which is sound or not by when it was told."""
_CACHED = 100_000
_DAY_MS = 86_400_000


class Telling:
    """Leaves out of traits what says nothing, under one policy; remembers what it judged lately."""

    def __init__(self, placeholders: Placeholders) -> None:
        self._placeholders = placeholders
        self._verdict = lru_cache(maxsize=_CACHED)(self._judged)
        self._born = lru_cache(maxsize=_CACHED)(self._born_by)

    def telling(self, traits: Mapping[str, str], told_at_ms: int) -> Mapping[str, str]:
        """Return the traits of one touchpoint that say something, as they came; a day of birth as YYYY-MM-DD.

        Names are judged together: ``Guest`` is no name by itself, and a surname beside a sound given name.

        Args:
            traits: of the touchpoint.
            told_at_ms: its event time, in milliseconds since 1970 UTC. No birth date lies after it.
        """
        verdict_of, born, day = self._verdict, self._born, told_at_ms // _DAY_MS
        if all(
            (verdict := verdict_of(name, value)) == "sound" or (verdict == "dated" and born(value, day) == value)
            for name, value in traits.items()
        ):
            return traits
        verdicts = {name: verdict_of(name, value) for name, value in traits.items()}
        if "dated" in verdicts.values():
            traits = {name: born(value, day) if verdicts[name] == "dated" else value for name, value in traits.items()}
            verdicts = {
                name: verdict if verdict != "dated" else "sound" if traits[name] else "nothing"
                for name, verdict in verdicts.items()
            }
        kinds = {name: _kind(name) for name in traits}
        if "example" in verdicts.values() and self._is_example(traits, kinds):
            verdicts = {name: "nothing" if kinds[name] in _NAMED_KINDS else verdicts[name] for name in traits}
        sound = {kinds[name] for name, verdict in verdicts.items() if verdict in _SOUND}
        return {name: value for name, value in traits.items() if _counts(verdicts[name], kinds[name], sound)}

    def _judged(self, name: str, value: str) -> _Judgement:
        cleaned, kind = clean_text(value), _kind(name)
        if not cleaned:
            return "nothing"
        lists = self._placeholders
        if kind in _NAMED_KINDS:
            return lists.of_name(cleaned)
        if kind == "birth":
            return self._judged_birth(cleaned)
        if kind == "email":
            return "nothing" if lists.has_identifier(cleaned) else "sound"
        if kind == "phone":
            digits = "".join(sign for sign in cleaned if sign.isdigit())
            is_none = lists.of_place(cleaned) != "sound" or (bool(digits) and lists.has_number(digits))
            return "nothing" if is_none or is_masked(cleaned) else "sound"
        judged = {"place": lists.of_place, "code": lists.of_code}.get(kind, lists.of_value)
        return judged(cleaned)

    def _judged_birth(self, cleaned: str) -> _Judgement:
        if not any(sign.isnumeric() and sign != "0" for sign in cleaned):
            return "nothing"
        date = read_birth_date(cleaned)
        is_no_date = date.flaw == "calendar" or (not date.born and _NUMBER.fullmatch(cleaned))
        if is_no_date or any(map(self._placeholders.has_birth, (date.born or cleaned, *date.also))):
            return "nothing"
        return "dated" if date.born and date.flaw != "words" else "sound"

    def _born_by(self, value: str, day: int) -> str:
        """Return a birth date as it is kept: the one day it can mean, else as it came; empty where it means none."""
        years = self._placeholders.longest_life_years
        possible = possible_dates(read_birth_date(clean_text(value)), day * _DAY_MS, years)
        if not possible:
            return ""
        return (iso_day(possible[0]) if len(possible) == 1 else "") or value

    def _is_example(self, traits: Mapping[str, str], kinds: Mapping[str, str]) -> bool:
        """Whether the names are those of nobody: John Doe, in one field or in two."""
        parts = {kinds[name]: value for name, value in traits.items() if name != "middle_name"}
        whole = f"{parts.get('given', '')} {parts.get('family', '')}"
        return any(map(self._placeholders.has_full_name, (whole, parts.get("full", ""))))


@lru_cache(maxsize=8)
def telling_under(placeholders: Placeholders) -> Telling:
    """Return what judges by these placeholders, one for all who ask, so that nothing is judged twice."""
    return Telling(placeholders)


_NAMED_KINDS = frozenset({"given", "family", "full"})
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(_GIVEN, "given"),
    **dict.fromkeys(_FAMILY, "family"),
    **dict.fromkeys(_FULL, "full"),
    **dict.fromkeys(_BIRTH, "birth"),
    **dict.fromkeys(_EMAIL, "email"),
    **dict.fromkeys(_PHONE, "phone"),
    **dict.fromkeys(_PLACE, "place"),
    **dict.fromkeys(_CODES, "code"),
}


@lru_cache(maxsize=10_000)
def _kind(name: str) -> str:
    return _KINDS.get(name) or _KINDS.get(name.casefold().replace("-", "_").replace(" ", "_"), "value")


def _counts(verdict: _Judgement, kind: str, sound: set[str]) -> bool:
    """Whether a trait counts, with the kinds of sound ones beside it."""
    if verdict == "role":
        return kind == "family" and bool(sound & {"given", "full"})
    if verdict == "either":
        return kind != "full" and bool(sound & (_NAMED_KINDS - {kind}))
    return verdict in _SOUND
