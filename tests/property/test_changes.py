"""Who follows the changes knows whose every identifier is, but for a customer's first ones, which its profile tells."""

from hypothesis import given, settings

from tests.property.effort import examples
from tests.property.engine_model import Disorder, Happening, run
from tests.property.strategies import POLICY, disorders, histories, seeds


@settings(max_examples=examples(500))
@given(events=histories(), seed=seeds, disorder=disorders(same_redo=True))
def test_changes_lead_from_whose_identifiers_were_to_whose_they_are(
    events: list[Happening], seed: int, disorder: Disorder
) -> None:
    """In one partition without crashes, whatever the order and the chunks.

    Between partitions it does not hold: two owners may tell of a node at about the same time, and only profiles have
    the last word then.
    """
    alone = Disorder(1, disorder.repeated_events, disorder.repeated_messages, largest_chunk=disorder.largest_chunk)
    whose: dict[str, str] = {}
    active: set[str] = set()
    for told in run(events, POLICY, seed, alone).partitions[0].told:
        whose |= {node: change["customer_id"] for change in told.changes for node in change["identifiers"]}
        living = [profile for profile in told.profiles if profile["status"] == "active"]
        for profile in living:
            for part in profile["identifiers"]:
                if profile["customer_id"] not in active:
                    whose.setdefault(part["node_id"], profile["customer_id"])
                assert whose[part["node_id"]] == profile["customer_id"]
        active -= {profile["customer_id"] for profile in told.profiles}
        active |= {profile["customer_id"] for profile in living}


@settings(max_examples=examples(200))
@given(events=histories(), seed=seeds, disorder=disorders(same_redo=True))
def test_each_change_is_told_once(events: list[Happening], seed: int, disorder: Disorder) -> None:
    """In one partition without crashes: no identifier comes twice in a row to the customer that has it."""
    alone = Disorder(1, disorder.repeated_events, disorder.repeated_messages, largest_chunk=disorder.largest_chunk)
    came: dict[str, str] = {}
    keys = set()
    for told in run(events, POLICY, seed, alone).partitions[0].told:
        moved: dict[str, str] = {}
        for change in told.changes:
            key = change["kind"], change["customer_id"], change["other_customer_id"], change["revision"]
            assert key not in keys
            keys.add(key)
            assert change["identifiers"]
            for node in change["identifiers"]:
                assert came.get(node) != change["customer_id"]
                assert moved.setdefault(node, change["customer_id"]) == change["customer_id"]
        came |= moved
