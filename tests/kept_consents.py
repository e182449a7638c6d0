"""Consents as a fragment keeps them."""

from collections.abc import Mapping
from typing import Any

from profiles.fragment import ConsentValue, Grant


def kept_consents(said: Mapping[tuple[str, str], ConsentValue]) -> dict[str, Any]:
    """Return the parts of a fragment with one statement on each purpose and channel, by a clock that keeps time."""
    return {
        "grants": {
            name: [Grant(one.time, one.event_id, one.source, one.text_version or "", one.time)]
            for name, one in said.items()
            if one.state == "granted"
        },
        "denials": {name: one for name, one in said.items() if one.state != "granted"},
    }
