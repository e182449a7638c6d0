"""What a decision or a policy does to people who were found alike, in one partition step by step."""

import random
from collections.abc import Mapping
from unittest.mock import patch

from identity.graph import Block
from streams import gather
from tests.property.engine_model import Blocking, Event, Happening, Identified, identifier
from tests.property.partition_model import Accidents, Cluster, Thresholds, stored_outcome

ROWS = [identifier("crm_id", f"row {number}") for number in range(3)]
MAIL = identifier("email", "star77@example.org")
ANNA = {"first_name": "Anna", "last_name": "Huber", "birth_date": "1950-01-02", "postcode": "10115"}
MAYBE = {"first_name": "Anne", "last_name": "Huber", "postcode": "10115"}


def told(part: Identified, traits: Mapping[str, str], *others: Identified, at: int = 1) -> Event:
    return Event(f"{part.value} {at}", at, "crm", (part, *others), tuple(traits.items()))


class Bench:
    """One partition under a policy."""

    def __init__(self, policy: Thresholds) -> None:
        self._policy = policy
        self._cluster = Cluster(policy.text, random.Random(0), Accidents(1, largest_chunk=100))  # noqa: S311  # no chance in it

    def happen(self, *happened: Happening) -> None:
        """Have something happen and work it off."""
        for one in happened:
            self._cluster.deliver(one)
        self._cluster.settle()

    def apply(self, *policies: Thresholds) -> None:
        """Put policies in force, all of them before any is gone through."""
        for policy in policies:
            self._policy = policy
            self._cluster.deliver(policy.text)
        with patch.dict(gather._ANEW, dict.fromkeys(gather._ANEW, 1)):
            self._cluster.settle()

    def people(self) -> set[frozenset[str]]:
        """Return the people as the values of their identifiers."""
        people = stored_outcome(self._cluster, self._policy.policy).people
        return {frozenset(value for _, value in person) for person in people}

    def verdicts(self) -> set[str]:
        """Return the verdicts there are."""
        return {verdict for _, verdict in stored_outcome(self._cluster, self._policy.policy).verdicts}

    def links(self) -> list[str]:
        """Return the status of each link as a subscriber keeps it."""
        return sorted(link["status"] for link in self._cluster.heard(0).links.values())


def test_a_suggestion_is_withdrawn_while_one_of_the_two_is_blocked() -> None:
    """Whichever of them, though each gathers for itself."""
    for row in ROWS[:2]:
        bench = Bench(Thresholds(60))
        bench.happen(told(ROWS[0], ANNA), told(ROWS[1], MAYBE))
        assert bench.links() == ["suggested"]
        bench.happen(Blocking(row, Block(1, blocked=True)))
        assert (bench.verdicts(), bench.links()) == (set(), ["withdrawn"])
        bench.happen(Blocking(row, Block(2, blocked=False)))
        assert (bench.verdicts(), bench.links()) == ({"suggested"}, ["suggested"])


def test_a_blocked_identifier_takes_no_place_in_a_full_block() -> None:
    bench = Bench(Thresholds(2))
    bench.happen(*(told(row, ANNA) for row in ROWS))
    assert len(bench.people()) == 3
    bench.happen(Blocking(ROWS[0], Block(1, blocked=True)))
    assert bench.people() == {frozenset({"row 0"}), frozenset({"row 1", "row 2"})}


def test_a_record_that_changes_while_its_identifier_is_blocked_counts_afterwards() -> None:
    bench = Bench(Thresholds(60))
    bench.happen(told(ROWS[0], ANNA), told(ROWS[1], {"first_name": "Otto", "last_name": "Meyer", "city": "Bonn"}))
    bench.happen(Blocking(ROWS[1], Block(1, blocked=True)), told(ROWS[1], ANNA, at=2))
    assert len(bench.people()) == 2
    bench.happen(Blocking(ROWS[1], Block(2, blocked=False)))
    assert bench.people() == {frozenset({"row 0", "row 1"})}


def test_what_an_earlier_policy_left_undone_is_done_under_the_next() -> None:
    """The second leaves matching as the first made it, which nobody was compared by yet."""
    bench = Bench(Thresholds(2))
    bench.happen(*(told(row, ANNA) for row in ROWS))
    bench.apply(Thresholds(60), Thresholds(60, dominance=1.0))
    assert bench.people() == {frozenset({"row 0", "row 1", "row 2"})}


def test_an_address_that_a_lower_limit_of_neighbours_makes_shared_is_matched_no_more() -> None:
    cookies = [identifier("cookie", f"cookie {number}") for number in range(3)]
    bench = Bench(Thresholds(60, neighbours=100))
    bench.happen(told(ROWS[0], ANNA), told(MAIL, MAYBE, *cookies))
    assert "suggested" in bench.verdicts()
    bench.apply(Thresholds(60))
    assert bench.verdicts() == {"shared_identifier"}
    bench.apply(Thresholds(60, neighbours=100))
    assert "suggested" in bench.verdicts()


def test_without_matching_people_are_two_again_and_with_it_one() -> None:
    bench = Bench(Thresholds(60))
    bench.happen(told(ROWS[0], ANNA), told(ROWS[1], ANNA))
    bench.apply(Thresholds(0))
    assert bench.people() == {frozenset({"row 0"}), frozenset({"row 1"})}
    assert bench.links() == ["withdrawn"]
    bench.apply(Thresholds(60))
    assert bench.people() == {frozenset({"row 0", "row 1"})}
    assert bench.links() == ["joined"]
