"""Views of consent: what was said, what is in force, and what it permits."""

from dataclasses import dataclass
from typing import Final

from profiles.consent import ANY_CHANNEL
from profiles.policy import ProfilePolicy
from sinks.engine import quoted
from sinks.views.view import View

_CONSENT_FACT: Final = "consent."


@dataclass(frozen=True, slots=True)
class _WithMacro(View):
    """A view with a macro that asks it.

    Attributes:
        macro: the statement that creates or replaces the macro.
    """

    macro: str

    def create_sql(self) -> str:
        """Return the statements that create or replace both."""
        return f"{View.create_sql(self)};\n{self.macro}"


CONSENT_LEDGER: Final = _WithMacro(
    "consent_ledger",
    "One row a statement of a customer on consent up to the moment. The macro "
    "`consent_at(customer_id, purpose, channel, time)` asks it whether what had been said by then permits: true or "
    "false, never empty. The newest statement on the channel or on every channel decides, of the same time the one "
    "that denies; only granted permits. Nothing said denies, and so does an empty purpose.",
    {
        "customer_id": "The customer.",
        "purpose": "What for: marketing, analytics, profiling ...",
        "channel": "Channel it holds for; * is every channel.",
        "state": "granted, denied, withdrawn or unknown; only granted allows.",
        "event_time": "When it was said, UTC.",
        "source": "Source of the touchpoint it was said in.",
        "event_id": "That touchpoint; unique within its source.",
        "statement": "Its place among the statements of that touchpoint, from 0.",
        "text_version": "Version of the wording shown; empty where it is not told.",
    },
    """
    SELECT identifiers.customer_id, purpose, channel, state, event_time, source, event_id, statement, text_version
    FROM consents
    JOIN identifiers ON identifiers.node_id = consents.anchor_id
    WHERE event_time <= (SELECT "at" FROM moment)
    """,
    # Columns have other names inside, so that an argument such as customer_id can only be a column of who asks.
    f"""
    CREATE OR REPLACE MACRO consent_at(of_customer, for_purpose, on_channel, at_time) AS (
        SELECT coalesce(NOT max_by(denies, (said_at, denies)), false)
        FROM (
            SELECT customer_id AS said_by, purpose AS said_for, channel AS said_on, event_time AS said_at,
                   state <> 'granted' AS denies
            FROM consent_ledger WHERE purpose <> ''
        )
        WHERE said_by = of_customer AND said_for = for_purpose
          AND said_on IN (on_channel, {quoted(ANY_CHANNEL)}) AND said_at <= at_time
    )
    """,  # noqa: S608 - a constant
)

CONSENT_IN_FORCE: Final = View(
    "consent_in_force",
    "One row a customer, a purpose and a channel as stated: the newest statement up to the moment, of the same time "
    "the one that denies more (unknown, then withdrawn, denied, granted). Whether a channel is permitted depends on "
    "what was said of every channel too: see consent_permissions.",
    {
        "customer_id": "The customer.",
        "purpose": "What for: marketing, analytics, profiling ...",
        "channel": "Channel it holds for; * is every channel.",
        "state": "granted, denied, withdrawn or unknown; only granted allows.",
        "event_time": "When it was said, UTC.",
        "source": "Source of the touchpoint it was said in.",
        "event_id": "That touchpoint; unique within its source.",
        "text_version": "Version of the wording shown; empty where it is not told.",
        "statements": "Number of statements up to the moment, this one included.",
    },
    """
    WITH weighed AS (
        SELECT *, CASE state WHEN 'granted' THEN 0 WHEN 'denied' THEN 1 WHEN 'withdrawn' THEN 2 ELSE 3 END AS caution
        FROM consent_ledger
    ), ordered AS (
        SELECT *,
               row_number() OVER (
                   said ORDER BY event_time DESC, caution DESC, event_id DESC, source DESC,
                                 coalesce(text_version, '') DESC
               ) AS place,
               count(*) OVER said AS statements
        FROM weighed
        WINDOW said AS (PARTITION BY customer_id, purpose, channel)
    )
    SELECT customer_id, purpose, channel, state, event_time, source, event_id, text_version, statements
    FROM ordered WHERE place = 1
    """,
)


def consent_permissions(policy: ProfilePolicy) -> View:
    """Return the view ``consent_permissions``."""
    named = " ".join(f"UNION SELECT {quoted(channel)}" for channel in _channels_named(policy))
    return View(
        "consent_permissions",
        "One row a customer, a purpose they said something on, and a channel in use: one that has touchpoints, that a "
        "statement names, or that the policy asks consent for. A customer without a row permits nothing.",
        {
            "customer_id": "The customer.",
            "purpose": "What for: marketing, analytics, profiling ...",
            "channel": "The channel; never *.",
            "permitted": "Whether it is permitted: of the statements on the channel and on every channel the newest "
            "up to the moment decides, of the same time the one that denies; only granted permits.",
            "decided_at": "Event time of the statement that decides, UTC; empty where none was made.",
        },
        f"""
    WITH in_use AS (
        SELECT channel FROM consents
        UNION SELECT source FROM touchpoints
        {named}
    ), newest AS (
        SELECT customer_id, purpose, channel,
               max({{'said_at': event_time, 'denies': state <> 'granted'}}) AS weight
        FROM consent_ledger GROUP BY ALL
    ), spoken AS (
        SELECT customer_id, purpose, map(list(channel), list(weight)) AS said FROM newest GROUP BY ALL
    ), deciding AS (
        SELECT customer_id, purpose, channel, greatest(said[channel], said[{quoted(ANY_CHANNEL)}]) AS weight
        FROM spoken CROSS JOIN in_use
        WHERE channel <> {quoted(ANY_CHANNEL)}
    )
    SELECT customer_id, purpose, channel,
           purpose <> '' AND weight IS NOT NULL AND NOT weight.denies AS permitted,
           weight.said_at AS decided_at
    FROM deciding
    """,  # noqa: S608 - literals from the policy, quoted
    )


def _channels_named(policy: ProfilePolicy) -> list[str]:
    """Return the channels that activations, segments and offers ask consent for."""
    asking = [*policy.segments.values(), *(offer.eligible for offer in policy.offers.values())]
    facts = [condition.fact for conditions in asking for condition in conditions.each()]
    told = {fact.split(".", 2)[2] for fact in facts if fact.startswith(_CONSENT_FACT)}
    return sorted(told | {activation.channel for activation in policy.activations.values()})
