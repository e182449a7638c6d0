"""What the count of who meets whom in blocks counts."""

from benchmarks.blocks import met, pairs_of_one_person, world_records
from identity.matching.blocks import block_keys
from identity.matching.records import MatchRecord

ANN = MatchRecord(given=("ann",), surname="huber", born="19800102")


def test_the_same_record_so_many_times_meets_all_others_in_each_of_its_blocks_up_to_the_cap() -> None:
    blocks = len(block_keys(ANN, bytes(32)))
    assert met([ANN] * 4, [3, 4]) == {3: 0.0, 4: 3.0 * blocks}


def test_pairs_of_one_person_count_once_and_those_of_two_do_not() -> None:
    people = {"a": "ann", "b": "ann", "c": "another"}
    assert pairs_of_one_person(people, dict.fromkeys(people, ANN), [2, 3]) == {2: 0, 3: 1}


def test_everybody_in_the_world_has_a_record() -> None:
    assert len(list(world_records(50))) == 50
