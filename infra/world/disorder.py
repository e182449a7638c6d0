"""What goes wrong between a person and a topic: slips of typing, other formats, lateness, shuffled order."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Iterable
from datetime import date
from random import Random
from typing import TypeVar

from infra.world.config import DAY_MS, HOUR_MS, MINUTE_MS, WorldConfig
from infra.world.dates import digits_swapped

T = TypeVar("T")

BLOCKED_EMAILS = ("null", "test@test.com", "none", "anonymous")
BLOCKED_PHONES = ("000000", "null", "anonymous", "0000000000")
WITHHELD = "anonymous"
"""Caller number of who does not show it."""

_LONGEST_DELAY_MS = 30 * DAY_MS
_GERMAN = "+49"


class Typist:
    """Writes down what people say, with the slips and habits the configuration asks for.

    Args:
        config: the rates.
        random: the source of chance; the same one gives the same slips.
    """

    def __init__(self, config: WorldConfig, random: Random) -> None:
        self._random = random.random
        self._typo = config.typo_rate
        self._variant = config.typo_rate + config.variant_rate
        self._blocked = 1.0 - config.blocked_rate

    def email(self, email: str) -> str:
        """An address as typed: perhaps in capitals or with spaces, with a slip, or not one at all."""
        roll = self._random()
        if roll < self._typo:
            local, _, domain = email.partition("@")
            return f"{self.slip(local)}@{domain}"
        if roll < self._variant:
            return _EMAIL_VARIANTS[int(self._random() * len(_EMAIL_VARIANTS))](email)
        if roll > self._blocked:
            return BLOCKED_EMAILS[int(self._random() * len(BLOCKED_EMAILS))]
        return email

    def phone(self, phone: str) -> str:
        """A number as typed or transmitted: in another format, with two digits swapped, or not one at all.

        ``phone`` is E.164. German numbers also come in the national format, as at home in Germany.
        """
        roll = self._random()
        if roll < self._typo * 0.5:
            return _swapped_digits(phone, int(self._random() * 5))
        if roll > self._blocked:
            return BLOCKED_PHONES[int(self._random() * len(BLOCKED_PHONES))]
        return self.number(phone)

    def number(self, phone: str) -> str:
        """A number in some format, always right."""
        formats = _GERMAN_FORMATS if phone.startswith(_GERMAN) else _FOREIGN_FORMATS
        return formats[int(self._random() * len(formats))](phone)

    def name(self, name: str) -> str:
        """A name as typed: sometimes with a slip or in capitals."""
        roll = self._random()
        if roll < self._typo:
            return self.slip(name)
        if roll > 1.0 - self._typo * 0.5:
            return name.upper()
        return name

    def birth_date(self, born: date) -> date:
        """A birth date as typed: now and then with two digits swapped."""
        if self._random() < self._typo * 0.4:
            return digits_swapped(born, self._random())
        return born

    def slip(self, text: str) -> str:
        """A text with one letter swapped, lost or doubled, never the first; another text wherever possible."""
        if len(text) < 3:
            return text + text[-1]
        place = 1 + int(self._random() * (len(text) - 2))
        kind = self._random()
        swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        if kind < 0.4 and swapped != text:
            return swapped
        if kind < 0.7:
            return text[:place] + text[place + 1 :]
        return text[:place] + text[place] + text[place:]


def delay_ms(random: Random, late_rate: float) -> int:
    """How long a record takes to its topic: seconds as a rule, minutes or hours sometimes, up to 30 days when late."""
    roll = random.random()
    if roll < late_rate:
        return HOUR_MS + int(random.random() ** 2 * (_LONGEST_DELAY_MS - HOUR_MS))
    if roll < late_rate + 0.01:
        return int(random.random() * 6 * HOUR_MS)
    if roll < late_rate + 0.08:
        return int(random.random() * 30 * MINUTE_MS)
    return 200 + int(random.random() * 20_000)


def shuffled(emissions: Iterable[T], seed: int) -> list[T]:
    """All the emissions, duplicates too, in an order that depends on nothing but the seed and their number."""
    everything = list(emissions)
    Random(seed).shuffle(everything)  # noqa: S311 a reproducible order, no secrets
    return everything


def _swapped_digits(phone: str, place: int) -> str:
    """Swap two neighbours among the last digits, or count one up where they are equal."""
    cut = len(phone) - 2 - place
    first, second = phone[cut], phone[cut + 1]
    if first == second:
        second = str((int(second) + 1) % 10)
    return phone[:cut] + second + first + phone[cut + 2 :]


_EMAIL_VARIANTS = (
    str.upper,
    str.title,
    lambda email: f" {email}",
    lambda email: f"{email} ",
    lambda email: email[0].upper() + email[1:],
)
_FOREIGN_FORMATS = (
    lambda phone: phone,
    lambda phone: f"{phone[:3]} {phone[3:6]} {phone[6:]}",
    lambda phone: f"{phone[:3]} {phone[3:6]}-{phone[6:9]}-{phone[9:]}",
    lambda phone: f"({phone[:3]}) {phone[3:]}",
)
_GERMAN_FORMATS = (
    *_FOREIGN_FORMATS,
    lambda phone: f"00{phone[1:]}",
    lambda phone: f"0{phone[3:]}",
    lambda phone: f"0{phone[3:6]} {phone[6:]}",
    lambda phone: f"0{phone[3:6]}/{phone[6:]}",
    lambda phone: f"+49 (0) {phone[3:6]} {phone[6:]}",
)
