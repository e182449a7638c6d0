"""Figures of the report: journeys over channels, service and experience."""

from typing import Final

from sinks.report.drawing import as_bars, draw_flow, draw_index
from sinks.report.plan import FigurePlan
from sinks.report.sentences import tell_breakdowns, tell_experience, tell_flow, tell_index, tell_service, tell_voice

_JOURNEYS: Final = "Journeys"
_SERVICE: Final = "Service and experience"

PLANS: Final = (
    FigurePlan(
        "flow",
        _JOURNEYS,
        "How customers change channels",
        "steps from one channel to another",
        """
        SELECT split_part(from_step, ':', 1) AS from_channel, split_part(to_step, ':', 1) AS to_channel,
               sum(times)::BIGINT AS times, sum(times_in_session)::BIGINT AS times_in_session
        FROM journey_flow WHERE split_part(from_step, ':', 1) <> split_part(to_step, ':', 1) GROUP BY ALL
        ORDER BY times DESC, from_channel, to_channel
        """,
        draw_flow,
        tell_flow,
    ),
    FigurePlan(
        "breakdowns",
        _SERVICE,
        "Failures after which customers get in touch elsewhere",
        "failures; share followed by a contact on another channel",
        "SELECT * FROM breakdown_rates ORDER BY failures DESC, breakdown, channel",
        as_bars(
            ("breakdown", "channel"),
            ("failures", "failures", "count"),
            ("followed", "followed", "count"),
            ("rate", "rate", "percent"),
        ),
        tell_breakdowns,
    ),
    FigurePlan(
        "service",
        _SERVICE,
        "Contacts by reason",
        "contacts; share about the same again; time; tone from \u22121 to 1",
        "SELECT * FROM service_by_reason ORDER BY contacts DESC, reason",
        as_bars(
            ("reason",),
            ("contacts", "contacts", "count"),
            ("about the same again", "repeat_share", "percent"),
            ("mean handling", "mean_handling_seconds", "seconds"),
            ("median answer", "median_reply_seconds", "seconds"),
            ("tone", "mean_sentiment", "number"),
        ),
        tell_service,
    ),
    FigurePlan(
        "experience",
        _SERVICE,
        "Experience by channel",
        "points a customer that the channel adds to or takes from the index",
        "SELECT * FROM experience_by_channel ORDER BY points_per_customer, channel",
        as_bars(
            ("channel",),
            ("points a customer", "points_per_customer", "number"),
            ("breakdowns", "breakdowns", "count"),
            ("repeat contacts", "repeat_contacts", "count"),
            ("complaints", "complaints", "count"),
            ("given up", "abandonments", "count"),
        ),
        tell_experience,
    ),
    FigurePlan(
        "index",
        _SERVICE,
        "Experience index of customers",
        "customers, by index from 0 (bad) to 100 (good)",
        """
        SELECT (floor(least(customer_experience_index, 99) / 10) * 10)::INTEGER AS from_index, count(*) AS customers,
               avg(customer_experience_index)::DOUBLE AS mean_index
        FROM experience GROUP BY 1 ORDER BY 1
        """,
        draw_index,
        tell_index,
    ),
    FigurePlan(
        "voice",
        _SERVICE,
        "What is said in public",
        "mentions; share of the topic; tone from \u22121 to 1",
        "SELECT * FROM share_of_voice ORDER BY mentions DESC, topic, brand",
        as_bars(
            ("topic", "brand"),
            ("mentions", "mentions", "count"),
            ("share of the topic", "share", "percent"),
            ("tone", "mean_sentiment", "number"),
        ),
        tell_voice,
    ),
)
