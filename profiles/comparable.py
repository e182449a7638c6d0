"""What matching compares of a node, out of its touchpoints. Pure."""

from identity.graph import MOST_OTHERS, Node
from identity.matching.compare import are_two_people
from identity.matching.records import BIRTH_TRAITS, encode_record, match_record, name_and_birth
from identity.policy import IdentityPolicy, Naming
from identity.traits import telling_under
from profiles.folding import surviving_traits
from profiles.fragment import Fragment
from schemas.accepted import AcceptedTouchpoint


def note_person(node: Node, accepted: AcceptedTouchpoint, policy: IdentityPolicy) -> None:
    """Note whom a touchpoint names that is anchored at an address or number, which several people may give as theirs.

    Args:
        node: the anchor, changed in place.
        accepted: the touchpoint; the region of its source says how a date is written that tells no country.
        policy: says which identifiers are such.
    """
    rule = policy.identifiers.get(node.card.type)
    if rule is None or not rule.compared:
        return
    touchpoint = accepted["touchpoint"]
    traits = telling_under(policy.placeholders).telling(touchpoint["traits"], touchpoint["event_time"])
    person = name_and_birth(traits, policy.region_of(accepted["source"]))
    if person is not None and person not in node.persons:
        node.persons = sorted([*node.persons, person])[:MOST_OTHERS]


def comparable_record(node: Node, fragment: Fragment, policy: IdentityPolicy) -> bytes:
    """Return the encoded record of a node; empty where there is too little to compare, or the policy compares nothing.

    Only identifiers that name a person have one: what several people did on a tablet or at the address of an office
    is no record of anybody, nor is what several people did under one e-mail address.

    Args:
        node: whose own and other compared identifiers count.
        fragment: the node's newest, whose traits count.
        policy: which identifiers are compared.
    """
    card = node.card
    rule = policy.identifiers.get(card.type)
    if (
        policy.matching is None
        or rule is None
        or policy.naming(card.type, card.value) != Naming.PERSON
        or card.shared
        or not (fragment.traits or fragment.frequencies)
    ):
        return b""
    if are_two_people(node.persons):
        return b""
    own = [(card.type, card.value)] if rule.compared else []
    survivors = surviving_traits(fragment)
    born = next((survivors[name] for name in BIRTH_TRAITS if name in survivors), None)
    region = policy.region_of(born.source) if born else ""
    traits = {name: survivor.value for name, survivor in survivors.items()}
    others = [other for other in node.others if not policy.is_office(*other)]
    return encode_record(match_record(traits, [*own, *others], region))
