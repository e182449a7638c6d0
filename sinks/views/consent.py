"""Views of consent: what was said, what is in force, and what it permits.

:func:`_permits` is the rule of :mod:`profiles.consent` in SQL: the macro ``consent_at`` and the view
``consent_permissions`` are made of it, and tests hold it equal to the one in Python.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from identity.claims import CONTESTED
from profiles.consent import ANY, ANY_WORDS, CHANNEL_SPELLINGS, MOST_GRANTS, PERSONAL
from profiles.consents import channels_asked, known_of
from profiles.policy import ProfilePolicy
from sinks.engine import quoted
from sinks.views.view import View

_BY_EVENT: Final = "{'time': event_time, 'event_id': event_id, 'source': source, 'text': coalesce(text_version, '')}"
"""What grants on one purpose and channel are in order by, whatever their deliveries."""


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


def consent_ledger(policy: ProfilePolicy) -> View:
    """Return the view ``consent_ledger`` with its macro ``consent_at``."""
    known = known_of(policy)
    asked_purpose = _named("for_purpose", {})
    asked_channel = _named("on_channel", CHANNEL_SPELLINGS)
    bears = f"said_at <= at_time AND of_purpose IN (purpose_asked, {quoted(ANY)})"
    on_either = f"{bears} AND of_channel IN (channel_asked, {quoted(ANY)})"
    on_it = f"{bears} AND of_channel = channel_asked"
    granted_on_it = _granted("said_at", "by_event", f"grants AND {on_it}")
    granted_on_any = _granted("said_at", "by_event", f"grants AND {bears} AND of_channel = {quoted(ANY)}")
    return _WithMacro(
        "consent_ledger",
        "One row a statement on consent and a customer it holds for, up to the moment: a grant for whose touchpoint it "
        "is, a denial for everybody who has or claims an identifier that the touchpoint names. A touchpoint that was "
        "delivered several times, before its event time too, grants as of its first delivery; it denies by each, in a "
        "row of its own. The macro "
        "`consent_at(customer_id, purpose, channel, time)` asks it whether what had been said by then permits: true or "
        "false, never empty. It permits what was granted, where every denial was lifted since by a grant that is as "
        f"specific in its channel; of the same time the denial holds. Of grants on one purpose and channel the "
        f"{MOST_GRANTS} of the newest event times count. Nothing said denies, and so does a purpose that names none.",
        {
            "customer_id": "The customer.",
            "purpose": "What for: marketing, analytics, profiling ...; normalised, * is every purpose.",
            "channel": "Channel it holds for; normalised, * is every channel.",
            "state": "granted, denied, withdrawn or unknown; only granted allows.",
            "effect": "grants; denies; or nothing, of a grant that names no purpose.",
            "bears_on_purpose": "Purpose it bears on; * also of a denial of a purpose that is not known.",
            "bears_on_channel": "Channel it bears on; * also of a denial on a channel that is not known.",
            "said_at": "When it counts as said: event_time, or when it was received if earlier; UTC.",
            "event_time": "When it was said by its source's clock, UTC.",
            "source": "Source of the touchpoint it was said in.",
            "event_id": "That touchpoint; unique within its source.",
            "statement": "Its place among the statements of that touchpoint, from 0.",
            "text_version": "Version of the wording shown; empty where it is not told.",
        },
        f"""
    WITH held AS (
        SELECT *, unnest(node_ids) AS node_id FROM consents WHERE said_at <= (SELECT "at" FROM moment)
    ), holders AS (
        SELECT node_id, customer_id, true AS is_theirs FROM identifiers
        UNION ALL
        SELECT links.node_id, claimant.customer_id, false
        FROM links
        JOIN identifiers AS claimant ON claimant.node_id = links.anchor_id
        JOIN identifiers AS claimed ON claimed.node_id = links.node_id
        LEFT JOIN decisions AS apart
            ON apart.kind = 'apart' AND apart.state = 'made'
            AND apart.node_id = least(links.anchor_id, links.node_id)
            AND apart.other_node_id = greatest(links.anchor_id, links.node_id)
        WHERE links.status = 'quarantined' AND links.rule IN {_listed(CONTESTED)} AND apart.node_id IS NULL
          AND claimant.type IN {_listed(PERSONAL)} AND claimed.type IN {_listed(PERSONAL)}
    )
    SELECT customer_id, purpose, channel, state,
           CASE WHEN state <> 'granted' THEN 'denies' WHEN purpose = {quoted(ANY)} THEN 'nothing' ELSE 'grants' END
               AS effect,
           CASE WHEN state = 'granted' OR purpose IN {_listed(known.purposes)} THEN purpose ELSE {quoted(ANY)} END
               AS bears_on_purpose,
           CASE WHEN state = 'granted' OR channel IN {_listed(known.channels)} THEN channel ELSE {quoted(ANY)} END
               AS bears_on_channel,
           min(said_at) AS said_at, event_time, source, event_id, min(statement) AS statement,
           nullif(text_version, '') AS text_version
    FROM held
    JOIN holders USING (node_id)
    WHERE is_theirs OR state <> 'granted'
    GROUP BY customer_id, purpose, channel, state, event_time, source, event_id, nullif(text_version, ''),
             CASE WHEN state <> 'granted' THEN said_at END
    """,  # noqa: S608 - literals from the policy, quoted
        # Columns have other names inside, so that an argument such as customer_id can only be a column of who asks.
        f"""
    CREATE OR REPLACE MACRO consent_at(of_customer, for_purpose, on_channel, at_time) AS (
        SELECT coalesce(
            bool_and(purpose_asked <> {quoted(ANY)}) AND count(DISTINCT name) FILTER (said_at <= at_time) <= {
            policy.max_names
        }
            AND {
            _permits(
                granted_on_it,
                f"greatest({granted_on_it}, {granted_on_any})",
                f"max(said_at) FILTER (NOT grants AND {on_it})",
                f"max(said_at) FILTER (NOT grants AND {on_either})",
            )
        }, false)
        FROM (
            SELECT customer_id AS said_by, bears_on_purpose AS of_purpose, bears_on_channel AS of_channel,
                   consent_ledger.said_at AS said_at, effect = 'grants' AS grants,
                   {{'purpose': purpose, 'channel': channel}} AS name, {_BY_EVENT} AS by_event,
                   {asked_purpose} AS purpose_asked, {asked_channel} AS channel_asked
            FROM consent_ledger WHERE effect <> 'nothing'
        )
        WHERE said_by = of_customer
    )
    """,  # noqa: S608 - literals from the policy, quoted
    )


CONSENT_IN_FORCE: Final = View(
    "consent_in_force",
    "One row a customer, a purpose and a channel as stated: the newest statement up to the moment, of the same time "
    "the one that denies more (unknown, then withdrawn, denied, granted). Whether a channel is permitted depends on "
    "what was said of every channel too: see consent_permissions.",
    {
        "customer_id": "The customer.",
        "purpose": "What for: marketing, analytics, profiling ...; normalised, * is every purpose.",
        "channel": "Channel it holds for; normalised, * is every channel.",
        "state": "granted, denied, withdrawn or unknown; only granted allows.",
        "event_time": "When it counts as said (said_at of consent_ledger), UTC.",
        "source": "Source of the touchpoint it was said in.",
        "event_id": "That touchpoint; unique within its source.",
        "text_version": "Version of the wording shown; empty where it is not told.",
        "statements": "Number of statements up to the moment, this one included, each once.",
    },
    f"""
    WITH weighed AS (
        SELECT *, CASE state WHEN 'granted' THEN 0 WHEN 'denied' THEN 1 WHEN 'withdrawn' THEN 2 ELSE 3 END AS caution,
               state <> 'granted' OR row_number() OVER (
                   PARTITION BY customer_id, purpose, channel, state = 'granted' ORDER BY {_BY_EVENT} DESC
               ) <= {MOST_GRANTS} AS counts
        FROM consent_ledger WHERE effect <> 'nothing'
    ), ordered AS (
        SELECT *,
               row_number() OVER (
                   said ORDER BY counts DESC, said_at DESC, caution DESC, event_id DESC, source DESC,
                                 coalesce(text_version, '') DESC
               ) AS place,
               count(DISTINCT {{'of': source, 'event_id': event_id, 'at': statement}}) OVER said AS statements
        FROM weighed
        WINDOW said AS (PARTITION BY customer_id, purpose, channel)
    )
    SELECT customer_id, purpose, channel, state, said_at AS event_time, source, event_id, text_version, statements
    FROM ordered WHERE place = 1
    """,  # noqa: S608 - constants
)


def consent_permissions(policy: ProfilePolicy) -> View:
    """Return the view ``consent_permissions``."""
    named = " ".join(f"UNION SELECT {quoted(channel)}" for channel in channels_asked(policy))
    on_it, on_any = "said[channel]", f"said[{quoted(ANY)}]"
    granted = f"greatest({on_it}.granted_at, {on_any}.granted_at)"
    denied = f"greatest({on_it}.denied_at, {on_any}.denied_at)"
    return View(
        "consent_permissions",
        "One row a customer, a purpose they said something on, and a channel in use: one that has touchpoints, that a "
        "statement names, or that the policy asks consent for. A customer or purpose without a row permits nothing.",
        {
            "customer_id": "The customer.",
            "purpose": "What for: marketing, analytics, profiling ...; normalised.",
            "channel": "The channel, normalised; never *.",
            "permitted": "Whether it is permitted up to the moment, as consent_at says.",
            "decided_at": "When the statement that decides counts as said, UTC; empty where none was made, or some "
            "were left out.",
            "left_out": "Whether consent was told on more purposes and channels than a profile keeps; nothing is "
            "permitted then.",
        },
        f"""
    WITH in_use AS (
        SELECT channel FROM consents
        UNION SELECT source FROM touchpoints
        {named}
    ), told AS (
        FROM consent_ledger WHERE effect <> 'nothing'
    ), spoken_of AS (
        SELECT DISTINCT customer_id, purpose FROM told WHERE purpose <> {quoted(ANY)}
    ), counted AS (
        SELECT customer_id, count(DISTINCT {{'purpose': purpose, 'channel': channel}}) > {policy.max_names} AS left_out
        FROM told GROUP BY ALL
    ), newest AS (
        SELECT customer_id, bears_on_purpose, bears_on_channel,
               {_granted("said_at", _BY_EVENT, "effect = 'grants'")} AS granted_at,
               max(said_at) FILTER (effect = 'denies') AS denied_at
        FROM told GROUP BY ALL
    ), bearing AS (
        SELECT customer_id, purpose, bears_on_channel, granted_at, denied_at
        FROM spoken_of JOIN newest USING (customer_id)
        WHERE bears_on_purpose IN (purpose, {quoted(ANY)})
    ), united AS (
        SELECT customer_id, purpose, bears_on_channel AS on_channel,
               {{'granted_at': max(granted_at), 'denied_at': max(denied_at)}} AS newest
        FROM bearing GROUP BY ALL
    ), spoken AS (
        SELECT customer_id, purpose, map(list(on_channel), list(newest)) AS said FROM united GROUP BY ALL
    ), deciding AS (
        SELECT customer_id, purpose, channel, left_out, {granted} AS granted_at, {on_it}.granted_at AS specific_grant,
               {denied} AS denied_at, {on_it}.denied_at AS specific_denial,
               {on_any}.denied_at AS general_denial
        FROM spoken JOIN counted USING (customer_id) CROSS JOIN in_use
        WHERE channel <> {quoted(ANY)}
    ), decided AS (
        SELECT *,
               coalesce({_permits("specific_grant", "granted_at", "specific_denial", "denied_at")}, false)
                   AS is_permitted
        FROM deciding
    )
    SELECT customer_id, purpose, channel, is_permitted AND NOT left_out AS permitted,
           CASE WHEN left_out THEN NULL
                WHEN is_permitted THEN granted_at
                ELSE greatest(
                    CASE WHEN specific_denial < specific_grant THEN NULL ELSE specific_denial END,
                    CASE WHEN general_denial < granted_at THEN NULL ELSE general_denial END)
           END AS decided_at,
           left_out
    FROM decided
    """,  # noqa: S608 - literals from the policy, quoted
    )


def _permits(specific_grant: str, grant: str, specific_denial: str, denial: str) -> str:
    """Return SQL of the rule: true, or false or NULL where it is not permitted.

    Args:
        specific_grant: when the newest grant on the channel itself was said; NULL where none was.
        grant: the same of the newest grant on it or on every channel.
        specific_denial: the same of the newest denial on the channel itself, of the purpose or every purpose.
        denial: the same of the newest denial on it or on every channel.
    """
    is_lifted = "({denial} IS NULL OR {denial} < {grant})"
    return " AND ".join(
        (
            f"{grant} IS NOT NULL",
            is_lifted.format(denial=specific_denial, grant=specific_grant),
            is_lifted.format(denial=denial, grant=grant),
        )
    )


def _granted(said_at: str, by_event: str, bearing: str) -> str:
    """Return SQL of when the last of those grants on one purpose and channel was said that count; NULL: none was."""
    return f"list_max(max_by({said_at}, {by_event}, {MOST_GRANTS}) FILTER ({bearing}))"


def _named(text: str, spellings: Mapping[str, str]) -> str:
    """Return SQL of a name in the form that is compared, as :mod:`profiles.consent` has it."""
    given = f"nfc_normalize(lower(nfc_normalize(coalesce({text}, '')::VARCHAR)))"
    name = rf"trim(regexp_replace({given}, '[^\p{{L}}\p{{N}}\p{{M}}]+', '_', 'g'), '_')"
    meant = dict.fromkeys(["", *sorted(ANY_WORDS)], ANY) | dict(spellings)
    # A map, since CASE would repeat the name for each of them.
    spelt = f"map([{', '.join(map(quoted, meant))}], [{', '.join(map(quoted, meant.values()))}])"
    return f"list_transform([{name}], lambda given: coalesce({spelt}[given], given))[1]"


def _listed(names: Collection[str]) -> str:
    return f"({', '.join(map(quoted, sorted(names)))})"
