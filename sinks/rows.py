"""From decoded records to Arrow, a column at a time. Pure.

A record is a typed dictionary of ``schemas.records``. The time of a column is in milliseconds there and a timestamp
here; a stamp outside the years 1 to 9999, which Kafka does not rule out, is moved to the nearer end.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal
from itertools import accumulate, chain
from operator import itemgetter
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from profiles.consent import channel_name, is_held_by, purpose_name, said_at
from schemas.accepted import AcceptedTouchpoint
from schemas.records import (
    Activation,
    Change,
    DeadLetter,
    Decision,
    Link,
    Policy,
    Profile,
    ProfileIdentifier,
    Score,
    Signal,
    Touch,
)
from sinks import tables
from sinks.columns import TEXT, ArrowType, Table

ArrowArray = Any
ArrowTable = Any
Values = Sequence[Any]

_FIRST_MS: Final = -62_135_596_800_000
_LAST_MS: Final = 253_402_300_799_999
_NO_TIMESTAMP: Final = -1
_EXACT: Final = Context(prec=38)
_MICROS: Final = -6


def money(micros: int | None) -> Decimal | None:
    """Return millionths as currency units, exactly."""
    return None if micros is None else Decimal(micros).scaleb(_MICROS, _EXACT)


def _timestamps(values: Values, _type: ArrowType) -> ArrowArray:
    stamps = pa.array(values, pa.int64())
    bounded = pc.max_element_wise(pc.min_element_wise(stamps, _LAST_MS, skip_nulls=False), _FIRST_MS, skip_nulls=False)
    return bounded.cast(pa.timestamp("ms")).cast(pa.timestamp("us"))


def _offsets(values: Values) -> ArrowArray:
    return pa.array(list(accumulate(map(len, values), initial=0)), pa.int32())


def _structs(values: Values, type_: ArrowType) -> ArrowArray:
    fields = list(type_)
    absent = dict.fromkeys(field.name for field in fields)
    mask = pa.array([value is None for value in values], pa.bool_()) if None in values else None
    rows = values if mask is None else [absent if value is None else value for value in values]
    children = [to_arrow(list(map(itemgetter(field.name), rows)), field.type) for field in fields]
    return pa.StructArray.from_arrays(children, fields=fields, mask=mask)


def _lists(values: Values, type_: ArrowType) -> ArrowArray:
    items = to_arrow(list(chain.from_iterable(values)), type_.value_type)
    return pa.ListArray.from_arrays(_offsets(values), items, type=type_)


def _maps(values: Values, type_: ArrowType) -> ArrowArray:
    keys = pa.array(list(chain.from_iterable(values)), TEXT)
    items = to_arrow(list(chain.from_iterable(value.values() for value in values)), type_.item_type)
    return pa.MapArray.from_arrays(_offsets(values), keys, items, type=type_)


_BUILDERS: Final[Sequence[tuple[Callable[[ArrowType], bool], Callable[[Values, ArrowType], ArrowArray]]]] = (
    (pat.is_timestamp, _timestamps),
    (pat.is_map, _maps),
    (pat.is_list, _lists),
    (pat.is_struct, _structs),
)


def to_arrow(values: Values, type_: ArrowType) -> ArrowArray:
    """Return the values as an Arrow array of this type.

    Lists hold sequences, maps and structs hold mappings, timestamps are milliseconds since 1970-01-01 UTC.
    None is null for everything but a list and a map, which are empty instead.
    """
    for fits, build in _BUILDERS:
        if fits(type_):
            return build(values, type_)
    return pa.array(values, type_)


def _table(table: Table, columns: Mapping[str, Values]) -> ArrowTable:
    arrays = [to_arrow(columns[column.name], column.type) for column in table.columns]
    return pa.Table.from_arrays(arrays, schema=table.schema)


def _plain(table: Table, records: Sequence[Mapping[str, Any]]) -> ArrowTable:
    return _table(table, {column.name: [record[column.name] for record in records] for column in table.columns})


def _kafka_time(stamp: int) -> int | None:
    return None if stamp == _NO_TIMESTAMP else stamp


def _parts(parts: Sequence[Any], **names: str) -> dict[str, Values]:
    """Flatten an optional part of each record into the columns named ``column=field``."""
    return {column: [part and part[field] for part in parts] for column, field in names.items()}


def touchpoints(records: Sequence[AcceptedTouchpoint]) -> ArrowTable:
    """Return the rows of ``touchpoints``."""
    touches = [record["touchpoint"] for record in records]
    node_ids = [[node["node_id"].hex() for node in record["nodes"]] for record in records]
    orders = [touch["order"] for touch in touches]
    marketing = [touch["marketing"] for touch in touches]
    items = [
        [{**item, "price": money(item["price_micros"])} for item in order["items"]] if order else () for order in orders
    ]
    columns: dict[str, Values] = {
        "source": [record["source"] for record in records],
        "event_id": [touch["event_id"] for touch in touches],
        "event_time": [touch["event_time"] for touch in touches],
        "received_at": [_kafka_time(record["received_at"]) for record in records],
        "type": [touch["type"] for touch in touches],
        "unknown_type": [record.get("unknown_type", False) for record in records],
        "anchor_id": [ids[0] for ids in node_ids],
        "node_ids": node_ids,
        "identifiers": [touch["identifiers"] for touch in touches],
        "left_out": [record.get("left_out", ()) for record in records],
        "traits": [touch["traits"] for touch in touches],
        **_parts(orders, order_id="order_id", currency="currency"),
        "amount": [money(order["amount_micros"]) if order else None for order in orders],
        "margin": [money(order.get("margin_micros")) if order else None for order in orders],
        "items": items,
        **_parts(marketing, campaign="campaign", medium="medium", marketing_source="source"),
        **_parts(marketing, click_id="click_id", offer_id="offer_id", cost_currency="currency"),
        "cost": [money(part["cost_micros"]) if part else None for part in marketing],
        **_parts(
            [touch["interaction"] for touch in touches],
            interaction_reason="reason",
            interaction_outcome="outcome",
            interaction_seconds="duration_seconds",
            interaction_agent="agent",
            interaction_sentiment="sentiment",
        ),
        "party": [touch["party"] for touch in touches],
        "properties": [touch["properties"] for touch in touches],
        "origin_topic": [record["origin_topic"] for record in records],
        "origin_partition": [record["origin_partition"] for record in records],
        "origin_offset": [record["origin_offset"] for record in records],
    }
    return _table(tables.TOUCHPOINTS, columns)


def consents(records: Sequence[AcceptedTouchpoint]) -> ArrowTable:
    """Return the rows of ``consents``: one for each statement of each touchpoint."""
    statements = [
        {
            **consent,
            "source": record["source"],
            "event_id": record["touchpoint"]["event_id"],
            "statement": place,
            "anchor_id": record["nodes"][0]["node_id"].hex(),
            "node_ids": [
                node["node_id"].hex()
                for at, node in enumerate(record["nodes"])
                if is_held_by(consent["state"], is_anchor=at == 0)
            ],
            "event_time": record["touchpoint"]["event_time"],
            "said_at": said_at(record["touchpoint"]["event_time"], record["received_at"]),
            "purpose": purpose_name(consent["purpose"]),
            "channel": channel_name(consent["channel"]),
            "said_purpose": consent["purpose"],
            "said_channel": consent["channel"],
        }
        for record in records
        for place, consent in enumerate(record["touchpoint"]["consents"])
    ]
    return _plain(tables.CONSENTS, statements)


def profiles(records: Sequence[Profile]) -> ArrowTable:
    """Return the rows of ``profiles``."""
    named = [{trait["name"]: trait["value"] for trait in record["traits"]} for record in records]
    first: list[Touch | None] = [record["first_touch"] for record in records]
    columns: dict[str, Values] = {
        **{name: [traits.get(name) for traits in named] for name in tables.FLAT_TRAITS},
        "first_touch_at": [touch and touch["event_time"] for touch in first],
        "first_channel": [touch and touch["channel"] for touch in first],
        "last_touch_at": [record["last_touch"] and record["last_touch"]["event_time"] for record in records],
        "margin": [_amounts(record["margin_micros"]) for record in records],
        "revenue": [_amounts(record["revenue_micros"]) for record in records],
    }
    rest = (column.name for column in tables.PROFILES.columns if column.name not in columns)
    dictionaries: Sequence[Mapping[str, Any]] = records
    columns |= {name: [record[name] for record in dictionaries] for name in rest}
    return _table(tables.PROFILES, columns)


def _amounts(micros: Mapping[str, int]) -> dict[str, Decimal | None]:
    return {currency: money(amount) for currency, amount in micros.items()}


def identifiers(owned: Sequence[tuple[Profile, ProfileIdentifier]]) -> ArrowTable:
    """Return the rows of ``identifiers`` from nodes and the profiles they are in."""
    columns: dict[str, Values] = {
        "customer_id": [profile["customer_id"] for profile, _ in owned],
        "revision": [profile["revision"] for profile, _ in owned],
        "node_id": [node["node_id"] for _, node in owned],
        "type": [node["type"] for _, node in owned],
        "value": [node["value"] for _, node in owned],
        "first_seen": [node["first_seen"] for _, node in owned],
        "shared": [node["shared"] for _, node in owned],
        "quality": [node["quality"] for _, node in owned],
    }
    return _table(tables.IDENTIFIERS, columns)


def links(records: Sequence[Link]) -> ArrowTable:
    """Return the rows of ``links``."""
    return _plain(tables.LINKS, records)


def changes(records: Sequence[Change]) -> ArrowTable:
    """Return the rows of ``changes``."""
    return _plain(
        tables.CHANGES, [{**record, "other_customer_id": record["other_customer_id"] or ""} for record in records]
    )


def signals(records: Sequence[Signal]) -> ArrowTable:
    """Return the rows of ``signals``."""
    return _plain(tables.SIGNALS, records)


def activations(records: Sequence[Activation]) -> ArrowTable:
    """Return the rows of ``activations``."""
    return _plain(tables.ACTIVATIONS, records)


def scores(records: Sequence[Score]) -> ArrowTable:
    """Return the rows of ``scores``."""
    return _plain(tables.SCORES, records)


def decisions(records: Sequence[Decision]) -> ArrowTable:
    """Return the rows of ``decisions``."""
    return _plain(tables.DECISIONS, [_decision(record) for record in records])


def policies(records: Sequence[Policy]) -> ArrowTable:
    """Return the rows of ``policies``."""
    return _plain(tables.POLICIES, records)


def _decision(record: Decision) -> dict[str, Any]:
    one, other = record["one"], record["other"]
    if other is not None and other["node_id"] < one["node_id"]:
        one, other = other, one
    return {
        **record,
        **one,
        "other_node_id": other["node_id"] if other else "",
        "other_type": other["type"] if other else None,
        "other_value": other["value"] if other else None,
    }


def dead_letters(records: Sequence[DeadLetter]) -> ArrowTable:
    """Return the rows of ``dead_letters``."""
    return _plain(
        tables.DEAD_LETTERS, [{**record, "timestamp": _kafka_time(record["timestamp"])} for record in records]
    )


def offsets(positions: Mapping[tuple[str, int], int]) -> ArrowTable:
    """Return the rows of ``_offsets``."""
    columns: dict[str, Values] = {
        "topic": [topic for topic, _ in positions],
        "partition": [partition for _, partition in positions],
        "next_offset": list(positions.values()),
    }
    return _table(tables.OFFSETS, columns)
