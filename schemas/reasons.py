"""Why a record becomes a dead letter: the stable codes, one list for code, docs and dashboards."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Self, get_args

Reason = Literal[
    "null_value",
    "unknown_framing",
    "unknown_schema",
    "unexpected_schema",
    "undecodable",
    "missing_field",
    "bad_value",
    "not_finite",
    "time_too_old",
    "time_in_future",
    "too_large",
    "no_usable_identifier",
    "not_measured",
    "processing_failed",
]
"""Each code is explained in docs/dead-letters.md."""

ALL_REASONS: tuple[Reason, ...] = get_args(Reason)

MOST_TOLD = 10
"""So many problems of one record are told in words; of the others the number."""


class Problem(NamedTuple):
    """One thing that is wrong with a record.

    Attributes:
        reason: the stable code.
        detail: what was expected where. It never holds a value of the record, since it is logged and indexed.
        field: the path of the field, empty where it is the record as a whole.
    """

    reason: Reason
    detail: str
    field: str = ""


class RejectedError(Exception):
    """A record cannot be used; its neighbours go on.

    Args:
        reason: the stable code; of several problems the first one's.
        detail: what was expected where. It never holds a value of the record, since it is logged and indexed.
        problems: all of them; none given: this one.
    """

    def __init__(self, reason: Reason, detail: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail
        self.problems = tuple(problems) or (Problem(reason, detail),)

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Self:
        """Return the error that tells these problems, of which there is at least one, in their order."""
        first, *others = problems
        told = [first.detail, *(f"{other.reason}: {other.detail}" for other in others[: MOST_TOLD - 1])]
        left = len(problems) - len(told)
        return cls(first.reason, "; ".join(told) + (f"; and {left} more" if left else ""), problems)
