"""What the writers of records share: chance and products."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from random import Random

from infra.world.campaigns import CAMPAIGNS, PRODUCTS, Campaign
from infra.world.identifying import Identifying
from infra.world.people import Person

PAID = tuple(campaign for campaign in CAMPAIGNS if campaign.channel in ("search", "social_ads", "affiliate"))
LETTER = next(campaign for campaign in CAMPAIGNS if campaign.channel == "newsletter")


class Writer:
    """Base of the writers of records.

    Args:
        identifying: gives the identifiers.
        random: the source of chance, the one that ``identifying`` has.
    """

    def __init__(self, identifying: Identifying, random: Random) -> None:
        self.who = identifying
        self._chance = random.random

    def _basket(self, cents: int) -> list[tuple[str, str, int]]:
        """One to three lines (sku, name, cents) that sum to a total."""
        lines = 1 if cents < 1500 else 1 + int(self._chance() ** 2 * 3)
        basket, left = [], cents
        for line in range(lines):
            price = left if line == lines - 1 else int(left * (0.2 + 0.5 * self._chance()))
            left -= price
            sku, name = PRODUCTS[int(self._chance() * len(PRODUCTS))]
            basket.append((sku, name, price))
        return basket


def paid_campaign(person: Person) -> Campaign:
    """The campaign that a person sees and clicks: the one that won them, if that was paid by the click."""
    if person.campaign in PAID:
        return person.campaign
    return PAID[person.index % len(PAID)]


def letter_campaign(person: Person) -> Campaign:
    """The newsletter that a person reads: the one that won them, if one did."""
    return person.campaign if person.campaign.channel == LETTER.channel else LETTER


def click_id(number: int) -> str:
    """The network's id of the click that is the step of this number."""
    return f"clk{number:010x}"


def order_id(number: int) -> str:
    """The order made in the step of this number."""
    return f"W{number:09d}"
