"""The keyed store of profiles: what it answers after any records in any order."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rocksdict import Rdict

from schemas.records import Profile
from sinks.testing import a_profile, an_identifier
from streams.errors import StoreError
from streams.profile_store import VIEW_FORMAT, Head, ProfileStore, Told
from streams.profile_view import MOST_AWAY_MS, must_begin_anew
from streams.store import open_database

TOPIC = "profiles"
PHONE = an_identifier("phone", "+49301234567")


def _told(profile: Profile) -> Told:
    return Told(profile["customer_id"], profile, f"{profile['customer_id']} {profile['revision']}".encode())


def _merged(profile: Profile, into: Profile, revision: int) -> Profile:
    emptied: Profile = {**profile, "revision": revision, "status": "merged"}
    return {**emptied, "merged_into": into["customer_id"], "identifiers": []}


def _removed(profile: Profile) -> Told:
    return Told(profile["customer_id"], None, b"")


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    return ProfileStore(tmp_path / "view", TOPIC)


def _with_phone(name: str, revision: int) -> Profile:
    own = a_profile(name, revision)
    return {**own, "identifiers": [*own["identifiers"], PHONE]}


ANN, BEN = a_profile("ann", 3), a_profile("ben", 5)


def _answers(store: ProfileStore) -> tuple[object, ...]:
    ids = [profile["customer_id"] for profile in (ANN, BEN)]
    mails = [store.owner("email", f"{name}@example.com") for name in ("ann", "ben")]
    return (*(store.profile_value(one) for one in ids), *mails, store.owner("phone", PHONE["value"]))


def test_a_customer_is_found_by_id_and_by_identifier(store: ProfileStore) -> None:
    store.apply([_told(ANN)], {0: 1}, 0)
    assert store.profile_value(ANN["customer_id"]) == _told(ANN).value
    assert store.owner("email", "ann@example.com") == ANN["customer_id"]
    assert store.owner("email", "ben@example.com") is None
    assert store.owner("phone", "ann@example.com") is None
    assert store.profile_value("0" * 32) is None


def test_who_merged_is_answered_by_the_survivor_along_the_whole_line(store: ProfileStore) -> None:
    cleo = a_profile("cleo", 9)
    store.apply([_told(ANN), _told(BEN), _told(cleo)], {}, 0)
    store.apply([_told(_merged(ANN, BEN, 10)), _told(_merged(BEN, cleo, 11))], {}, 0)
    assert store.survivor(ANN["customer_id"]) == cleo["customer_id"]
    assert store.profile_value(ANN["customer_id"]) == _told(cleo).value
    assert store.owner("email", "ann@example.com") == cleo["customer_id"]


def test_a_line_of_merges_that_ends_nowhere_is_nobody(store: ProfileStore) -> None:
    store.apply([_told(_merged(ANN, BEN, 10))], {}, 0)
    assert store.survivor(ANN["customer_id"]) is None
    store.apply([_told(_merged(BEN, ANN, 11))], {}, 0)
    assert store.survivor(ANN["customer_id"]) is None


def test_a_removed_customer_is_nowhere_and_others_keep_what_is_theirs(store: ProfileStore) -> None:
    store.apply([_told(_with_phone("ann", 3)), _told(_with_phone("ben", 5))], {}, 0)
    store.apply([_removed(ANN)], {}, 0)
    assert _answers(store) == (None, _told(BEN).value, None, BEN["customer_id"], BEN["customer_id"])
    store.apply([_removed(BEN), _removed(BEN)], {}, 0)
    assert _answers(store) == (None,) * 5


RECORDS = [
    _told(ANN),
    _told(_with_phone("ann", 4)),
    _told(_with_phone("ben", 5)),
    _told(_merged(BEN, ANN, 6)),
    _told({**_with_phone("ann", 7), "identifiers": [*ANN["identifiers"], *BEN["identifiers"], PHONE]}),
]


@given(st.permutations(RECORDS), st.integers(0, 5))
def test_the_order_and_the_batches_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory, order: Sequence[Told], cut: int
) -> None:
    store = ProfileStore(tmp_path_factory.mktemp("any") / "view", TOPIC)
    for batch in (order[:cut], order[cut:], order[:2]):
        store.apply(batch, {}, 0)
    ann = ANN["customer_id"]
    assert _answers(store) == (RECORDS[-1].value, RECORDS[-1].value, ann, ann, ann)
    store.close()


def test_records_and_positions_are_there_after_it_is_opened_again(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path / "view", TOPIC)
    store.apply([_told(ANN)], {0: 4, 1: 2}, 77)
    store.apply([], {1: 3}, 78)
    store.close()
    again = ProfileStore(tmp_path / "view", TOPIC)
    assert again.head == Head(VIEW_FORMAT, TOPIC, {0: 4, 1: 3}, 78)
    assert again.owner("email", "ann@example.com") == ANN["customer_id"]


def test_a_store_of_another_topic_begins_from_nothing(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path / "view", TOPIC)
    store.apply([_told(ANN)], {0: 4}, 77)
    store.close()
    other = ProfileStore(tmp_path / "view", "another")
    assert other.head == Head(VIEW_FORMAT, "another", {}, 0)
    assert other.profile_value(ANN["customer_id"]) is None
    other.apply([_told(BEN)], {0: 1}, 78)
    assert other.owner("email", "ben@example.com") == BEN["customer_id"]


def test_a_store_of_another_format_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "view"
    database: Rdict = open_database(folder)
    database[b"\x00head"] = msgspec.msgpack.encode([VIEW_FORMAT + 1, "of a time to come"])
    database.close()
    for _ in range(2):
        with pytest.raises(
            StoreError, match=f"has format {VIEW_FORMAT + 1}, expected {VIEW_FORMAT}: remove this folder"
        ):
            ProfileStore(folder, TOPIC)


def test_a_view_that_was_away_for_too_long_begins_anew() -> None:
    """Kafka forgets in a day that somebody was removed."""
    head = Head(VIEW_FORMAT, TOPIC, {0: 4}, 1_000)
    assert not must_begin_anew(head, {0: 9}, 1_000 + MOST_AWAY_MS)
    assert must_begin_anew(head, {0: 9}, 1_001 + MOST_AWAY_MS)


def test_a_view_of_a_topic_that_was_made_anew_begins_anew() -> None:
    head = Head(VIEW_FORMAT, TOPIC, {0: 4}, 1_000)
    assert must_begin_anew(head, {0: 3}, 1_000)
    assert not must_begin_anew(head, {0: 4}, 1_000)
    assert not must_begin_anew(Head(VIEW_FORMAT, TOPIC, {}, 0), {0: 0}, MOST_AWAY_MS * 2)
