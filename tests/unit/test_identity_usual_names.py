"""What other systems call the identifiers that are known, for advice."""

import pytest

from identity.normalise import Normaliser, folded_type
from identity.policy_file import default_policy
from identity.usual_names import _USUAL, likely_types

POLICY = default_policy()
NORMALISER = Normaliser(POLICY, b"a key of the tests")


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("user_id", ("customer_id",)),
        ("userId", ("customer_id",)),
        ("Kundennummer", ("customer_id",)),
        ("emailAddress", ("email",)),
        ("e-mail address", ("email",)),
        ("EMAIL_ADDRESS", ("email",)),
        ("phone_number", ("phone",)),
        ("mobile", ("phone",)),
        ("Mobile Phone", ("phone",)),
        ("msisdn", ("phone",)),
        ("gaid", ("advertising_id",)),
        ("IDFA", ("advertising_id",)),
        ("idfv", ("device_id",)),
        ("anonymous_id", ("cookie",)),
        ("anonymousId", ("cookie",)),
        ("_ga", ("cookie",)),
        ("user_pseudo_id", ("cookie",)),
        ("contact_id", ("crm_id",)),
        ("membership-number", ("loyalty_id",)),
        ("twitter_handle", ("social_handle",)),
        ("client_id", ("customer_id", "cookie")),
    ],
)
def test_a_usual_name_is_likely_meant_for_a_known_type(told: str, meant: tuple[str, ...]) -> None:
    assert likely_types(told, POLICY.identifiers) == meant
    assert NORMALISER.known_type(told) is None


@pytest.mark.parametrize(
    "told", ["email_sha256", "hashed_email", "session_id", "order_id", "ip", "shoe_size", "id", ""]
)
def test_of_other_names_nobody_can_tell(told: str) -> None:
    assert likely_types(told, POLICY.identifiers) == ()


def test_only_types_of_the_policy_are_named() -> None:
    assert likely_types("client_id", {"cookie"}) == ("cookie",)
    assert likely_types("user_id", {"email"}) == ()


@pytest.mark.parametrize("told", ["E-Mail", "customerId", "Customer-ID", "CRM_ID", "advertisingID", "Device Id"])
def test_a_known_type_in_another_spelling_needs_no_advice(told: str) -> None:
    assert NORMALISER.known_type(told) is not None


def test_each_name_is_there_once_and_none_is_a_known_type() -> None:
    names = [folded_type(name) for names in _USUAL.values() for name in names.split()]
    assert len(names) == len(set(names))
    assert {folded_type(name) for name in POLICY.identifiers}.isdisjoint(names)
