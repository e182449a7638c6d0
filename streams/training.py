"""Learning the weights of matching from the lake."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from identity.matching.model import resized, to_json
from identity.matching.records import decode_record
from identity.matching.train import train
from identity.policy import IdentityPolicy
from profiles.policy import ProfilePolicy
from sinks.reader import LakeReader
from streams.history import History


@dataclass(frozen=True, slots=True)
class Training:
    """What came of it.

    Attributes:
        records: comparable ones in the lake.
        sampled: those of them that the weights were learnt from.
        model: as JSON.
    """

    records: int
    sampled: int
    model: str


def comparable_records(
    reader: LakeReader, policy: IdentityPolicy, profile: ProfilePolicy, key: bytes, on_progress: Callable[[int], None]
) -> list[tuple[bytes, str]]:
    """Return the encoded records of all nodes in the lake, each with the list that it is from, in order of content.

    Args:
        reader: of the lake.
        policy: says which identifiers have records.
        profile: says which traits of a node survive.
        key: of node ids, the installation's.
        on_progress: called with the number of touchpoints newly read.
    """
    history = History(policy, profile, key, likeness=None)
    history.read(reader, on_progress)
    return sorted(history.listed_records())


def learn(records: list[tuple[bytes, str]], most: int, seed: int) -> Training:
    """Learn a model from records and their lists, or from a sample where there are more than ``most``.

    The same for the same arguments.

    Raises:
        ValueError: too few records.
    """
    sample = records if len(records) <= most else sorted(Random(seed).sample(records, most))  # noqa: S311 - no secret
    lists = [listed for _, listed in sample]
    model = resized(train((decode_record(record) for record, _ in sample), seed, lists), len(records))
    return Training(len(records), len(sample), to_json(model).decode())
