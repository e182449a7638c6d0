"""Which partition a node or block belongs to: Kafka's default for its key (murmur2), so that any client agrees."""

import struct
from functools import lru_cache

from identity.nodes import NodeId

_REMEMBERED = 200_000
_M = 0x5BD1E995
_SEED = 0x9747B28C
_MASK = 0xFFFFFFFF


@lru_cache(maxsize=_REMEMBERED)
def partition_of(node: NodeId, partitions: int) -> int:
    """Return the partition of a key of whole words as Java's default partitioner chooses it (MurmurHash2, A. Appleby).

    A word is 4 bytes: nodes have four, blocks two.
    """
    mixed = (_SEED ^ len(node)) & _MASK
    for (word,) in struct.iter_unpack("<I", node):
        scrambled = (word * _M) & _MASK
        scrambled = ((scrambled ^ (scrambled >> 24)) * _M) & _MASK
        mixed = ((mixed * _M) & _MASK) ^ scrambled
    mixed = ((mixed ^ (mixed >> 13)) * _M) & _MASK
    mixed ^= mixed >> 15
    return (mixed & 0x7FFFFFFF) % partitions
