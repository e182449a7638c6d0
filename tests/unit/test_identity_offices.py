"""Whose an office's mailbox is, told as what happened: ``info@firma.example`` makes no one person of two."""

import pytest

from identity.graph import Card, RulingKind
from identity.nodes import NodeId
from identity.normalise import Normaliser
from identity.policy import Naming
from identity.policy_file import default_policy, default_policy_text, parse_policy
from tests.property.engine_model import Identified, identifier
from tests.unit.resolving import decide, gathered, seen
from tests.unit.test_identity_devices import apart, people, verdict

POLICY = default_policy()
INFO, SALES = identifier("email", "info@firma.example"), identifier("email", "sales@firma.example")
OTHER_INFO = identifier("email", "info@other.example")
ANN, BEN = identifier("crm_id", "C-1"), identifier("crm_id", "C-2")
ANNS_MAIL, ANNS_PHONE = identifier("email", "ann@firma.example"), identifier("phone", "+491701234567")
BROWSER = identifier("cookie", "browser")


# --- which addresses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "local",
    [
        "info", "sales", "office", "kontakt", "contact", "postmaster", "abuse", "büro", "buchhaltung", "accueil",
        "contacto", "info+shop", "customer.service", "customer-service", "customerservice", "customer_service",
    ],
)  # fmt: skip
def test_an_office_is_known_by_its_mailbox_at_any_domain(local: str) -> None:
    assert POLICY.naming("email", f"{local}@firma.example") == Naming.OFFICE


@pytest.mark.parametrize("local", ["ann", "ann.info", "informatik.huber", "salesch", '"info@x"', "+info"])
def test_any_other_mailbox_is_a_persons(local: str) -> None:
    assert POLICY.naming("email", f"{local}@firma.example") == Naming.PERSON


def test_only_an_email_address_is_an_offices() -> None:
    assert POLICY.naming("social_handle", "info@firma.example") == Naming.PERSON
    assert POLICY.naming("cookie", "info@firma.example") == Naming.THING
    assert not POLICY.is_office("something else", "info@firma.example")


def test_a_policy_has_its_own_list_or_none() -> None:
    start, _, rest = default_policy_text().partition("office_mailboxes = [")
    rest = rest.partition("\n]\n")[2]
    lists = ('office_mailboxes = ["front-desk"]\n', "office_mailboxes = []\n", "")
    policies = [parse_policy(start + told + rest) for told in lists]
    assert [policy.is_office("email", "front.desk@firma.example") for policy in policies] == [True, False, False]
    assert [policy.is_office("email", INFO.value) for policy in policies] == [False, False, True]


def test_an_office_is_an_anchor_only_where_nobody_is_named() -> None:
    def anchor(*told: tuple[str, str]) -> str:
        identifiers = [{"type": kind, "value": value} for kind, value in told]
        return Normaliser(POLICY, b"k" * 16).understand(identifiers, source="web", country=None).nodes[0]["type"]  # type: ignore[arg-type]  # plain ones do

    office, phone, cookie = ("email", "Info@firma.example"), ("phone", "+491701234567"), ("cookie", "browser")
    assert anchor(office, phone, cookie) == "phone"
    assert anchor(office, cookie) == "email"
    assert anchor(("email", "ann@firma.example"), phone) == "email"


# --- whose it is ----------------------------------------------------------------------------------------------------


def test_two_customers_who_share_an_office_are_two() -> None:
    cards = gathered(seen(1, ANN, INFO), seen(1, BEN, INFO))
    assert people(cards) == apart(ANN, BEN, INFO)
    assert {verdict(cards, one, INFO) for one in (ANN, BEN)} == {"ambiguous_identifier"}


def test_logins_of_any_kind_share_an_office_without_becoming_one() -> None:
    handle = identifier("social_handle", "@firma")
    cards = gathered(seen(1, ANNS_PHONE, INFO), seen(1, ANNS_MAIL, INFO), seen(1, handle, INFO))
    assert people(cards) == apart(ANNS_PHONE, ANNS_MAIL, handle, INFO)


def test_an_office_alone_is_a_customer_with_its_devices() -> None:
    assert people(gathered(seen(3, INFO), seen(2, INFO, BROWSER))) == apart({INFO, BROWSER})


def test_an_office_that_one_customer_was_seen_with_is_theirs() -> None:
    cards = gathered(seen(1, ANN, INFO), seen(5, INFO), seen(1, ANN, ANNS_MAIL))
    assert people(cards) == apart({ANN, ANNS_MAIL, INFO})


def test_an_office_belongs_to_who_dominates_it() -> None:
    cards = gathered(seen(40, ANN, INFO), seen(1, BEN, INFO))
    assert people(cards) == apart({ANN, INFO}, BEN)
    assert verdict(cards, BEN, INFO) == "device_alone"


def test_people_who_were_seen_together_are_one_with_their_office() -> None:
    cards = gathered(seen(1, ANN, INFO), seen(1, BEN, INFO), seen(1, ANN, BEN))
    assert people(cards) == apart({ANN, BEN, INFO})


def test_mailboxes_of_one_office_make_no_one_of_two_people() -> None:
    cards = gathered(seen(1, ANN, INFO), seen(1, BEN, SALES), seen(1, INFO, SALES))
    assert all(not {ANN, BEN} <= group for group in people(cards))


def test_a_browser_makes_no_one_of_two_offices_nor_of_an_office_and_a_person() -> None:
    assert people(gathered(seen(1, INFO, BROWSER), seen(1, OTHER_INFO, BROWSER))) == apart(INFO, OTHER_INFO, BROWSER)
    assert people(gathered(seen(9, INFO, BROWSER), seen(1, ANN, BROWSER))) == apart({INFO, BROWSER}, ANN)


def test_a_browser_of_an_office_that_is_nobodys_stays_with_it() -> None:
    cards = gathered(seen(1, ANN, INFO), seen(1, BEN, INFO), seen(2, INFO, BROWSER))
    assert people(cards) == apart(ANN, BEN, {INFO, BROWSER})


def test_a_steward_may_give_an_office_to_somebody() -> None:
    cards: dict[NodeId, Card] = gathered(seen(1, ANN, INFO), seen(1, BEN, INFO))
    decide(cards, ANN, INFO, RulingKind.RELEASE)
    assert people(cards) == apart({ANN, INFO}, BEN)


def test_any_number_of_customers_of_an_office_stay_apart() -> None:
    customers: list[Identified] = [identifier("crm_id", f"customer {number}") for number in range(30)]
    assert people(gathered(*(seen(1, customer, INFO) for customer in customers))) == apart(*customers, INFO)
