"""Text made comparable: letters, words, sounds."""

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


def compact(value: str) -> str:
    """Return letters and digits alone, as of a postcode or a document's number."""
    return "".join(words(value))


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
