"""The canonical touchpoint as one JSON object a line, as people and scripts write it.

Times are ISO 8601 or milliseconds since 1970 UTC, amounts decimal numbers in currency units. Fields that the form
does not name are kept in ``properties`` (nested ones under ``order.colour`` and the like), text as it is, anything
else as JSON. Back in JSON, a touchpoint reads the same.

Half a surrogate pair, which no later reader of the data could stand, becomes U+FFFD.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Annotated, Any, NamedTuple

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
from schemas.reasons import Problem, Reason, RejectedError
from schemas.records import ConsentState, Interaction, Marketing, Order, Party, Touchpoint
from schemas.whole import whole

MICROS = 1_000_000
_LARGEST_AMOUNT = Decimal(MAX_MICROS) / MICROS
_LONGEST_TIME = 2**62
_EXPECTED_TIME = "expected ISO 8601 text or milliseconds"
_MOST_DIGITS = 400
"""Of a number, before or behind its point."""
_HALVES = re.compile("[\ud800-\udfff]")
_SURROGATE_BYTE = b"\xed"
"""What the three bytes of a half that was encoded all the same begin with."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_NO_IDENTIFIER: Mapping[str, str] = {"type": "", "value": ""}

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


class _Written(Decimal):
    """A number of a JSON text that is no plain integer, exact and as it was written."""

    written: str


def _number(text: str) -> Decimal | float:
    """Return a number of a JSON text; what is beyond all reason is infinite, and refused where a number is expected."""
    try:
        number = _Written(text)
    except InvalidOperation:
        return float(text)
    if number and abs(number.adjusted()) > _MOST_DIGITS:
        return float(text)
    number.written = text
    return number


def _integer(text: str) -> int | Decimal | float:
    return int(text) if len(text) <= _MOST_DIGITS else _number(text)


def _text(value: object) -> object:
    """Numbers where text is expected are taken as written, a whole one without its ``.0``.

    A customer number need not be quoted, and spreadsheets and data frames write whole ones as 12345.0.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return whole(_as_written(value))


def _as_written(number: float | Decimal) -> str:
    return number.written if isinstance(number, _Written) else str(number)


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


def _blank(value: object) -> object:
    """What is null is blank; it is left out later, and told, alike."""
    return "" if value is None else _text(value)


Amount = Annotated[Decimal, AfterValidator(_bounded)]
SignedAmount = Annotated[Decimal, AfterValidator(_bounded_both_ways)]
LooseText = Annotated[Text, BeforeValidator(_text)]
OptionalText = Annotated[str | None, BeforeValidator(_text)]


def _listed(value: object) -> object:
    return [] if value is None else value


def _mapped(value: object) -> object:
    return {} if value is None else value


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)


class _Identifier(_Open):
    type: Annotated[str, BeforeValidator(_blank)]
    value: Annotated[str, BeforeValidator(_blank)] = ""


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
    items: Annotated[list[_Item], BeforeValidator(_listed)] = []


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
    identifiers: Annotated[
        list[Annotated[_Identifier, BeforeValidator(lambda value: _NO_IDENTIFIER if value is None else value)]],
        BeforeValidator(_listed),
    ]
    traits: Annotated[dict[str, Any], BeforeValidator(_mapped)] = {}
    order: _Order | None = None
    marketing: _Marketing | None = None
    consents: Annotated[list[_Consent], BeforeValidator(_listed)] = []
    interaction: _Interaction | None = None
    party: Party = "first"
    properties: Annotated[dict[str, Any], BeforeValidator(_mapped)] = {}


class Reading(NamedTuple):
    """What one line says.

    Attributes:
        touchpoint: of the line; where it has problems, of what is good of it, or None where nothing is.
        problems: all that are seen in the line itself.
        doubtful: the top-level fields that have problems; the touchpoint holds something else there.
    """

    touchpoint: Touchpoint | None
    problems: tuple[Problem, ...] = ()
    doubtful: frozenset[str] = frozenset()


_NAMES = frozenset(
    name
    for part in (_Touchpoint, _Identifier, _Order, _Item, _Marketing, _Consent, _Interaction)
    for name in part.model_fields
)
"""Of the form's fields; any other name in a line may hold personal data."""

_NO_JSON = "expected one JSON object a line"
_ALL = frozenset({""})
_REASONS: Mapping[str, Reason] = {"missing": "missing_field", "finite_number": "not_finite"}
_EXPECTED: Mapping[str, str] = {
    "missing": "expected, and is not there",
    "string_type": "expected text",
    "string_too_short": "expected text that is not empty",
    "list_type": "expected a list",
    "dict_type": "expected an object",
    "model_type": "expected an object",
    "string_pattern_mismatch": "expected three capital letters",
}
_STAND_INS: Mapping[str, object] = {"event_id": "-", "event_time": 0, "type": "-", "identifiers": []}


def parse_touchpoint(line: str | bytes) -> Touchpoint:
    """Read one canonical JSON object.

    Raises:
        RejectedError: ``undecodable`` (not JSON), ``missing_field``, ``not_finite`` or ``bad_value``;
            the detail names the field and what was expected, never the value.
    """
    found = read_touchpoint(line)
    if found.problems or found.touchpoint is None:
        raise RejectedError.of(found.problems)
    return found.touchpoint


def read_touchpoint(line: str | bytes) -> Reading:
    """Read one canonical JSON object with all of its problems; a detail names what came by kind and length only."""
    twice: list[str] = []
    try:
        content = json.loads(line, parse_float=_number, parse_int=_integer, object_pairs_hook=partial(_object, twice))
    except (ValueError, RecursionError):
        return Reading(None, (Problem("undecodable", _no_json(line)),), _ALL)
    if not isinstance(content, dict):
        return Reading(None, (Problem("undecodable", f"{_NO_JSON}, got {_kind_of(content)}"),), _ALL)
    if _may_hold_halves(line):
        content = _mended(content)
    repeated = tuple(_repeated(twice))
    try:
        return Reading(_record(_Touchpoint.model_validate(content)), repeated)
    except ValidationError as error:
        problems = tuple(_problems(error))
    doubtful = frozenset(problem.field.split(".")[0] for problem in problems)
    return Reading(_without(content, doubtful), repeated + problems, doubtful)


def _object(twice: list[str], pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of a JSON text, and note the names that stand in it more than once: the last one counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        times = Counter(name for name, _ in pairs)
        twice += [name for name, number in times.items() if number > 1]
    return found


def _repeated(names: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each name that stands in one object more than once; only those of the form are told."""
    for name in dict.fromkeys(name if name in _NAMES else "" for name in names):
        yield Problem("bad_value", f"the line: expected each name once in an object, got {name or 'one'} several times")


def _problems(error: ValidationError) -> Iterator[Problem]:
    for found in error.errors(include_url=False, include_context=False):
        kind, came = found["type"], found["input"]
        field = ".".join(str(part) for part in found["loc"])
        expected = _EXPECTED.get(kind) or found["msg"].removeprefix("Value error, ").replace(
            "Input should be", "expected"
        )
        got = "" if kind == "missing" else f", got {_kind_of(came)}"
        yield Problem(_REASONS.get(kind, "bad_value"), f"{field or 'the line'}: {expected}{got}", field)


def _no_json(line: str | bytes) -> str:
    try:
        (line if isinstance(line, bytes) else b"").decode()
    except UnicodeDecodeError:
        return f"{_NO_JSON}, in UTF-8; the bytes are not UTF-8"
    return _NO_JSON


def _kind_of(value: object) -> str:
    """Return what a value is, without what it says."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return f"text of {len(value)} characters" if value.strip() else "blank text"
        case list():
            return f"a list of {len(value)}"
        case Mapping():
            return "an object"
    return "a number"


def _without(content: Mapping[str, object], doubtful: frozenset[str]) -> Touchpoint | None:
    """Return the touchpoint with something harmless in place of some top-level fields; None where that is none."""
    kept = {name: value for name, value in content.items() if name not in doubtful}
    stand_ins = {name: value for name, value in _STAND_INS.items() if name in doubtful}
    try:
        return _record(_Touchpoint.model_validate(kept | stand_ins))
    except ValidationError:
        return None


def _may_hold_halves(line: str | bytes) -> bool:
    if isinstance(line, bytes):
        return b"\\u" in line or _SURROGATE_BYTE in line
    return "\\u" in line or not line.isascii()


def _mended(value: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    """Return what a JSON text holds with a replacement character for each half of a surrogate pair."""
    if isinstance(value, str):
        return _HALVES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mended(part) for part in value]
    return {_mended(name): _mended(part) for name, part in value.items()} if isinstance(value, dict) else value


def _as_text(value: object) -> str:
    """Return text as it is, and anything else as JSON with its numbers as they were written."""
    return value if isinstance(value, str) else _json(value)


def _json(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_json(name)}: {_json(part)}" for name, part in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return value.written if isinstance(value, _Written) else json.dumps(value, ensure_ascii=False)


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


__all__ = ["MICROS", "Reading", "parse_touchpoint", "read_touchpoint", "to_json"]
