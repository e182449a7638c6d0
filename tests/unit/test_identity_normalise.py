"""What is the same identifier in any spelling becomes the same node, and what names nobody becomes none."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from identity.cleaning import clean_text, fold_case
from identity.emails import normalise_email
from identity.normalise import Normaliser
from identity.phones import normalise_phone
from identity.policy_file import default_policy
from schemas.accepted import Node
from schemas.records import Identifier

POLICY = default_policy()
NORMALISER = Normaliser(POLICY, b"a key of the tests")


def nodes_of(*identifiers: tuple[str, str]) -> list[Node]:
    told: list[Identifier] = [{"type": kind, "value": value} for kind, value in identifiers]
    return list(NORMALISER.understand(told, source="web", country=None).nodes)


def value_of(identifier_type: str, value: str) -> str | None:
    node = NORMALISER.node(identifier_type, value)
    return node["value"] if node else None


@pytest.mark.parametrize(
    "spelling",
    [
        "ann@example.org",
        " Ann@Example.ORG\n",
        "\ufeffann@example.org",
        "a\u200bnn@exa\u00admple.org",
        "\u202aann@example.org\u202c",
        "\u2066ann@example.org\u2069",
        "ann\uff20example.org",
    ],
)
def test_every_spelling_of_an_address_is_one_address(spelling: str) -> None:
    assert value_of("email", spelling) == "ann@example.org"


def test_composed_and_decomposed_letters_are_the_same() -> None:
    composed = "jos\u00e9@example.org"
    assert value_of("email", unicodedata.normalize("NFD", composed)) == value_of("email", composed) == composed
    assert value_of("cookie", "e\u0301") == value_of("cookie", "\u00e9") == "\u00e9"


def test_an_invisible_character_between_a_letter_and_its_accent_changes_nothing() -> None:
    assert value_of("cookie", "e\u200b\u0301") == "\u00e9"


def test_an_international_domain_is_the_same_in_both_its_forms() -> None:
    assert value_of("email", "ann@xn--bcher-kva.example") == value_of("email", "Ann@B\u00dcCHER.example")


@pytest.mark.parametrize(
    "value", ["", " ", "ann", "ann@", "@example.org", "ann@localhost", "a b@example.org", "\udc80@x.org"]
)
def test_what_is_no_address_is_no_identifier(value: str) -> None:
    assert value_of("email", value) is None


@pytest.mark.parametrize(
    "spelling",
    [
        "+4930123456",
        "030 123456",
        "(030) 12 34-56",
        "030/123456",
        "0049 30 123456",
        "+49 (0)30 123456",
        "tel:+49-30-123456",
    ],
)
def test_every_notation_of_a_phone_number_is_one_number(spelling: str) -> None:
    assert value_of("phone", spelling) == "+4930123456"


def test_a_number_without_a_country_code_is_read_in_the_region_of_the_policy() -> None:
    assert normalise_phone("415 555 2671", "US") == "+14155552671"
    assert normalise_phone("020 7946 0018", "GB") == "+442079460018"


def test_a_number_with_a_country_code_is_the_same_in_every_region() -> None:
    assert normalise_phone("+46 8 123 456 78", "DE") == normalise_phone("+46 8 123 456 78", "US") == "+46812345678"


def test_full_width_digits_are_digits() -> None:
    assert value_of("phone", "\uff0b\uff14\uff19 30 123456") == "+4930123456"


@pytest.mark.parametrize("value", ["", "abc", "+999999999999999", "1", "+49", "\udc80"])
def test_what_is_no_phone_number_is_no_identifier(value: str) -> None:
    assert value_of("phone", value) is None


@pytest.mark.parametrize(
    "value",
    [
        "null",
        "NULL",
        " Null ",
        "n\u200bull",
        "undefined",
        "[object Object]",
        "anonymous",
        "00000000-0000-0000-0000-000000000000",
        "0000",
        "77777",
        "+11111111",
        "0",
        "-1",
    ],
)
@pytest.mark.parametrize("identifier_type", ["cookie", "customer_id", "loyalty_id", "device_id", "advertising_id"])
def test_a_blocked_value_is_no_identifier_of_any_type(identifier_type: str, value: str) -> None:
    assert value_of(identifier_type, value) is None


@pytest.mark.parametrize("value", ["test@test.com", "TEST@Test.com", "noreply@example.com", "No@Email.com"])
def test_a_test_address_is_no_identifier(value: str) -> None:
    assert value_of("email", value) is None


def test_a_value_that_only_contains_a_blocked_one_is_an_identifier() -> None:
    assert value_of("cookie", "nullable") == "nullable"
    assert value_of("cookie", "4000000") == "4000000"


def test_an_identifier_of_an_unknown_type_names_nobody() -> None:
    assert value_of("shoe_size", "42") is None


def test_the_longest_allowed_value_is_taken_and_a_longer_one_is_not() -> None:
    longest = "xy" * (POLICY.max_value_length // 2)
    assert value_of("cookie", longest) == longest
    assert value_of("cookie", longest + "x") is None


@pytest.mark.parametrize("written", ["@AnnLund", "annlund", "ANNLUND", " @annlund ", "\uff20annlund", "@ annlund"])
def test_a_handle_is_one_in_any_case_and_without_its_at_sign(written: str) -> None:
    assert value_of("social_handle", written) == "annlund"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("@ann@social.example", "ann@social.example"),
        ("ann_lund", "ann_lund"),
        ("ann.lund", "ann.lund"),
        ("annlund@", "annlund@"),
        ("https://instagram.com/AnnLund/", "https://instagram.com/annlund/"),
    ],
)
def test_of_a_handle_no_more_than_the_at_sign_in_front_is_left_out(written: str, read: str) -> None:
    assert value_of("social_handle", written) == read


@pytest.mark.parametrize("written", ["@", "@null", "@Unknown", "@ "])
def test_a_handle_of_nobody_is_no_identifier(written: str) -> None:
    assert value_of("social_handle", written) is None


def test_the_at_sign_counts_in_other_types() -> None:
    assert value_of("customer_id", "@annlund") == "@annlund"


@pytest.mark.parametrize("identifier_type", ["loyalty_id", "social_handle", "advertising_id"])
def test_types_without_case_ignore_it(identifier_type: str) -> None:
    assert value_of(identifier_type, "AbC-\u0130") == value_of(identifier_type, "aBc-i\u0307")


@pytest.mark.parametrize("identifier_type", ["cookie", "customer_id", "crm_id", "device_id"])
def test_types_with_case_keep_it(identifier_type: str) -> None:
    assert value_of(identifier_type, "AbC") == "AbC"


def test_an_event_has_its_nodes_strongest_first() -> None:
    nodes = nodes_of(("cookie", "k2"), ("phone", "030 123456"), ("cookie", "k1"), ("customer_id", "c"))
    assert [node["value"] for node in nodes] == ["c", "+4930123456", "k1", "k2"]


def test_an_event_has_each_node_once_and_none_that_is_unusable() -> None:
    nodes = nodes_of(
        ("email", "Ann@example.org"), ("email", "ann@EXAMPLE.org "), ("email", "null"), ("shoe_size", "42")
    )
    assert [node["value"] for node in nodes] == ["ann@example.org"]


def test_an_event_may_have_no_node() -> None:
    assert nodes_of(("cookie", "undefined")) == []


@pytest.mark.parametrize("told", ["Email", "EMAIL ", "e-mail", "E_Mail", " email"])
def test_a_known_type_counts_however_it_is_written(told: str) -> None:
    (node,) = nodes_of((told, "ann@example.org"))
    assert node["type"] == "email"
    assert nodes_of(("customerId", "7"), ("Customer-ID", "7"), ("CUSTOMER ID", "7")) == nodes_of(("customer_id", "7"))


def test_what_is_left_out_is_told_with_its_type_and_reason() -> None:
    told: list[Identifier] = [
        {"type": "Email", "value": " \u200b"},
        {"type": "cookie", "value": "undefined"},
        {"type": "Shoe Size", "value": "42"},
        {"type": "phone", "value": "none of yours"},
        {"type": "cookie", "value": "x" * 513},
        {"type": "cookie", "value": "c-1"},
    ]
    nodes, left_out = NORMALISER.understand(told, source="web", country=None)
    assert [node["value"] for node in nodes] == ["c-1"]
    assert left_out == (
        ("Email", "blank"),
        ("cookie", "placeholder"),
        ("Shoe Size", "unknown_type"),
        ("phone", "malformed"),
        ("cookie", "too_long"),
    )


@settings(max_examples=300)
@given(st.text(max_size=8))
@example("e\u200b\u0301")
def test_cleaning_clean_text_changes_nothing(value: str) -> None:
    assert clean_text(clean_text(value)) == clean_text(value)
    assert fold_case(fold_case(value)) == fold_case(value)


@settings(max_examples=100)
@given(st.emails())
def test_a_normalised_address_is_its_own_normal_form(value: str) -> None:
    normal = normalise_email(value)
    if normal is not None:
        assert normalise_email(normal) == normal
        assert normalise_email(value.upper()) in {normal, None}


@settings(max_examples=100)
@given(st.integers(10**5, 10**12))
def test_a_normalised_number_is_its_own_normal_form(digits: int) -> None:
    normal = normalise_phone(f"0{digits}", "DE")
    if normal is not None:
        assert normalise_phone(normal, "US") == normal


@settings(max_examples=300)
@given(identifier_type=st.sampled_from([*POLICY.identifiers, "unknown"]), value=st.text(max_size=20))
def test_no_text_breaks_normalising(identifier_type: str, value: str) -> None:
    node = NORMALISER.node(identifier_type, value)
    assert node is None or (node["value"] and node["type"] == identifier_type and len(node["node_id"]) == 16)
