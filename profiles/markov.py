"""Attribution by the removal effect of a Markov chain.

Formulas of E. Anderl, I. Becker, F. von Wangenheim, J. H. Schumann (2016): Mapping the customer journey: Lessons
learned from graph-based online attribution modeling. International Journal of Research in Marketing 33(3), 457-474. The
chain is of the first order: from a start, over the players in the order that journeys meet them, to one of two states
that are never left, conversion and null. The removal effect of a player is the part of the conversions that is lost
where every step to the player leads to null instead; credit goes by removal effects, made 1 together.

One thing is added. The chain forgets where a journey came from, so it lends worth to a player whose own journeys all
failed but met others that convert elsewhere. Who was part of no conversion is credited with none.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Path(NamedTuple):
    """Journeys that went the same way to the same end.

    Attributes:
        players: whom they met, in order; at least one.
        converted: whether they ended in a conversion.
        journeys: how many they were.
    """

    players: Sequence[str]
    converted: bool
    journeys: int


@dataclass(frozen=True, slots=True)
class MarkovCredit:
    """What a player is credited for.

    Attributes:
        removal_effect: part of the conversions that is lost without the player, from 0 to 1.
        share: the player's part of all credit, from 0 to 1.
        conversions: the same in conversions.
    """

    removal_effect: float
    share: float
    conversions: float


def markov_credit(paths: Iterable[Path]) -> dict[str, MarkovCredit]:
    """Return the credit of every player, by name.

    The order of the paths does not matter, nor how journeys are spread over equal paths. Shares are 1 together, and
    conversions all that there were, unless there was none.

    Raises:
        ValueError: a path has no players.
    """
    steps, converting, total = _counted(paths)
    players = sorted(({start for start, _ in steps} | {end for _, end in steps if end is not None}) - {""})
    effects = _removal_effects(players, steps, converting)
    whole = sum(effects.values())
    shares = {player: effect / whole if whole else 0.0 for player, effect in effects.items()}
    return {player: MarkovCredit(effects[player], shares[player], shares[player] * total) for player in players}


_Steps = Mapping[tuple[str, str | None], int]
"""How often journeys went from a player to the next; '' is the start, None null. Conversions are what is missing."""


def _counted(paths: Iterable[Path]) -> tuple[dict[tuple[str, str | None], int], Counter[str], int]:
    """Return the steps, those to conversion by player (0 of one that is not the last but part of it), and their sum."""
    steps: Counter[tuple[str, str | None]] = Counter()
    converting: Counter[str] = Counter()
    total = 0
    for players, converted, journeys in paths:
        if not players or "" in players:
            raise ValueError("a path has no players, or one without a name")
        for step in zip(("", *players[:-1]), players, strict=True):
            steps[step] += journeys
        if converted:
            total += journeys
            converting.update(dict.fromkeys(players, 0))
            converting[players[-1]] += journeys
        else:
            steps[players[-1], None] += journeys
    return dict(steps), converting, total


def _removal_effects(players: Sequence[str], steps: _Steps, converting: Counter[str]) -> dict[str, float]:
    """Return the removal effect of every player.

    With N the inverse of I - Q, where Q has the probabilities of steps between states that are left again: a journey
    ever comes from the start to a player with the probability N[start, player] / N[player, player], and from there to
    conversion with h[player]. The product is exactly what is lost with the player.
    """
    states = ["", *players]
    place = {state: number for number, state in enumerate(states)}
    counts: NDArray[np.float64] = np.zeros((len(states), len(states)))
    ended: NDArray[np.float64] = np.zeros(len(states))
    for (start, end), times in steps.items():
        if end is None:
            ended[place[start]] += times
        else:
            counts[place[start], place[end]] += times
    won: NDArray[np.float64] = np.array([float(converting[state]) for state in states])
    left = counts.sum(axis=1) + ended + won
    left[left == 0] = 1.0
    unit = np.eye(len(states))
    visits = np.linalg.solve(unit - counts / left[:, None], unit)
    reached = visits @ (won / left)
    if not reached[0]:
        return dict.fromkeys(players, 0.0)
    lost = visits[0] / visits.diagonal() * reached / reached[0]
    return {player: float(lost[place[player]]) if player in converting else 0.0 for player in players}
