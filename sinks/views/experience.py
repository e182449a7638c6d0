"""Views of how customers fare, how engaged they are, and what they say in public."""

from typing import Final

from profiles.policy import ExperiencePart, ProfilePolicy
from sinks.engine import quoted
from sinks.views.view import View

_HAPPENED: Final = """happened AS (
        SELECT customer_id, failure_channel AS channel, contacted_at AS event_time, 'breakdown' AS kind FROM breakdowns
        UNION ALL
        SELECT customer_id, channel, event_time, 'repeat_contact' FROM contacts WHERE repeat
        UNION ALL
        SELECT customer_id, channel, event_time, 'complaint' FROM contacts WHERE complaint
        UNION ALL
        SELECT customer_id, channel, event_time, 'abandonment' FROM abandonments
    )"""
"""CTE: one row a thing that happened to a customer, on the channel where it did."""

_COUNTS: Final = """count(*) FILTER (kind = 'breakdown') AS breakdowns,
               count(*) FILTER (kind = 'repeat_contact') AS repeat_contacts,
               count(*) FILTER (kind = 'complaint') AS complaints,
               count(*) FILTER (kind = 'abandonment') AS abandonments"""

_COUNTED: Final = (
    "coalesce(breakdowns, 0) AS breakdowns, coalesce(repeat_contacts, 0) AS repeat_contacts, "
    "coalesce(complaints, 0) AS complaints, coalesce(abandonments, 0) AS abandonments"
)


def _points(policy: ProfilePolicy, part: ExperiencePart) -> int:
    return policy.experience.points.get(part, 0)


def _sum_of_points(policy: ProfilePolicy) -> str:
    """Return an SQL expression: points of what happened."""
    return (
        f"{_points(policy, 'breakdown')} * breakdowns + {_points(policy, 'repeat_contact')} * repeat_contacts "
        f"+ {_points(policy, 'complaint')} * complaints + {_points(policy, 'abandonment')} * abandonments"
    )


def _within(days: int) -> str:
    """Return the condition that something happened no longer than so many days before the moment."""
    return f"""event_time > (SELECT "at" FROM moment) - to_days({days})"""  # noqa: S608 - a number from the policy


def experience(policy: ProfilePolicy) -> View:
    """Return the view ``experience``."""
    declared = policy.experience
    sentiment = _points(policy, "sentiment")
    return View(
        "experience",
        f"One row a customer with a touchpoint in the {declared.days} days before the moment: how they fared. The "
        f"index is {declared.base} + {_sum_of_points(policy)} + {sentiment} * mean_sentiment, no less than 0 and no "
        "more than 100.",
        {
            "customer_id": "The customer.",
            "customer_experience_index": "From 0 (bad) to 100 (good).",
            "touches": "Number of touchpoints in these days.",
            "breakdowns": "Contacts in these days after a failure on another channel, see breakdowns.",
            "repeat_contacts": "Repeat contacts in these days, see contacts.",
            "complaints": "Complaints in these days, see contacts.",
            "abandonments": "What was begun in these days and not ended, see abandonments.",
            "mean_sentiment": "Of all touchpoints in these days that tell it, from -1 to 1; empty where none does, "
            "which counts as 0.",
        },
        f"""
    WITH {_HAPPENED}, counted AS (
        SELECT customer_id, {_COUNTS} FROM happened WHERE {_within(declared.days)} GROUP BY customer_id
    ), seen AS (
        SELECT customer_id, count(*) AS touches, avg(interaction_sentiment) AS mean_sentiment
        FROM touchpoints_by_customer WHERE customer_id IS NOT NULL AND {_within(declared.days)} GROUP BY customer_id
    ), summed AS (
        SELECT customer_id, touches, mean_sentiment, {_COUNTED}
        FROM seen LEFT JOIN counted USING (customer_id)
    )
    SELECT customer_id,
           greatest(0.0::DOUBLE, least(100.0::DOUBLE, {declared.base} + {_sum_of_points(policy)}
                                       + {sentiment} * coalesce(mean_sentiment, 0))) AS customer_experience_index,
           touches, breakdowns, repeat_contacts, complaints, abandonments, mean_sentiment
    FROM summed
    """,  # noqa: S608 - literals from the policy
    )


def experience_by_channel(policy: ProfilePolicy) -> View:
    """Return the view ``experience_by_channel``."""
    declared = policy.experience
    sentiment = _points(policy, "sentiment")
    return View(
        "experience_by_channel",
        f"One row a channel with customers in the {declared.days} days before the moment: the points that what happened"
        " there adds to or takes from a customer's index. What happens in a breakdown is the failure.",
        {
            "channel": "Source of the failure, the contact, or what was begun.",
            "customers": "Number of customers seen there in these days.",
            "breakdowns": "Failures there after which a customer got in touch elsewhere.",
            "repeat_contacts": "Repeat contacts there.",
            "complaints": "Complaints there.",
            "abandonments": "What was begun there and not ended.",
            "mean_sentiment": "Of all touchpoints there that tell it, from -1 to 1.",
            "points_per_customer": f"({_sum_of_points(policy)}) by customers + {sentiment} * mean_sentiment.",
        },
        f"""
    WITH {_HAPPENED}, counted AS (
        SELECT channel, {_COUNTS} FROM happened WHERE {_within(declared.days)} GROUP BY channel
    ), seen AS (
        SELECT source AS channel, count(DISTINCT customer_id) AS customers, avg(interaction_sentiment) AS mean_sentiment
        FROM touchpoints_by_customer WHERE customer_id IS NOT NULL AND {_within(declared.days)} GROUP BY source
    ), summed AS (
        SELECT channel, customers, mean_sentiment, {_COUNTED}
        FROM seen LEFT JOIN counted USING (channel)
    )
    SELECT channel, customers, breakdowns, repeat_contacts, complaints, abandonments, mean_sentiment,
           ({_sum_of_points(policy)}) / customers + {sentiment} * coalesce(mean_sentiment, 0) AS points_per_customer
    FROM summed
    """,  # noqa: S608 - literals from the policy
    )


def engagement(policy: ProfilePolicy) -> View:
    """Return the view ``engagement``."""
    declared = policy.engagement
    cases = " ".join(f"WHEN {quoted(type_)} THEN {points}" for type_, points in declared.points.items())
    points = f"CASE type {cases} ELSE 0 END" if declared.points else "0"
    return View(
        "engagement",
        f"One row a customer with a touchpoint in the last {declared.days} days, UTC's, the moment's included: how "
        "engaged they are, as in profiles.",
        {
            "customer_id": "The customer.",
            "points": "Sum of the policy's points for the type of each touchpoint.",
            "touches": "Number of touchpoints.",
            "active_days": "Number of days, UTC, with a touchpoint.",
            "last_touch_at": "Event time of the last touchpoint, UTC.",
        },
        f"""
    SELECT customer_id, sum({points})::BIGINT AS points, count(*) AS touches,
           count(DISTINCT event_time::DATE) AS active_days, max(event_time) AS last_touch_at
    FROM touchpoints_by_customer
    WHERE customer_id IS NOT NULL AND event_time::DATE > (SELECT "at"::DATE FROM moment) - {declared.days}
    GROUP BY customer_id
    """,  # noqa: S608 - literals from the policy, quoted
    )


SOCIAL_MENTIONS: Final = View(
    "social_mentions",
    "One row a mention in public by a customer, whom the handle ties it to.",
    {
        "customer_id": "The customer.",
        "event_time": "When it was said, UTC.",
        "channel": "Source of the touchpoint.",
        "event_id": "The mention, unique within its source.",
        "topic": "What it is about.",
        "brand": "The brand that is mentioned.",
        "sentiment": "From -1 (angry) to 1 (delighted).",
    },
    """
    SELECT customer_id, event_time, source AS channel, event_id,
           properties['topic'] AS topic, properties['brand'] AS brand, interaction_sentiment AS sentiment
    FROM touchpoints_by_customer
    WHERE customer_id IS NOT NULL AND type = 'mention'
    """,
)

SHARE_OF_VOICE: Final = View(
    "share_of_voice",
    "One row a topic and brand: how much of what is said in public about the topic mentions the brand; all mentions, "
    "also of people who are no customers yet.",
    {
        "topic": "What is talked about.",
        "brand": "The brand that is mentioned; empty where none is.",
        "mentions": "Number of mentions.",
        "share": "Their part of all mentions of the topic, from 0 to 1.",
        "mean_sentiment": "From -1 (angry) to 1 (delighted); empty where it is never told.",
    },
    """
    WITH counted AS (
        SELECT properties['topic'] AS topic, properties['brand'] AS brand, count(*) AS mentions,
               avg(interaction_sentiment) AS mean_sentiment
        FROM touchpoints_by_customer WHERE type = 'mention' GROUP BY ALL
    )
    SELECT topic, brand, mentions, mentions / sum(mentions) OVER (PARTITION BY topic) AS share, mean_sentiment
    FROM counted
    """,
)
