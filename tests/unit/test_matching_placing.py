"""What the blocks of a partition find alike: by the newest placings alone, and told to both nodes as a whole."""

from collections.abc import Iterable

from identity.graph import Alike, Placed
from identity.matching.blocks import block_keys
from identity.matching.default import default_model
from identity.matching.likeness import Likeness
from identity.matching.placing import Matcher
from identity.matching.records import decode_record, encode_record, match_record
from identity.memory import MemoryPlacings
from identity.nodes import NodeId
from identity.policy import Matching

KEY = b"a key of the tests"
LIKENESS = Likeness(default_model())
ONE, TWO, THREE, FOUR = (NodeId(bytes([2]) * 15 + bytes([number])) for number in range(4))
ANNA = {"first_name": "Anna", "last_name": "Huber", "birth_date": "1980-01-02"}
IN_BERLIN, IN_MUNICH = {**ANNA, "postcode": "10115"}, {**ANNA, "postcode": "80331"}
OTTO = {"first_name": "Otto", "last_name": "Schwarz", "birth_date": "1957-12-31", "postcode": "50667"}
HIS_SLIP = {**OTTO, "last_name": "Schwartz"}


def record(traits: dict[str, str] | None) -> bytes:
    return b"" if traits is None else encode_record(match_record(traits, []))


def bits(one: dict[str, str], other: dict[str, str]) -> int:
    return LIKENESS.centibits(record(one), record(other))


def matcher(placings: MemoryPlacings, cap: int = 10, **change: float) -> Matcher:
    matching = Matching(**{"unite": 0.9, "suggest": 0.5, "refuse": 0.01, **change}, block_cap=cap, model="")
    return Matcher(placings, matching, LIKENESS, KEY, lambda _node: 0, 7)


class Bench:
    """The blocks of the only partition."""

    def __init__(self, cap: int = 10) -> None:
        self.placings = MemoryPlacings()
        self.matcher = matcher(self.placings, cap)
        self.alike: dict[NodeId, dict[NodeId, int]] = {}
        self._records: dict[NodeId, bytes] = {}
        self._versions: dict[NodeId, int] = {}

    def place(self, node: NodeId, traits: dict[str, str] | None, version: int | None = None) -> list[Alike]:
        """Give a node a record, or None, and note what is told of it; each time by a newer version."""
        number = version or self._versions.get(node, 0) + 1
        past, now = self._records.get(node, b""), record(traits)
        told = [one for placed in self.matcher.placed(node, number, past, now) for one in self.matcher.receive(placed)]
        if number > self._versions.get(node, 0):
            self._records[node], self._versions[node] = now, number
        return self.hear(told)

    def hear(self, told: Iterable[Alike]) -> list[Alike]:
        """Note what is told, each word newer than the one before."""
        told = list(told)
        self.alike.update({one.to: one.alike for one in told})
        return told


def test_both_nodes_of_a_like_pair_are_told_by_how_much_and_by_which_partition() -> None:
    bench = Bench()
    assert bench.place(ONE, IN_BERLIN) == []
    found = bits(IN_BERLIN, IN_MUNICH)
    told = bench.place(TWO, IN_MUNICH)
    assert sorted(told, key=lambda one: one.to) == [Alike(ONE, 7, 1, {TWO: found}), Alike(TWO, 7, 1, {ONE: found})]


def test_a_pair_below_the_threshold_of_suggestions_is_not_told_of() -> None:
    bench = Bench()
    bench.place(ONE, IN_BERLIN)
    assert bench.place(TWO, {**IN_BERLIN, "first_name": "Otto", "birth_date": "1991-05-17"}) == []


def test_a_node_is_told_the_whole_list_by_a_newer_version_each_time() -> None:
    bench = Bench()
    bench.place(ONE, IN_BERLIN)
    bench.place(TWO, IN_BERLIN)
    same = bits(IN_BERLIN, IN_BERLIN)
    told = {one.to: one for one in bench.place(THREE, IN_BERLIN)}
    assert told[ONE] == Alike(ONE, 7, 2, {TWO: same, THREE: same})


def test_the_same_placing_again_tells_nothing() -> None:
    bench = Bench()
    bench.place(ONE, IN_BERLIN)
    bench.place(TWO, IN_BERLIN)
    again = list(bench.matcher.placed(TWO, 1, b"", record(IN_BERLIN)))
    assert [told for placed in again for told in bench.matcher.receive(placed)] == []


def test_an_older_placing_changes_nothing() -> None:
    bench = Bench()
    bench.place(ONE, IN_BERLIN)
    bench.place(TWO, IN_BERLIN, version=5)
    kept = bench.placings.placing(TWO)
    assert bench.place(TWO, OTTO, version=4) == []
    assert bench.placings.placing(TWO) == kept
    assert all(bench.placings.count(block) == 0 for block in block_keys(decode_record(record(OTTO)), KEY))


def test_a_node_whose_record_changed_is_compared_anew() -> None:
    bench = Bench()
    for node, traits in ((ONE, IN_BERLIN), (TWO, OTTO), (THREE, HIS_SLIP)):
        bench.place(node, traits)
    bench.place(ONE, OTTO)
    assert bench.alike[ONE].keys() == {TWO, THREE}
    bench.place(ONE, IN_BERLIN)
    assert bench.alike == {ONE: {}, TWO: {THREE: bits(OTTO, HIS_SLIP)}, THREE: {TWO: bits(OTTO, HIS_SLIP)}}


def test_a_node_that_left_is_alike_to_nobody_and_in_no_block() -> None:
    bench = Bench()
    bench.place(ONE, IN_BERLIN)
    bench.place(TWO, IN_BERLIN)
    bench.place(ONE, None)
    assert bench.alike == {ONE: {}, TWO: {}}
    for block in block_keys(decode_record(record(IN_BERLIN)), KEY):
        assert set(bench.placings.inside(block)) == {TWO}


def test_a_node_that_came_back_is_alike_again() -> None:
    bench = Bench()
    bench.place(ONE, IN_BERLIN)
    bench.place(TWO, IN_BERLIN)
    before = dict(bench.alike)
    bench.place(ONE, None)
    bench.place(ONE, IN_BERLIN)
    assert bench.alike == before


def test_a_block_that_crosses_the_cap_takes_back_what_it_found() -> None:
    bench = Bench(cap=2)
    bench.place(ONE, IN_BERLIN)
    bench.place(TWO, IN_BERLIN)
    bench.place(THREE, IN_BERLIN)
    assert bench.alike == {ONE: {}, TWO: {}}


def test_a_pair_that_meets_in_another_block_too_stays_where_one_crosses_the_cap() -> None:
    bench = Bench(cap=2)
    bench.place(ONE, IN_BERLIN)
    bench.place(TWO, IN_BERLIN)
    bench.place(THREE, IN_MUNICH)
    assert bench.alike == {ONE: {TWO: bits(IN_BERLIN, IN_BERLIN)}, TWO: {ONE: bits(IN_BERLIN, IN_BERLIN)}}


def test_a_block_that_falls_to_the_cap_brings_its_pairs_again() -> None:
    bench = Bench(cap=2)
    for node in (ONE, TWO, THREE):
        bench.place(node, IN_BERLIN)
    bench.place(TWO, None)
    same = bits(IN_BERLIN, IN_BERLIN)
    assert bench.alike == {ONE: {THREE: same}, TWO: {}, THREE: {ONE: same}}


def test_a_block_far_above_the_cap_stays_closed_until_it_falls_to_it() -> None:
    bench = Bench(cap=2)
    for node in (ONE, TWO, THREE, FOUR):
        bench.place(node, IN_BERLIN)
    assert bench.place(FOUR, None) == []
    bench.place(ONE, None)
    assert bench.alike[TWO].keys() == {THREE}


def test_who_takes_anothers_place_in_a_full_block_is_alike_to_those_inside() -> None:
    bench = Bench(cap=2)
    for node in (ONE, TWO):
        bench.place(node, IN_BERLIN)
    bench.place(TWO, OTTO)
    bench.place(THREE, IN_BERLIN)
    assert bench.alike[ONE].keys() == {THREE}
    assert bench.alike[TWO] == {}


def test_each_partition_hears_of_its_own_blocks_alone() -> None:
    apart = Matcher(MemoryPlacings(), None, LIKENESS, KEY, lambda block: block[-1] % 3, 0)
    placed = list(apart.placed(ONE, 1, b"", record(IN_BERLIN)))
    assert len({one.to[-1] % 3 for one in placed}) == len(placed)
    for one in placed:
        assert one.record == record(IN_BERLIN)
        assert {block[-1] % 3 for block in one.blocks} == {one.to[-1] % 3}
    assert sorted(block for one in placed for block in one.blocks) == list(
        block_keys(decode_record(record(IN_BERLIN)), KEY)
    )


def test_partitions_that_lost_a_node_hear_that_it_left_and_not_of_its_record() -> None:
    apart = Matcher(MemoryPlacings(), None, LIKENESS, KEY, lambda block: int.from_bytes(block, "big"), 0)
    placed = {one.to: one for one in apart.placed(ONE, 2, record(IN_BERLIN), record(OTTO))}
    for block in block_keys(decode_record(record(IN_BERLIN)), KEY):
        assert placed[NodeId(block)] == Placed(NodeId(block), ONE, 2, b"", [])


def test_under_another_cap_a_node_is_compared_anew_on_request() -> None:
    bench = Bench(cap=2)
    for node in (ONE, TWO, THREE):
        bench.place(node, IN_BERLIN)
    wider = matcher(bench.placings, cap=3)
    for node in (ONE, TWO, THREE):
        bench.hear(wider.revisit(node))
    same = bits(IN_BERLIN, IN_BERLIN)
    assert bench.alike[ONE] == {TWO: same, THREE: same}
    assert bench.alike[TWO] == {ONE: same, THREE: same}


def test_under_a_higher_threshold_a_node_is_told_of_fewer_on_request() -> None:
    bench = Bench()
    slip = {**IN_BERLIN, "postcode": "", "last_name": "Hubar", "birth_date": "1980-01-03"}
    bench.place(ONE, IN_BERLIN)
    bench.place(TWO, slip)
    assert bench.alike[ONE] == {TWO: bits(IN_BERLIN, slip)}
    bench.hear(matcher(bench.placings, suggest=0.999999, unite=0.9999999).revisit(ONE))
    assert bench.alike == {ONE: {}, TWO: {}}


def test_without_matching_nothing_is_alike_and_what_was_is_taken_back_on_request() -> None:
    bench = Bench()
    bench.place(ONE, IN_BERLIN)
    bench.place(TWO, IN_BERLIN)
    off = Matcher(bench.placings, None, LIKENESS, KEY, lambda _node: 0, 7)
    bench.hear(off.revisit(ONE))
    assert bench.alike == {ONE: {}, TWO: {}}


def test_a_node_that_was_never_placed_has_nothing_to_compare() -> None:
    assert list(Bench().matcher.revisit(ONE)) == []
