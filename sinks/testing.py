"""Records for tests of what reads and writes the lake: whole, small and deterministic."""

from collections.abc import Sequence
from hashlib import blake2b

from schemas.accepted import AcceptedTouchpoint, Node
from schemas.records import Change, DeadLetter, Link, Order, Profile, ProfileIdentifier

SOME_TIME_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""


def a_node(type_: str, value: str) -> Node:
    """Return a node; its id follows from type and value."""
    return {"node_id": blake2b(f"{type_}:{value}".encode(), digest_size=16).digest(), "type": type_, "value": value}


def node_id(type_: str, value: str) -> str:
    """Return the id of a node as profiles and links spell it."""
    return a_node(type_, value)["node_id"].hex()


def an_order(micros: int = 12_500_000) -> Order:
    """Return an order of one line."""
    line = {"sku": "tea", "name": "Tea", "quantity": 1, "price_micros": micros}
    return {"order_id": "o-1", "amount_micros": micros, "currency": "EUR", "items": [line]}  # type: ignore[list-item]


def a_touchpoint(
    event_id: str,
    *nodes: Node,
    source: str = "web",
    at: int = SOME_TIME_MS,
    order: Order | None = None,
) -> AcceptedTouchpoint:
    """Return a touchpoint with these nodes, or with one e-mail address; it grants consent to marketing by e-mail."""
    carried = list(nodes) or [a_node("email", "ann@example.com")]
    return {
        "source": source,
        "received_at": at,
        "origin_topic": f"touch.{source}",
        "origin_partition": 0,
        "origin_offset": 0,
        "nodes": carried,
        "touchpoint": {
            "event_id": event_id,
            "event_time": at,
            "type": "purchase" if order else "page_view",
            "identifiers": [{"type": node["type"], "value": node["value"]} for node in carried],
            "traits": {"city": "Berlin"},
            "order": order,
            "marketing": None,
            "consents": [{"purpose": "marketing", "channel": "email", "state": "granted", "text_version": None}],
            "interaction": None,
            "party": "first",
            "properties": {},
        },
    }


def an_identifier(type_: str, value: str, first_seen: int = SOME_TIME_MS) -> ProfileIdentifier:
    """Return an identifier of a profile."""
    return {
        "node_id": node_id(type_, value),
        "type": type_,
        "value": value,
        "first_seen": first_seen,
        "shared": False,
        "quality": None,
    }


def a_profile(
    name: str, revision: int = 1, identifiers: Sequence[ProfileIdentifier] | None = None, city: str = "Berlin"
) -> Profile:
    """Return an active customer whose founding node is the e-mail address of this name."""
    email = an_identifier("email", f"{name}@example.com")
    return {
        "customer_id": email["node_id"],
        "revision": revision,
        "status": "active",
        "merged_into": None,
        "policy_version": "1",
        "updated_at": SOME_TIME_MS + revision,
        "known": True,
        "identifiers": [email] if identifiers is None else list(identifiers),
        "traits": [{"name": "city", "value": city, "event_time": SOME_TIME_MS, "source": "web", "event_id": "e-1"}],
        "computed": [],
        "tags": [],
        "segments": [],
        "offers": [],
        "caps": [],
        "preferred_language": "de",
        "touches": 1,
        "touches_by_channel": {"web": 1},
        "touches_by_type": {"purchase": 1},
        "first_touch": {"event_time": SOME_TIME_MS, "event_id": "e-1", "channel": "web", "type": "purchase"},
        "last_touch": None,
        "recent_touches": [],
        "orders": 1,
        "returns": 0,
        "first_order_at": SOME_TIME_MS,
        "last_order_at": SOME_TIME_MS,
        "margin_micros": {},
        "revenue_micros": {"EUR": 12_500_000},
        "consents": [],
        "permissions": [],
        "consents_left_out": False,
    }


def a_merged_profile(name: str, into: str, revision: int) -> Profile:
    """Return the record that says that one customer now belongs to another; both are named."""
    profile = a_profile(name, revision, identifiers=())
    survivor = node_id("email", f"{into}@example.com")
    return profile | {"status": "merged", "merged_into": survivor, "traits": [], "revenue_micros": {}}


def a_link(anchor: str, node: str, revision: int = 1, rule: str | None = None) -> Link:
    """Return a verdict: quarantined where a rule is given, else joined."""
    return {
        "anchor_id": anchor,
        "node_id": node,
        "revision": revision,
        "status": "quarantined" if rule else "joined",
        "rule": rule,
        "policy_version": "1",
        "probability": None,
    }


def a_merge(customer_id: str, other: str, revision: int = 2) -> Change:
    """Return the change that says that another customer went over to this one."""
    return {
        "kind": "merged",
        "customer_id": customer_id,
        "other_customer_id": other,
        "identifiers": [other],
        "cause": "event",
        "cause_id": "e-1",
        "revision": revision,
        "occurred_at": SOME_TIME_MS,
    }


def a_dead_letter(offset: int, reason: str = "undecodable") -> DeadLetter:
    """Return a record that could not be used."""
    return {
        "reason": reason,
        "detail": "cut short",
        "stage": "ingest",
        "topic": "touch.web",
        "partition": 0,
        "offset": offset,
        "timestamp": -1,
        "key": None,
        "value": b"\x00\xff",
    }
