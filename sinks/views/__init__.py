"""The views of the lake: the analyses that every reader starts from.

A view names tables without a catalog, so it sees the snapshot that its reader attached. Touchpoints point at their
anchor node, never at a person: who they belong to is looked up in ``identifiers`` when the view is read, so a late
merge moves all of history with no rewriting. What is declared in the profile policy (goals, windows, weights) stands in
the statements as literals, so the views are made anew when a policy is applied. What depends on the present moment asks
the view ``moment``.
"""

from hashlib import blake2b

from profiles.policy import ProfilePolicy
from sinks.views import (
    attribution,
    campaigns,
    consent,
    customers,
    experience,
    facts,
    journeys,
    moment,
    offers,
    operations,
    reach,
    scores,
    segments,
    service,
    value,
)
from sinks.views.view import View

__all__ = ["View", "all_views", "fingerprint"]


def all_views(policy: ProfilePolicy) -> tuple[View, ...]:
    """Return every view under a policy, each after those that it reads."""
    return (
        moment.MOMENT,
        customers.CUSTOMERS_PERSONAL,
        customers.CUSTOMERS,
        customers.CONTACT_POINTS,
        customers.PREFERENCES,
        journeys.TOUCHPOINTS_BY_CUSTOMER,
        journeys.journeys(policy),
        value.orders(policy),
        value.customer_value(policy),
        value.RFM_SEGMENTS,
        value.PARETO,
        value.REVENUE_CONCENTRATION,
        value.MONTHLY_VALUE,
        value.RETENTION_COHORTS,
        value.REPEAT_PURCHASE,
        value.loyalty(policy),
        consent.consent_ledger(policy),
        consent.CONSENT_IN_FORCE,
        consent.consent_permissions(policy),
        offers.OFFERS_BY_CUSTOMER,
        offers.OFFER_PERFORMANCE,
        offers.message_pressure(policy),
        reach.CAMPAIGN_REACH,
        reach.REACH_BY_CHANNEL,
        reach.CHANNEL_OVERLAP,
        facts.customer_facts(policy),
        segments.segment_members(policy),
        segments.segments(policy),
        segments.SEGMENT_OVERLAP,
        scores.PREDICTED_VALUE,
        scores.LOOK_ALIKES,
        journeys.SESSIONS,
        journeys.JOURNEY_FLOW,
        journeys.goals_reached(policy),
        journeys.goal_rates(policy),
        attribution.conversions(policy),
        attribution.attributed_touches(policy),
        attribution.ATTRIBUTION,
        attribution.MEDIA_CONTRIBUTION,
        attribution.ASSISTED_CONVERSIONS,
        attribution.journey_paths(policy),
        campaigns.customers_won(policy),
        campaigns.LIFETIME_VALUE_BY_CAMPAIGN,
        campaigns.campaign_performance(policy),
        service.breakdowns(policy),
        service.breakdown_rates(policy),
        service.contacts(policy),
        service.SERVICE_BY_REASON,
        service.abandonments(policy),
        experience.experience(policy),
        experience.experience_by_channel(policy),
        experience.engagement(policy),
        experience.SOCIAL_MENTIONS,
        experience.SHARE_OF_VOICE,
        customers.VALUE_BY_ACQUIRING_CHANNEL,
        operations.LINK_EVIDENCE,
        operations.DEAD_LETTERS_BY_REASON,
        operations.LEFT_OUT_IDENTIFIERS,
        operations.UNKNOWN_TYPES,
    )


def fingerprint(views: tuple[View, ...]) -> str:
    """Return a hash of view definitions: a lake that holds another one gets them anew."""
    definitions = "\n".join(view.create_sql() for view in views)
    return blake2b(definitions.encode(), digest_size=16).hexdigest()
