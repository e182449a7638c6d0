"""What of a node is compared: its own traits and addresses, none of an office."""

from identity.graph import NEVER_SEEN, Card, Node
from identity.matching.records import decode_record
from identity.policy_file import default_policy
from profiles.comparable import comparable_record
from profiles.folding import Folding
from profiles.fragment import Fragment
from profiles.policy_file import default_profile_policy
from tests.property.engine_model import Identified, accepted, event, identifier

POLICY = default_policy()
ANN, INFO = identifier("crm_id", "C-1"), identifier("email", "info@firma.example")
MAIL = identifier("email", "ann@firma.example")


def record_of(anchor: Identified, *others: Identified) -> bytes:
    """Return the record of an anchor that was seen once, with somebody's name and birth date."""
    told = accepted(event("once", 1, anchor, *others))
    told["touchpoint"]["traits"] = {"first_name": "Anna", "last_name": "Huber", "birth_date": "1980-01-02"}
    fragment = Fragment()
    Folding(default_profile_policy()).fold(fragment, told)
    card = Card(anchor.type, anchor.value, 1, NEVER_SEEN, shared=False, links={}, neighbours={})
    node = Node(card, anchor.node, b"", sorted((other.type, other.value) for other in others))
    return comparable_record(node, fragment, POLICY)


def test_the_address_of_an_office_is_no_evidence_beside_a_persons() -> None:
    assert decode_record(record_of(ANN, INFO, MAIL)).emails == (MAIL.value,)


def test_what_people_did_at_the_address_of_an_office_is_no_record_of_anybody() -> None:
    assert record_of(INFO) == b""
    assert decode_record(record_of(MAIL)).emails == (MAIL.value,)
