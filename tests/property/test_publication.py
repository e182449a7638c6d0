"""A subscriber that keeps the highest revision of everything is always right, whatever went wrong at the publishers.

A chunk that was lost in a crash is done again with the same bounds here: what it published then is told again with a
higher revision. Done again with other bounds, a lost word about a customer might never be taken back.
"""

from collections.abc import Sequence

from hypothesis import given, settings

from schemas.records import Link
from tests.property.effort import examples
from tests.property.engine_model import Disorder, Happening, content, fold_everything, oracle_cards, run, subscribe
from tests.property.strategies import POLICY, disorders, histories, many_events, seeds


def check(events: Sequence[Happening], seed: int, disorder: Disorder) -> None:
    subscriber = subscribe(run(events, POLICY, seed, disorder), seed)
    truth = fold_everything(events, POLICY)
    alive = {name: content(profile) for name, profile in truth.profiles.items() if profile["status"] == "active"}
    holder = {part["node_id"]: name for name, profile in alive.items() for part in profile["identifiers"]}
    kept = subscriber.profiles
    assert alive.items() <= {name: content(profile) for name, profile in kept.items()}.items()
    for name, profile in kept.items():
        if name not in alive:
            assert profile["status"] == "merged", "a customer is kept that is nobody any more"
            assert profile["merged_into"] == holder[name]
    assert {node: name for node, (_, name) in subscriber.holders.items()} == holder


@settings(max_examples=examples(500))
@given(events=histories(), seed=seeds, disorder=disorders(same_redo=True))
def test_the_highest_revisions_are_the_people_of_a_plain_fold(
    events: list[Happening], seed: int, disorder: Disorder
) -> None:
    """Every live customer is kept as it is in the end, every other one points at whom it belongs to now."""
    check(events, seed, disorder)


@settings(max_examples=examples(15))
@given(seed=seeds, disorder=disorders(same_redo=True))
def test_the_highest_revisions_of_many_are_right_too(seed: int, disorder: Disorder) -> None:
    """The same at a size where gatherings meet across several hands."""
    check(many_events(seed, 60), seed, disorder)


def ruling(link: Link) -> tuple[str, str | None]:
    return link["status"], link["rule"]


@settings(max_examples=examples(300))
@given(events=histories(), seed=seeds, disorder=disorders(same_redo=True))
def test_the_highest_revision_of_a_link_is_its_final_verdict(
    events: list[Happening], seed: int, disorder: Disorder
) -> None:
    """A link told of before its anchor was shared, of which no evidence is kept, ends in quarantine.

    What was but a decision ends as withdrawn.
    """
    heard = {key: ruling(link) for key, link in subscribe(run(events, POLICY, seed, disorder), seed).links.items()}
    truth = {key: ruling(link) for key, link in fold_everything(events, POLICY).links.items()}
    cards = {node.hex(): card for node, card in oracle_cards(events, POLICY).items()}
    assert truth.items() <= heard.items()
    for (anchor, node), verdict in heard.items() - truth.items():
        if cards[anchor].shared:
            assert verdict == ("quarantined", "shared_identifier")
        else:
            assert verdict == ("withdrawn", None)
            assert bytes.fromhex(node) in cards[anchor].rulings


@settings(max_examples=examples(100))
@given(events=histories(), seed=seeds, disorder=disorders(same_redo=True))
def test_every_merge_is_announced(events: list[Happening], seed: int, disorder: Disorder) -> None:
    """A customer that points at another has a change that says so."""
    subscriber = subscribe(run(events, POLICY, seed, disorder), seed)
    announced = {(change["other_customer_id"], change["customer_id"]) for change in subscriber.changes}
    for name, profile in subscriber.profiles.items():
        if profile["status"] == "merged":
            assert (name, profile["merged_into"]) in announced


@settings(max_examples=examples(100))
@given(events=histories(), seed=seeds)
def test_a_partition_tells_nothing_twice_in_a_row(events: list[Happening], seed: int) -> None:
    """An event that was counted before changes nothing and publishes nothing."""
    engine = run(events, POLICY, seed, Disorder(2))
    before = [len(partition.told) for partition in engine.partitions]
    for happened in events:
        engine.deliver(happened)
    while busy := engine.busy():
        engine.work(busy[0], 5, 5)
    assert [len(partition.told) for partition in engine.partitions] == before
