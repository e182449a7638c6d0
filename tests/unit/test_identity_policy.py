"""The default policy is sound."""

from dataclasses import FrozenInstanceError

import pytest

from identity.policy_file import default_policy


def test_a_policy_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        default_policy().version = "other"  # type: ignore[misc]  # what is tested


def test_one_person_has_one_customer_number() -> None:
    assert default_policy().identifiers["customer_id"].limit_per_person == 1


@pytest.mark.parametrize("value", ["null", "NULL", "Unknown", "22222", "+000000", "0000-0000", "Test@Example.com"])
def test_a_placeholder_is_one_in_any_case(value: str) -> None:
    assert default_policy().is_placeholder("email", value)


@pytest.mark.parametrize("value", ["nullable", "22223", "1234", "2222", "ann@example.org"])
def test_other_values_are_none(value: str) -> None:
    assert not default_policy().is_placeholder("email", value)
