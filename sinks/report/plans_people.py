"""Figures of the report: consent, segments, offers and reach."""

from typing import Final

from sinks.report.drawing import as_bars, as_heat, draw_consent, draw_overlap, draw_segments_in_common
from sinks.report.plan import FigurePlan
from sinks.report.sentences import (
    tell_channels,
    tell_common,
    tell_consent,
    tell_consent_months,
    tell_look_alikes,
    tell_offers,
    tell_overlap,
    tell_reach,
    tell_segments,
)

_CONSENT: Final = "Consent"
_PEOPLE: Final = "Segments, offers and reach"

PLANS: Final = (
    FigurePlan(
        "consent",
        _CONSENT,
        "What is permitted, by purpose and channel",
        "share of the customers who said something on the purpose",
        """
        SELECT purpose, channel, count(*) AS customers, count(*) FILTER (permitted) AS permitted,
               count(*) FILTER (permitted) / count(*) AS share
        FROM consent_permissions GROUP BY ALL ORDER BY purpose, channel
        """,
        as_heat("purpose", "channel", "share", "percent"),
        tell_consent,
    ),
    FigurePlan(
        "consent_over_time",
        _CONSENT,
        "Who permits marketing, over time",
        "customers, at the end of each month and at the moment, on the channels that statements name",
        """
        WITH said AS (
            SELECT customer_id, channel, said_at FROM consent_ledger WHERE purpose = 'marketing'
        ), ends AS (
            SELECT DISTINCT
                   least(date_trunc('month', said_at) + INTERVAL 1 MONTH, (SELECT "at" FROM moment)) AS month_end
            FROM said
        ), named AS (
            SELECT DISTINCT channel FROM said WHERE channel <> '*'
        ), heard AS (
            SELECT DISTINCT month_end, named.channel, customer_id
            FROM ends JOIN said ON said_at <= month_end JOIN named ON said.channel IN ('*', named.channel)
        ), decided AS (
            SELECT *, consent_at(customer_id, 'marketing', channel, month_end) AS permitted FROM heard
        )
        SELECT month_end, channel, count(*) FILTER (permitted) AS permitted, count(*) AS customers
        FROM decided GROUP BY ALL ORDER BY month_end, channel
        """,
        draw_consent,
        tell_consent_months,
    ),
    FigurePlan(
        "segments",
        _PEOPLE,
        "Segments",
        "customers; share of all; revenue so far in CURRENCY",
        """
        SELECT *, revenue_base::DOUBLE / nullif(members, 0) AS revenue_per_member
        FROM segments ORDER BY members DESC, segment
        """,
        as_bars(
            ("segment",),
            ("customers", "members", "count"),
            ("share of all", "share", "percent"),
            ("revenue", "revenue_base", "money"),
            ("revenue a customer", "revenue_per_member", "money"),
        ),
        tell_segments,
    ),
    FigurePlan(
        "segment_overlap",
        _PEOPLE,
        "Segments that have customers in common",
        "customers",
        "SELECT * FROM segment_overlap ORDER BY segment, other_segment",
        draw_segments_in_common,
        tell_overlap,
    ),
    FigurePlan(
        "look_alikes",
        _PEOPLE,
        "What makes customers like the members of a segment",
        "customers whom the newest search found to be alike, by segment and feature; the eight most frequent",
        """
        WITH found AS (
            SELECT segment, count(*) AS found, avg(similarity) AS mean_similarity FROM look_alikes GROUP BY segment
        ), told AS (
            SELECT segment, unnest(features) AS feature FROM look_alikes
        )
        SELECT segment, feature, count(feature) AS customers, count(feature) / found AS share, found, mean_similarity
        FROM found LEFT JOIN told USING (segment) GROUP BY segment, feature, found, mean_similarity
        QUALIFY row_number() OVER (PARTITION BY segment ORDER BY customers DESC, feature) <= 8
        ORDER BY segment, customers DESC, feature
        """,
        as_bars(("segment", "feature"), ("customers", "customers", "count"), ("share", "share", "percent")),
        tell_look_alikes,
        "Nobody was searched for yet: onefold lookalikes find SEGMENT does that, and the sink brings it here.",
    ),
    FigurePlan(
        "offers",
        _PEOPLE,
        "Offers",
        "customers; shares of those the offer was made to",
        "SELECT * FROM offer_performance ORDER BY made DESC, offer_id, channel",
        as_bars(
            ("offer_id", "channel"),
            ("made", "made", "count"),
            ("seen", "seen_rate", "percent"),
            ("accepted", "acceptance_rate", "percent"),
            ("declined", "decline_rate", "percent"),
        ),
        tell_offers,
    ),
    FigurePlan(
        "reach",
        _PEOPLE,
        "Whom campaigns reach",
        "customers; touches for each",
        """
        SELECT campaign, touches, customers, identifiers, frequency, buyers
        FROM campaign_reach ORDER BY customers DESC, campaign
        """,
        as_bars(
            ("campaign",),
            ("customers", "customers", "count"),
            ("touches for each", "frequency", "number"),
            ("of them buyers", "buyers", "count"),
        ),
        tell_reach,
    ),
    FigurePlan(
        "channels",
        _PEOPLE,
        "Whom channels reach",
        "customers; shares",
        """
        SELECT channel, touches, customers, only_here, only_here / customers AS only_share, share, frequency
        FROM reach_by_channel ORDER BY customers DESC, channel
        """,
        as_bars(
            ("channel",),
            ("customers", "customers", "count"),
            ("of all customers", "share", "percent"),
            ("seen only here", "only_share", "percent"),
            ("touches for each", "frequency", "number"),
        ),
        tell_channels,
    ),
    FigurePlan(
        "overlap",
        _PEOPLE,
        "Channels that have customers in common",
        "share of the customers of the channel on the left who also use the one above",
        """
        SELECT channel, other_channel, customers, share_of_channel FROM channel_overlap
        UNION ALL
        SELECT other_channel, channel, customers, share_of_other FROM channel_overlap
        ORDER BY channel, other_channel
        """,
        draw_overlap,
        tell_common,
    ),
)
