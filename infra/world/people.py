"""Customers and what identifies them."""

# ruff: noqa: RUF001 Turkish names have a dotless i
# ruff: noqa: PLR2004 shares out of one are read best where they apply

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Literal

from infra.world.campaigns import CAMPAIGNS, Campaign
from infra.world.config import TEN_MILLION, WorldConfig
from infra.world.names import MAIL_DOMAINS, Country

Habit = Literal["member", "anonymous", "prospect"]
"""Logs in sooner or later; browses without ever saying who; is known from campaigns and partners only."""

_STRIDE = 7_368_787  # no common divisor with ten million: walking by it meets every seven-digit number once
_CAMPAIGN_LOTS = tuple(campaign for campaign in CAMPAIGNS for _ in range(campaign.weight))
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "ı": "i"})  # codespell:ignore ue
_EVERY_BOUNCING = 33
_NEWEST_BIRTH = date(2007, 12, 31)


@dataclass(slots=True)
class Household:
    """People at one address; its landline and its tablet are used by whoever lives there."""

    country: Country
    surname: str
    street: str
    postcode: str
    city: str
    landline: str
    """E.164."""
    tablet_cookie: str | None
    tablet_device: str | None


@dataclass(slots=True)
class Person:
    """One customer; what is None they do not have."""

    index: int
    """From 0 in order of making."""
    person_id: str
    household: Household
    first_name: str
    last_name: str
    birth_date: date
    female: bool
    language: str
    habit: Habit
    campaign: Campaign
    """Of the first touch."""
    store: int
    wealth: float
    """Factor on what they spend, 1 in the middle."""
    email: str
    mobile: str
    """E.164."""
    customer_id: str
    """Empty for a second registration, which has no account."""
    cookie: str
    work_cookie: str | None
    device: str | None
    advertising_id: str | None
    loyalty_card: str | None
    social_handle: str | None
    crm_id: str | None
    reads_newsletter: bool
    uses_kiosk: bool
    shares_email: bool = False
    """Whether another person has the same address."""
    shares_phone: bool = False
    """Whether another person may give their mobile number as theirs."""
    other_number: str | None = None
    """A number that is not theirs alone and that they often give as theirs, E.164."""
    mistyped_card: str | None = None
    """The number of their loyalty card with a wrong digit, as it is often typed at the till."""
    again: "Person | None" = None
    """The same person as registered a second time; see `infra.world.registrations`."""

    @property
    def bounces(self) -> bool:
        """Whether no letter ever reaches their address."""
        return self.habit == "member" and self.index % _EVERY_BOUNCING == 4 and not self.shares_email

    @property
    def gets_letters(self) -> bool:
        """Whether letters reach their address."""
        return not self.bounces

    @property
    def opens_letters(self) -> bool:
        """Whether they get newsletters and open some."""
        return self.reads_newsletter and not self.bounces

    @property
    def is_mailed_often(self) -> bool:
        """Whether they are among those who get several newsletters a week."""
        return self.opens_letters and self.index % 3 == 0


class Registrar:
    """Makes people one after the other; no two get the same number, address or device.

    Args:
        config: size and rates of the world.
        random: the source of chance; the same one makes the same people.
    """

    def __init__(self, config: WorldConfig, random: Random) -> None:
        self._config = config
        self._random = random
        self._next_index = 0
        self._spares = 0
        self._phones_start = random.randrange(TEN_MILLION)
        self._emails: set[str] = set()

    def person(
        self, household: Household, first_name: str, last_name: str, birth_date: date, *, female: bool
    ) -> Person:
        """Make a person with devices, cards and addresses of their own."""
        chance = self._random.random
        index = self._next_index
        self._next_index = index + 1
        habit = self._habit()
        member = habit == "member"
        campaign = _CAMPAIGN_LOTS[int(chance() * len(_CAMPAIGN_LOTS))]
        country = household.country
        number = (self._phones_start + index * _STRIDE) % TEN_MILLION
        in_app = habit != "prospect" and chance() < 0.45
        has_card = member and (campaign.channel == "store" or chance() < 0.4)
        english_browser = country.language != "en" and chance() < 0.08
        return Person(
            index=index,
            person_id=f"person-{index:07d}",
            household=household,
            first_name=first_name,
            last_name=last_name,
            birth_date=birth_date,
            female=female,
            language="en-US" if english_browser else f"{country.language}-{country.code}",
            habit=habit,
            campaign=campaign,
            store=int(chance() * self._config.stores),
            wealth=self._random.lognormvariate(0.0, 1.2),
            email=self.email(first_name, last_name, birth_date),
            mobile=self.mobile(country, number),
            customer_id=f"C{10_000_000 + number}",
            cookie=self.token(),
            work_cookie=self.token() if habit != "prospect" and chance() < 0.35 else None,
            device=self.uuid() if in_app else None,
            advertising_id=self.uuid() if in_app and chance() < 0.6 else None,
            loyalty_card=self.loyalty_card(index, number) if has_card else None,
            social_handle=self._handle(first_name, index) if chance() < 0.15 else None,
            crm_id=self.crm_id(number) if member and chance() < 0.7 else None,
            reads_newsletter=member and (campaign.channel == "newsletter" or chance() < 0.5),
            uses_kiosk=member and chance() < self._config.kiosk_rate,
        )

    def spare_number(self) -> int:
        """A number for a second registration: nobody's, as long as there are ten million of them."""
        self._spares += 1
        return (self._phones_start - self._spares * _STRIDE) % TEN_MILLION

    def mobile(self, country: Country, number: int) -> str:
        """The mobile number, E.164, that ends in these seven digits."""
        return f"+{country.calling_code}{drawn(country.mobile, self._random.random())}{number:07d}"

    @staticmethod
    def loyalty_card(index: int, number: int) -> str:
        """The loyalty card of the person of this index under this number."""
        return f"29{number:07d}{index % 9973:04d}"

    @staticmethod
    def crm_id(number: int) -> str:
        """The number in the customer relationship system."""
        return f"crm-{number:07x}"

    def token(self) -> str:
        """A new value for a cookie."""
        return f"{self._random.getrandbits(80):020x}"

    def uuid(self) -> str:
        """A new id of an installation or an advertising network, in the form of a UUID."""
        digits = f"{self._random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def _habit(self) -> Habit:
        roll = self._random.random()
        if roll < self._config.anonymous_rate:
            return "anonymous"
        if roll < self._config.anonymous_rate + self._config.prospect_rate:
            return "prospect"
        return "member"

    def email(self, first_name: str, last_name: str, birth_date: date) -> str:
        """An address that nobody has yet, made of a name and a birth date."""
        first, last = latin(first_name), latin(last_name)
        roll = self._random.random()
        if roll < 0.45:
            local = f"{first}.{last}"
        elif roll < 0.6:
            local = f"{first[0]}.{last}"
        elif roll < 0.85:
            local = f"{first}.{last}{birth_date.year % 100:02d}"
        else:
            local = f"{first}{birth_date.year}"
        domain = MAIL_DOMAINS[int(self._random.random() * len(MAIL_DOMAINS))]
        email = f"{local}@{domain}"
        while email in self._emails:
            email = f"{local}{self._random.randrange(10, 10_000)}@{domain}"
        self._emails.add(email)
        return email

    def _handle(self, first_name: str, index: int) -> str:
        return f"@{latin(first_name)}_{index:x}"


def birth_date(random: Random, youngest: int, oldest: int) -> date:
    """A birthday of somebody between two ages in years."""
    days = random.randrange(youngest * 365, oldest * 365)
    return _NEWEST_BIRTH - timedelta(days=days - 18 * 365)


def drawn(items: tuple[str, ...], roll: float) -> str:
    """The item that a roll from 0 to 1 stands for; those in front come up more often."""
    return items[int(roll * roll * len(items))]


@lru_cache(maxsize=10_000)
def latin(name: str) -> str:
    """A name in lower case as it is written in addresses, letters a to z only."""
    spelled = unicodedata.normalize("NFKD", name.lower().translate(_SPELLED_OUT))
    return "".join(letter for letter in spelled if "a" <= letter <= "z")
