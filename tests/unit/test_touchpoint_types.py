"""What a source's spelling of a type means, and which names may be shown."""

import re
from pathlib import Path

import pytest

from profiles.named_types import named_types
from profiles.policy_file import default_profile_policy, default_text, parse_profile_policy
from schemas.touchpoint_types import ANOTHER, KNOWN_TYPES, TouchpointTypes, shown_name

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    "told", ["page_view", "PAGE_VIEW", "pageView", "Page View", " page view ", "page-view", "\uff30age_View"]
)
def test_a_known_type_is_read_however_it_is_written(told: str) -> None:
    assert TouchpointTypes().known(told) == "page_view"


@pytest.mark.parametrize("told", ["order_completed", "purchases", "", " ", "pageviewed", "achat"])
def test_no_type_is_guessed(told: str) -> None:
    assert TouchpointTypes().known(told) is None


def test_a_type_that_the_policy_names_is_known_under_its_own_name() -> None:
    types = TouchpointTypes({"Order Shipped", "PURCHASE"})
    assert types.known("order_shipped") == "Order Shipped"
    assert types.known("PURCHASE") == "purchase"


def test_a_policy_means_a_known_type_however_it_writes_it() -> None:
    text = default_text().replace('{ type = ["purchase"] }', '{ type = ["Purchase"] }')
    assert parse_profile_policy(text) == default_profile_policy()


def test_the_default_policy_names_no_type_that_is_not_in_the_list() -> None:
    assert named_types(default_profile_policy()) <= set(KNOWN_TYPES)


def test_the_touchpoint_document_has_every_known_type_in_order() -> None:
    text = (DOCS / "touchpoint.md").read_text("utf-8").split("## Types that Onefold knows")[1].split("\n## ")[0]
    rows = [row.split("|")[1] for row in text.splitlines() if row.startswith("| `")]
    more = text.split("Three more")[1].split("which `onefold tag`")[0]
    named = re.findall(r"`(\w+)`", " ".join(rows))
    assert named == list(KNOWN_TYPES[: len(named)])
    assert [name for name in KNOWN_TYPES if f"`{name}`" in more and name not in named] == list(
        KNOWN_TYPES[len(named) :]
    )


@pytest.mark.parametrize(
    "name", ["order_completed", "Order Completed", "customerId", "ga4:client", "$identify", "idfa2"]
)
def test_a_name_as_programs_have_it_may_be_shown(name: str) -> None:
    assert shown_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "email_sha256", "emailSha256", "SHA256_email", "hashed_email_sha-512", "Email SHA-256", "email_md5",
        "phone_sha1", "sha3_256", "hem_sha256_lower_case", "phone_e164", "phoneE164", "country_iso3166",
    ],
)  # fmt: skip
def test_the_number_of_a_digest_or_another_standard_may_be_shown(name: str) -> None:
    assert shown_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "Natasha256", "natasha_256", "Sasha 256", "sha256256", "sha2561", "1sha256", "sha256 1701234567",
        "email_sha999", "card_4711", "name164", "Ape 164", "ann1701", "email_sha256_4711",
    ],
)  # fmt: skip
def test_a_number_that_may_be_a_persons_is_not_shown(name: str) -> None:
    assert shown_name(name) == ANOTHER


@pytest.mark.parametrize(
    "name", ["ann@example.org", "+49 170 1234567", "id 4711", "x" * 41, "a\nb", "\x1b[31m", "Müller", "", "a|b", "<b>"]
)
def test_a_name_that_could_hold_a_person_or_steer_a_terminal_is_another(name: str) -> None:
    assert shown_name(name) == ANOTHER
