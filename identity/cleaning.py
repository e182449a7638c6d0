"""Text without what nobody sees."""

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf"})
"""Unicode categories of control characters and of those that only format: zero widths, directions, soft hyphens."""

_BLANK = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0") | frozenset(map(chr, range(0xFE00, 0xFE10)))
"""Signs of other categories that show nothing: fillers, the empty Braille cell, variation selectors."""


def visible(value: str) -> str:
    """Return the text without control characters and signs that do not show, surrounding space too."""
    if value.isascii() and value.isprintable():
        return value.strip()
    kept = (sign for sign in value if sign not in _BLANK and unicodedata.category(sign) not in _INVISIBLE)
    return "".join(kept).strip()


def clean_text(value: str) -> str:
    """Return the text in NFKC form without surrounding space and invisible or control characters."""
    if value.isascii() and value.isprintable():
        return value.strip()
    return unicodedata.normalize("NFKC", visible(value)).strip()


def fold_case(value: str) -> str:
    """Return clean text without a difference of case (Unicode's NFKC case folding)."""
    return unicodedata.normalize("NFKC", clean_text(value).casefold()).strip()
