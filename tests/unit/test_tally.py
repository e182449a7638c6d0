"""What is understood only in part is counted by names that are bounded in number, and told in sentences."""

import pytest

from schemas.touchpoint_types import ANOTHER
from streams.metrics import Meters
from streams.records import Told
from streams.tally import (
    MOST_LINES,
    MOST_NAMES,
    MOST_SENTENCES,
    BoundedNames,
    LeftOutCount,
    LeftOutLines,
    LineTally,
    Tally,
    UnknownType,
    sentences,
)

KNOWN = "Known types with orders: purchase, return"


def an_order(type_: str = "order_completed") -> Told:
    return Told((), type_, has_order=True)


def test_identifiers_left_out_are_counted_by_type_and_reason() -> None:
    tally = Tally()
    for reason in ("blank", "blank", "malformed"):
        tally.add(Told((("email", reason),), None, has_order=False))
    assert tally.left_out() == [LeftOutCount("email", "blank", 2), LeftOutCount("email", "malformed", 1)]
    assert tally.unknown_types() == []


def test_unknown_types_with_orders_come_first() -> None:
    tally = Tally()
    for told in (Told((), "scroll", has_order=False), Told((), "scroll", has_order=False), an_order()):
        tally.add(told)
    assert tally.unknown_types() == [UnknownType("order_completed", 1, 1), UnknownType("scroll", 2, 0)]


def test_foreign_names_are_bounded_and_known_ones_are_never_crowded_out() -> None:
    tally = Tally()
    for number in range(3 * MOST_NAMES):
        tally.add(Told(((f"t{number:b}", "unknown_type"),), None, has_order=False))
    tally.add(Told((("email", "blank"),), None, has_order=False))
    counts = {(one.type, one.reason): one.identifiers for one in tally.left_out()}
    assert len(counts) == MOST_NAMES + 2
    assert counts[ANOTHER, "unknown_type"] == 2 * MOST_NAMES
    assert counts["email", "blank"] == 1


def test_metrics_have_a_bounded_number_of_labels_over_the_life_of_a_process() -> None:
    meters, names = Meters(), BoundedNames()
    for number in range(2 * MOST_NAMES):
        tally = Tally()
        tally.add(an_order(f"t{number:b}"))
        tally.tell(meters, names)
    lines = [one for one in meters.text().decode().splitlines() if one.startswith("onefold_unknown_types_total")]
    assert len(lines) == MOST_NAMES + 1
    assert f'onefold_unknown_types_total{{order="yes",type="{ANOTHER}"}} {MOST_NAMES}.0' in lines


@pytest.mark.parametrize(
    ("unknown", "sentence"),
    [
        (
            UnknownType("order_completed", 4, 3),
            f"3 touchpoints of the unknown type 'order_completed' carry an order; they count as no purchase. {KNOWN}",
        ),
        (
            UnknownType(ANOTHER, 1, 1),
            f"1 touchpoint of an unknown type that is not shown carries an order; it counts as no purchase. {KNOWN}",
        ),
        (
            UnknownType("scroll", 2, 0),
            "2 touchpoints of the unknown type 'scroll': a touch of the customer, and nothing else",
        ),
    ],
)
def test_an_unknown_type_is_told_by_name_and_number(unknown: UnknownType, sentence: str) -> None:
    assert sentences((), [unknown]) == [sentence]


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ([1], "1 consent granted names no purpose; it grants nothing"),
        ([1, 2], "3 consents granted name no purpose; they grant nothing"),
    ],
)
def test_grants_without_a_purpose_are_told_by_number_before_all_else(told: list[int], sentence: str) -> None:
    tally = Tally()
    for grants in told:
        tally.add(Told((), None, has_order=False, empty_grants=grants))
    assert sentences((), [UnknownType("scroll", 2, 0)], tally.empty_grants())[0] == sentence


@pytest.mark.parametrize("reason", ["blank", "placeholder", "malformed", "too_long", "unknown_type"])
def test_every_reason_of_an_identifier_left_out_has_a_sentence(reason: str) -> None:
    (sentence,) = sentences([LeftOutCount("email", reason, 2)], ())
    assert sentence.startswith("2 identifiers of ")
    assert "'email'" in sentence


def left_out(*told: tuple[str, str]) -> Told:
    return Told(told, None, has_order=False)


def test_identifiers_left_out_of_a_file_are_told_with_their_lines() -> None:
    tally = LineTally()
    tally.add_line(3, left_out(("email", "malformed"), ("email", "malformed"), ("phone", "blank")))
    tally.add_line(7, left_out(("email", "malformed")))
    assert tally.left_out_lines() == [
        LeftOutLines("email", "malformed", 3, (), 2, (3, 7)),
        LeftOutLines("phone", "blank", 1, (), 1, (3,)),
    ]
    assert sentences(tally.left_out_lines(), ()) == [
        "3 identifiers of type 'email' left out (lines 3, 7): malformed",
        "1 identifier of type 'phone' left out (line 3): blank (empty, null or nothing that shows)",
    ]


def test_of_very_many_lines_the_first_are_told_and_the_number_of_others() -> None:
    tally = LineTally()
    for number in range(1, 1_501):
        tally.add_line(number, left_out(("shoe_size", "unknown_type")))
    (found,) = tally.left_out_lines()
    assert (found.lines, found.first_lines) == (1_500, tuple(range(1, MOST_LINES + 1)))
    assert sentences([found], ()) == [
        "1,500 identifiers of the unknown type 'shoe_size' left out (lines 1, 2, 3, 4, 5 and 1,495 more)"
    ]


def test_what_an_unknown_type_is_likely_meant_for_is_told() -> None:
    tally = LineTally(("customer_id", "cookie", "email"))
    tally.add_line(1, left_out(("user_id", "unknown_type"), ("email", "blank")))
    tally.add_line(2, left_out(("client_id", "unknown_type"), ("gaid", "unknown_type")))
    assert sentences(tally.left_out_lines(), ()) == [
        "1 identifier of the unknown type 'client_id' left out (line 2). Known: customer_id or cookie",
        "1 identifier of type 'email' left out (line 1): blank (empty, null or nothing that shows)",
        "1 identifier of the unknown type 'gaid' left out (line 2)",
        "1 identifier of the unknown type 'user_id' left out (line 1). Known: customer_id",
    ]


def test_lines_of_names_that_are_one_name_are_counted_together() -> None:
    tally = LineTally()
    for number in range(MOST_NAMES + 2):
        tally.add_line(number, left_out((f"t{number:b}", "unknown_type")))
    others = [one for one in tally.left_out_lines() if one.type == ANOTHER]
    assert others == [LeftOutLines(ANOTHER, "unknown_type", 2, (), 2, (MOST_NAMES, MOST_NAMES + 1))]


def test_of_very_many_warnings_the_number_is_told() -> None:
    told = sentences((), [UnknownType(f"t{number}", 1, 0) for number in range(MOST_SENTENCES + 3)])
    assert len(told) == MOST_SENTENCES + 1
    assert told[-1] == "and 3 more; --format json has all"
