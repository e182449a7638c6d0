"""Views of the evidence behind people, and of what could not be used."""

from typing import Final

from sinks.views.view import View

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

LEFT_OUT_IDENTIFIERS: Final = View(
    "left_out_identifiers",
    "One row a source, identifier type, reason and day: how many identifiers of touchpoints count for nothing.",
    {
        "source": "Source of the touchpoints.",
        "type": "Identifier type; another where a foreign name might hold a person.",
        "reason": "blank, placeholder, unknown_type, malformed or too_long.",
        "day": "Day of arrival, UTC.",
        "identifiers": "Number of identifiers.",
        "touchpoints": "Number of touchpoints that they were on.",
    },
    """
    WITH told AS (
        SELECT source, event_id, coalesce(received_at, event_time)::DATE AS day, unnest(left_out) AS one
        FROM touchpoints
    )
    SELECT source, one.type AS type, one.reason AS reason, day, count(*) AS identifiers,
           count(DISTINCT event_id) AS touchpoints
    FROM told GROUP BY ALL
    """,
)

UNKNOWN_TYPES: Final = View(
    "unknown_types",
    "One row a source, touchpoint type that means nothing, and day. An order under such a type is no purchase.",
    {
        "source": "Source of the touchpoints.",
        "type": "Touchpoint type as it came.",
        "day": "Day of arrival, UTC.",
        "touchpoints": "Number of touchpoints.",
        "with_order": "How many of them carry an order, which counts neither as purchase nor as return.",
    },
    """
    SELECT source, type, coalesce(received_at, event_time)::DATE AS day, count(*) AS touchpoints,
           count(order_id) AS with_order
    FROM touchpoints WHERE unknown_type GROUP BY ALL
    """,
)
