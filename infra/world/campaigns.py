"""Channels that win customers: their campaigns, what a click costs, and what their customers are worth."""

from typing import NamedTuple


class Campaign(NamedTuple):
    """One campaign of a channel."""

    channel: str
    """search, social_ads, newsletter, affiliate, direct or store."""
    weight: int
    """Share of the customers it wins, in percent."""
    name: str | None
    medium: str | None
    source: str | None
    cost_micros: int
    """In millionths of a euro: mean cost of a click, of which an impression costs a hundredth; of a newsletter the cost
    of a letter."""
    value: float
    """How much its customers spend, relative to the others; below 1 they buy less often too."""


CAMPAIGNS = (
    Campaign("search", 14, "brand-search", "cpc", "google", 350_000, 1.3),
    Campaign("search", 10, "generic-shoes", "cpc", "google", 900_000, 0.9),
    Campaign("search", 5, "generic-outdoor", "cpc", "bing", 700_000, 1.1),
    Campaign("social_ads", 12, "spring-looks", "paid_social", "instagram", 420_000, 0.6),
    Campaign("social_ads", 9, "retargeting", "paid_social", "facebook", 550_000, 0.7),
    Campaign("newsletter", 10, "weekly-letter", "email", "newsletter", 2_000, 1.5),
    Campaign("newsletter", 5, "winback", "email", "newsletter", 3_000, 0.8),
    Campaign("affiliate", 8, "price-portal", "affiliate", "comparer", 1_200_000, 0.5),
    Campaign("affiliate", 4, "voucher-site", "affiliate", "couponer", 1_500_000, 0.4),
    Campaign("direct", 12, None, None, None, 0, 1.4),
    Campaign("store", 11, None, None, None, 0, 2.0),
)

PUSH = Campaign("push", 0, "app-news", "push", "app", 0, 1.0)
"""Messages to the app; they win nobody."""

OFFERS = ("ten-percent", "free-delivery", "birthday-gift", "early-access", "second-half-price")
