"""Attribution by removal effects: examples worked by hand, and what holds of any paths."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.markov import Path, markov_credit

_PATHS = st.lists(
    st.builds(Path, st.lists(st.sampled_from("abcde"), min_size=1, max_size=5), st.booleans(), st.integers(1, 9)),
    min_size=1,
    max_size=12,
)


def won(*players: str) -> Path:
    """Return one journey that led to a conversion."""
    return Path(players, converted=True, journeys=1)


def lost(*players: str) -> Path:
    """Return one journey that did not."""
    return Path(players, converted=False, journeys=1)


def absorbed(paths: Sequence[Path], removed: str | None = None) -> float:
    """Return the probability of conversion, by stepping through the chain until hardly anybody is on the way."""
    steps: dict[str, dict[str, float]] = {}
    for players, converted, journeys in paths:
        for start, end in zip(("start", *players), (*players, "won" if converted else "lost"), strict=True):
            of = steps.setdefault(start, {})
            of[end] = of.get(end, 0) + journeys
    here, total = {"start": 1.0}, 0.0
    while sum(here.values()) > 1e-12:
        there: dict[str, float] = {}
        for state, chance in here.items():
            for end, times in steps[state].items():
                part = chance * times / sum(steps[state].values())
                if end == "won":
                    total += part
                elif end not in {"lost", removed}:
                    there[end] = there.get(end, 0) + part
        here = there
    return total


def test_two_players_by_hand() -> None:
    """Start goes to a by 2/3 and to b by 1/3, a to b by 1/2, b ever to conversion: 2/3; without a 1/3, without b 0."""
    credit = markov_credit([won("a", "b"), lost("a"), won("b")])
    assert credit["a"].removal_effect == pytest.approx(1 / 2)
    assert credit["b"].removal_effect == pytest.approx(1)
    assert [credit[player].share for player in "ab"] == pytest.approx([1 / 3, 2 / 3])
    assert [credit[player].conversions for player in "ab"] == pytest.approx([2 / 3, 4 / 3])


def test_three_players_by_hand() -> None:
    """Start goes to 1 by 2/3 and to 2 by 1/3, 1 to 2 by 1/2, 2 to 3 always, 3 to conversion by 1/2."""
    paths = [won("1", "2", "3"), lost("1"), lost("2", "3")]
    credit = markov_credit(paths)
    assert absorbed(paths) == pytest.approx(1 / 3)
    assert [credit[player].removal_effect for player in "123"] == pytest.approx([1 / 2, 1, 1])
    assert [credit[player].conversions for player in "123"] == pytest.approx([0.2, 0.4, 0.4])


def test_who_was_part_of_no_conversion_gets_none_of_the_credit() -> None:
    """The chain alone would lend c what a is worth."""
    paths = [lost("c", "a"), won("a")]
    assert absorbed(paths, removed="c") < absorbed(paths)
    credit = markov_credit(paths)
    assert (credit["c"].removal_effect, credit["c"].conversions) == (0, 0)
    assert credit["a"].conversions == pytest.approx(1)


def test_without_conversions_there_is_no_credit() -> None:
    assert markov_credit([lost("a")])["a"].conversions == 0
    assert markov_credit([]) == {}


@pytest.mark.parametrize("players", [[], [""], ["a", ""]])
def test_a_path_without_players_is_refused(players: list[str]) -> None:
    with pytest.raises(ValueError, match="no players"):
        markov_credit([won(*players)])


@given(_PATHS)
def test_the_removal_effect_is_what_the_chain_loses(paths: list[Path]) -> None:
    whole = absorbed(paths)
    parts = {player for path in paths if path.converted for player in path.players}
    for player, credit in markov_credit(paths).items():
        expected = 1 - absorbed(paths, player) / whole if player in parts else 0
        assert credit.removal_effect == pytest.approx(expected, abs=1e-8)


@given(_PATHS)
def test_credit_is_all_conversions_together(paths: list[Path]) -> None:
    credit = markov_credit(paths)
    assert sum(one.conversions for one in credit.values()) == pytest.approx(
        sum(path.journeys for path in paths if path.converted)
    )
    assert all(one.conversions >= 0 for one in credit.values())
    met = {player for path in paths if path.converted for player in path.players}
    assert {player for player, one in credit.items() if one.removal_effect > 0} == met


@given(_PATHS, st.randoms(use_true_random=False))
def test_the_order_of_paths_and_their_grouping_do_not_matter(paths: list[Path], random: object) -> None:
    single = [Path(path.players, path.converted, 1) for path in paths for _ in range(path.journeys)]
    random.shuffle(single)  # type: ignore[attr-defined]
    assert markov_credit(single) == markov_credit(paths)


@given(_PATHS)
def test_meeting_a_player_twice_running_is_as_meeting_it_once(paths: list[Path]) -> None:
    twice = [Path([player for player in path.players for _ in range(2)], *path[1:]) for path in paths]
    once = markov_credit([Path(path.players, *path[1:]) for path in paths])
    for player, credit in markov_credit(twice).items():
        assert credit.removal_effect == pytest.approx(once[player].removal_effect, abs=1e-9)
