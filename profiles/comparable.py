"""What matching compares of a node, out of its fragment. Pure."""

from identity.graph import Node
from identity.matching.records import encode_record, match_record
from identity.policy import IdentityPolicy
from profiles.fragment import Fragment


def comparable_record(node: Node, fragment: Fragment, policy: IdentityPolicy) -> bytes:
    """Return the encoded record of a node; empty where there is too little to compare, or the policy compares nothing.

    Only identifiers that name a person have one: what several people did on a tablet is no record of anybody.

    Args:
        node: whose own and other compared identifiers count.
        fragment: the node's newest, whose traits count.
        policy: which identifiers are compared.
    """
    card = node.card
    rule = policy.identifiers.get(card.type)
    if policy.matching is None or rule is None or not rule.personal or card.shared or not fragment.traits:
        return b""
    own = [(card.type, card.value)] if rule.compared else []
    traits = {name: survivor.value for name, survivor in fragment.traits.items()}
    return encode_record(match_record(traits, [*own, *node.others]))
