"""The moment that time is reckoned from."""

from typing import Final

from sinks.views.view import View

VARIABLE: Final = "moment"
"""DuckDB variable of a session that asks for another moment than the present one."""

MOMENT: Final = View(
    "moment",
    "One row: the moment that views reckon from and look back from; now, unless the reader asked for another one.",
    {"at": "The moment, UTC. Views that say so count only touchpoints up to it."},
    f"SELECT coalesce(getvariable('{VARIABLE}')::TIMESTAMP, make_timestamp(epoch_us(now()))) AS \"at\"",
)
