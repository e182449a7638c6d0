"""So many who look alike that it tells nothing: what becomes of their likeness where they gather."""

from unittest.mock import patch

import pytest

from identity import crowds
from identity.graph import RulingKind
from identity.resolution import LinkId, resolve
from tests.unit.test_identity_matched import (
    ANNA,
    COOKIE,
    LIKENESS,
    POLICY,
    ROWS,
    decide,
    gathered,
    people,
    together,
    verdicts,
)

THREE = dict.fromkeys(ROWS[:3], ANNA)
FOUR = dict.fromkeys(ROWS, ANNA)


@pytest.fixture(autouse=True)
def _few() -> object:
    with patch.object(crowds, "MOST_ALIKE", 3):
        yield


def test_as_many_as_may_be_alike_are_one_person() -> None:
    assert people(gathered(THREE)) == {frozenset({"row 0", "row 1", "row 2"})}


def test_one_more_and_likeness_unites_none_of_them() -> None:
    cards = gathered(FOUR)
    assert people(cards) == {frozenset({row.value}) for row in ROWS}
    assert verdicts(cards, ROWS[0], ROWS[3]) == ["too_many_alike"]


def test_an_identifier_that_a_link_brings_along_counts() -> None:
    cards = gathered(THREE, together(1, ROWS[0], COOKIE))
    assert people(cards) == {frozenset({"row 0", "cookie"}), frozenset({"row 1"}), frozenset({"row 2"})}


def test_links_and_decisions_of_a_crowd_hold() -> None:
    cards = gathered(FOUR, together(1, ROWS[0], ROWS[1]))
    decide(cards, ROWS[2], ROWS[3], RulingKind.TOGETHER)
    assert people(cards) == {frozenset({"row 0", "row 1"}), frozenset({"row 2", "row 3"})}
    assert verdicts(cards, ROWS[1], ROWS[2]) == ["too_many_alike"]


def test_those_kept_apart_are_a_crowd_all_the_same() -> None:
    cards = gathered(FOUR)
    decide(cards, ROWS[0], ROWS[1], RulingKind.APART)
    assert verdicts(cards, ROWS[0], ROWS[1]) == ["decided_apart"]
    assert verdicts(cards, ROWS[0], ROWS[2]) == ["too_many_alike"]


@pytest.mark.parametrize(("count", "verdict", "number"), [(1, "too_many_alike", 2), (2, "suggested", 1)])
def test_who_was_told_of_a_crowd_elsewhere_is_united_with_nobody_until_it_is_none(
    count: int, verdict: str, number: int
) -> None:
    cards = gathered(THREE)
    first, second, elsewhere = sorted(cards)
    cards[first].crowds = {elsewhere: count}
    here = {node: cards[node] for node in (first, second)}
    found = resolve(here, POLICY, LIKENESS)
    assert (len(found.people), found.verdicts[LinkId(first, elsewhere)]) == (number, verdict)
    alone = dict[object, object](resolve({first: cards[first]}, POLICY, LIKENESS).verdicts)
    assert alone == {LinkId(first, second): verdict, LinkId(first, elsewhere): verdict}


def test_what_was_told_of_who_gathers_here_by_now_is_no_matter() -> None:
    cards = gathered(THREE)
    first, second, _ = sorted(cards)
    cards[first].crowds = {second: 1}
    assert len(people(cards)) == 1
