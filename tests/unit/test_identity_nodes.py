"""Node ids stand for identifiers: fixed for ever, keyed, and smaller the stronger the type."""

import pytest

from identity.nodes import NODE_ID_BYTES, OTHER_TYPES_RANK, TYPE_RANKS, node_id
from identity.policy_file import default_policy

KEY = b"0123456789abcdef"


def test_an_id_never_changes() -> None:
    """States and topics hold ids; another result would orphan them all."""
    assert node_id(KEY, "email", "ann@example.org").hex() == "03ab24cf6553955684ff9912e77d1cc0"


def test_an_id_has_sixteen_bytes_and_begins_with_the_rank_of_its_type() -> None:
    for identifier_type, rank in TYPE_RANKS.items():
        found = node_id(KEY, identifier_type, "x")
        assert len(found) == NODE_ID_BYTES
        assert found[0] == rank


def test_types_that_are_not_listed_come_after_all_that_are() -> None:
    assert node_id(KEY, "badge", "x")[0] == OTHER_TYPES_RANK > max(TYPE_RANKS.values())


def test_a_stronger_type_has_the_smaller_id() -> None:
    ids = [
        node_id(KEY, identifier_type, "x") for identifier_type in sorted(TYPE_RANKS, key=lambda name: TYPE_RANKS[name])
    ]
    assert ids == sorted(ids)


def test_another_key_gives_another_id() -> None:
    assert node_id(KEY, "email", "ann@example.org") != node_id(KEY[::-1], "email", "ann@example.org")


@pytest.mark.parametrize(
    "other", [("email", "ann@example.com"), ("phone", "ann@example.org"), ("badge", "ann@example.org")]
)
def test_another_type_or_value_gives_another_id(other: tuple[str, str]) -> None:
    assert node_id(KEY, *other) != node_id(KEY, "email", "ann@example.org")


def test_type_and_value_cannot_run_into_each_other() -> None:
    assert node_id(KEY, "badge", "x")[1:] != node_id(KEY, "badg", "ex")[1:]


def test_an_id_does_not_hold_its_value() -> None:
    assert b"ann" not in bytes(node_id(KEY, "email", "ann@example.org"))


def test_text_that_is_no_valid_unicode_has_an_id_too() -> None:
    assert len(node_id(KEY, "cookie", "\udc80")) == NODE_ID_BYTES


def test_the_ranks_of_ids_are_those_of_the_default_policy() -> None:
    """An owner is then an anchor of its gathering more often than not."""
    assert {name: rule.rank for name, rule in default_policy().identifiers.items()} == dict(TYPE_RANKS)
