"""What is told of partitions: who has each, and how far it is with opening it."""

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin._group import MemberAssignment, MemberDescription

from streams.commands.status import _by_state
from streams.openings import PartitionStatus, _status

OWNER = MemberDescription("onefold-aa-1", "onefold-aa", "/10.0.0.3", MemberAssignment([]))
END = 100


def status(note: str, owner: MemberDescription | None = OWNER) -> PartitionStatus:
    return _status(TopicPartition("onefold.state", 2, 60, note), owner, END)


def test_a_partition_that_is_restored_tells_what_is_left_of_its_changelog() -> None:
    assert status("onefold-aa restoring") == PartitionStatus(2, "restoring", "onefold-aa", "10.0.0.3", 40)


def test_nothing_is_left_to_restore_of_a_partition_at_work() -> None:
    assert status("onefold-aa open") == PartitionStatus(2, "at work", "onefold-aa", "10.0.0.3", 0)


@pytest.mark.parametrize("note", ["", "onefold-aa waiting", "onefold-bb open", "onefold-bb restoring"])
def test_a_partition_waits_until_the_worker_that_has_it_says_otherwise(note: str) -> None:
    assert status(note) == PartitionStatus(2, "waiting", "onefold-aa", "10.0.0.3", None)


def test_a_partition_that_nobody_has_has_no_worker_whatever_was_noted() -> None:
    assert status("onefold-aa open", None) == PartitionStatus(2, "no worker")


def test_partitions_are_counted_by_state_and_those_not_at_work_are_named() -> None:
    found = [
        PartitionStatus(0, "at work", "onefold-aa", "10.0.0.3", 0),
        PartitionStatus(1, "restoring", "onefold-bb", "10.0.0.4", 1_200),
        PartitionStatus(2, "at work", "onefold-aa", "10.0.0.3", 0),
        PartitionStatus(3, "no worker"),
        PartitionStatus(4, "restoring", "onefold-bb", "10.0.0.4", 34),
    ]

    assert list(_by_state(found)) == [
        ("at work, onefold-aa at 10.0.0.3", 2),
        ("no worker: 3", 1),
        ("restoring, 1,234 records left, onefold-bb at 10.0.0.4: 1, 4", 2),
    ]
