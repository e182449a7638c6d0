"""Why a record becomes a dead letter: the stable codes, one list for code, docs and dashboards."""

from typing import Literal, get_args

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


class RejectedError(Exception):
    """A record cannot be used; its neighbours go on.

    Args:
        reason: the stable code.
        detail: what was expected where. It never holds a value of the record, since it is logged and indexed.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail
