"""Where a node's records lie."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from identity.nodes import NODE_ID_BYTES, NodeId
from streams.partitioning import partition_of


@given(st.binary(min_size=NODE_ID_BYTES, max_size=NODE_ID_BYTES), st.integers(1, 256))
def test_a_node_is_of_the_partition_that_other_kafka_clients_choose(key: bytes, partitions: int) -> None:
    everywhere = list(range(partitions))

    assert partition_of(NodeId(key), partitions) == DefaultPartitioner()(key, everywhere, everywhere)
