"""E-mail addresses made comparable: neither two mailboxes as one, nor one as two.

An address that breaks the grammar of RFC 5321 may exist all the same, so its local part is kept as it is written. The
domain is that of IDNA 2008 (RFC 5891), read with the mappings of RFC 5895: lower case, narrow signs, NFC. Nothing more
is mapped, since ``strasse.example`` and ``straße.example`` may be two owners'.
"""

import re
import unicodedata
from urllib.parse import unquote

import idna

from identity.cleaning import visible

_PLAIN = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:(?!xn--)[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?:com|net|org|edu|gov|info|biz|[a-z]{2})",
    re.IGNORECASE | re.ASCII,
)
"""Addresses so plain that nothing but their case may differ; a test holds it to that."""
_PLAIN_LENGTH = 64

_SCHEME = re.compile(r"(?:mailto|smtp|e-?mail)\s*:\s*", re.IGNORECASE)
_MAILTO = re.compile(r"mailto\s*:", re.IGNORECASE)
_NAMED = re.compile(r"[^<>]*<([^<>]*)>")
_COMMENT = re.compile(r"(?<=[^\s(])\s*\([^()]*\)$")
_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019", "\u00ab": "\u00bb"}
_BRACKETS = {"<": ">", "(": ")", "[": "]", "{": "}"}
_PAIRS = _QUOTES | _BRACKETS
_LAST = ".,;:"
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
_GMAIL = frozenset({"gmail.com", "googlemail.com"})

_JOINED = re.compile("[\u200c\u200d]")
_HELD = "\ue000\ue001"
"""Private signs that stand in for the joiners while what does not show is taken out."""

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ATOMS = re.compile(r"[^\s@\"(),:;<>\[\]\\]+")
_DOT_ATOM = re.compile(r"[^\s@\"(),.:;<>\[\]\\]+(?:\.[^\s@\"(),.:;<>\[\]\\]+)*")
_HOST_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_LITERAL = re.compile(r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|ipv6:[0-9a-f:.]+)\]")
_LABEL_BYTES, _DOMAIN_BYTES = 63, 253
_ACE = "xn--"


def normalise_email(value: str, *, ignore_plus_tag: bool = False, ignore_gmail_dots: bool = False) -> str | None:
    """Return the address in lower case with its domain in Unicode, or None where it is none.

    Args:
        value: an address, also as ``Name <address>``, as a ``mailto:`` or with quotes or a full stop around it.
        ignore_plus_tag: leave out what follows a plus in the local part.
        ignore_gmail_dots: leave out the dots of Gmail's local parts, and take ``googlemail.com`` for ``gmail.com``.
    """
    text = _shown(value)
    is_plain = len(text) <= _PLAIN_LENGTH and _PLAIN.fullmatch(text)
    address = text.lower() if is_plain else _read(_unwrapped(text))
    if address is None or not (ignore_plus_tag or ignore_gmail_dots):
        return address
    local, _, domain = address.rpartition("@")
    if ignore_plus_tag and not local.startswith('"'):
        local = local[:1] + local[1:].partition("+")[0]
    if ignore_gmail_dots and domain in _GMAIL:
        local, domain = local.replace(".", "") or local, "gmail.com"
    return f"{local}@{domain}"


def _shown(value: str) -> str:
    """Return what shows of a text, and the joiners that tell one domain from another (RFC 5892, appendix A)."""
    before, at, domain = value.rpartition("@")
    if "\u200c" not in domain and "\u200d" not in domain:
        return visible(value)
    labels = (visible(_JOINED.sub(_held, label)) for label in domain.split("."))
    return (visible(before) + at + ".".join(labels)).replace(_HELD[0], "\u200c").replace(_HELD[1], "\u200d").strip()


def _held(found: re.Match[str]) -> str:
    try:
        is_valid = idna.valid_contextj(found.string, found.start())
    except ValueError:
        is_valid = False
    return _HELD["\u200c\u200d".index(found[0])] if is_valid else ""


def _unwrapped(text: str) -> str:
    """Return what is left without all that people and programs put around an address."""
    before = None
    while text != before:
        before = text
        if _MAILTO.match(text):
            text = unquote(text).partition("?")[0]
        text = _SCHEME.sub("", text, count=1) if _SCHEME.match(text) else text
        if "@" not in text and "%40" in text:
            text = unquote(text)
        if found := _NAMED.fullmatch(text):
            text = found[1]
        text = _COMMENT.sub("", _narrow(text).strip()).rstrip(_LAST + " ")
        if len(text) > 1 and _PAIRS.get(text[0]) == text[-1]:
            text = text[1:-1].strip()
    return text


def _narrow(text: str) -> str:
    """Return the text in NFC, with full-width and half-width signs as the usual ones, which is all that is mapped."""
    if text.isascii():
        return text
    signs = (
        unicodedata.normalize("NFKC", sign)
        if unicodedata.decomposition(sign).startswith(("<wide>", "<narrow>"))
        else sign
        for sign in text
    )
    return unicodedata.normalize("NFC", "".join(signs))


def _lower(text: str) -> str:
    """Return the text in lower case, each sign by itself: a capital I with a dot is an i, a sharp s stays one."""
    if text.isascii():
        return text.lower()
    lowered = "".join("i" if sign == "\u0130" else sign.lower() for sign in text)
    return unicodedata.normalize("NFC", lowered)


def _read(text: str) -> str | None:
    if not text.isascii() and any(unicodedata.category(sign) == "Cs" for sign in text):
        return None  # half of a surrogate pair
    local, at, domain = text.rpartition("@")
    if not at:
        return None
    read_local, read_domain = _local(local), _domain(domain)
    return f"{read_local}@{read_domain}" if read_local and read_domain else None


def _local(text: str) -> str | None:
    """Return a local part; quotes that it needs not are left out (RFC 5321, 4.1.2)."""
    if _ATOMS.fullmatch(text):
        return _lower(text)
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        return None
    content = re.sub(r"\\(.)", r"\1", quoted[1])
    if _DOT_ATOM.fullmatch(content):
        return _lower(content)
    escaped = re.sub(r'(["\\])', r"\\\1", content)
    return _lower(f'"{escaped}"') if content else None


def _domain(text: str) -> str | None:
    lowered = _lower(text.translate(_DOTS))
    if _LITERAL.fullmatch(lowered):
        return lowered
    labels = [_label(label) for label in lowered.split(".")]
    if len(labels) == 1 or None in labels or labels[-1] is None or labels[-1].isdigit():
        return None
    domain = ".".join(label for label in labels if label)
    return domain if sum(len(_ace(label or "")) + 1 for label in labels) <= _DOMAIN_BYTES + 1 else None


def _label(label: str) -> str | None:
    """Return a label of a domain in Unicode; None where no domain can have it.

    A label that IDNA 2008 forbids, such as one of an emoji, is taken too where it may have been registered before.
    """
    if label.isascii():
        if not _HOST_LABEL.fullmatch(label) or len(label) > _LABEL_BYTES:
            return None
        return _unicode(label) if label.startswith(_ACE) else label
    if any(sign.isspace() or sign in '@"(),:;<>[]\\' for sign in label):
        return None
    return label if len(_ace(label)) <= _LABEL_BYTES else None


def _unicode(label: str) -> str:
    """Return the Unicode form of an ``xn--`` label, or the label where it has none of its own."""
    try:
        text = label.removeprefix(_ACE).encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    is_own = not text.isascii() and _lower(_narrow(text)) == text == _shown(f"@{text}")[1:] and _ace(text) == label
    return text if is_own and _label(text) else label


def _ace(label: str) -> str:
    """Return the label as it stands in the DNS."""
    if label.isascii():
        return label
    try:
        return idna.alabel(label).decode("ascii")
    except UnicodeError:  # idna's own errors are such
        return _ACE + label.encode("punycode", "replace").decode("ascii")
