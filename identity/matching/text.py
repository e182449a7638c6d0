"""Names, dates and addresses made comparable, all of it once for a record."""

# ruff: noqa: RUF001  # letters of other alphabets look like Latin ones

import re
import unicodedata
from functools import lru_cache

from identity.cleaning import fold_case

_LETTERS = {
    "ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "æ": "ae", "œ": "oe", "ø": "oe",  # codespell:ignore ue
    "ß": "ss", "ł": "l", "đ": "d",
    "ð": "d", "þ": "th", "ı": "i",
    # Cyrillic, close to ISO 9 without its accents.
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "e", "є": "e", "ж": "zh", "з": "z",
    "и": "i", "й": "i", "і": "i", "ї": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "",
    "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    # Greek, close to ELOT 743.
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_SPELLED_OUT = str.maketrans(_LETTERS)

_APOSTROPHES = re.compile(r"['’`´ʼ]")
_NO_WORD = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")

_TITLE_WORDS = """
    mr mrs ms miss dr prof professor sir dame lady lord rev reverend herr frau hr fr dipl ing mag jr sr senor senora
    monsieur madame mme signor signora phd md esq hon honourable capt captain col gen baron baronet bt baroness count
    countess earl duke duchess viscount viscountess marquess marquis of the and
"""
_TITLES = frozenset(_TITLE_WORDS.split())

_STREET_WORDS = {
    "st": "street", "str": "strasse", "rd": "road", "ave": "avenue", "av": "avenue", "ln": "lane", "dr": "drive",
    "cl": "close", "ct": "court", "crt": "court", "pl": "place", "sq": "square", "cres": "crescent", "cr": "crescent",
    "blvd": "boulevard", "bd": "boulevard", "pde": "parade", "tce": "terrace", "ter": "terrace", "hwy": "highway",
    "gr": "grove", "gdns": "gardens", "ul": "", "ulica": "", "cad": "caddesi", "cd": "caddesi", "sok": "sokak",
    "sk": "sokak", "pza": "plaza", "c": "calle", "v": "via", "vle": "viale", "pzza": "piazza",  # codespell:ignore calle
}  # fmt: skip

_DATE_PARTS = re.compile(r"(\d+)\D+(\d+)\D+(\d+)(?:[T ].*)?")
_YEAR_MONTH = re.compile(r"(\d{4})\D(\d{1,2})")
_YEAR_DIGITS, _DATE_DIGITS, _MONTHS = 4, 8, 12


@lru_cache(maxsize=100_000)
def latin(value: str) -> str:
    """Return text in lower case letters of the Latin alphabet without accents, as far as it can be spelled so."""
    folded = fold_case(value)
    if folded.isascii():
        return folded
    composed = unicodedata.normalize("NFC", folded).translate(_SPELLED_OUT)
    parted = unicodedata.normalize("NFKD", composed).translate(_SPELLED_OUT)
    return "".join(sign for sign in parted if not unicodedata.combining(sign))


def words(value: str) -> list[str]:
    """Return the words of a text, Latin and in lower case; an apostrophe parts no words (O'Neil)."""
    return _NO_WORD.sub(" ", _APOSTROPHES.sub("", latin(value))).split()


def name_words(value: str) -> list[str]:
    """Return the words of a name without titles, and without what starts with a digit (the 2nd)."""
    found = (_DIGITS.sub("", word) for word in words(value) if not word[0].isdigit())
    return [word for word in found if word and word not in _TITLES]


def street_and_house(value: str) -> tuple[str, str]:
    """Return the name of a street with abbreviations spelled out, and the house number; empty where there is none.

    The number is the first word that starts with a digit, before or behind the name, as both are usual.
    """
    found = words(value)
    house = next((word for word in found if word[0].isdigit()), "")
    name = [_STREET_WORDS.get(word, word) for word in found if not word[0].isdigit()]
    joined = "".join(name)
    return joined.removesuffix("str") + "strasse" if joined.endswith("str") else joined, house


def compact(value: str) -> str:
    """Return letters and digits alone, as of a postcode or a document's number."""
    return "".join(words(value))


def date_digits(value: str) -> str:
    """Return a date as YYYYMMDD, 00 for a month or day that is not told; empty where it is no date.

    Day before month is assumed where the year comes last, unless only the other way is possible. Digits that no
    calendar has (a slip: month 81) stay, since they still resemble the right ones.
    """
    text = value.strip()
    if text.isdigit() and text.isascii():
        return {_DATE_DIGITS: text, _YEAR_DIGITS: text + "0000"}.get(len(text), "")
    if found := _DATE_PARTS.fullmatch(text):
        return _from_parts(*found.groups())
    found = _YEAR_MONTH.fullmatch(text)
    return _joined(found[1], found[2], "0") if found else ""


def _from_parts(first: str, second: str, third: str) -> str:
    if len(first) == _YEAR_DIGITS:
        return _joined(first, second, third)
    if len(third) == _YEAR_DIGITS:
        month_first = int(second) > _MONTHS >= int(first)
        return _joined(third, first, second) if month_first else _joined(third, second, first)
    return ""


def _joined(year: str, month: str, day: str) -> str:
    digits = f"{year}{month:0>2}{day:0>2}"
    return digits if len(digits) == _DATE_DIGITS else ""


_SOUNDS = (
    (re.compile(r"ph"), "f"),
    (re.compile(r"sch|sh|ch|cz|tsch|zh"), "s"),
    (re.compile(r"ck|qu|q|c(?=[aourlkt])|c$"), "k"),
    (re.compile(r"[cz]"), "s"),
    (re.compile(r"gh|h"), ""),
    (re.compile(r"[dt]+"), "t"),
    (re.compile(r"[bp]+"), "p"),
    (re.compile(r"[gj]"), "k"),
    (re.compile(r"[vw]"), "f"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"m"), "n"),
)
_VOWELS = re.compile(r"[aeiouy]+")
_REPEATED = re.compile(r"(.)\1+")
_SOUND_LENGTH = 6


@lru_cache(maxsize=100_000)
def sound(word: str) -> str:
    """Return roughly how a name sounds: consonants in classes, a vowel only in front, at most six signs.

    In the manner of Soundex (R. C. Russell, 1918) and of the Cologne phonetics (H. J. Postel, 1969), coarse enough for
    several languages. It is for blocks alone; comparisons look at the spelling.
    """
    text = word
    for pattern, sign in _SOUNDS:
        text = pattern.sub(sign, text)
    head = "a" if _VOWELS.match(text) else ""
    return (head + _REPEATED.sub(r"\1", _VOWELS.sub("", text)))[:_SOUND_LENGTH] or word[:1]
