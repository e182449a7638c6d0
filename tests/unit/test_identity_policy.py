"""The default policy is sound."""

from dataclasses import FrozenInstanceError

import pytest

from identity.policy import default_policy


def test_a_policy_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        default_policy().version = "other"  # type: ignore[misc]  # what is tested


def test_every_type_has_a_rank_of_its_own() -> None:
    ranks = [rule.rank for rule in default_policy().identifiers.values()]
    assert len(ranks) == len(set(ranks))


def test_every_type_that_names_a_person_is_stronger_than_any_thing_that_people_use() -> None:
    rules = default_policy().identifiers.values()
    assert max(rule.rank for rule in rules if rule.personal) < min(rule.rank for rule in rules if not rule.personal)


def test_one_person_has_one_customer_number() -> None:
    assert default_policy().identifiers["customer_id"].limit_per_person == 1


def test_blocked_values_are_normalised_themselves_so_that_they_can_match() -> None:
    assert all(value == value.casefold().strip() for value in default_policy().blocked)


@pytest.mark.parametrize("value", ["null", "NULL", "Unknown", "22222", "+000000", "0000-0000", "Test@Example.com"])
def test_a_blocked_value_is_blocked_in_any_case(value: str) -> None:
    assert default_policy().is_blocked(value)


@pytest.mark.parametrize("value", ["nullable", "22223", "1234", "000", "2222", "ann@example.org", ""])
def test_other_values_are_not_blocked(value: str) -> None:
    assert not default_policy().is_blocked(value)
