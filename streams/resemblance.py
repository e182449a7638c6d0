"""What made two records alike, out of the lake."""

from collections.abc import Iterable

from identity.matching.default import model_in
from identity.matching.model import Explanation, Scorer
from identity.matching.records import decode_record
from identity.policy import IdentityPolicy
from profiles.policy_file import default_profile_policy
from sinks.reader import LakeReader
from streams.history import History
from streams.settings import KEY_OF_NO_MEANING

_MODEL_IN_FORCE = "SELECT model FROM policies ORDER BY applied_at DESC LIMIT 1"

Pair = tuple[str, str]


def explanations(reader: LakeReader, policy: IdentityPolicy, pairs: Iterable[Pair]) -> dict[Pair, Explanation]:
    """Return what each comparison told of pairs of nodes, by the model in force; pairs without records are left out.

    Args:
        reader: of the lake.
        policy: in force.
        pairs: node ids as the lake spells them.
    """
    asked = list(pairs)
    records = {node: _record(reader, policy, node) for node in {node for pair in asked for node in pair}}
    found = reader.execute(_MODEL_IN_FORCE).fetchone()
    scorer = Scorer(model_in(found[0] if found else None))
    return {
        (one, other): scorer.explain(decode_record(records[one]), decode_record(records[other]))
        for one, other in asked
        if records[one] and records[other]
    }


def _record(reader: LakeReader, policy: IdentityPolicy, node: str) -> bytes:
    history = History(policy, default_profile_policy(), KEY_OF_NO_MEANING, likeness=None)
    history.read_anchor(reader, node)
    return next((record for _, record in history.records()), b"")
