"""Chunks are cut into commits that take about as long."""

from types import SimpleNamespace
from typing import Any

import pytest

from streams.errors import StoreError
from streams.feeds import Feed, Pace, commits, feeds_of
from streams.records import SourceRecord
from streams.store import Portion


def record(topic: str, offset: int, size: int = 1_000) -> SourceRecord:
    return SourceRecord(topic, 0, offset, 0, None, bytes(size))


def feed(topic: str, start: int, end: int, size: int = 1_000) -> Feed:
    return Feed(Portion(topic, start, end), [record(topic, offset, size) for offset in range(start, end)])


def event(topic: str, *offsets: int) -> Any:  # noqa: ANN401  # stands for faust's
    message = SimpleNamespace(topic=topic, offset=offsets[-1])
    return SimpleNamespace(message=message, value=[record(topic, offset) for offset in offsets])


def paced(room: int) -> Pace:
    pace = Pace()
    pace.bytes = room
    return pace


def test_feeds_that_fit_are_one_commit() -> None:
    feeds = [feed("touchpoints", 0, 3), feed("graph", 7, 9)]

    assert list(commits(feeds, paced(10_000))) == [feeds]


def test_a_feed_too_large_is_cut_with_no_offset_between_the_parts() -> None:
    parts = list(commits([feed("touchpoints", 0, 7)], paced(3_000)))

    assert [[one.portion for one in part] for part in parts] == [
        [Portion("touchpoints", 0, 3)],
        [Portion("touchpoints", 3, 6)],
        [Portion("touchpoints", 6, 7)],
    ]


def test_the_parts_hold_every_record_once_and_in_order() -> None:
    feeds = [feed("touchpoints", 0, 7), feed("graph", 2, 9), feed("touchpoints", 7, 20)]

    parts = list(commits(feeds, paced(4_000)))

    whole = [record for one in feeds for record in one.records]
    assert [record for part in parts for one in part for record in one.records] == whole


def test_a_record_larger_than_a_commit_is_one_by_itself() -> None:
    assert [len(part[0].records) for part in commits([feed("graph", 0, 3, 9_000)], paced(3_000))] == [1, 1, 1]


def test_slow_work_makes_smaller_commits_and_quick_work_larger_ones() -> None:
    pace = paced(1_000_000)
    worked = [feed("graph", 0, 100)]

    pace.took(worked, 1.0)
    slow = pace.bytes
    pace.took(worked, 0.1)

    assert (slow, pace.bytes) == (50_000, 500_000)


def test_too_little_work_says_nothing_of_the_pace() -> None:
    pace = paced(1_000_000)

    pace.took([feed("graph", 0, 1)], 1.0)

    assert pace.bytes == 1_000_000


def test_what_the_state_holds_is_left_out() -> None:
    (found,) = feeds_of([event("graph", 3, 4, 5)], {"graph": 5})

    assert (found.portion, [record.offset for record in found.records]) == (Portion("graph", 5, 6), [5])


def test_records_that_were_deleted_unread_are_an_error() -> None:
    with pytest.raises(StoreError, match="from offset 3 to 5 are gone unread"):
        feeds_of([event("graph", 5, 6)], {"graph": 3})
