"""Raw records of our sources, mapped to the canonical touchpoint: one pure function a source.

Every function takes a record as fastavro decodes it (all fields present, absent ones None), leaves identifiers
as they came, blank ones too, does not change its argument, and raises `schemas.reasons.RejectedError` for
a record that cannot be a touchpoint. Whether identifiers are usable and times possible is decided later, the
same for all sources.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from schemas.records import Touchpoint
from schemas.sources.call import from_call
from schemas.sources.mobile import from_mobile
from schemas.sources.store import from_store
from schemas.sources.web import from_web

__all__ = ["TO_CANONICAL", "from_call", "from_mobile", "from_store", "from_web"]

TO_CANONICAL: Mapping[str, Callable[..., Touchpoint]] = MappingProxyType(
    {
        "onefold.raw.WebEvent": from_web,
        "onefold.raw.MobileEvent": from_mobile,
        "onefold.raw.StoreReceipt": from_store,
        "onefold.raw.CallRecord": from_call,
    }
)
"""The mapping of each raw record by its full Avro name; a canonical record needs none."""
