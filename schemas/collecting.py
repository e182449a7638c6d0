"""Checks of a record that do not end at its first problem."""

from collections.abc import Callable
from typing import TypeVar

from schemas.reasons import Problem, RejectedError

_Value = TypeVar("_Value")
_Otherwise = TypeVar("_Otherwise")


class Collected:
    """The problems of one record, in the order in which they are found."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def get(self, read: Callable[[], _Value], otherwise: _Otherwise) -> _Value | _Otherwise:
        """Return what is read; where it is rejected, note why and return the other value."""
        try:
            return read()
        except RejectedError as error:
            self._problems += error.problems
            return otherwise

    def add(self, problem: Problem) -> None:
        """Note a problem."""
        self._problems.append(problem)

    def check(self) -> None:
        """Pass where there is no problem.

        Raises:
            RejectedError: there is; it tells all of them.
        """
        if self._problems:
            raise RejectedError.of(self._problems)
