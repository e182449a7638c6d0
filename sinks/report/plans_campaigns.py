"""Figures of the report: what campaigns are credited for, cost and bring."""

from typing import Final

from sinks.reader import LakeReader
from sinks.report.drawing import as_bars, draw_media, draw_models
from sinks.report.models import credits_by_model, side_by_side
from sinks.report.plan import FigurePlan, Rows
from sinks.report.sentences import tell_assists, tell_media, tell_models, tell_return, tell_won

_SECTION: Final = "Campaigns"


def _models_side_by_side(reader: LakeReader) -> Rows:
    columns, rows = side_by_side(credits_by_model(reader), "conversions")
    return [dict(zip(columns, row, strict=True)) for row in rows]


PLANS: Final = (
    FigurePlan(
        "attribution",
        _SECTION,
        "Conversions by model of attribution",
        "purchases credited to a channel and campaign; all columns have one scale",
        _models_side_by_side,
        draw_models,
        tell_models,
    ),
    FigurePlan(
        "media",
        _SECTION,
        "Paid, owned and earned media by model",
        "share of conversions; all columns have one scale",
        """
        SELECT model, max(conversion_share) FILTER (media = 'paid') AS paid,
               max(conversion_share) FILTER (media = 'owned') AS owned,
               max(conversion_share) FILTER (media = 'earned') AS earned
        FROM media_contribution GROUP BY model ORDER BY model
        """,
        draw_media,
        tell_media,
    ),
    FigurePlan(
        "assists",
        _SECTION,
        "Purchases closed and purchases helped to",
        "purchases; last touch and earlier touches",
        """
        SELECT channel, campaign, last_conversions, assisted_conversions, assists_by_last
        FROM assisted_conversions ORDER BY assisted_conversions DESC, channel, campaign
        """,
        as_bars(
            ("channel", "campaign"),
            ("closed", "last_conversions", "count"),
            ("helped", "assisted_conversions", "count"),
            ("helped for each closed", "assists_by_last", "number", False),
        ),
        tell_assists,
    ),
    FigurePlan(
        "returns",
        _SECTION,
        "What campaigns cost and bring, over all channels they use",
        "CURRENCY; revenue by Shapley values; return is revenue less cost, by cost",
        """
        SELECT campaign, sum(cost_base) AS cost_base, sum(revenue_base_shapley) AS revenue_base_shapley,
               sum(conversions_shapley) AS conversions_shapley, sum(new_customers) AS new_customers,
               (sum(revenue_base_shapley) - sum(cost_base))::DOUBLE / nullif(sum(cost_base), 0) AS return_on_investment,
               nullif(sum(cost_base), 0)::DOUBLE / nullif(sum(new_customers), 0) AS cost_per_new_customer
        FROM campaign_performance GROUP BY campaign ORDER BY cost_base DESC, campaign
        """,
        as_bars(
            ("campaign",),
            ("cost", "cost_base", "money"),
            ("revenue", "revenue_base_shapley", "money"),
            ("return for each 1", "return_on_investment", "number", False),
            ("cost of a new customer", "cost_per_new_customer", "money", False),
        ),
        tell_return,
    ),
    FigurePlan(
        "won",
        _SECTION,
        "What customers are worth, by the touch that won them",
        "CURRENCY; customers by the channel and campaign of their first touchpoint",
        """
        SELECT channel, campaign, sum(customers)::BIGINT AS customers, sum(buyers)::BIGINT AS buyers,
               sum(revenue_base) AS revenue_base,
               round(sum(revenue_base)::DOUBLE / sum(customers), 2) AS revenue_per_customer
        FROM lifetime_value_by_campaign GROUP BY ALL ORDER BY revenue_base DESC, channel, campaign
        """,
        as_bars(
            ("channel", "campaign"),
            ("customers won", "customers", "count"),
            ("buyers", "buyers", "count"),
            ("revenue", "revenue_base", "money"),
            ("revenue a customer", "revenue_per_customer", "money"),
        ),
        tell_won,
    ),
)
