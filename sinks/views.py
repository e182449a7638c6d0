"""The views of the lake: the analyses that every reader starts from.

A view names tables without a catalog, so it sees the snapshot that its reader attached.
Touchpoints point at their anchor node, never at a person: who they belong to is looked up in ``identifiers`` when the
view is read, so a late merge moves all of history with no rewriting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final


@dataclass(frozen=True, slots=True)
class View:
    """A view of the lake.

    Attributes:
        name: its name.
        doc: what a row is.
        columns: column name to what it means, with its unit, in order.
        select: the statement behind it; its columns are the ones above.
    """

    name: str
    doc: str
    columns: Mapping[str, str]
    select: str

    def create_sql(self) -> str:
        """Return the statement that creates or replaces the view."""
        return f"CREATE OR REPLACE VIEW {self.name} AS {self.select}"


CUSTOMERS: Final = View(
    "customers",
    "One row a customer as of now: the active profiles with what analysts ask for most.",
    {
        "customer_id": "32 hexadecimal digits.",
        "known": "Whether a personal identifier is known.",
        "first_name": "Given name.",
        "last_name": "Family name.",
        "birth_date": "Birth date as it came.",
        "city": "City.",
        "country": "ISO 3166 alpha-2 code.",
        "language": "Preferred language, else the newest one; BCP 47 tag.",
        "emails": "Normalised e-mail addresses.",
        "phones": "Normalised phone numbers.",
        "loyalty_ids": "Normalised loyalty numbers.",
        "identifier_count": "Number of identifiers of any type.",
        "first_channel": "The channel that acquired them.",
        "first_touch_at": "Event time of the first touchpoint, UTC.",
        "last_touch_at": "Event time of the last touchpoint, UTC.",
        "touches": "Number of touchpoints.",
        "channels": "The channels they used, in order of the alphabet.",
        "orders": "Number of purchases.",
        "returns": "Number of returns.",
        "revenue": "Purchases less returns by currency, in currency units.",
        "consents_granted": "purpose/channel of each consent that is granted.",
        "revision": "Revision of the profile.",
        "updated_at": "When that revision was made; processing time, UTC.",
    },
    """
    SELECT customer_id, known, first_name, last_name, birth_date, city, country,
           coalesce(preferred_language, language) AS language,
           list_transform(list_filter(identifiers, lambda i: i.type = 'email'), lambda i: i.value) AS emails,
           list_transform(list_filter(identifiers, lambda i: i.type = 'phone'), lambda i: i.value) AS phones,
           list_transform(list_filter(identifiers, lambda i: i.type = 'loyalty_id'), lambda i: i.value) AS loyalty_ids,
           len(identifiers) AS identifier_count,
           first_channel, first_touch_at, last_touch_at, touches,
           list_sort(map_keys(touches_by_channel)) AS channels,
           orders, returns, revenue,
           list_transform(list_filter(consents, lambda c: c.state = 'granted'),
                          lambda c: c.purpose || '/' || c.channel) AS consents_granted,
           revision, updated_at
    FROM profiles
    WHERE status = 'active'
    """,
)

TOUCHPOINTS_BY_CUSTOMER: Final = View(
    "touchpoints_by_customer",
    "One row a touchpoint with the customer it belongs to as of now, under today's merges; all columns of touchpoints.",
    {
        "customer_id": "The customer, empty while their profile is on its way.",
        "*": "Every column of touchpoints.",
    },
    """
    SELECT identifiers.customer_id, touchpoints.*
    FROM touchpoints
    LEFT JOIN identifiers ON identifiers.node_id = touchpoints.anchor_id
    """,
)

JOURNEYS: Final = View(
    "journeys",
    "One row a step of a customer's journey, numbered by event time.",
    {
        "customer_id": "The customer.",
        "step": "1 for the first touchpoint.",
        "event_time": "When it happened, UTC.",
        "seconds_since_previous": "Time since the step before, in seconds; empty for the first.",
        "channel": "Source of the touchpoint.",
        "previous_channel": "Channel of the step before; empty for the first.",
        "type": "page_view, purchase, return, call ...",
        "campaign": "Campaign name or id.",
        "order_id": "Order or receipt number.",
        "amount": "Total of the order in currency units.",
        "currency": "ISO 4217 code of the amount.",
        "event_id": "Unique within its source.",
    },
    """
    SELECT identifiers.customer_id,
           row_number() OVER journey AS step,
           event_time,
           epoch(event_time - lag(event_time) OVER journey) AS seconds_since_previous,
           source AS channel,
           lag(source) OVER journey AS previous_channel,
           touchpoints.type, campaign, order_id, amount, currency, event_id
    FROM touchpoints
    JOIN identifiers ON identifiers.node_id = touchpoints.anchor_id
    WINDOW journey AS (PARTITION BY identifiers.customer_id ORDER BY event_time, event_id, source)
    """,
)

VALUE_BY_ACQUIRING_CHANNEL: Final = View(
    "value_by_acquiring_channel",
    "One row a channel that acquired customers and a currency they spent in: what these customers are worth.",
    {
        "channel": "Channel of the customers' first touchpoint.",
        "currency": "ISO 4217 code; empty where nobody of the channel bought.",
        "customers": "Customers the channel acquired, in every currency and none.",
        "known_customers": "Those with a personal identifier.",
        "buyers": "Those with revenue or returns in this currency.",
        "revenue": "Purchases less returns of these customers in any channel, in currency units.",
        "revenue_per_customer": "Revenue by acquired customer, in currency units.",
    },
    """
    WITH acquired AS (
        SELECT first_channel AS channel, count(*) AS customers, count(*) FILTER (known) AS known_customers
        FROM profiles WHERE status = 'active' GROUP BY ALL
    ), spent AS (
        SELECT first_channel AS channel, unnest(map_entries(revenue)) AS entry
        FROM profiles WHERE status = 'active'
    ), totals AS (
        SELECT channel, entry.key AS currency, count(*) AS buyers, sum(entry.value) AS revenue
        FROM spent GROUP BY ALL
    )
    SELECT acquired.channel, currency, customers, known_customers, coalesce(buyers, 0) AS buyers,
           coalesce(revenue, 0) AS revenue,
           round(coalesce(revenue, 0)::DOUBLE / customers, 2) AS revenue_per_customer
    FROM acquired
    LEFT JOIN totals ON totals.channel IS NOT DISTINCT FROM acquired.channel
    """,
)

LINK_EVIDENCE: Final = View(
    "link_evidence",
    "One row for two identifiers seen together or decided on: how often, when, and what became of the link.",
    {
        "anchor_id": "Node id of the stronger identifier.",
        "anchor_type": "Its type.",
        "anchor_value": "Its normalised value.",
        "node_id": "The other node id.",
        "node_type": "Its type.",
        "node_value": "Its normalised value.",
        "times_together": "Number of touchpoints that carry both.",
        "first_together_at": "Event time of the first of them, UTC.",
        "last_together_at": "Event time of the last of them, UTC.",
        "sources": "How many of them came from each source.",
        "status": "joined, quarantined, suggested or withdrawn; empty while undecided.",
        "rule": "The rule that quarantined it, decided_together, or matched.",
        "policy_version": "Version of the identity policy in force when this was published.",
        "probability": "Of like records: how probably they are one person's.",
    },
    """
    WITH pairs AS (
        SELECT anchor_id, unnest(node_ids[2:]) AS node_id, event_time, source FROM touchpoints
    ), seen AS (
        SELECT anchor_id, node_id, count(*) AS times_together,
               min(event_time) AS first_together_at, max(event_time) AS last_together_at, histogram(source) AS sources
        FROM pairs GROUP BY ALL
    ), judged AS (
        SELECT anchor_id, node_id, coalesce(times_together, 0) AS times_together,
               first_together_at, last_together_at, coalesce(sources, MAP {}) AS sources, status, rule, policy_version,
               probability
        FROM seen FULL JOIN links USING (anchor_id, node_id)
    )
    SELECT judged.anchor_id, anchor.type AS anchor_type, anchor.value AS anchor_value,
           judged.node_id, node.type AS node_type, node.value AS node_value,
           times_together, first_together_at, last_together_at, sources, status, rule, judged.policy_version,
           probability
    FROM judged
    LEFT JOIN identifiers AS anchor ON anchor.node_id = judged.anchor_id
    LEFT JOIN identifiers AS node ON node.node_id = judged.node_id
    """,
)

DEAD_LETTERS_BY_REASON: Final = View(
    "dead_letters_by_reason",
    "One row a reason, stage and topic: how many records could not be used.",
    {
        "reason": "Stable reason code, see docs/dead-letters.md.",
        "stage": "The stage that refused them.",
        "topic": "Topic of the records.",
        "records": "Number of records.",
        "first_at": "Kafka's timestamp of the first of them, UTC.",
        "last_at": "Kafka's timestamp of the last of them, UTC.",
    },
    """
    SELECT reason, stage, topic, count(*) AS records, min("timestamp") AS first_at, max("timestamp") AS last_at
    FROM dead_letters GROUP BY ALL
    """,
)

VIEWS: Final = (
    CUSTOMERS,
    TOUCHPOINTS_BY_CUSTOMER,
    JOURNEYS,
    VALUE_BY_ACQUIRING_CHANNEL,
    LINK_EVIDENCE,
    DEAD_LETTERS_BY_REASON,
)


def fingerprint() -> str:
    """Return a hash of all view definitions: a lake that holds another one gets them anew."""
    definitions = "\n".join(view.create_sql() for view in VIEWS)
    return blake2b(definitions.encode(), digest_size=16).hexdigest()
