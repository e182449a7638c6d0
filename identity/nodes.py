"""Node ids: what stands for an identifier wherever the identifier itself may not be seen."""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import NewType

NodeId = NewType("NodeId", bytes)
"""16 bytes: the rank of the identifier's type, then a keyed hash. Smaller is better when nodes choose an owner.

Keys of messages, logs and metrics hold these, never an e-mail or a phone number.
"""

NODE_ID_BYTES = 16

TYPE_RANKS: Mapping[str, int] = MappingProxyType(
    {
        "customer_id": 0,
        "loyalty_id": 1,
        "crm_id": 2,
        "email": 3,
        "phone": 4,
        "social_handle": 5,
        "device_id": 6,
        "advertising_id": 7,
        "cookie": 8,
    }
)
"""Fixed for ever, since pointers between nodes compare ids: a policy may rank types anew, ids stay."""

OTHER_TYPES_RANK = 128


def node_id(key: bytes, identifier_type: str, value: str) -> NodeId:
    """Return the id of an identifier: its type's rank, then 15 bytes of keyed hash (BLAKE2b, RFC 7693).

    Args:
        key: 16 to 64 secret bytes; without it an id cannot be turned back by trying values.
        identifier_type: ``email``, ``cookie`` ...
        value: the normalised value.
    """
    text = f"{identifier_type}\x00{value}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(text, digest_size=NODE_ID_BYTES - 1, key=key, person=b"onefold.node").digest()
    return NodeId(bytes([TYPE_RANKS.get(identifier_type, OTHER_TYPES_RANK)]) + digest)
