"""The country that a touchpoint tells, which is the region that its telephone numbers are read in."""

import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

_TRAITS = ("country", "country_code", "countrycode")
_CACHED = 10_000
_LENGTHS = frozenset(map(len, _TRAITS)) | {len("countrycode")}


def told_region(traits: Mapping[str, str]) -> str | None:
    """Return the country of a touchpoint as ISO 3166 alpha-2; None where its traits tell none that is known.

    Args:
        traits: of the touchpoint; ``country`` comes before ``country_code``.
    """
    told: dict[str, str] = {}
    for name, value in traits.items():
        if len(name) in _LENGTHS:
            told.setdefault(name.casefold().replace("-", "_"), value)
    if not told:
        return None
    return next((found for name in _TRAITS if name in told and (found := region_of(told[name]))), None)


@lru_cache(maxsize=_CACHED)
def region_of(country: str) -> str | None:
    """Return the ISO 3166 alpha-2 code of a country; None where nobody knows it.

    Args:
        country: alpha-2 or alpha-3 in any case, or a name in one of some thirty languages.
    """
    return _regions().get(unicodedata.normalize("NFKC", country.casefold()).strip())


@cache
def _regions() -> Mapping[str, str]:
    text = (files("identity") / "countries.tsv").read_text("utf-8")
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            region, *names = line.split("\t")
            found.update(dict.fromkeys([region.casefold(), *(name.casefold() for name in names)], region))
    return found
