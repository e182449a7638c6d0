"""How people show who they are: the identifiers they give, noted in the truth as they are given."""

from random import Random

from infra.world.config import WorldConfig
from infra.world.disorder import BLOCKED_EMAILS, BLOCKED_PHONES, WITHHELD, Typist
from infra.world.forms import Forms
from infra.world.journeys import OWN, TABLET, WORK
from infra.world.people import Person
from infra.world.truth import Truth

_NOBODYS = frozenset((*BLOCKED_EMAILS, *BLOCKED_PHONES, WITHHELD))
_FIRST_STORE = 101
_OTHER_NUMBER_SHARE = 0.8


class Identifying:
    """Gives the values that a person leaves in a touch.

    Args:
        config: rates of slips.
        random: the source of chance, shared with the writer of the records.
        truth: where it is noted.
    """

    def __init__(self, config: WorldConfig, random: Random, truth: Truth) -> None:
        self.typist = Typist(config, random)
        self.forms = Forms(config, random, self.typist)
        self._chance = random.random
        self._truth = truth
        kiosks = config.random("kiosks")
        self._kiosks = [f"kiosk-{kiosks.getrandbits(48):012x}" for _ in range(config.stores)]

    def customer_id(self, person: Person) -> str:
        """Their customer number."""
        self._truth.saw(person, "customer_id", person.customer_id)
        return person.customer_id

    def cookie(self, person: Person, place: int) -> str:
        """The cookie of the browser at a place."""
        if place == TABLET and person.household.tablet_cookie:
            self._truth.saw(person, "cookie", person.household.tablet_cookie, shared=True)
            return person.household.tablet_cookie
        cookie = person.work_cookie if place == WORK and person.work_cookie else person.cookie
        self._truth.saw(person, "cookie", cookie)
        return cookie

    def device(self, person: Person, place: int) -> str:
        """The installation on the phone or tablet; empty where they have none."""
        if place == TABLET and person.household.tablet_device:
            self._truth.saw(person, "device_id", person.household.tablet_device, shared=True)
            return person.household.tablet_device
        if not person.device:
            return ""
        self._truth.saw(person, "device_id", person.device)
        return person.device

    def advertising_id(self, person: Person, place: int) -> str | None:
        """The advertising id of their own phone, where they have one."""
        if place != OWN or not person.advertising_id:
            return None
        self._truth.saw(person, "advertising_id", person.advertising_id)
        return person.advertising_id

    def email(self, person: Person) -> str:
        """Their address as a machine knows it."""
        self._truth.saw(person, "email", person.email, shared=person.shares_email)
        return person.email

    def typed_email(self, person: Person) -> str:
        """Their address as typed by a person; it may be a slip or stand for nothing."""
        email = self.typist.email(person.email)
        if email not in _NOBODYS:
            self._truth.saw(person, "email", email, shared=person.shares_email)
        return email

    def phone(self, person: Person) -> str:
        """Their mobile number in some format."""
        number = self.typist.number(person.mobile)
        self._truth.saw(person, "phone", number, shared=person.shares_phone)
        return number

    def typed_phone(self, person: Person) -> str:
        """The number that they give as theirs, as typed by a person; it may be a slip or stand for nothing.

        It is the number of the household, of the company or of somebody else for those who have such a habit.
        """
        gives_other = person.other_number and self._chance() < _OTHER_NUMBER_SHARE
        given = person.other_number if gives_other and person.other_number else person.mobile
        number = self.typist.phone(given)
        if number not in _NOBODYS:
            self._truth.saw(person, "phone", number, shared=person.shares_phone or given != person.mobile)
        return number

    def line(self, person: Person) -> str:
        """The number of the line that they call from when it is not their mobile: company, friend or household."""
        number = self.typist.number(person.other_number or person.household.landline)
        self._truth.saw(person, "phone", number, shared=True)
        return number

    def call_centre(self, person: Person, number: str) -> str:
        """Our own number, where telephony shows it in place of the caller's."""
        self._truth.saw(person, "phone", number, shared=True)
        return number

    def loyalty_card(self, person: Person) -> str | None:
        """Their loyalty card, where they have one."""
        if person.loyalty_card:
            self._truth.saw(person, "loyalty_id", person.loyalty_card)
        return person.loyalty_card

    def mistyped_card(self, person: Person) -> str | None:
        """The number of their loyalty card with a wrong digit, where it is typed so."""
        if person.mistyped_card:
            self._truth.saw(person, "loyalty_id", person.mistyped_card)
        return person.mistyped_card

    def kiosk(self, person: Person) -> str:
        """The kiosk of their store."""
        kiosk = self._kiosks[person.store]
        self._truth.saw(person, "device_id", kiosk, shared=True)
        return kiosk

    def social_handle(self, person: Person) -> str | None:
        """Their handle, where they have one."""
        if person.social_handle:
            self._truth.saw(person, "social_handle", person.social_handle)
        return person.social_handle

    def crm_id(self, person: Person) -> str | None:
        """Their number in the customer relationship system, where they have one."""
        if person.crm_id:
            self._truth.saw(person, "crm_id", person.crm_id)
        return person.crm_id

    @staticmethod
    def store(person: Person) -> str:
        """Their store."""
        return f"store-{_FIRST_STORE + person.store}"
