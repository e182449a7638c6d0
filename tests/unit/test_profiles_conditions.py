"""Conditions on what is known of a customer."""

import pytest

from profiles.conditions import Condition, Conditions, Value, parse_condition


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("orders >= 2", Condition("orders", ">=", 2.0)),
        ("  orders<=2.5 ", Condition("orders", "<=", 2.5)),
        ("revenue > -1", Condition("revenue", ">", -1.0)),
        ("known = true", Condition("known", "=", value=True)),
        ("known != false", Condition("known", "!=", value=False)),
        ("trait.country = DE", Condition("trait.country", "=", "DE")),
        ("trait.city = Bad Homburg", Condition("trait.city", "=", "Bad Homburg")),
        ("trait.postcode = '01067'", Condition("trait.postcode", "=", "01067")),
        ("consent.marketing.email = true", Condition("consent.marketing.email", "=", value=True)),
    ],
)
def test_a_condition_is_read_from_its_text(text: str, expected: Condition) -> None:
    found = parse_condition(text)
    assert (found, type(found.value)) == (expected, type(expected.value))


@pytest.mark.parametrize("text", ["", "orders", ">= 2", "orders ~ 2", "Orders >= 2", "2 >= orders", "a b = 1"])
def test_what_has_another_form_is_refused_and_the_form_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected FACT .* VALUE, got"):
        parse_condition(text)


@pytest.mark.parametrize(
    ("sign", "holding"),
    [(">=", [2.0, 3.0]), ("<=", [1.0, 2.0]), (">", [3.0]), ("<", [1.0]), ("=", [2.0]), ("!=", [1.0, 3.0])],
)
def test_each_operator_compares_as_it_reads(sign: str, holding: list[float]) -> None:
    condition = parse_condition(f"orders {sign} 2")
    assert [value for value in (1.0, 2.0, 3.0) if condition.holds({"orders": value})] == holding


@pytest.mark.parametrize("sign", [">=", "<=", "!=", ">", "<", "="])
@pytest.mark.parametrize("value", ["2", "true", "DE"])
def test_what_is_unknown_meets_no_condition(sign: str, value: str) -> None:
    condition = parse_condition(f"fact {sign} {value}")
    assert not condition.holds({})
    assert not condition.holds({"fact": None})


@pytest.mark.parametrize("sign", [">=", "<=", "!=", ">", "<", "="])
@pytest.mark.parametrize(("value", "known"), [("2", "2"), ("DE", 2.0), ("true", "true"), ("DE", True)])
def test_a_text_meets_no_condition_on_a_number_or_the_other_way_round(sign: str, value: str, known: Value) -> None:
    assert not parse_condition(f"fact {sign} {value}").holds({"fact": known})


def test_all_of_all_at_least_one_of_any_and_none_of_none_must_hold() -> None:
    one, two, three = (parse_condition(f"{name} = 1") for name in ("one", "two", "three"))
    conditions = Conditions(all=(one,), any=(two, three), none=(parse_condition("four = 1"),))
    assert conditions.hold({"one": 1.0, "three": 1.0})
    assert not conditions.hold({"three": 1.0})
    assert not conditions.hold({"one": 1.0})
    assert not conditions.hold({"one": 1.0, "two": 1.0, "four": 1.0})
    assert conditions.each() == (one, two, three, parse_condition("four = 1"))


def test_where_nothing_is_asked_everybody_is_meant() -> None:
    assert Conditions().hold({})


def test_what_is_unknown_keeps_nobody_out() -> None:
    assert Conditions(none=(parse_condition("cap.weekly = true"),)).hold({})
