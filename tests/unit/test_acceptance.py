"""What is kept of a touchpoint, and what is told of the rest."""

from dataclasses import replace
from typing import Any

import pytest

from identity.policy_file import default_policy
from profiles.policy_file import default_profile_policy
from schemas.reasons import MOST_TOLD, Problem, RejectedError
from schemas.records import Touchpoint
from schemas.touchpoint_types import ANOTHER, TouchpointTypes
from streams.acceptance import MAX_IDENTIFIERS, MAX_NAME, TOLD_TYPE, Accepted, acceptance
from streams.ingest import accepted_of
from streams.records import SourceRecord, Told, told_of

ARRIVED = 1_770_000_000_000
RULES = acceptance(default_policy(), default_profile_policy(), bytes(32))
COOKIE = {"type": "cookie", "value": "c-1"}


def a_touchpoint(**change: Any) -> Touchpoint:  # noqa: ANN401  # any field
    touchpoint: Touchpoint = {
        "event_id": "e-1",
        "event_time": ARRIVED,
        "type": "login",
        "identifiers": [{"type": "email", "value": "ann@example.org"}],
        "traits": {},
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "first",
        "properties": {},
    }
    return {**touchpoint, **change}  # type: ignore[typeddict-item]  # a change is of one field


def accept(**change: Any) -> Accepted:  # noqa: ANN401  # any field
    return RULES.accept(a_touchpoint(**change), "web", ARRIVED)


def refusal(**change: Any) -> RejectedError:  # noqa: ANN401  # any field
    with pytest.raises(RejectedError) as caught:
        accept(**change)
    return caught.value


def told(found: Accepted) -> Told | None:
    return told_of(accepted_of(found, "web", SourceRecord("touch.web", 0, 0, ARRIVED, None, None)))


def test_a_known_type_gets_its_name_and_the_told_one_is_kept() -> None:
    found = accept(type="Page View", properties={"a": "b"})
    assert found.is_type_known
    assert found.touchpoint["type"] == "page_view"
    assert found.touchpoint["properties"] == {"a": "b", TOLD_TYPE: "Page View"}


def test_a_known_type_as_it_is_called_leaves_the_touchpoint_as_it_came() -> None:
    assert accept().touchpoint == a_touchpoint()


def test_an_unknown_type_is_accepted_as_it_came_and_told_with_its_order() -> None:
    order = {"order_id": "o", "amount_micros": 1, "currency": "EUR", "items": []}
    found = accept(type="order_completed", order=order)
    assert found.touchpoint["type"] == "order_completed"
    assert told(found) == Told((), "order_completed", has_order=True)


def test_nothing_is_told_of_a_touchpoint_that_is_understood() -> None:
    assert told(accept()) is None


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("Email", "", ("email", "blank")),
        ("email", " \u200b", ("email", "blank")),
        ("cookie", "null", ("cookie", "placeholder")),
        ("phone", "12", ("phone", "malformed")),
        ("tattoo", "x", ("tattoo", "unknown_type")),
        ("ann@example.org", "x", (ANOTHER, "unknown_type")),
        ("Device ID", "x" * 600, ("device_id", "too_long")),
    ],
)
def test_an_identifier_that_is_left_out_is_told_by_type_and_reason(
    type_: str, value: str, expected: tuple[str, str]
) -> None:
    assert told(accept(identifiers=[COOKIE, {"type": type_, "value": value}])) == Told(
        (expected,), None, has_order=False
    )


def test_all_problems_are_told_at_once() -> None:
    long = "x" * (MAX_NAME + 1)
    error = refusal(event_id=long, event_time=0, identifiers=[{"type": "email", "value": ""}])
    assert [(problem.reason, problem.field) for problem in error.problems] == [
        ("too_large", "event_id"),
        ("time_too_old", "event_time"),
        ("no_usable_identifier", "identifiers"),
    ]
    assert error.reason == "too_large"
    assert "time_too_old: event_time:" in error.detail
    assert "(blank)" in error.detail


def test_where_no_type_is_known_the_likely_ones_are_named_and_no_value() -> None:
    types = ("userId", "e-mail address", "shoe_size", "ann@example.org")
    error = refusal(identifiers=[{"type": type_, "value": "ann-1"} for type_ in types])
    assert error.detail.endswith(
        "that can be used (unknown_type); 'userId' is likely meant for customer_id; "
        "'e-mail address' is likely meant for email"
    )


def test_too_many_identifiers_are_not_looked_at() -> None:
    error = refusal(identifiers=[{"type": "email", "value": ""}] * (MAX_IDENTIFIERS + 1))
    assert [problem.reason for problem in error.problems] == ["too_large"]


def test_of_very_many_problems_the_number_is_told() -> None:
    error = RejectedError.of([Problem("bad_value", f"p{number}") for number in range(MOST_TOLD + 5)])
    assert error.detail.endswith("; and 5 more")
    assert len(error.problems) == MOST_TOLD + 5


@pytest.mark.parametrize("device", [COOKIE, {"type": "Cookie", "value": "c-1"}, {"type": "deviceId", "value": "d"}])
@pytest.mark.parametrize("beside", [[], [{"type": "email", "value": " "}], [{"type": "email", "value": "null"}]])
def test_a_device_that_must_not_be_measured_ties_a_touchpoint_to_nobody(
    device: dict[str, str], beside: list[dict[str, str]]
) -> None:
    denied = {default_profile_policy().measurement.property: "denied"}
    assert refusal(identifiers=[device, *beside], properties=denied).reason == "not_measured"


def test_the_policy_decides_which_types_are_known() -> None:
    rules = replace(RULES, types=TouchpointTypes({"order_completed"}))
    assert rules.accept(a_touchpoint(type="Order Completed"), "web", ARRIVED).touchpoint["type"] == "order_completed"
