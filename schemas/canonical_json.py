"""The canonical touchpoint as one JSON object a line, as people and scripts write it.

Times are ISO 8601 or milliseconds since 1970 UTC, amounts decimal numbers in currency units. Fields that the form
does not name are kept in ``properties`` (nested ones under ``order.colour`` and the like), text as it is, anything
else as JSON. Back in JSON, a touchpoint reads the same.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    ValidationError,
)

from schemas.money import MAX_MICROS
from schemas.reasons import Reason, RejectedError
from schemas.records import ConsentState, Interaction, Marketing, Order, Party, Touchpoint

MICROS = 1_000_000
_LARGEST_AMOUNT = Decimal(MAX_MICROS) / MICROS
_LONGEST_TIME = 2**62
_EXPECTED_TIME = "expected ISO 8601 text or milliseconds"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Text = Annotated[str, StringConstraints(min_length=1)]


def _milliseconds(value: object) -> int:
    if isinstance(value, bool):
        raise ValueError(_EXPECTED_TIME)  # noqa: TRY004  # pydantic collects ValueErrors
    if isinstance(value, int):
        if abs(value) > _LONGEST_TIME:
            raise ValueError(_EXPECTED_TIME)
        return value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(_EXPECTED_TIME) from None  # Python's own message would quote the value
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return (moment - _EPOCH) // timedelta(milliseconds=1)
    raise ValueError(_EXPECTED_TIME)


def _text(value: object) -> object:
    """Numbers where text is expected are taken as written; a customer number need not be quoted."""
    return str(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


def _name(value: object) -> object:
    """A denial without a name is one of everything, and must not be refused."""
    return "" if value is None else _text(value)


def _small(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _bounded(amount: Decimal) -> Decimal:
    if not 0 <= amount <= _LARGEST_AMOUNT:
        raise ValueError("expected an amount from 0 to 10^9")
    return amount


def _bounded_both_ways(amount: Decimal) -> Decimal:
    if abs(amount) > _LARGEST_AMOUNT:
        raise ValueError("expected an amount from -10^9 to 10^9")
    return amount


Amount = Annotated[Decimal, AfterValidator(_bounded)]
SignedAmount = Annotated[Decimal, AfterValidator(_bounded_both_ways)]
LooseText = Annotated[Text, BeforeValidator(_text)]
OptionalText = Annotated[str | None, BeforeValidator(_text)]


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)


class _Identifier(_Open):
    type: Text
    value: LooseText


class _Item(_Open):
    sku: LooseText
    name: OptionalText = None
    quantity: int = Field(default=1, ge=0, le=10**9)
    price: Amount = Decimal(0)


class _Order(_Open):
    order_id: LooseText
    amount: Amount
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
    margin: SignedAmount | None = None
    items: list[_Item] = []


class _Marketing(_Open):
    campaign: OptionalText = None
    medium: OptionalText = None
    source: OptionalText = None
    click_id: OptionalText = None
    offer_id: OptionalText = None
    cost: Amount | None = None
    currency: OptionalText = None


ConsentName = Annotated[str, BeforeValidator(_name)]


class _Consent(_Open):
    purpose: ConsentName = ""
    channel: ConsentName = "*"
    state: Annotated[ConsentState, BeforeValidator(_small)]
    text_version: OptionalText = None


class _Interaction(_Open):
    reason: OptionalText = None
    outcome: OptionalText = None
    duration_seconds: FiniteFloat | None = None
    agent: OptionalText = None
    sentiment: Annotated[FiniteFloat, Field(ge=-1, le=1)] | None = None


class _Touchpoint(_Open):
    event_id: LooseText
    event_time: Annotated[int, BeforeValidator(_milliseconds)]
    type: Text
    identifiers: list[_Identifier]
    traits: dict[str, Any] = {}
    order: _Order | None = None
    marketing: _Marketing | None = None
    consents: list[_Consent] = []
    interaction: _Interaction | None = None
    party: Party = "first"
    properties: dict[str, Any] = {}


_REASONS: Mapping[str, Reason] = {"missing": "missing_field", "finite_number": "not_finite"}


def parse_touchpoint(line: str | bytes) -> Touchpoint:
    """Read one canonical JSON object.

    Raises:
        RejectedError: ``undecodable`` (not JSON), ``missing_field``, ``not_finite`` or ``bad_value``;
            the detail names the field and what was expected, never the value.
    """
    try:
        model = _Touchpoint.model_validate_json(line)
    except ValidationError as error:
        raise _rejected(error) from None
    return _record(model)


def _rejected(error: ValidationError) -> RejectedError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return RejectedError("undecodable", "expected one JSON object a line")
    where = ".".join(str(part) for part in first["loc"]) or "the line"
    expected = first["msg"].removeprefix("Value error, ")
    return RejectedError(_REASONS.get(first["type"], "bad_value"), f"{where}: {expected}")


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _micros(amount: Decimal) -> int:
    return int((amount * MICROS).to_integral_value())


def _extras(model: _Touchpoint) -> dict[str, str]:
    found = {name: _as_text(value) for name, value in model.properties.items()}
    parts: dict[str, _Open | None] = {
        "": model,
        "order.": model.order,
        "marketing.": model.marketing,
        "interaction.": model.interaction,
        **{f"identifiers.{index}.": part for index, part in enumerate(model.identifiers)},
        **{f"consents.{index}.": part for index, part in enumerate(model.consents)},
        **{f"order.items.{index}.": part for index, part in enumerate(model.order.items if model.order else [])},
    }
    for prefix, part in parts.items():
        for name, value in ((part.model_extra if part else None) or {}).items():
            found[prefix + name] = _as_text(value)
    return found


def _order(model: _Order) -> Order:
    return {
        "order_id": model.order_id,
        "amount_micros": _micros(model.amount),
        "currency": model.currency,
        "margin_micros": None if model.margin is None else _micros(model.margin),
        "items": [
            {"sku": item.sku, "name": item.name, "quantity": item.quantity, "price_micros": _micros(item.price)}
            for item in model.items
        ],
    }


def _marketing(model: _Marketing) -> Marketing:
    return {
        "campaign": model.campaign,
        "medium": model.medium,
        "source": model.source,
        "click_id": model.click_id,
        "offer_id": model.offer_id,
        "cost_micros": None if model.cost is None else _micros(model.cost),
        "currency": model.currency,
    }


def _interaction(model: _Interaction) -> Interaction:
    return {
        "reason": model.reason,
        "outcome": model.outcome,
        "duration_seconds": model.duration_seconds,
        "agent": model.agent,
        "sentiment": model.sentiment,
    }


def _record(model: _Touchpoint) -> Touchpoint:
    return {
        "event_id": model.event_id,
        "event_time": model.event_time,
        "type": model.type,
        "identifiers": [{"type": part.type, "value": part.value} for part in model.identifiers],
        "traits": {name: _as_text(value) for name, value in model.traits.items() if value is not None},
        "order": _order(model.order) if model.order else None,
        "marketing": _marketing(model.marketing) if model.marketing else None,
        "consents": [
            {"purpose": part.purpose, "channel": part.channel, "state": part.state, "text_version": part.text_version}
            for part in model.consents
        ],
        "interaction": _interaction(model.interaction) if model.interaction else None,
        "party": model.party,
        "properties": _extras(model),
    }


def _amount(micros: int) -> float | str:
    """A JSON number where that is exact, text where it is not."""
    number = Decimal(micros) / MICROS
    return float(number) if Decimal(repr(float(number))) == number else str(number)


def to_json(touchpoint: Touchpoint) -> str:
    """Return the canonical JSON line of a touchpoint, without the newline; empty parts are left out."""
    order, marketing = touchpoint["order"], touchpoint["marketing"]
    form: dict[str, Any] = {**touchpoint}
    form["event_time"] = _iso(touchpoint["event_time"])
    if order:
        margin = order.get("margin_micros")
        form["order"] = {
            "order_id": order["order_id"],
            "amount": _amount(order["amount_micros"]),
            "currency": order["currency"],
            **({} if margin is None else {"margin": _amount(margin)}),
            "items": [
                {
                    "sku": item["sku"],
                    "name": item["name"],
                    "quantity": item["quantity"],
                    "price": _amount(item["price_micros"]),
                }
                for item in order["items"]
            ],
        }
    if marketing:
        kept = {name: value for name, value in marketing.items() if name != "cost_micros" and value is not None}
        cost = marketing["cost_micros"]
        form["marketing"] = kept if cost is None else {**kept, "cost": _amount(cost)}
    return json.dumps(
        {name: value for name, value in form.items() if value not in (None, {}, []) or name == "identifiers"},
        ensure_ascii=False,
    )


def _iso(milliseconds: int) -> str | int:
    """ISO 8601 where the calendar reaches that far, else the number."""
    latest_year_9999 = 253_402_300_799_999
    if not 0 <= milliseconds <= latest_year_9999:
        return milliseconds
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


__all__ = ["MICROS", "parse_touchpoint", "to_json"]
