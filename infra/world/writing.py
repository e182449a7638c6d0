"""What the writers of records share: chance, campaigns and numbers."""

from random import Random

from infra.world.campaigns import CAMPAIGNS, Campaign
from infra.world.identifying import Identifying
from infra.world.people import Person
from infra.world.scripts import Script

PAID = tuple(campaign for campaign in CAMPAIGNS if campaign.channel in ("search", "social_ads", "affiliate"))
_BY_NAME = {campaign.name: campaign for campaign in CAMPAIGNS}
LETTER, WINBACK = (campaign for campaign in CAMPAIGNS if campaign.channel == "newsletter")
BRAND = _BY_NAME["brand-search"]
_EVERY_WINBACK = 4
COMPLAINT = "complaint"
"""Reason of a complaint and of the reply to it."""
_LOGIN_ERRORS = ("wrong password", "wrong password", "unknown account", "account locked")


class Writer:
    """Base of the writers of records.

    Args:
        identifying: gives the identifiers.
        random: the source of chance, the one that ``identifying`` has.
        complaints: the event id of each complaint by the number of its scene; shared by all writers of a world.
    """

    def __init__(self, identifying: Identifying, random: Random, complaints: dict[int, str]) -> None:
        self.who = identifying
        self._chance = random.random
        self._complaints = complaints


def paid_campaign(person: Person, script: Script) -> Campaign:
    """The campaign that is seen and clicked in a script: the script's own, else the one that won the person.

    Who was not won by the click has another one.
    """
    if script.campaign:
        return _BY_NAME[script.campaign]
    return person.campaign if person.campaign in PAID else PAID[person.index % len(PAID)]


def letter_campaign(person: Person, scene: int) -> Campaign:
    """The newsletter of a scene: the one that won the person, if one did."""
    if person.campaign.channel == LETTER.channel:
        return person.campaign
    return LETTER if scene % _EVERY_WINBACK else WINBACK


def click_id(number: int) -> str:
    """The network's id of the click that is the step of this number."""
    return f"clk{number:010x}"


def order_id(number: int) -> str:
    """The order made in the scene of this number."""
    return f"W{number:09d}"


def login_error(scene: int) -> str:
    """Why the logins of a scene fail."""
    return _LOGIN_ERRORS[scene % len(_LOGIN_ERRORS)]
