"""What of a node is compared: its own traits and addresses, none of an office."""

from identity.graph import NEVER_SEEN, Card, Node
from identity.matching.records import decode_record
from identity.policy_file import default_policy
from profiles.comparable import comparable_record
from profiles.facts import Facts
from profiles.folding import Folding, surviving_traits
from profiles.fragment import Fragment
from profiles.policy_file import default_profile_policy
from tests.property.engine_model import Identified, accepted, event, identifier

POLICY = default_policy()
ANN, INFO = identifier("crm_id", "C-1"), identifier("email", "info@firma.example")
MAIL = identifier("email", "ann@firma.example")


def record_of(anchor: Identified, *others: Identified) -> bytes:
    """Return the record of an anchor that was seen once, with somebody's name and birth date."""
    told = accepted(event("once", 1, anchor, *others))
    told["touchpoint"]["traits"] = {"first_name": "Anna", "last_name": "Huber", "birth_date": "1950-01-02"}
    fragment = Fragment()
    Folding(default_profile_policy()).fold(fragment, told)
    card = Card(anchor.type, anchor.value, 1, NEVER_SEEN, shared=False, links={}, neighbours={})
    node = Node(card, anchor.node, b"", sorted((other.type, other.value) for other in others))
    return comparable_record(node, fragment, POLICY)


def test_of_birth_dates_told_the_newest_that_can_be_one_counts_for_age_too_however_it_is_written() -> None:
    folding, fragment = Folding(default_profile_policy()), Fragment()
    at_ms = {2024: 1_704_067_200_000, 2025: 1_735_689_600_000, 2026: 1_767_225_600_000}
    for year, born in ((2024, "1984-05-17"), (2025, "17.05.1984"), (2026, "2099-01-01"), (2026, "1980-13-45")):
        told = accepted(event(f"{year} {born}", at_ms[year], ANN))
        told["touchpoint"]["traits"] = {"first_name": "Anna", "birth_date": born}
        folding.fold(fragment, told)
    kept = surviving_traits(fragment)["birth_date"]
    assert (kept.value, kept.time) == ("1984-05-17", at_ms[2025])
    assert Facts(fragment, known=True, now_ms=at_ms[2026], folding=folding)["age"] == 41.0


def test_the_address_of_an_office_is_no_evidence_beside_a_persons() -> None:
    assert decode_record(record_of(ANN, INFO, MAIL)).emails == (MAIL.value,)


def test_what_people_did_at_the_address_of_an_office_is_no_record_of_anybody() -> None:
    assert record_of(INFO) == b""
    assert decode_record(record_of(MAIL)).emails == (MAIL.value,)
