"""Values that name nobody: what systems and people fill in where there is nothing to say.

The lists are the policy's, ``[placeholders]``; docs/identity.md says what is read how.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

from identity.cleaning import fold_case

Verdict = Literal["sound", "nothing", "role", "either", "example"]
"""Of a text: it says something; it says nothing; it is a role (``Guest``), which may stand in a sound name; it is
written like a real name that is also a word for nothing (``Null``); it is a name that is part of an example's."""

_WORD = re.compile(r"[^\W_]+")
_SIGN_OF_NOTHING = re.compile(r"\\n|n\s*/\s*v\.?", re.IGNORECASE)
"""How MySQL and Hive export that there is nothing, and n/v, whose letters alone may be Nevada or initials."""
_TEMPLATE = re.compile(r"\{\{.*\}\}|\$\{.*\}|%%.+%%|\*\|.+\|\*|\{%.*%\}|<%.*%>|\[\[.*\]\]", re.DOTALL)
"""Fields of a letter or page that nobody filled in."""
_MOST_WORDS = 8
_LONGEST_ENTRY = 5
"""Of a list, in words."""
_LEAST_DIGITS, _LEAST_LETTERS = 5, 3
"""So often repeated, one sign names nobody: 11111, xxx."""
_LEAST_ZEROS_AT_END = 7
_LEAST_OF_COMPOUND = 4
_LONGEST_CODE = 3
"""Of a country or language, in letters."""
_LONGEST_PAIR = 60
_LEAST_WITHOUT_SPACES = 8
"""Words run together in part (``not_LoggedIn``) are read without spaces from so many letters on."""
_MASK = re.compile(r"[*\u2217\u2022\u25cf\u2219\u22c5\u00b7\u25cb\u25e6\u25a0\u25aa\u2588]{2,}|#{3,}")
_MASKED_WORD = re.compile(r"[^\W_]\*{2,}|\*{2,}[^\W_]")
_CROSSED_OUT = re.compile(r"(?=.*\d)(?=.*xx)(?=(?:\d*x){4})[x\d]+")
"""Of letters and digits nothing but a number with four or more of its digits made x: xxxx1234, xxx-xx-1234."""
_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


def key_of(text: str) -> str:
    """Return the words of a text, in lower case and joined by a space: no quotes, brackets and separators."""
    told = unquote(text) if "%" in text else text
    folded = told.lower() if told.isascii() else fold_case(told)
    return " ".join(_WORD.findall(folded))


@dataclass(frozen=True)
class Placeholders:
    """The lists of a policy, each of words in any case and form.

    Attributes:
        nothing: words for a value that is not there; they count everywhere.
        nobody: words for somebody unknown; they are no identifier, no name and no address.
        answers: words of a switch, which are no identifier, no name and no address either, whatever stands beside.
        roles: words for what somebody is; alone or beside one of the above they are no identifier and no name.
        names: words that stand in fields of names and are none.
        also_names: of all these, those that are somebody's real name when written like one.
        full_names: names of nobody, given name first.
        visits: words for an account or an order; beside somebody unknown they are nobody's (guest_checkout).
        mailboxes: local parts of e-mail addresses, at any domain.
        without: words that say of what comes after them that there is none.
        mail: words for an e-mail address. After one of those they are nobody's mailbox, and a domain in which nobody
            has one; before or after a word for nothing, they are nobody's mailbox.
        addresses: e-mail addresses; ``*`` stands for anything.
        numbers: digits that nobody was given.
        values: identifiers, in lower case.
        patterns: the same as regular expressions that match the whole of it.
        birth_dates: as ISO 8601.
        longest_life_years: no birth date lies longer before its touchpoint; 0 where it may.
    """

    nothing: tuple[str, ...] = ()
    nobody: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    also_names: tuple[str, ...] = ()
    full_names: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()
    mailboxes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    mail: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    birth_dates: tuple[str, ...] = ()
    longest_life_years: int = 0
    _nothing: frozenset[str] = field(init=False, repr=False, compare=False)
    _nobody: frozenset[str] = field(init=False, repr=False, compare=False)
    _never_names: frozenset[str] = field(init=False, repr=False, compare=False)
    _roles: frozenset[str] = field(init=False, repr=False, compare=False)
    _names: frozenset[str] = field(init=False, repr=False, compare=False)
    _also_names: frozenset[str] = field(init=False, repr=False, compare=False)
    _full_names: frozenset[frozenset[str]] = field(init=False, repr=False, compare=False)
    _example_words: frozenset[str] = field(init=False, repr=False, compare=False)
    _mailboxes: frozenset[str] = field(init=False, repr=False, compare=False)
    _strangers: frozenset[str] = field(init=False, repr=False, compare=False)
    _visits: frozenset[str] = field(init=False, repr=False, compare=False)
    _unknown: frozenset[str] = field(init=False, repr=False, compare=False)
    _without: frozenset[str] = field(init=False, repr=False, compare=False)
    _mail: frozenset[str] = field(init=False, repr=False, compare=False)
    _halves: frozenset[str] = field(init=False, repr=False, compare=False)
    _addresses: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _patterns: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False)
    _values: frozenset[str] = field(init=False, repr=False, compare=False)
    _numbers: frozenset[str] = field(init=False, repr=False, compare=False)
    _digests: frozenset[str] = field(init=False, repr=False, compare=False)
    _born: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the lists ready to be looked up."""
        nothing = _forms(self.nothing)
        never_names = nothing | _forms(self.answers)
        nobody = never_names | _forms(self.nobody)
        roles = nobody | _forms(self.roles)
        roles |= _compounds(nobody, _forms(self.roles))
        also_names, mailboxes, mail = _forms(self.also_names), _forms(self.mailboxes), _forms(self.mail)
        visits, unknown, without = _long(_forms(self.visits)), _long(nothing - also_names), _forms(self.without)
        full_names = {frozenset(key_of(name).split()) for name in self.full_names}
        shapes = (re.escape(shape).replace(r"\*", ".*") for shape in self.addresses)
        made: dict[str, object] = {
            "_nothing": nothing,
            "_nobody": nobody,
            "_never_names": never_names,
            "_roles": roles,
            "_names": roles | _forms(self.names),
            "_also_names": also_names,
            "_full_names": frozenset(full_names),
            "_example_words": frozenset(word for name in full_names for word in name),
            "_mailboxes": mailboxes,
            "_strangers": _long(nobody),
            "_visits": visits,
            "_unknown": unknown,
            "_without": without,
            "_mail": mail,
            "_halves": mailboxes | visits | unknown | without | mail,
            "_addresses": re.compile("|".join(shapes) or r"(?!)", re.DOTALL),
            "_patterns": tuple(re.compile(pattern) for pattern in self.patterns),
            "_values": frozenset(self.values),
            "_numbers": frozenset(self.numbers),
            "_digests": _digests(
                [*self.nothing, *self.nobody, *self.roles, *self.values, *self.numbers, *self.addresses]
            ),
            "_born": frozenset(date.replace("-", "") for date in self.birth_dates),
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    def __hash__(self) -> int:
        """Cheap, since the lists are long and few are ever compared."""
        return hash((len(self.nothing), len(self.values), self.names[:1]))

    def has_identifier(self, value: str) -> bool:
        """Whether a clean value identifies nobody, whatever its type."""
        folded = value.casefold()
        if folded in self._values or folded in self._digests or is_masked(folded):
            return True
        if any(pattern.fullmatch(folded) for pattern in self._patterns):
            return True
        key = key_of(value)
        compact = key.replace(" ", "")
        return (
            not _says_something(key, value)
            or compact in self._numbers
            or _is_repeated(compact)
            or _made_of(key, self._roles)
            or self._is_visit(key)
            or self.has_address(folded)
        )

    def has_address(self, value: str) -> bool:
        """Whether an e-mail address in lower case is nobody's; False for what is none."""
        local, at, domain = value.rpartition("@")
        if not local or not at or " " in value:
            return False
        if self._addresses.fullmatch(value) or "*" in value:
            return True
        key = key_of(local.partition("+")[0] or local)
        compact, site = key.replace(" ", ""), domain.partition(".")[0]
        if _made_of(key, self._mailboxes) or not compact or self._has_no_mail(key, domain):
            return True
        if set(compact) == set(site) and len(set(site)) == 1:
            return True  # a@a.com, xxx@xx.com
        return compact == site and (compact in self._names or compact.isdigit())

    def _has_no_mail(self, key: str, domain: str) -> bool:
        """Whether an address says that there is none, or that a guest bought something."""
        for one, other in _parts(key):
            if one in self._halves and other in self._halves and self._is_no_mailbox(one, other):
                return True
        labels = [label.replace("-", " ") for label in domain.split(".")[:-1]]
        if labels and labels[0] in self._mail and (key in self._without or key in self._unknown):
            return True  # keine@email.de
        return any(
            one in self._without and other in self._mail for label in labels for one, other in _parts(label)
        )  # kunde@keine-email.de

    def _is_no_mailbox(self, one: str, other: str) -> bool:
        """Whether the halves of a local part are nobody's: ``no email``, ``email unknown``, ``guest checkout``."""
        return (
            (one in self._without and other in self._mail)
            or (one in self._unknown and other in self._mail)
            or (one in self._mail and other in self._unknown)
            or (one in self._mailboxes and other in self._visits)
            or (one in self._visits and other in self._mailboxes)
        )

    def _is_visit(self, key: str) -> bool:
        """Whether somebody unknown bought or did something: ``guest checkout``."""
        return any(
            (one in self._strangers and other in self._visits) or (one in self._visits and other in self._strangers)
            for one, other in _parts(key)
        )

    def has_number(self, digits: str) -> bool:
        """Whether a telephone number is nobody's.

        Args:
            digits: all of it, or what stands behind the country code.
        """
        return (
            len(set(digits)) <= 1
            or digits in self._numbers
            or digits.lstrip("0") in self._numbers
            or digits.endswith("0" * _LEAST_ZEROS_AT_END)
        )

    def has_birth(self, digits: str) -> bool:
        """Whether a birth date, as YYYYMMDD, is one that stands for none."""
        return digits in self._born or not digits.strip("0")

    def of_value(self, value: str) -> Verdict:
        """Judge a text of any meaning: only what says that there is nothing says nothing."""
        key = key_of(value)
        if not key:
            return "sound" if value.strip().strip(_MARKS) else "nothing"
        return "nothing" if _made_of(key, self._nothing) or _is_unfilled(value) else "sound"

    def of_place(self, value: str) -> Verdict:
        """Judge a part of an address, or what else is filled in by hand."""
        key = key_of(value)
        if not _says_something(key, value) or _is_unfilled(value):
            return "nothing"
        compact = key.replace(" ", "")
        is_filler = not compact.strip("0") or (_is_repeated(compact) and not compact.isdigit())
        return "nothing" if is_filler or _made_of(key, self._nobody) else "sound"

    def of_code(self, value: str) -> Verdict:
        """Judge a country or language, as a code or in words: what is no name of somebody is none of theirs."""
        key = key_of(value)
        is_word = len(key) > _LONGEST_CODE and _made_of(key, self._names)  # MX and MR are no titles here
        return "nothing" if is_word else self.of_place(value)

    def of_name(self, value: str) -> Verdict:
        """Judge a name, or a part of one, by itself.

        Returns:
            ``either`` for a word that counts as a name beside one that is sound; ``example`` for one that counts
            unless the whole name is an example's, see ``has_full_name``.
        """
        key = key_of(value)
        compact = key.replace(" ", "")
        if not _says_something(key, value) or compact.isdigit() or _is_repeated(compact):
            return "nothing"
        if _is_unfilled(value) or _MASKED_WORD.search(value):
            return "nothing"
        if compact in self._also_names and _made_of(key, self._names) and value.isalpha() and value.istitle():
            return "either"
        if _made_of(key, self._never_names):
            return "nothing"
        if _made_of(key, self._names) or self._is_visit(key):
            return "role"
        return "sound" if self._example_words.isdisjoint(key.split()) else "example"

    def has_full_name(self, value: str) -> bool:
        """Whether given name and surname, in either order, are an example's: John Doe."""
        return frozenset(key_of(value).split()) in self._full_names


def is_masked(value: str) -> bool:
    """Whether parts of a clean value were made unreadable, so that strangers share what is left: ``j***@gmail.com``."""
    if _MASK.search(value):
        return True
    return "xx" in value.lower() and _CROSSED_OUT.fullmatch(key_of(value).replace(" ", "")) is not None


_UNREADABLE = "\ufffd"
_MARKS = _UNREADABLE + "-\u2013\u2014_?.,;:/\\|'\"()<>[]{}#\u00a0 "
"""Of marks alone, these say nothing; stars and pluses may be a rating."""


def _forms(words: Iterable[str]) -> frozenset[str]:
    """Return the keys of words, and the same without spaces, as programs write them: ``notset``.

    Letters alone are not run together: ``k.a.`` says nothing, ``ka`` is Georgian.
    """
    keys = {key_of(word) for word in words}
    compact = {key.replace(" ", "") for key in keys if any(len(word) > 1 for word in key.split())}
    return frozenset(keys | compact) - {""}


def _compounds(unknown: Iterable[str], roles: Iterable[str]) -> frozenset[str]:
    """Return both written as one word, in either order: ``anonymoususer``."""
    firsts = [word for word in unknown if len(word) >= _LEAST_OF_COMPOUND and " " not in word]
    seconds = [word for word in roles if len(word) >= _LEAST_OF_COMPOUND and " " not in word]
    return frozenset(text for one in firsts for other in seconds for text in (one + other, other + one))


def _long(words: Iterable[str]) -> frozenset[str]:
    """Return the words that are long enough to be known beside or within others."""
    return frozenset(word for word in words if len(word) >= _LEAST_OF_COMPOUND)


def _parts(key: str) -> list[tuple[str, str]]:
    """Return the ways to part a key in two: between words, or anywhere in a single one; none where it is no words."""
    if len(key) > _LONGEST_PAIR or not key.replace(" ", "").isalpha():
        return []
    if " " not in key:
        return [(key[:place], key[place:]) for place in range(1, len(key))]
    return [(key[:place], key[place + 1 :]) for place, sign in enumerate(key) if sign == " "]


def _digests(words: Iterable[str]) -> frozenset[str]:
    """Return what is left where a program hashes a placeholder, as a form for audiences does."""
    return frozenset(
        hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
        for word in ["", " ", *words]
        for text in {
            word,
            f"({word})",
            word.upper(),
            word.capitalize(),
            word.title(),
            word.replace(" ", ""),
            word.replace(" ", "_"),
        }
        for name in _HASHES
    )


def _says_something(key: str, value: str) -> bool:
    """Whether there is a letter, a digit or a symbol that is no mark (an emoji may be a handle)."""
    return bool(key) or any(unicodedata.category(sign) in {"So", "Mn", "Mc"} for sign in value if sign != _UNREADABLE)


def _is_unfilled(value: str) -> bool:
    """Whether a text is what stands where nothing was filled in."""
    return bool(_SIGN_OF_NOTHING.fullmatch(value) or _TEMPLATE.fullmatch(value.strip()))


def _is_repeated(compact: str) -> bool:
    if len(set(compact)) != 1:
        return False
    if compact[0] == "0":
        return True
    return len(compact) >= (_LEAST_DIGITS if compact.isdigit() else _LEAST_LETTERS)


def _made_of(key: str, vocabulary: frozenset[str]) -> bool:
    """Whether words are entries of a vocabulary, one after the other."""
    if key in vocabulary:
        return True
    words = key.split()
    if len(key) > _LEAST_WITHOUT_SPACES and "".join(words) in vocabulary:
        return True
    if not 1 < len(words) <= _MOST_WORDS:
        return False
    reached = {0}
    for start in range(len(words)):
        if start in reached:
            reached.update(_ends(words, start, vocabulary))
    return len(words) in reached


def _ends(words: list[str], start: int, vocabulary: frozenset[str]) -> Iterator[int]:
    for end in range(start + 1, min(len(words), start + _LONGEST_ENTRY) + 1):
        if " ".join(words[start:end]) in vocabulary:
            yield end
