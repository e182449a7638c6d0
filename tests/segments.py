"""Who is in which segment by what a subscriber of the changes hears."""

from collections.abc import Iterable, Mapping
from typing import Any


def segments_told(told: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Return customers and their segments as signals and merges add up to, in the order of revisions.

    Who merged into another customer is in no segment any more, without a signal for each.
    """
    inside: set[tuple[str, str]] = set()
    for one in sorted(told, key=lambda one: (one["revision"], one["kind"])):
        if one["kind"] == "merged":
            inside = {place for place in inside if place[0] != one["other_customer_id"]}
        elif one["kind"] == "segment_entered":
            inside.add((one["customer_id"], one["name"]))
        elif one["kind"] == "segment_left":
            inside.discard((one["customer_id"], one["name"]))
    return inside
