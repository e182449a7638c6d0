"""Partitions shared out among workers: all of them, evenly, and as they were as far as that goes."""

from hypothesis import given
from hypothesis import strategies as st

from streams.assigning import AT_HAND, BEING_OPENED, Claims, shared_out

WORKERS = st.sampled_from("abcdef")
CLAIMS = st.dictionaries(WORKERS, st.dictionaries(st.integers(0, 15), st.integers(AT_HAND, 5)), min_size=1)


def _claimed(shares: dict[str, list[int]]) -> dict[str, Claims]:
    return {worker: dict.fromkeys(numbers, 1) for worker, numbers in shares.items()}


@given(st.integers(1, 16), CLAIMS)
def test_every_partition_has_one_worker_and_all_have_as_many_or_one_more(
    partitions: int, claims: dict[str, Claims]
) -> None:
    shares = shared_out(range(partitions), claims)

    assert sorted(number for numbers in shares.values() for number in numbers) == list(range(partitions))
    assert shares.keys() == claims.keys()
    sizes = {len(numbers) for numbers in shares.values()}
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(1, 16), CLAIMS)
def test_where_nobody_came_or_went_nothing_moves(partitions: int, claims: dict[str, Claims]) -> None:
    shares = shared_out(range(partitions), claims)

    assert shared_out(range(partitions), _claimed(shares)) == shares


@given(st.integers(1, 16), CLAIMS)
def test_who_joins_gets_from_the_others_and_nothing_moves_between_them(
    partitions: int, claims: dict[str, Claims]
) -> None:
    before = shared_out(range(partitions), claims)

    after = shared_out(range(partitions), {**_claimed(before), "new": {}})

    for worker, numbers in before.items():
        assert set(after[worker]) <= set(numbers)


@given(st.integers(1, 16), CLAIMS)
def test_who_stays_keeps_all_of_its_partitions_when_another_leaves(partitions: int, claims: dict[str, Claims]) -> None:
    before = shared_out(range(partitions), {**claims, "gone": {}})

    after = shared_out(range(partitions), _claimed({worker: before[worker] for worker in claims}))

    for worker in claims:
        assert set(before[worker]) <= set(after[worker])


def test_of_two_that_claim_a_partition_the_one_that_opened_it_later_has_it() -> None:
    assert shared_out([0, 1], {"hung": {0: 3, 1: AT_HAND}, "new": {0: 4}}) == {"hung": [1], "new": [0]}


def test_a_partition_whose_worker_went_goes_to_who_has_its_state_at_hand() -> None:
    claims = {"a": {0: 1}, "b": {1: 1, 2: AT_HAND, 3: AT_HAND}, "c": {2: BEING_OPENED}}

    assert shared_out([0, 1, 2, 3, 4, 5], claims) == {"a": [0, 4], "b": [1, 3], "c": [2, 5]}
