"""Views of service: what broke down, who got in touch again, what was given up."""

from typing import Final

from profiles.policy import Breakdown, ProfilePolicy
from sinks.engine import quoted
from sinks.views.filters import either, listed, sql_of
from sinks.views.journeys import IN_ORDER, seconds_between
from sinks.views.view import View

_BREAKDOWN: Final = "breakdown, customer_id, minutes, event_time, event_id, source, type"


def _contact_of(breakdown: Breakdown) -> str:
    """Return the condition that a touchpoint is a contact that may be about a failure."""
    if not breakdown.reasons:
        return sql_of(breakdown.contact)
    about = f"(coalesce(interaction_reason, '') = '' OR interaction_reason IN {listed(breakdown.reasons)})"
    return f"({sql_of(breakdown.contact)} AND {about})"


def _failures_and_contacts(policy: ProfilePolicy) -> str:
    """Return CTEs: failures, contacts, and followed: one row a failure and a contact that follows it.

    Time is cut into spans as long as the breakdown's minutes, so that a failure is compared with the contacts of two
    spans only.
    """
    told = [
        f"""
        SELECT {quoted(name)} AS breakdown, {breakdown.minutes} AS minutes,
               {sql_of(breakdown.failure)} AS is_failure, {_contact_of(breakdown)} AS is_contact,
               customer_id, event_time, event_id, source, type, interaction_reason AS reason,
               coalesce(properties['error'], properties['query']) AS error
        FROM touchpoints_by_customer
        WHERE customer_id IS NOT NULL AND ({sql_of(breakdown.failure)} OR {_contact_of(breakdown)})"""  # noqa: S608
        for name, breakdown in policy.breakdowns.items()
    ]
    nothing = """
        SELECT '' AS breakdown, 1 AS minutes, false AS is_failure, false AS is_contact,
               customer_id, event_time, event_id, source, type, interaction_reason AS reason, event_id AS error
        FROM touchpoints_by_customer WHERE false"""
    union = "\n        UNION ALL".join(told or [nothing])
    return f"""told AS ({union}
    ), failures AS (
        SELECT {_BREAKDOWN}, error, epoch_ms(event_time) // (minutes * 60000) AS span FROM told WHERE is_failure
    ), contacts AS (
        SELECT {_BREAKDOWN}, reason, unnest([epoch_ms(event_time) // (minutes * 60000) - 1,
                                             epoch_ms(event_time) // (minutes * 60000)]) AS span
        FROM told WHERE is_contact
    ), followed AS (
        SELECT breakdown, customer_id, failures.source AS failure_channel, failures.type AS failure_type,
               failures.event_time AS failed_at, failures.event_id AS failure_event_id, error,
               contacts.source AS contact_channel, contacts.type AS contact_type, contacts.event_time AS contacted_at,
               contacts.event_id AS contact_event_id, reason
        FROM failures JOIN contacts USING (breakdown, customer_id, span)
        WHERE failures.source <> contacts.source
          AND failures.event_time >= contacts.event_time - to_minutes(failures.minutes)
          AND (failures.event_time, failures.event_id, failures.source)
              < (contacts.event_time, contacts.event_id, contacts.source)
    )"""  # noqa: S608 - literals from the policy, quoted


def breakdowns(policy: ProfilePolicy) -> View:
    """Return the view ``breakdowns``."""
    return View(
        "breakdowns",
        "One row a breakdown of the policy and a contact after it: the customer failed on one channel and got in touch "
        "on another within its minutes, about its reasons or about nothing that is told. The failure is the newest one "
        "before the contact.",
        {
            "breakdown": "Name of the breakdown.",
            "customer_id": "The customer.",
            "failure_channel": "Source of the failure.",
            "failure_type": "Type of the failure.",
            "failed_at": "When it failed, UTC.",
            "failure_event_id": "The failure's event id, unique within its source.",
            "error": "What went wrong: the property error, else what was searched for.",
            "contact_channel": "Source of the contact.",
            "contact_type": "Type of the contact.",
            "contacted_at": "When the customer got in touch, UTC.",
            "contact_event_id": "The contact's event id, unique within its source.",
            "reason": "Why the customer got in touch; empty where it is not told.",
            "seconds": "Time from the failure to the contact, in seconds.",
        },
        f"""
    WITH {_failures_and_contacts(policy)}
    SELECT *, {seconds_between("failed_at", "contacted_at")} AS seconds
    FROM followed
    QUALIFY row_number() OVER (PARTITION BY breakdown, contact_channel, contact_event_id
                               ORDER BY failed_at DESC, failure_event_id DESC, failure_channel DESC) = 1
    """,  # noqa: S608 - literals from the policy, quoted
    )


def breakdown_rates(policy: ProfilePolicy) -> View:
    """Return the view ``breakdown_rates``."""
    return View(
        "breakdown_rates",
        "One row a breakdown of the policy and a channel that failed: how often customers then got in touch elsewhere.",
        {
            "breakdown": "Name of the breakdown.",
            "channel": "Source of the failures.",
            "failures": "Number of failures.",
            "customers": "Number of customers who met them.",
            "followed": "Failures with a contact on another channel within the breakdown's minutes.",
            "rate": "followed by failures, from 0 to 1.",
        },
        f"""
    WITH {_failures_and_contacts(policy)}, answered AS (
        SELECT DISTINCT breakdown, failure_channel AS source, failure_event_id AS event_id, true AS is_followed
        FROM followed
    )
    SELECT breakdown, source AS channel, count(*) AS failures, count(DISTINCT customer_id) AS customers,
           count(is_followed) AS followed, count(is_followed) / count(*) AS rate
    FROM failures LEFT JOIN answered USING (breakdown, source, event_id)
    GROUP BY breakdown, source
    """,  # noqa: S608 - literals from the policy, quoted
    )


def contacts(policy: ProfilePolicy) -> View:
    """Return the view ``contacts``."""
    service = policy.service
    return View(
        "contacts",
        "One row a contact of a customer with service.",
        {
            "customer_id": "The customer.",
            "event_time": "When they got in touch, UTC.",
            "channel": "Source of the contact.",
            "type": "call, chat ...",
            "event_id": "The contact, unique within its source.",
            "reason": "Why they got in touch; empty where it is not told.",
            "outcome": "How it ended.",
            "agent": "Who served.",
            "handling_seconds": "How long it took, in seconds.",
            "sentiment": "From -1 (angry) to 1 (delighted).",
            "seconds_since_same_reason": "Time since their contact before with this reason, in seconds.",
            "repeat": f"Whether that is no more than {service.repeat_days} days; never of a contact without a reason.",
            "complaint": "Whether they complained.",
            "replied_at": "Of a complaint: when it was first answered, UTC; by the first reply whose property "
            "in_reply_to names it, else by the first reply to the customer after it that names nothing.",
            "reply_channel": "Source of that reply.",
            "reply_event_id": "Event id of that reply.",
            "reply_seconds": "Time from the complaint to that reply, in seconds.",
        },
        f"""
    WITH told AS (
        SELECT customer_id, event_time, event_id, source, type, nullif(interaction_reason, '') AS reason,
               interaction_outcome AS outcome, interaction_agent AS agent, interaction_seconds AS handling_seconds,
               interaction_sentiment AS sentiment, {sql_of(service.complaint)} AS complaint
        FROM touchpoints_by_customer WHERE customer_id IS NOT NULL AND {sql_of(service.contact)}
    ), replies AS (
        SELECT customer_id, event_time, event_id, source, nullif(properties['in_reply_to'], '') AS in_reply_to
        FROM touchpoints_by_customer WHERE customer_id IS NOT NULL AND {sql_of(service.reply)}
    ), named AS (
        SELECT told.source, told.event_id,
               min({{'event_time': replies.event_time, 'event_id': replies.event_id, 'source': replies.source}})
                   AS reply
        FROM told JOIN replies ON replies.customer_id = told.customer_id AND in_reply_to = told.event_id
        WHERE complaint AND replies.event_time >= told.event_time
        GROUP BY ALL
    ), unnamed AS (
        SELECT customer_id, event_time,
               min({{'event_time': event_time, 'event_id': event_id, 'source': source}}) AS reply
        FROM replies WHERE in_reply_to IS NULL
        GROUP BY ALL
    ), answered AS (
        SELECT told.*, CASE WHEN complaint THEN coalesce(named.reply, unnamed.reply) END AS reply
        FROM told
        LEFT JOIN named USING (source, event_id)
        ASOF LEFT JOIN unnamed ON unnamed.customer_id = told.customer_id AND unnamed.event_time >= told.event_time
    ), timed AS (
        SELECT *, CASE WHEN reason IS NOT NULL THEN lag(event_time) OVER alike END AS previous_time
        FROM answered WINDOW alike AS (PARTITION BY customer_id, reason ORDER BY {IN_ORDER})
    )
    SELECT customer_id, event_time, source AS channel, type, event_id, reason, outcome, agent, handling_seconds,
           sentiment, {seconds_between("previous_time", "event_time")} AS seconds_since_same_reason,
           coalesce(previous_time >= event_time - to_days({service.repeat_days}), false) AS repeat, complaint,
           reply.event_time AS replied_at, reply.source AS reply_channel, reply.event_id AS reply_event_id,
           {seconds_between("event_time", "reply.event_time")} AS reply_seconds
    FROM timed
    """,  # noqa: S608 - literals from the policy, quoted
    )


SERVICE_BY_REASON: Final = View(
    "service_by_reason",
    "One row a reason for which customers got in touch with service.",
    {
        "reason": "Why they got in touch; empty where it is not told.",
        "contacts": "Number of contacts.",
        "customers": "Number of customers.",
        "repeats": "Repeat contacts.",
        "repeat_share": "Their part of the contacts, from 0 to 1.",
        "complaints": "Number of complaints.",
        "complaints_answered": "Those with a reply.",
        "median_reply_seconds": "Half of the complaints that were answered waited no longer, in seconds.",
        "p90_reply_seconds": "Nine in ten of them waited no longer, in seconds.",
        "mean_handling_seconds": "How long a contact took on average, in seconds.",
        "mean_sentiment": "From -1 (angry) to 1 (delighted); empty where it is never told.",
    },
    """
    SELECT reason, count(*) AS contacts, count(DISTINCT customer_id) AS customers,
           count(*) FILTER (repeat) AS repeats, count(*) FILTER (repeat) / count(*) AS repeat_share,
           count(*) FILTER (complaint) AS complaints, count(reply_seconds) AS complaints_answered,
           median(reply_seconds) AS median_reply_seconds, quantile_cont(reply_seconds, 0.9) AS p90_reply_seconds,
           avg(handling_seconds) AS mean_handling_seconds, avg(sentiment) AS mean_sentiment
    FROM contacts
    GROUP BY reason
    """,
)


def abandonments(policy: ProfilePolicy) -> View:
    """Return the view ``abandonments``."""
    told = [
        f"""
        SELECT {quoted(name)} AS abandonment, {declared.minutes} AS minutes,
               {sql_of(declared.started)} AS is_start, {sql_of(declared.finished)} AS is_finish,
               customer_id, event_time, event_id, source, type
        FROM touchpoints_by_customer
        WHERE customer_id IS NOT NULL AND {either(declared.started, declared.finished)}"""  # noqa: S608 - quoted
        for name, declared in policy.abandonment.items()
    ]
    nothing = """
        SELECT '' AS abandonment, 0 AS minutes, false AS is_start, false AS is_finish,
               customer_id, event_time, event_id, source, type
        FROM touchpoints_by_customer WHERE false"""
    union = "\n        UNION ALL".join(told or [nothing])
    return View(
        "abandonments",
        "One row something begun and not ended by the same customer within the minutes that the policy names, such as a"
        " checkout; once these are over at the moment.",
        {
            "abandonment": "Name of what was given up.",
            "customer_id": "The customer.",
            "event_time": "When it was begun, UTC.",
            "channel": "Source of the touchpoint that began it.",
            "type": "Type of that touchpoint.",
            "event_id": "Its event id, unique within its source.",
            "abandoned_at": "When the minutes were over, UTC.",
            "finished_at": "When it was ended later after all, UTC; empty where it never was.",
        },
        f"""
    WITH told AS ({union}
    ), followed AS (
        SELECT *, event_time + to_minutes(minutes) AS abandoned_at,
               min(CASE WHEN is_finish THEN event_time END)
               OVER (PARTITION BY abandonment, customer_id ORDER BY {IN_ORDER}
                     ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS finished_at
        FROM told
    )
    SELECT abandonment, customer_id, event_time, source AS channel, type, event_id, abandoned_at, finished_at
    FROM followed
    WHERE is_start AND abandoned_at < (SELECT "at" FROM moment)
      AND (finished_at IS NULL OR finished_at > abandoned_at)
    """,  # noqa: S608 - literals from the policy, quoted
    )
