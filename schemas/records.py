"""The records of the Avro contracts as typed dictionaries.

Each class mirrors the record of the same name in ``schemas/avro``; what a field means is documented there, once.
fastavro reads and writes these dictionaries as they are. A test holds both sides equal.
Times are milliseconds since 1970-01-01 UTC, amounts are millionths of a currency unit.
"""

from typing import Literal, NotRequired, TypedDict

ConsentState = Literal["granted", "denied", "withdrawn", "unknown"]
Party = Literal["first", "second", "third"]
SignalKind = Literal[
    "goal_reached",
    "breakdown",
    "segment_entered",
    "segment_left",
    "consent_granted",
    "consent_ended",
    "cap_reached",
    "cap_freed",
]


class Identifier(TypedDict):
    """An identifier as the source sent it."""

    type: str
    value: str


class OrderItem(TypedDict):
    """A line of an order."""

    sku: str
    name: str | None
    quantity: int
    price_micros: int


class Order(TypedDict):
    """The transaction of a touchpoint.

    ``margin_micros`` is absent in touchpoints that were accepted before there was one, which means that it is unknown.
    """

    order_id: str
    amount_micros: int
    currency: str
    margin_micros: NotRequired[int | None]
    items: list[OrderItem]


class Marketing(TypedDict):
    """The campaign side of a touchpoint."""

    campaign: str | None
    medium: str | None
    source: str | None
    click_id: str | None
    offer_id: str | None
    cost_micros: int | None
    currency: str | None


class Consent(TypedDict):
    """What the person allowed or refused."""

    purpose: str
    channel: str
    state: ConsentState
    text_version: str | None


class Interaction(TypedDict):
    """The service side of a touchpoint."""

    reason: str | None
    outcome: str | None
    duration_seconds: float | None
    agent: str | None
    sentiment: float | None


class Touchpoint(TypedDict):
    """One contact of a customer with the business, in the canonical form."""

    event_id: str
    event_time: int
    type: str
    identifiers: list[Identifier]
    traits: dict[str, str]
    order: Order | None
    marketing: Marketing | None
    consents: list[Consent]
    interaction: Interaction | None
    party: Party
    properties: dict[str, str]


class ProfileIdentifier(TypedDict):
    """One thing a customer is known by."""

    node_id: str
    type: str
    value: str
    first_seen: int
    shared: bool
    quality: str | None


class Trait(TypedDict):
    """An attribute of the person and where it comes from."""

    name: str
    value: str
    event_time: int
    source: str
    event_id: str


class ComputedTrait(TypedDict):
    """A value of a computed trait."""

    name: str
    key: str
    number: float | None
    text: str | None
    event_time: int | None
    source: str | None
    event_id: str | None


class Tag(TypedDict):
    """A tag that people gave."""

    name: str
    event_time: int
    source: str
    event_id: str


class Membership(TypedDict):
    """A segment that the customer is in."""

    name: str
    entered_at: int


class OfferStage(TypedDict):
    """How often an offer was made, seen, accepted or declined."""

    offer_id: str
    stage: str
    count: int
    last_at: int
    channel: str


class CapState(TypedDict):
    """How many messages were sent within a cap."""

    name: str
    messages: int
    most: int
    free_again_at: int | None


class Touch(TypedDict):
    """A touchpoint in short."""

    event_time: int
    event_id: str
    channel: str
    type: str


class ConsentInForce(TypedDict):
    """The consent in force for a purpose and channel."""

    purpose: str
    channel: str
    state: str
    event_time: int
    source: str
    event_id: str
    text_version: str | None


class Permission(TypedDict):
    """Whether a purpose is permitted on a channel, and the statement that decides, where one does."""

    purpose: str
    channel: str
    permitted: bool
    by_purpose: str | None
    by_channel: str | None
    state: str | None
    event_time: int | None
    source: str | None
    event_id: str | None
    text_version: str | None


class Profile(TypedDict):
    """One customer, whole."""

    customer_id: str
    revision: int
    status: Literal["active", "merged"]
    merged_into: str | None
    policy_version: str
    updated_at: int
    known: bool
    identifiers: list[ProfileIdentifier]
    traits: list[Trait]
    computed: list[ComputedTrait]
    tags: list[Tag]
    segments: list[Membership]
    offers: list[OfferStage]
    caps: list[CapState]
    preferred_language: str | None
    touches: int
    touches_by_channel: dict[str, int]
    touches_by_type: dict[str, int]
    first_touch: Touch | None
    last_touch: Touch | None
    recent_touches: list[Touch]
    orders: int
    returns: int
    first_order_at: int | None
    last_order_at: int | None
    margin_micros: dict[str, int]
    revenue_micros: dict[str, int]
    consents: list[ConsentInForce]
    permissions: list[Permission]
    consents_left_out: bool


class Link(TypedDict):
    """The verdict on two identifiers that were seen together."""

    anchor_id: str
    node_id: str
    revision: int
    status: Literal["joined", "quarantined", "withdrawn", "suggested"]
    rule: str | None
    policy_version: str
    probability: float | None


class Change(TypedDict):
    """Something that happened to a customer as a whole."""

    kind: Literal["merged", "split", "identifier_added", "identifier_moved"]
    customer_id: str
    other_customer_id: str | None
    identifiers: list[str]
    cause: Literal["event", "decision", "rule", "policy"]
    cause_id: str | None
    revision: int
    occurred_at: int


class Signal(TypedDict):
    """Something to act on."""

    signal_id: str
    kind: SignalKind
    name: str
    customer_id: str
    revision: int
    cause: Literal["event", "clock"]
    event_id: str | None
    event_time: int | None
    context: dict[str, str]
    occurred_at: int


class Activation(TypedDict):
    """A decision for a touchpoint that asked for one."""

    activation_id: str
    name: str
    customer_id: str
    revision: int
    event_id: str
    event_time: int
    asked_on: str
    purpose: str
    channel: str
    language: str | None
    traits: dict[str, str]
    segments: list[str]
    offers: list[str]
    messages_left: int | None
    made_at: int


class Score(TypedDict):
    """What a model says of a customer."""

    customer_id: str
    model: str
    version: str
    values: dict[str, float]
    reasons: list[str]
    made_at: int


class DecidedIdentifier(TypedDict):
    """An identifier that a decision is on."""

    node_id: str
    type: str
    value: str


class Decision(TypedDict):
    """What a data steward decided on two identifiers, or on one."""

    kind: Literal["together", "apart", "release", "block"]
    state: Literal["made", "withdrawn"]
    one: DecidedIdentifier
    other: DecidedIdentifier | None
    made_at: int
    made_by: str
    reason: str


class Policy(TypedDict):
    """The identity policy in force."""

    version: str
    text: str
    applied_at: int
    applied_by: str
    model: str | None


class DeadLetter(TypedDict):
    """A record that could not be used."""

    reason: str
    detail: str
    stage: str
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class WebProduct(TypedDict):
    """A line of a web checkout."""

    sku: str
    name: str | None
    quantity: int
    price: float


class WebTransaction(TypedDict):
    """A web checkout."""

    transaction_id: str
    total: float
    currency: str
    products: list[WebProduct]


class WebEvent(TypedDict):
    """What a web tracker sends."""

    event_id: str
    collected_at: int
    event_name: str
    visitor_cookie: str | None
    user_id: str | None
    email: str | None
    page_url: str
    page_title: str | None
    referrer: str | None
    user_agent: str | None
    browser_language: str | None
    utm_campaign: str | None
    utm_medium: str | None
    utm_source: str | None
    click_id: str | None
    form: dict[str, str]
    consents: dict[str, bool]
    params: dict[str, str]
    transaction: WebTransaction | None


class MobileEvent(TypedDict):
    """What an app sends."""

    id: str
    timestamp: int
    name: str
    device_id: str
    advertising_id: str | None
    user_id: str | None
    os: str | None
    app_version: str | None
    locale: str | None
    screen: str | None
    order_id: str | None
    revenue: float | None
    currency: str | None
    skus: list[str]
    push_allowed: bool | None
    params: dict[str, str]


class ReceiptLine(TypedDict):
    """A line of a receipt."""

    sku: str
    description: str | None
    quantity: int
    unit_price: str


class StoreReceipt(TypedDict):
    """What a till or kiosk sends."""

    receipt_no: str
    store_id: str
    till: int
    closed_at: int
    kind: Literal["sale", "return", "visit", "registration", "other"]
    loyalty_card: str | None
    email: str | None
    phone: str | None
    kiosk_id: str | None
    cardholder: dict[str, str]
    currency: str
    total: str
    margin: str | None
    lines: list[ReceiptLine]


class CallRecord(TypedDict):
    """What a call centre's telephony sends."""

    call_id: str
    started_at: int
    direction: Literal["inbound", "outbound", "chat"]
    caller_number: str | None
    customer_number: str | None
    email: str | None
    reason: str | None
    outcome: str | None
    duration_seconds: int
    agent: str | None
    sentiment: float | None
    language: str | None
    caller: dict[str, str]
    opt_out: list[str]
