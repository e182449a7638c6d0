"""Sentences of the report's figures."""

from sinks.report.sentences import tell_cohorts

OVER = [
    {"cohort": "2026-01", "months_since": 0, "customers": 10, "active_customers": 10},
    {"cohort": "2026-01", "months_since": 1, "customers": 10, "active_customers": 5},
    {"cohort": "2026-01", "months_since": 2, "customers": 10, "active_customers": 0},
]
NOT_OVER = [
    {"cohort": "2026-02", "months_since": 0, "customers": 90, "active_customers": 90},
    {"cohort": "2026-02", "months_since": 1, "customers": 90, "active_customers": 1},
]


def test_a_month_that_is_not_over_does_not_count_as_staying_away() -> None:
    assert tell_cohorts([*OVER, *NOT_OVER]).startswith("50% of the buyers bought again in the month after")


def test_without_a_whole_month_after_there_is_no_share() -> None:
    assert tell_cohorts(NOT_OVER) == "No cohort has the month after its first purchases behind it yet."
