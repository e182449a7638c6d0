"""The tables of the lake, column by column: the one place that names them.

Code, the lake itself and docs/lake.md are made from this list or held equal to it by tests.
"""

from collections.abc import Mapping
from typing import Final

from sinks.columns import (
    BIGINT,
    BLOB,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    MONEY,
    TEXT,
    TIMESTAMP,
    Column,
    Table,
    list_of,
    map_to,
    struct,
)

TOUCH: Final = struct(event_time=TIMESTAMP, event_id=TEXT, channel=TEXT, type=TEXT)
PROFILE_IDENTIFIER: Final = struct(
    node_id=TEXT, type=TEXT, value=TEXT, first_seen=TIMESTAMP, shared=BOOLEAN, quality=TEXT
)
COMPUTED: Final = struct(
    name=TEXT, key=TEXT, number=DOUBLE, text=TEXT, event_time=TIMESTAMP, source=TEXT, event_id=TEXT
)
TAG: Final = struct(name=TEXT, event_time=TIMESTAMP, source=TEXT, event_id=TEXT)
MEMBERSHIP: Final = struct(name=TEXT, entered_at=TIMESTAMP)
OFFER_STAGE: Final = struct(offer_id=TEXT, stage=TEXT, count=BIGINT, last_at=TIMESTAMP, channel=TEXT)
CAP_STATE: Final = struct(name=TEXT, messages=BIGINT, most=BIGINT, free_again_at=TIMESTAMP)
TRAIT: Final = struct(name=TEXT, value=TEXT, event_time=TIMESTAMP, source=TEXT, event_id=TEXT)
CONSENT_IN_FORCE: Final = struct(
    purpose=TEXT,
    channel=TEXT,
    state=TEXT,
    event_time=TIMESTAMP,
    source=TEXT,
    event_id=TEXT,
    text_version=TEXT,
)
PERMISSION: Final = struct(
    purpose=TEXT,
    channel=TEXT,
    permitted=BOOLEAN,
    by_purpose=TEXT,
    by_channel=TEXT,
    state=TEXT,
    event_time=TIMESTAMP,
    source=TEXT,
    event_id=TEXT,
    text_version=TEXT,
)
IDENTIFIER: Final = struct(type=TEXT, value=TEXT)
LEFT_OUT: Final = struct(type=TEXT, reason=TEXT)
ITEM: Final = struct(sku=TEXT, name=TEXT, quantity=BIGINT, price=MONEY)

FLAT_TRAITS: Final = (
    "first_name",
    "last_name",
    "birth_date",
    "street",
    "postcode",
    "city",
    "country",
    "language",
)
"""The traits that are columns of their own; every trait, these too, is in ``traits``."""

PROFILES: Final = Table(
    "profiles",
    "One row a customer id, merged ones too; the highest revision that arrived.",
    ("customer_id",),
    (
        Column("customer_id", TEXT, "32 hexadecimal digits."),
        Column("revision", BIGINT, "Grows with every change of this customer."),
        Column("status", TEXT, "active or merged."),
        Column("merged_into", TEXT, "The surviving customer id where status is merged."),
        Column("policy_version", TEXT, "Version of the identity policy in force when this was published."),
        Column("updated_at", TIMESTAMP, "When this revision was made; processing time, UTC."),
        Column("known", BOOLEAN, "Whether a personal identifier is known, not only devices and cookies."),
        Column("identifiers", list_of(PROFILE_IDENTIFIER), "Everything this customer is known by."),
        Column("first_name", TEXT, "Given name."),
        Column("last_name", TEXT, "Family name."),
        Column("birth_date", TEXT, "Birth date: YYYY-MM-DD where it means one day, else as it came."),
        Column("street", TEXT, "Street and number."),
        Column("postcode", TEXT, "Postal code."),
        Column("city", TEXT, "City."),
        Column("country", TEXT, "ISO 3166 alpha-2 code."),
        Column("language", TEXT, "Language as the newest source says, BCP 47 tag."),
        Column("preferred_language", TEXT, "Language to address them in, BCP 47 tag."),
        Column("traits", list_of(TRAIT), "Every told trait with the touchpoint it came with."),
        Column(
            "computed",
            list_of(COMPUTED),
            "Every value of the computed traits that the policy declares without a window.",
        ),
        Column("tags", list_of(TAG), "The tags that people gave."),
        Column("segments", list_of(MEMBERSHIP), "The segments they are in, and since when (processing time)."),
        Column("offers", list_of(OFFER_STAGE), "How often each offer was made, seen, accepted or declined."),
        Column("caps", list_of(CAP_STATE), "How many messages they got within each cap, as of the clock."),
        Column("touches", BIGINT, "Number of touchpoints."),
        Column("touches_by_channel", map_to(BIGINT), "Number of touchpoints by channel."),
        Column("touches_by_type", map_to(BIGINT), "Number of touchpoints by type."),
        Column("first_touch", TOUCH, "The first touchpoint by event time."),
        Column("last_touch", TOUCH, "The last touchpoint by event time."),
        Column("first_touch_at", TIMESTAMP, "Event time of the first touchpoint, UTC."),
        Column("first_channel", TEXT, "Channel of the first touchpoint: the one that acquired them."),
        Column("last_touch_at", TIMESTAMP, "Event time of the last touchpoint, UTC."),
        Column("recent_touches", list_of(TOUCH), "The newest touchpoints, newest first, bounded."),
        Column("orders", BIGINT, "Number of purchases; an order told again is the same one."),
        Column("returns", BIGINT, "Number of returns."),
        Column("first_order_at", TIMESTAMP, "Event time of the first purchase, UTC."),
        Column("last_order_at", TIMESTAMP, "Event time of the last purchase, UTC."),
        Column("margin", map_to(MONEY), "What purchases less returns earn, by currency, in currency units."),
        Column("margin_micros", map_to(BIGINT), "The same in millionths of the currency unit."),
        Column("revenue", map_to(MONEY), "Purchases less returns by currency, in currency units."),
        Column("revenue_micros", map_to(BIGINT), "The same in millionths of the currency unit."),
        Column("consents", list_of(CONSENT_IN_FORCE), "What was stated of consent: the newest by purpose and channel."),
        Column(
            "permissions",
            list_of(PERMISSION),
            "What is permitted, and the statement that decides. A channel that a purpose does not list is permitted "
            "where * is; a purpose that is not listed is not permitted.",
        ),
        Column(
            "consents_left_out",
            BOOLEAN,
            "Consent was told on more purposes and channels than are kept; nothing is permitted.",
        ),
    ),
    version="revision",
)

IDENTIFIERS: Final = Table(
    "identifiers",
    "One row a node: what a customer is known by, and whose it is now.",
    ("node_id",),
    (
        Column("node_id", TEXT, "32 hexadecimal digits: keyed hash of type and value."),
        Column("type", TEXT, "Identifier type."),
        Column("value", TEXT, "Normalised value."),
        Column("customer_id", TEXT, "The customer it belongs to."),
        Column("first_seen", TIMESTAMP, "Event time of the first touchpoint with it, UTC."),
        Column("shared", BOOLEAN, "Seen with more others than its type allows: joins nobody."),
        Column("quality", TEXT, "Of e-mail addresses and telephone numbers: verified, bounced ... as told last."),
        Column("revision", BIGINT, "Revision of the profile that says so."),
    ),
    version="revision",
)

LINKS: Final = Table(
    "links",
    "One row for two identifiers seen together, alike or decided on: the verdict of the highest revision.",
    ("anchor_id", "node_id"),
    (
        Column("anchor_id", TEXT, "Node id that holds the evidence."),
        Column("node_id", TEXT, "The other node id."),
        Column("revision", BIGINT, "Grows with every change around this link."),
        Column("status", TEXT, "joined, quarantined, suggested or withdrawn."),
        Column("rule", TEXT, "The rule that quarantined it, decided_together, or matched."),
        Column("policy_version", TEXT, "Version of the identity policy in force when this was published."),
        Column("probability", DOUBLE, "Of like records: how probably they are one person's."),
    ),
    version="revision",
)

TOUCHPOINTS: Final = Table(
    "touchpoints",
    "One row a touchpoint, exactly once however often it was delivered; never changed.",
    ("source", "event_id"),
    (
        Column("source", TEXT, "The source, which is its channel: web, mobile, store, call ..."),
        Column("event_id", TEXT, "Unique within its source."),
        Column("event_time", TIMESTAMP, "When it happened by the source's clock, UTC."),
        Column("received_at", TIMESTAMP, "Kafka's timestamp of the source record, UTC; empty where it had none."),
        Column("type", TEXT, "page_view, purchase, return, call ..."),
        Column("unknown_type", BOOLEAN, "Whether nobody knows this type: an order under it is no purchase."),
        Column("anchor_id", TEXT, "Node id of its strongest identifier."),
        Column("node_ids", list_of(TEXT), "Node ids of all its usable identifiers, strongest first."),
        Column("identifiers", list_of(IDENTIFIER), "Its identifiers as they came."),
        Column("left_out", list_of(LEFT_OUT), "Those of them that count for nothing, by type and reason."),
        Column("traits", map_to(TEXT), "Attributes of the person as they came."),
        Column("order_id", TEXT, "Order or receipt number."),
        Column("amount", MONEY, "Total of the order in currency units; never negative, a return has the type return."),
        Column("currency", TEXT, "ISO 4217 code of the amount, the margin and the prices."),
        Column("margin", MONEY, "What is earned on the order after cost of goods, in currency units; may be negative."),
        Column("items", list_of(ITEM), "Lines of the order; price of one unit in currency units."),
        Column("campaign", TEXT, "Campaign name or id."),
        Column("medium", TEXT, "cpc, email, social, affiliate ..."),
        Column("marketing_source", TEXT, "Where the visitor came from: a search engine, a newsletter ..."),
        Column("click_id", TEXT, "The advertising network's id of the click."),
        Column("offer_id", TEXT, "The offer made, seen, accepted or declined."),
        Column("cost", MONEY, "What the touch cost, in currency units."),
        Column("cost_currency", TEXT, "ISO 4217 code of the cost."),
        Column("interaction_reason", TEXT, "Why the person got in touch."),
        Column("interaction_outcome", TEXT, "How it ended."),
        Column("interaction_seconds", DOUBLE, "How long it took, in seconds."),
        Column("interaction_agent", TEXT, "Who served."),
        Column("interaction_sentiment", DOUBLE, "From -1 (angry) to 1 (delighted)."),
        Column("party", TEXT, "first, second or third: our own data, a partner's, or bought."),
        Column("properties", map_to(TEXT), "Everything else the source sent."),
        Column("origin_topic", TEXT, "Topic of the source record."),
        Column("origin_partition", INTEGER, "Partition of the source record."),
        Column("origin_offset", BIGINT, "Offset of the source record."),
    ),
)

CONSENTS: Final = Table(
    "consents",
    "The ledger of consent: one row for each statement in a touchpoint, and one more where it came again and "
    "counts as said at another time by that; never changed.",
    (
        "source",
        "event_id",
        "statement",
        "said_at",
        "said_purpose",
        "said_channel",
        "state",
        "text_version",
        "event_time",
        "node_ids",
    ),
    (
        Column("source", TEXT, "Source of the touchpoint."),
        Column("event_id", TEXT, "The touchpoint it was said in."),
        Column("statement", INTEGER, "Its place among the statements of that touchpoint, from 0."),
        Column("anchor_id", TEXT, "Node id of the touchpoint's strongest identifier."),
        Column(
            "node_ids",
            list_of(TEXT),
            "Node ids it holds for: the anchor, of a denial every identifier of the touchpoint.",
        ),
        Column("event_time", TIMESTAMP, "Event time of the touchpoint, UTC."),
        Column("said_at", TIMESTAMP, "When it counts as said: event_time, or when it was received if earlier; UTC."),
        Column("purpose", TEXT, "What for: marketing, analytics, profiling ...; normalised, * is every purpose."),
        Column("channel", TEXT, "Channel it holds for; normalised, * is every channel."),
        Column("said_purpose", TEXT, "The purpose as it came."),
        Column("said_channel", TEXT, "The channel as it came."),
        Column("state", TEXT, "granted, denied, withdrawn or unknown; only granted allows."),
        Column("text_version", TEXT, "Version of the wording shown."),
    ),
)

CHANGES: Final = Table(
    "changes",
    "One row each time something happened to a customer as a whole.",
    ("kind", "customer_id", "other_customer_id", "revision"),
    (
        Column("kind", TEXT, "merged, split, identifier_added or identifier_moved."),
        Column("customer_id", TEXT, "The customer it happened to; of merged the one that survives."),
        Column("other_customer_id", TEXT, "The other side; empty text for identifier_added."),
        Column("identifiers", list_of(TEXT), "Node ids of the identifiers that came to customer_id by it."),
        Column("cause", TEXT, "event, decision, rule or policy."),
        Column("cause_id", TEXT, "The event that showed it, the decision's key, the rule, or the policy's version."),
        Column("revision", BIGINT, "Revision of customer_id that shows it."),
        Column("occurred_at", TIMESTAMP, "When it was noticed; processing time, UTC."),
    ),
)

SIGNALS: Final = Table(
    "signals",
    "One row a signal: a goal reached, a breakdown, a segment entered or left, a consent or a cap that changed.",
    ("signal_id",),
    (
        Column("signal_id", TEXT, "The same signal has the same id."),
        Column("kind", TEXT, "goal_reached, breakdown, segment_entered, segment_left, consent_granted ..."),
        Column("name", TEXT, "Of the goal, breakdown, segment or cap; of consents purpose/channel."),
        Column("customer_id", TEXT, "Whom it is of, as the customer was called then."),
        Column("revision", BIGINT, "Revision of the customer that shows it."),
        Column("cause", TEXT, "event, or clock: time alone brought it about."),
        Column("event_id", TEXT, "The touchpoint that brought it about, where it is a single one."),
        Column("event_time", TIMESTAMP, "Event time of that touchpoint, UTC."),
        Column("context", map_to(TEXT), "What it is about; of a breakdown what went wrong before."),
        Column("occurred_at", TIMESTAMP, "When it was noticed; processing time, UTC."),
    ),
)

ACTIVATIONS: Final = Table(
    "activations",
    "One row a decision for a touchpoint that asked for one, of a customer who permits it.",
    ("activation_id",),
    (
        Column("activation_id", TEXT, "The same decision on the same touchpoint has the same id."),
        Column("name", TEXT, "The declared activation."),
        Column("customer_id", TEXT, "Whom it is for, as the customer was called then."),
        Column("revision", BIGINT, "Revision of the customer that it was decided by."),
        Column("event_id", TEXT, "The touchpoint that asked."),
        Column("event_time", TIMESTAMP, "Event time of that touchpoint, UTC."),
        Column("asked_on", TEXT, "Channel of that touchpoint."),
        Column("purpose", TEXT, "The consent purpose that was granted."),
        Column("channel", TEXT, "The channel it was granted for."),
        Column("language", TEXT, "Language to address them in, BCP 47 tag."),
        Column("traits", map_to(TEXT), "The told traits that the activation declares."),
        Column("segments", list_of(TEXT), "The segments that the customer was in."),
        Column("offers", list_of(TEXT), "The offers that might be made, the best first."),
        Column("messages_left", BIGINT, "Messages that the cap left room for; empty where there is no cap."),
        Column("made_at", TIMESTAMP, "When it was decided; processing time, UTC."),
    ),
)

SCORES: Final = Table(
    "scores",
    "One row a customer and a model: what it says of them, the newest that was made. Who is in the newest fit no more "
    "keeps the row of an older one; the views leave such rows out.",
    ("customer_id", "model"),
    (
        Column("customer_id", TEXT, "Whom it is of, as the customer was called when it was made."),
        Column("model", TEXT, "lifetime_value, or look_alike/SEGMENT."),
        Column("version", TEXT, "Hash of the fitted model."),
        Column("values", map_to(DOUBLE), "What it says, by name; amounts in units of the base currency."),
        Column("reasons", list_of(TEXT), "The features that made it so, the strongest first."),
        Column("made_at", TIMESTAMP, "When it was made; processing time, UTC, the same for all of one fit."),
    ),
    version="made_at",
)

DECISIONS: Final = Table(
    "decisions",
    "One row for what data stewards decided on two identifiers, or on one: the newest decision.",
    ("node_id", "other_node_id"),
    (
        Column("node_id", TEXT, "Node id of the identifier; of two the smaller id."),
        Column("other_node_id", TEXT, "Node id of the other one; empty text for block."),
        Column("kind", TEXT, "together, apart, release or block."),
        Column("state", TEXT, "made or withdrawn."),
        Column("type", TEXT, "Type of the identifier."),
        Column("value", TEXT, "Its normalised value."),
        Column("other_type", TEXT, "Type of the other one."),
        Column("other_value", TEXT, "Its normalised value."),
        Column("made_at", TIMESTAMP, "When it was decided, UTC."),
        Column("made_by", TEXT, "Who decided."),
        Column("reason", TEXT, "Why, in their words."),
    ),
    version="made_at",
)

POLICIES: Final = Table(
    "policies",
    "One row a policy that was applied; the newest is in force, and where there is none the default one is.",
    ("applied_at",),
    (
        Column("applied_at", TIMESTAMP, "When it was applied, UTC."),
        Column("version", TEXT, "Its name and a hash of what decides; stands on every profile."),
        Column("model", TEXT, "The model that it names, JSON; empty where it names none."),
        Column("text", TEXT, "The policy file, TOML."),
        Column("applied_by", TEXT, "Who applied it."),
    ),
    version="applied_at",
)

DEAD_LETTERS: Final = Table(
    "dead_letters",
    "One row a record that could not be used, with its bytes.",
    ("topic", "partition", "offset"),
    (
        Column("topic", TEXT, "Topic of the record."),
        Column("partition", INTEGER, "Partition of the record."),
        Column("offset", BIGINT, "Offset of the record."),
        Column("reason", TEXT, "Stable reason code, see docs/dead-letters.md."),
        Column("detail", TEXT, "What was expected where; never a value of the record."),
        Column("stage", TEXT, "The stage that refused it."),
        Column("timestamp", TIMESTAMP, "Kafka's timestamp of the record, UTC; empty where it had none."),
        Column("key", BLOB, "Key as it came."),
        Column("value", BLOB, "Value as it came."),
    ),
)

OFFSETS: Final = Table(
    "_offsets",
    "How far each partition is in this lake; written in the transaction that wrote the rows.",
    ("topic", "partition"),
    (
        Column("topic", TEXT, "Kafka topic."),
        Column("partition", INTEGER, "Partition."),
        Column("next_offset", BIGINT, "The first offset that is not in the lake yet."),
    ),
)

LAKE: Final = Table(
    "_lake",
    "One row: what wrote this lake.",
    (),
    (
        Column("lake_format", INTEGER, "Format of the tables; a reader refuses a higher one than its own."),
        Column("views", TEXT, "Fingerprint of the views, which a newer version replaces."),
    ),
)

LAKE_FORMAT: Final = 5
"""Raised with every change of the tables that an older version cannot read."""

TABLES: Final = (
    PROFILES,
    IDENTIFIERS,
    LINKS,
    TOUCHPOINTS,
    CONSENTS,
    CHANGES,
    SIGNALS,
    ACTIVATIONS,
    SCORES,
    DECISIONS,
    POLICIES,
    DEAD_LETTERS,
    OFFSETS,
    LAKE,
)

LOOKED_UP: Final = (
    TOUCHPOINTS,
    CONSENTS,
    PROFILES,
    IDENTIFIERS,
    LINKS,
    CHANGES,
    SIGNALS,
    ACTIVATIONS,
    SCORES,
    DECISIONS,
    POLICIES,
    DEAD_LETTERS,
)
"""The tables of which a batch asks whether they have a row. Consents come and stay away with their touchpoint."""

TABLES_BY_NAME: Final[Mapping[str, Table]] = {table.name: table for table in TABLES}
