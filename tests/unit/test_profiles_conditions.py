"""Conditions on what is known of a customer."""

import pytest

from profiles.conditions import Condition, Conditions, Kind, Value, parse_condition

FLAGS = ("known", "consent.marketing.email", "cap.weekly")


def kind_of_fact(fact: str) -> Kind | None:
    """Facts of tests: texts begin with trait, the flags are named, ``nothing`` is none, and all else are numbers."""
    if fact == "nothing":
        return None
    return "text" if fact.startswith("trait.") else "flag" if fact in FLAGS else "number"


def condition_of(text: str) -> Condition:
    return parse_condition(text, kind_of_fact)


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
        ("trait.postcode = 10115", Condition("trait.postcode", "=", "10115")),
        ("consent.marketing.email = true", Condition("consent.marketing.email", "=", value=True)),
    ],
)
def test_a_condition_is_read_from_its_text(text: str, expected: Condition) -> None:
    found = condition_of(text)
    assert (found, type(found.value)) == (expected, type(expected.value))


@pytest.mark.parametrize("text", ["", "orders", ">= 2", "orders ~ 2", "Orders >= 2", "2 >= orders", "a b = 1"])
def test_what_has_another_form_is_refused_and_the_form_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected FACT .* VALUE, got"):
        condition_of(text)


@pytest.mark.parametrize(
    ("sign", "holding"),
    [(">=", [2.0, 3.0]), ("<=", [1.0, 2.0]), (">", [3.0]), ("<", [1.0]), ("=", [2.0]), ("!=", [1.0, 3.0])],
)
def test_each_operator_compares_as_it_reads(sign: str, holding: list[float]) -> None:
    condition = condition_of(f"orders {sign} 2")
    assert [value for value in (1.0, 2.0, 3.0) if condition.holds({"orders": value})] == holding


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nothing = 1", "there is no fact 'nothing'"),
        ("orders = many", "expected a number"),
        ("orders = true", "expected a number"),
        ("orders < inf", "expected a number from"),
        ("orders < nan", "expected a number from"),
        ("orders < 1e12", "expected a number from"),
        ("orders == 2", "expected FACT"),
        ("orders >=", "expected FACT"),
        ("known >= 1", "expected = or !="),
        ("known = 1", "expected true or false"),
    ],
)
def test_a_condition_that_means_nothing_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        condition_of(text)


@pytest.mark.parametrize("text", ["orders >= 2", "orders != 2", "known != true", "trait.city != Rome"])
def test_what_is_unknown_meets_no_condition(text: str) -> None:
    condition = condition_of(text)
    assert not condition.holds({})
    assert not condition.holds({condition.fact: None})


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("orders != 2", "3"),
        ("orders != 2", True),
        ("known != true", 0.0),
        ("known != true", "no"),
        ("trait.a != b", 2.0),
    ],
)
def test_a_fact_of_another_kind_meets_no_condition(text: str, known: Value) -> None:
    condition = condition_of(text)
    assert not condition.holds({condition.fact: known})


def test_all_of_all_at_least_one_of_any_and_none_of_none_must_hold() -> None:
    one, two, three = (condition_of(f"{name} = 1") for name in ("one", "two", "three"))
    conditions = Conditions(all=(one,), any=(two, three), none=(condition_of("four = 1"),))
    assert conditions.hold({"one": 1.0, "three": 1.0})
    assert not conditions.hold({"three": 1.0})
    assert not conditions.hold({"one": 1.0})
    assert not conditions.hold({"one": 1.0, "two": 1.0, "four": 1.0})
    assert conditions.each() == (one, two, three, condition_of("four = 1"))


def test_where_nothing_is_asked_everybody_is_meant() -> None:
    assert Conditions().hold({})


def test_what_is_unknown_keeps_nobody_out() -> None:
    assert Conditions(none=(condition_of("cap.weekly = true"),)).hold({})
