"""Who is in which block, as a partition's state knows it over commits and restarts: a plain dictionary of sets."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.matching.blocks import KEY_BYTES
from identity.matching.placing import Placing
from identity.nodes import NODE_ID_BYTES, NodeId
from streams import blocks, state
from streams.state import PartitionState
from streams.store import FORMAT, Marker, PartitionStore

BLOCKS = [bytes(KEY_BYTES), bytes(KEY_BYTES - 1) + b"\x01", b"\xff" * KEY_BYTES]
"""The first and the last there can be, and one right behind another."""

NODES = [NodeId(bytes(NODE_ID_BYTES)), NodeId(b"\xff" * NODE_ID_BYTES), *(NodeId(bytes([n]) * 16) for n in (1, 2, 3))]
ONE, TWO = NODES[:2]


class Bench:
    """A state over a store, with the batches that make it durable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sequence = 0
        self.store = PartitionStore(folder)
        self.state = PartitionState(self.store)

    def commit(self) -> dict[bytes, bytes | None]:
        """Make durable what changed."""
        changes = self.state.take_changes()
        self._sequence += 1
        self.store.apply(changes, Marker(FORMAT, 1, self._sequence, {}), self._sequence)
        return changes

    def reopen(self) -> None:
        """Begin anew with what is durable."""
        self.store.close()
        self.store = PartitionStore(self._folder)
        self.state = PartitionState(self.store)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "0")
    yield bench
    bench.store.close()


moves = st.tuples(st.just("move"), st.sampled_from(BLOCKS), st.sampled_from(NODES))
looks = st.tuples(st.just("look"), st.sampled_from(BLOCKS), st.just(ONE))
ends = st.tuples(st.sampled_from(["commit", "forget", "reopen", "crash"]), st.just(BLOCKS[0]), st.just(ONE))


@pytest.mark.parametrize("listed", [0, 2, 64])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(moves, moves, looks, ends), max_size=40))
def test_blocks_are_sets_whatever_is_committed_forgotten_and_opened_again(
    monkeypatch: pytest.MonkeyPatch, listed: int, steps: list[tuple[str, bytes, NodeId]]
) -> None:
    """Nodes enter and leave; what a crash loses is what was not committed. Blocks are large from so many nodes on."""
    monkeypatch.setattr(blocks, "_MOST_LISTED", listed)
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "0")
        inside: defaultdict[bytes, set[NodeId]] = defaultdict(set)
        durable: dict[bytes, set[NodeId]] = {}
        for step, block, node in steps:
            if step == "move":
                move = bench.state.leave if node in inside[block] else bench.state.enter
                inside[block] ^= {node}
                assert move(block, node) == len(inside[block])
            elif step == "look":
                assert set(bench.state.inside(block)) == inside[block]
            elif step == "crash":
                bench.reopen()
                inside = defaultdict(set, {name: set(nodes) for name, nodes in durable.items()})
            else:
                bench.commit()
                durable = {name: set(nodes) for name, nodes in inside.items()}
                if step == "reopen":
                    bench.reopen()
                elif step == "forget":
                    bench.state = PartitionState(bench.store)
        for block in BLOCKS:
            assert bench.state.count(block) == len(inside[block])
            assert set(bench.state.inside(block)) == inside[block]
        bench.store.close()


@pytest.mark.parametrize("listed", [2, 64])
def test_a_block_that_all_have_left_leaves_nothing_in_the_store(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, listed: int
) -> None:
    monkeypatch.setattr(blocks, "_MOST_LISTED", listed)
    for node in NODES:
        bench.state.enter(BLOCKS[0], node)
    bench.commit()
    for node in NODES:
        bench.state.leave(BLOCKS[0], node)
    changes = bench.commit()
    assert set(changes.values()) == {None}
    assert bench.store.keys_after(b"b", 1) == bench.store.keys_after(b"i", 1) == []


def test_who_came_and_went_between_two_commits_leaves_nothing_in_the_store(bench: Bench) -> None:
    bench.state.enter(BLOCKS[0], ONE)
    bench.state.leave(BLOCKS[0], ONE)
    bench.commit()
    assert bench.store.keys_after(b"b", 1) == bench.store.keys_after(b"i", 1) == []


def test_a_block_does_not_hold_those_of_the_one_behind_it(bench: Bench) -> None:
    bench.state.enter(BLOCKS[0], TWO)
    bench.state.enter(BLOCKS[1], ONE)
    bench.commit()
    bench.reopen()
    assert (set(bench.state.inside(BLOCKS[0])), set(bench.state.inside(BLOCKS[1]))) == ({TWO}, {ONE})


def test_nothing_changed_since_the_last_commit_is_nothing_to_write(bench: Bench) -> None:
    bench.state.enter(BLOCKS[0], ONE)
    bench.commit()
    assert set(bench.state.inside(BLOCKS[0])) == {ONE}
    assert bench.state.take_changes() == {}


def test_what_was_committed_is_right_when_memory_was_full(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (state, blocks):
        monkeypatch.setattr(module, "_MOST_CACHED", 0)
    for number, node in enumerate(NODES):
        bench.state.enter(BLOCKS[number % 2], node)
        assert node in bench.state.inside(BLOCKS[number % 2])
        bench.commit()
    bench.state.leave(BLOCKS[0], ONE)
    assert set(bench.state.inside(BLOCKS[0])) == {NODES[2], NODES[4]}
    assert bench.state.count(BLOCKS[0]) == 2


def test_placings_survive_a_restart_in_order_of_their_nodes(bench: Bench) -> None:
    placing = Placing(3, b"record", [BLOCKS[0], BLOCKS[2]], 2, {TWO: -7})
    for node in (TWO, ONE):
        bench.state.put_placing(node, placing)
    bench.state.enter(BLOCKS[0], ONE)
    bench.commit()
    bench.reopen()
    assert bench.state.placing(ONE) == placing
    assert bench.state.placing(NODES[2]) is None
    assert bench.state.nodes_after("placings", b"", 5) == [ONE, TWO]
    assert bench.state.nodes_after("placings", ONE, 5) == [TWO]
    assert bench.state.nodes_after("nodes", b"", 5) == []
