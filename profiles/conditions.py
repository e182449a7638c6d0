"""Conditions on what is known of a customer: how segments and offers say whom they are for.

A condition is ``FACT OPERATOR VALUE``, such as ``orders >= 2`` or ``trait.country = DE``. The stream evaluates it here
and the lake as SQL; a fact that is not known meets no condition, as NULL meets none in SQL.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

Operator = Literal[">=", "<=", "!=", ">", "<", "="]
Value = float | bool | str
Kind = Literal["number", "flag", "text"]

MOST = 1e9
"""Numbers in conditions are no larger."""

_FORM = re.compile(r"\s*([a-z][A-Za-z0-9_.:*-]*)\s*(>=|<=|!=|>|<|=)\s*([^\s=<>].*?)\s*")
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
        if known is None or (type(known) is not type(self.value) and kind_of(known) != kind_of(self.value)):
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
        for condition in self.all:  # loops, since generators would take most of the time
            if not condition.holds(facts):
                return False
        for condition in self.none:
            if condition.holds(facts):
                return False
        for condition in self.any:
            if condition.holds(facts):
                return True
        return not self.any

    def each(self) -> tuple[Condition, ...]:
        """Return every condition."""
        return (*self.all, *self.any, *self.none)


def parse_condition(text: str, kind_of_fact: Callable[[str], Kind | None]) -> Condition:
    """Return a condition from its text.

    Args:
        text: as it stands in the policy.
        kind_of_fact: what a fact is; None where there is no such fact.

    Raises:
        ValueError: it has another form, names no fact, or compares a fact with what it is not.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"expected FACT {'|'.join(get_args(Operator))} VALUE, got {text!r}")
    fact, sign, value = found.groups()
    kind = kind_of_fact(fact)
    if kind is None:
        raise ValueError(f"there is no fact {fact!r}")
    if kind == "flag" and sign not in {"=", "!="}:
        raise ValueError(f"{fact} is true or false: expected = or !=, got {text!r}")
    return Condition(fact, sign, _value(value, kind, text))  # type: ignore[arg-type]  # the form admits these signs only


def kind_of(value: Value) -> Kind:
    """Return what a value is."""
    if isinstance(value, bool):
        return "flag"
    return "text" if isinstance(value, str) else "number"


def _value(text: str, kind: Kind, whole: str) -> Value:
    if kind == "text":
        return text.strip("'\"")
    if kind == "flag":
        if text not in {"true", "false"}:
            raise ValueError(f"expected true or false, got {whole!r}")
        return text == "true"
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"expected a number, got {whole!r}") from None
    if not isfinite(number) or abs(number) > MOST:
        raise ValueError(f"expected a number from -{MOST:,.0f} to {MOST:,.0f}, got {whole!r}")
    return number
