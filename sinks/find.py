"""One customer out of the lake: by an identifier or by id, and what they did of late."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from schemas.records import Profile
from sinks import rows
from sinks.reader import AsOf, LakeReader, open_lake_reader

DEFAULT_TOUCHPOINTS: Final = 20


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """An active customer as the lake has them, or would have; the fields are columns of ``profiles``."""

    customer_id: str
    revision: int
    policy_version: str
    updated_at: datetime
    known: bool
    identifiers: list[dict[str, Any]]
    traits: list[dict[str, Any]]
    computed: list[dict[str, Any]]
    tags: list[dict[str, Any]]
    segments: list[dict[str, Any]]
    offers: list[dict[str, Any]]
    caps: list[dict[str, Any]]
    preferred_language: str | None
    touches: int
    touches_by_channel: dict[str, int]
    touches_by_type: dict[str, int]
    first_touch: dict[str, Any] | None
    last_touch: dict[str, Any] | None
    recent_touches: list[dict[str, Any]]
    orders: int
    returns: int
    revenue: dict[str, Decimal]
    consents: list[dict[str, Any]]
    permissions: list[dict[str, Any]]
    consents_left_out: bool


_COLUMNS: Final = ", ".join(ProfileRow.__dataclass_fields__)

# A merge leads on to the survivor, which may itself have merged. UNION, not UNION ALL: a circle would end the walk.
_SURVIVOR: Final = """
    WITH RECURSIVE line(customer_id) AS (
        SELECT ?::VARCHAR
        UNION
        SELECT merged_into FROM profiles JOIN line USING (customer_id) WHERE status = 'merged'
    )
    SELECT customer_id FROM line JOIN profiles USING (customer_id) WHERE status = 'active' LIMIT 1
"""

_PROFILE: Final = f"SELECT {_COLUMNS} FROM profiles WHERE customer_id = ?"  # noqa: S608 - the columns are constants

_OWNER: Final = "SELECT customer_id FROM identifiers WHERE type = ? AND value = ?"

_TOUCHPOINTS: Final = """
    SELECT * FROM touchpoints_by_customer WHERE customer_id = ? ORDER BY event_time DESC, event_id DESC LIMIT ?
"""


def find_profile(home: Path, node_type: str, normalised_value: str, as_of: AsOf = None) -> ProfileRow | None:
    """Return the customer whom an identifier belongs to, or None where nobody has it.

    Args:
        home: the data folder.
        node_type: the identifier's type, for example email.
        normalised_value: its value in the form that matching uses.
        as_of: a version or a moment; None is now.

    Raises:
        LakeMissingError, LakeVersionError, SnapshotMissingError: as ``open_lake_reader``.
    """
    with open_lake_reader(home, as_of) as reader:
        owner = reader.execute(_OWNER, [node_type, normalised_value]).fetchone()
        return None if owner is None else _survivor(reader, owner[0])


def find_customer(home: Path, customer_id: str, as_of: AsOf = None) -> ProfileRow | None:
    """Return the customer with this id, or the survivor where it has merged; None where there is no such id.

    Raises:
        LakeMissingError, LakeVersionError, SnapshotMissingError: as ``open_lake_reader``.
    """
    with open_lake_reader(home, as_of) as reader:
        return _survivor(reader, customer_id)


def row_of(profile: Profile) -> ProfileRow:
    """Return the customer of an active profile as the lake would have them."""
    (found,) = rows.profiles([profile]).to_pylist(maps_as_pydicts="strict")
    return ProfileRow(**{name: found[name] for name in ProfileRow.__dataclass_fields__})


def recent_touchpoints(
    home: Path, customer_id: str, limit: int = DEFAULT_TOUCHPOINTS, as_of: AsOf = None
) -> list[dict[str, Any]]:
    """Return the newest touchpoints of a customer, newest first, by column of ``touchpoints_by_customer``.

    The id is that of an active customer: ``find_customer`` gives it.

    Raises:
        LakeMissingError, LakeVersionError, SnapshotMissingError: as ``open_lake_reader``.
    """
    with open_lake_reader(home, as_of) as reader:
        return reader.records(_TOUCHPOINTS, [customer_id, limit])


def _survivor(reader: LakeReader, customer_id: str) -> ProfileRow | None:
    survivor = reader.execute(_SURVIVOR, [customer_id]).fetchone()
    return ProfileRow(**reader.records(_PROFILE, survivor)[0]) if survivor else None
