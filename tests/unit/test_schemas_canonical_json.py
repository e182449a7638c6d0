"""Touchpoints as lines of JSON: every way of writing them is read, what cannot be read says where and why."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.canonical_json import parse_touchpoint, read_touchpoint, to_json
from schemas.contracts import TOUCHPOINT, contracts
from schemas.reasons import RejectedError
from schemas.records import Touchpoint


def line(**fields: Any) -> str:  # noqa: ANN401  # any JSON
    base = {"event_id": "e1", "event_time": 1, "type": "page_view", "identifiers": [{"type": "cookie", "value": "k"}]}
    return json.dumps({name: value for name, value in {**base, **fields}.items() if value is not ...})


def rejection(text: str | bytes) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        parse_touchpoint(text)
    return caught.value


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        (1_704_067_200_000, 1_704_067_200_000),
        (-5, -5),
        ("2024-01-01T00:00:00Z", 1_704_067_200_000),
        ("2024-01-01T00:00:00", 1_704_067_200_000),
        ("2024-01-01", 1_704_067_200_000),
        ("2024-01-01T01:30:00.250+01:30", 1_704_067_200_250),
        ("2024-01-01T00:00:00.0009Z", 1_704_067_200_000),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_a_time_is_iso_text_or_milliseconds(written: object, milliseconds: int) -> None:
    assert parse_touchpoint(line(event_time=written))["event_time"] == milliseconds


@pytest.mark.parametrize("written", [True, None, 1.5, "yesterday", "", [1], float("nan")])
def test_any_other_time_is_a_bad_value(written: object) -> None:
    assert rejection(line(event_time=written)).reason == "bad_value"


@pytest.mark.parametrize("name", ["event_id", "event_time", "type", "identifiers"])
def test_a_missing_field_is_named(name: str) -> None:
    error = rejection(line(**{name: ...}))
    assert error.reason == "missing_field"
    assert error.detail.startswith(f"{name}:")


def test_a_missing_field_deep_inside_is_named_with_its_place() -> None:
    error = rejection(line(order={"order_id": "o", "amount": 1, "currency": "EUR", "items": [{"name": "x"}]}))
    assert (error.reason, error.detail.split(":")[0]) == ("missing_field", "order.items.0.sku")


@pytest.mark.parametrize("text", ["", "{", "not json", '{"event_id": }', b"\xff\xfe", b'{"event_id": "\xff"}'])
def test_what_is_no_json_is_undecodable(text: str | bytes) -> None:
    assert rejection(text).reason == "undecodable"


@pytest.mark.parametrize("text", ["[]", "null", '"text"', "1"])
def test_json_that_is_no_object_is_rejected(text: str) -> None:
    assert rejection(text).reason in {"undecodable", "bad_value"}


@pytest.mark.parametrize("amount", ["NaN", "Infinity", float("nan"), float("inf")])
def test_an_amount_that_is_not_finite_is_rejected_as_such(amount: object) -> None:
    error = rejection(line(order={"order_id": "o", "amount": amount, "currency": "EUR"}))
    assert (error.reason, error.detail.split(":")[0]) == ("not_finite", "order.amount")


@pytest.mark.parametrize("field", ["duration_seconds", "sentiment"])
def test_a_measure_that_is_not_finite_is_rejected_as_such(field: str) -> None:
    assert rejection(line(interaction={field: float("nan")})).reason == "not_finite"


PERSONAL = "ann@example.org"


@pytest.mark.parametrize(
    "fields",
    [
        {"event_time": PERSONAL},
        {"party": PERSONAL},
        {"identifiers": PERSONAL},
        {"identifiers": [PERSONAL]},
        {"identifiers": [{"type": "email", "value": [PERSONAL]}]},
        {"traits": PERSONAL},
        {"properties": [PERSONAL]},
        {"consents": [{"purpose": "marketing", "state": PERSONAL}]},
        {"order": {"order_id": "o", "amount": PERSONAL, "currency": "EUR"}},
        {"order": {"order_id": "o", "amount": 1, "currency": PERSONAL}},
        {"order": {"order_id": "o", "amount": 1, "currency": "EUR", "items": [{"sku": "s", "quantity": PERSONAL}]}},
        {"interaction": {"duration_seconds": PERSONAL}},
        {"interaction": {"sentiment": PERSONAL}},
    ],
)
def test_an_error_names_the_field_and_never_holds_the_value(fields: dict[str, Any]) -> None:
    error = rejection(line(**fields))
    assert error.reason == "bad_value"
    assert error.detail.startswith(next(iter(fields)))
    assert PERSONAL not in str(error)
    assert error.__cause__ is None


def test_amounts_become_millionths_exactly() -> None:
    order = parse_touchpoint(line(order={"order_id": "o", "amount": 0.1, "currency": "EUR"}))["order"]
    assert order is not None
    assert order["amount_micros"] == 100_000


def test_a_negative_amount_is_a_bad_value() -> None:
    assert rejection(line(order={"order_id": "o", "amount": -1, "currency": "EUR"})).reason == "bad_value"


def test_numbers_serve_as_text_where_text_is_expected() -> None:
    read = parse_touchpoint(line(event_id=12, identifiers=[{"type": "customer_id", "value": 4711}]))
    assert read["event_id"] == "12"
    assert read["identifiers"] == [{"type": "customer_id", "value": "4711"}]


@pytest.mark.parametrize("value", [True, [], {}])
def test_an_identifier_that_is_no_text_is_a_bad_value(value: object) -> None:
    assert rejection(line(identifiers=[{"type": "customer_id", "value": value}])).reason == "bad_value"


@pytest.mark.parametrize("blank", [{"type": "email", "value": None}, {"type": "email", "value": ""}, {"type": "email"}])
def test_blank_null_and_missing_values_of_identifiers_are_alike(blank: dict[str, Any]) -> None:
    assert parse_touchpoint(line(identifiers=[blank]))["identifiers"] == [{"type": "email", "value": ""}]


@pytest.mark.parametrize("nobody", [None, [], [None]])
def test_null_where_identifiers_belong_costs_no_line(nobody: list[None] | None) -> None:
    found = parse_touchpoint(line(identifiers=nobody, traits=None, consents=None, properties=None))
    assert {(one["type"], one["value"]) for one in found["identifiers"]} <= {("", "")}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\ud800", "\ufffd"),
        (r"a\udfffb", "a\ufffdb"),
        (r"\u0000", "\x00"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\\ud800", r"\ud800"),
        (r"\\\ud800", "\\\ufffd"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
    ],
)
def test_half_a_surrogate_pair_and_the_zero_sign_are_replaced(written: str, read: str) -> None:
    text = line().replace('"e1"', f'"{written}"')
    assert parse_touchpoint(text)["event_id"] == read


def test_all_problems_of_a_line_are_told_with_what_came_and_never_the_value() -> None:
    found = read_touchpoint(line(event_time=PERSONAL, identifiers=PERSONAL, order={"order_id": 1, "amount": -1}))
    assert [(problem.reason, problem.field) for problem in found.problems] == [
        ("bad_value", "event_time"),
        ("bad_value", "identifiers"),
        ("bad_value", "order.amount"),
        ("missing_field", "order.currency"),
    ]
    length = len(PERSONAL)
    assert found.problems[0].detail.endswith(f"expected ISO 8601 text or milliseconds, got text of {length} characters")
    assert not any(PERSONAL in problem.detail for problem in found.problems)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('"event_id": "b"', "event_id"),
        ('"event_id": "1"', "event_id"),
        ('"order": {"order_id": "1", "amount": 5, "amount": 6, "currency": "EUR"}', "amount"),
        ('"traits": {"Ann Lund": 1, "Ann Lund": 2}', "one"),
        ('"extra": [{"a": 1, "a": 2, "b": 1, "b": 2}, {"a": 1, "a": 3}]', "one"),
    ],
)
def test_a_name_told_twice_in_one_object_is_a_problem_and_no_foreign_name_is_told(written: str, told: str) -> None:
    line = '{"event_id": "1", "event_time": 5, "type": "login", "identifiers": [], ' + written + "}"
    problems = [tuple(problem) for problem in read_touchpoint(line).problems]
    assert problems == [("bad_value", f"the line: expected each name once in an object, got {told} several times", "")]


def test_a_name_told_twice_is_told_beside_what_else_is_wrong() -> None:
    found = read_touchpoint('{"event_id": "1", "event_id": "2", "event_time": "soon", "identifiers": []}')
    assert [(problem.reason, problem.field) for problem in found.problems] == [
        ("bad_value", ""),
        ("bad_value", "event_time"),
        ("missing_field", "type"),
    ]
    assert found.touchpoint is not None


def test_one_name_in_several_objects_is_no_problem() -> None:
    line = '{"event_id": "1", "event_time": 5, "type": "a", "identifiers": [], "traits": {"type": 1, "event_id": 2}}'
    assert read_touchpoint(line).problems == ()


def test_what_is_good_of_a_bad_line_can_be_looked_at() -> None:
    found = read_touchpoint(line(type=None, properties={"a": "b"}))
    assert found.doubtful == {"type"}
    assert found.touchpoint is not None
    assert found.touchpoint["properties"] == {"a": "b"}


def test_fields_that_the_form_does_not_name_are_kept_as_properties() -> None:
    read = parse_touchpoint(
        line(
            page="start",
            tags=["a", 1],
            properties={"given": "as is", "number": 1},
            order={
                "order_id": "o",
                "amount": 1,
                "currency": "EUR",
                "colour": "red",
                "items": [{"sku": "s", "price": 1, "size": 42}],
            },
            marketing={"network": "x"},
            interaction={"queue": "y"},
            consents=[{"purpose": "marketing", "state": "granted", "banner": "b"}],
            identifiers=[{"type": "cookie", "value": "k", "domain": "d"}],
        )
    )
    assert read["properties"] == {
        "given": "as is",
        "number": "1",
        "page": "start",
        "tags": '["a", 1]',
        "order.colour": "red",
        "order.items.0.size": "42",
        "marketing.network": "x",
        "interaction.queue": "y",
        "consents.0.banner": "b",
        "identifiers.0.domain": "d",
    }


def test_traits_are_text_and_what_is_null_is_none() -> None:
    read = parse_touchpoint(line(traits={"city": "Ulm", "children": 2, "vip": True, "title": None}))
    assert read["traits"] == {"city": "Ulm", "children": "2", "vip": "true"}


def test_what_is_left_out_is_empty() -> None:
    assert parse_touchpoint(line()) == {
        "event_id": "e1",
        "event_time": 1,
        "type": "page_view",
        "identifiers": [{"type": "cookie", "value": "k"}],
        "traits": {},
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "first",
        "properties": {},
    }


@pytest.mark.parametrize("purpose", ["", None, "-"])
def test_a_denial_without_a_purpose_is_taken_as_it_is(purpose: str | None) -> None:
    (said,) = parse_touchpoint(line(consents=[{"purpose": purpose, "channel": None, "state": "withdrawn"}]))["consents"]
    assert (said["purpose"], said["channel"]) == (purpose or "", "")
    (said,) = parse_touchpoint(line(consents=[{"state": "withdrawn"}]))["consents"]
    assert (said["purpose"], said["channel"]) == ("", "*")


def test_a_grant_without_a_purpose_is_taken_too() -> None:
    (said,) = parse_touchpoint(line(consents=[{"channel": "email", "state": "granted"}]))["consents"]
    assert (said["purpose"], said["channel"], said["state"]) == ("", "email", "granted")


@pytest.mark.parametrize("written", ["withdrawn", " Withdrawn", "WITHDRAWN\n", "\twithDrawn\u00a0"])
def test_a_state_of_consent_counts_in_any_case_and_with_spaces_around(written: str) -> None:
    (said,) = parse_touchpoint(line(consents=[{"purpose": "marketing", "state": written}]))["consents"]
    assert said["state"] == "withdrawn"


@pytest.mark.parametrize("consent", [{"purpose": "marketing"}, {"purpose": "marketing", "state": None}])
def test_a_consent_without_a_state_is_refused(consent: dict[str, object]) -> None:
    assert "consents.0.state" in str(rejection(line(consents=[consent])))


def test_a_consent_is_for_every_channel_unless_it_says_which() -> None:
    read = parse_touchpoint(line(consents=[{"purpose": "marketing", "state": "denied"}]))
    assert read["consents"] == [{"purpose": "marketing", "channel": "*", "state": "denied", "text_version": None}]


def test_a_margin_may_be_negative() -> None:
    read = parse_touchpoint(line(order={"order_id": "o", "amount": 1, "currency": "EUR", "margin": -0.25}))
    assert read["order"] is not None
    assert read["order"].get("margin_micros") == -250_000


@pytest.mark.parametrize("margin", [10**9 + 1, "-1000000000.000001", "much"])
def test_a_margin_that_is_no_amount_is_a_bad_value(margin: object) -> None:
    order = {"order_id": "o", "amount": 1, "currency": "EUR", "margin": margin}
    assert rejection(line(order=order)).reason == "bad_value"


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=8)
optional = st.none() | words
micros = st.integers(0, 10**15)
names = words.filter(lambda name: "." not in name)


def fixed(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


touchpoints: st.SearchStrategy[Any] = fixed(
    event_id=words,
    event_time=st.integers(-(10**12), 4 * 10**14),
    type=words,
    identifiers=st.lists(fixed(type=words, value=words), min_size=1, max_size=3),
    traits=st.dictionaries(words, words, max_size=2),
    order=st.none()
    | fixed(
        order_id=words,
        amount_micros=micros,
        currency=st.sampled_from(["EUR", "SEK"]),
        margin_micros=st.none() | st.integers(-(10**15), 10**15),
        items=st.lists(
            fixed(sku=words, name=optional, quantity=st.integers(0, 10**9), price_micros=micros), max_size=2
        ),
    ),
    marketing=st.none()
    | fixed(
        campaign=words,
        medium=optional,
        source=optional,
        click_id=optional,
        offer_id=optional,
        cost_micros=st.none() | micros,
        currency=optional,
    ),
    consents=st.lists(
        fixed(
            purpose=words,
            channel=words,
            state=st.sampled_from(["granted", "denied", "withdrawn", "unknown"]),
            text_version=optional,
        ),
        max_size=2,
    ),
    interaction=st.none()
    | fixed(
        reason=optional,
        outcome=optional,
        duration_seconds=st.none() | st.floats(allow_nan=False, allow_infinity=False),
        agent=optional,
        sentiment=st.none() | st.floats(-1, 1),
    ),
    party=st.sampled_from(["first", "second", "third"]),
    properties=st.dictionaries(names, words, max_size=2),
)


@settings(max_examples=80)
@given(touchpoint=touchpoints)
def test_a_touchpoint_reads_the_same_back_from_json(touchpoint: Touchpoint) -> None:
    assert parse_touchpoint(to_json(touchpoint)) == touchpoint


@settings(max_examples=40)
@given(touchpoint=touchpoints)
def test_a_touchpoint_is_one_line_and_fits_its_contract(touchpoint: Touchpoint) -> None:
    text = to_json(touchpoint)
    assert "\n" not in text
    assert contracts()[TOUCHPOINT].encode(parse_touchpoint(text))


simple: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 1, 1.5, float("nan"), "", "x", [], {}, [None], {"value": 1}]
)
fields_of_any_kind = st.dictionaries(
    st.sampled_from(["event_id", "event_time", "type", "identifiers", "order", "traits", "consents", "properties"]),
    simple,
)


@settings(max_examples=80)
@given(simple | fields_of_any_kind)
def test_any_json_is_read_or_rejected(value: object) -> None:
    """Nothing but a rejection is ever raised."""
    try:
        parse_touchpoint(json.dumps(value))
    except RejectedError as error:
        assert error.detail  # noqa: PT017  # any other exception fails the test


def _line(rest: str, identifiers: str = "[]") -> str:
    return f'{{"event_id": "1", "event_time": 1, "type": "t", "identifiers": {identifiers}, {rest}}}'


@pytest.mark.parametrize("number", ["12345678901234567890", "1e3", "0.10", "-0.0", "12345.0", "1E+21", "-7"])
def test_a_number_in_traits_and_properties_is_kept_as_it_was_written(number: str) -> None:
    line = _line(f'"traits": {{"a": {number}}}, "b": {number}, "c": [{{"d": {number}}}]')
    touchpoint = parse_touchpoint(line)
    assert touchpoint["traits"] == {"a": number}
    assert touchpoint["properties"] == {"b": number, "c": f'[{{"d": {number}}}]'}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("12345678901234567890", "12345678901234567890"),
        ("12345", "12345"),
        ("12345.0", "12345"),
        ("0.10", "0.10"),
        ("1e3", "1e3"),
        ("1.50", "1.50"),
    ],
)
def test_a_number_where_text_is_expected_goes_through_no_float(number: str, text: str) -> None:
    order = f'"order": {{"order_id": {number}, "amount": 1, "currency": "EUR"}}'
    touchpoint = parse_touchpoint(_line(order, f'[{{"type": "customer_id", "value": {number}}}]'))
    assert touchpoint["order"] is not None
    assert touchpoint["order"]["order_id"] == touchpoint["identifiers"][0]["value"] == text


def test_amounts_are_exact() -> None:
    order = '"order": {"order_id": 7.0, "amount": 0.1000001, "currency": "EUR", "items": [{"sku": 1, "quantity": 2.0}]}'
    touchpoint = parse_touchpoint(_line(order))
    assert touchpoint["order"] is not None
    assert (touchpoint["order"]["order_id"], touchpoint["order"]["amount_micros"]) == ("7", 100_000)
    assert touchpoint["order"]["items"][0]["quantity"] == 2


@pytest.mark.parametrize("number", ["1e999999999", "9" * 5_000, "NaN", "-Infinity"])
def test_a_number_beyond_all_reason_is_refused_where_one_is_expected(number: str) -> None:
    with pytest.raises(RejectedError):
        parse_touchpoint(_line(f'"interaction": {{"sentiment": {number}}}'))


def test_half_of_a_surrogate_pair_becomes_the_replacement_character() -> None:
    touchpoint = parse_touchpoint(_line('"note": "\\ud83d", "traits": {"a\\udc00": ["\\ud83e\\udd8a"]}'))
    assert touchpoint["properties"] == {"note": "\ufffd"}
    assert touchpoint["traits"] == {"a\ufffd": '["\U0001f98a"]'}
