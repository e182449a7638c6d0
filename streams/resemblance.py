"""What made two records alike, out of the lake."""

from collections.abc import Iterable

from identity.matching.default import model_in
from identity.matching.model import Explanation, Scorer
from identity.matching.records import decode_record
from identity.policy import IdentityPolicy
from profiles.policy import ProfilePolicy
from sinks.policies import model_in_force, profile_policy_in
from sinks.reader import LakeReader
from streams.history import History
from streams.settings import KEY_OF_NO_MEANING

Pair = tuple[str, str]


def explanations(reader: LakeReader, policy: IdentityPolicy, pairs: Iterable[Pair]) -> dict[Pair, Explanation]:
    """Return what each comparison told of pairs of nodes, by the model in force; pairs without records are left out.

    Args:
        reader: of the lake.
        policy: in force.
        pairs: node ids as the lake spells them.
    """
    asked = list(pairs)
    profile = profile_policy_in(reader)
    records = {node: _record(reader, policy, profile, node) for node in {node for pair in asked for node in pair}}
    scorer = Scorer(model_in(model_in_force(reader)))
    return {
        (one, other): scorer.explain(decode_record(records[one]), decode_record(records[other]))
        for one, other in asked
        if records[one] and records[other]
    }


def _record(reader: LakeReader, policy: IdentityPolicy, profile: ProfilePolicy, node: str) -> bytes:
    history = History(policy, profile, KEY_OF_NO_MEANING, likeness=None)
    history.read_anchor(reader, node)
    return next((record for _, record in history.records()), b"")
