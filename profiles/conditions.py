"""Conditions on what is known of a customer: how segments and offers say whom they are for.

A condition is ``FACT OPERATOR VALUE``, such as ``orders >= 2`` or ``trait.country = DE``. The stream evaluates it here
and the lake as SQL; a fact that is not known meets no condition, as NULL meets none in SQL.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Operator = Literal[">=", "<=", "!=", ">", "<", "="]
Value = float | bool | str

_FORM = re.compile(r"\s*([a-z][A-Za-z0-9_.:*-]*)\s*(>=|<=|!=|>|<|=)\s*(\S.*?)\s*")
_COMPARED: Mapping[Operator, Callable[[Value, Value], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; ``value`` is a number, true or false, or a text."""

    fact: str
    operator: Operator
    value: Value

    def holds(self, facts: Mapping[str, Value | None]) -> bool:
        """Whether it holds; it does not where the fact is unknown or of another kind."""
        known = facts.get(self.fact)
        if known is None or isinstance(known, str) != isinstance(self.value, str):
            return False
        return _COMPARED[self.operator](known, self.value)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Who is meant: all of ``all`` hold, at least one of ``any`` where there are any, and none of ``none``."""

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    none: tuple[Condition, ...] = ()

    def hold(self, facts: Mapping[str, Value | None]) -> bool:
        """Whether they hold together."""
        return (
            all(condition.holds(facts) for condition in self.all)
            and (not self.any or any(condition.holds(facts) for condition in self.any))
            and not any(condition.holds(facts) for condition in self.none)
        )

    def each(self) -> tuple[Condition, ...]:
        """Return every condition."""
        return (*self.all, *self.any, *self.none)


def parse_condition(text: str) -> Condition:
    """Return a condition from its text.

    Raises:
        ValueError: it has another form.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"expected FACT {'|'.join(get_args(Operator))} VALUE, got {text!r}")
    fact, sign, value = found.groups()
    return Condition(fact, sign, _value(value))  # type: ignore[arg-type]  # the form admits these signs only


def _value(text: str) -> Value:
    if text in {"true", "false"}:
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text.strip("'\"")
