"""The people of the synthetic world are plausible and no two are confused by accident."""

from collections import Counter, defaultdict

import phonenumbers
import pytest
from email_validator import validate_email

from infra.world.config import WorldConfig
from infra.world.disorder import Typist
from infra.world.households import population
from infra.world.people import Person, latin


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return population(WorldConfig(customers=4_000, touchpoints=0, seed=11))


def test_there_are_exactly_as_many_people_as_asked_for(people: list[Person]) -> None:
    assert [person.index for person in people] == list(range(4_000))


def test_every_number_is_valid_in_the_country_of_its_owner(people: list[Person]) -> None:
    wrong = [
        number
        for person in people[::5]
        for number in (person.mobile, person.household.landline)
        if phonenumbers.region_code_for_number(parsed := phonenumbers.parse(number)) != person.household.country.code
        or not phonenumbers.is_valid_number(parsed)
    ]
    assert wrong == []


def test_every_address_is_a_valid_email(people: list[Person]) -> None:
    for person in people[::20]:
        assert validate_email(person.email, check_deliverability=False).normalized == person.email


@pytest.mark.parametrize("what", ["mobile", "customer_id", "loyalty_card", "device", "cookie", "work_cookie", "crm_id"])
def test_nobody_else_has_the_same(people: list[Person], what: str) -> None:
    values = [value for person in people if (value := getattr(person, what)) is not None]
    assert len(set(values)) == len(values) > 0


def test_only_couples_share_an_address_of_mail(people: list[Person]) -> None:
    owners = defaultdict(list)
    for person in people:
        owners[person.email].append(person)
    several = [group for group in owners.values() if len(group) > 1]
    assert several
    assert all(a.household is b.household and a.shares_email and b.shares_email for a, b in several)


def test_landlines_belong_to_one_household(people: list[Person]) -> None:
    households = {id(person.household): person.household.landline for person in people}
    assert len(set(households.values())) == len(households)


def test_some_fathers_and_sons_have_the_same_name_at_one_address(people: list[Person]) -> None:
    names = Counter((id(person.household), person.first_name, person.last_name) for person in people)
    assert any(count > 1 for count in names.values())


def test_some_strangers_have_the_same_name_and_nearly_the_birth_date(people: list[Person]) -> None:
    by_name = defaultdict(list)
    for person in people:
        by_name[person.first_name, person.last_name, person.household.country.code].append(person)
    pairs = [
        (one, other)
        for group in by_name.values()
        for one in group
        for other in group
        if one.index < other.index
        and one.household is not other.household
        and abs((one.birth_date - other.birth_date).days) <= 31
    ]
    assert len(pairs) > 10


@pytest.mark.parametrize(
    ("name", "written"), [("Jürgen", "juergen"), ("İbrahim", "ibrahim"), ("Łukasz", "lukasz"), ("O'Brien", "obrien")]
)
def test_names_are_written_in_latin_letters_in_addresses(name: str, written: str) -> None:
    assert latin(name) == written


def test_formats_of_a_number_are_the_same_number() -> None:
    config = WorldConfig(customers=1, touchpoints=0, seed=1)
    typist = Typist(config, config.random("test"))
    for number in ("+4915112345678", "+33612345678"):
        written = {typist.number(number) for _ in range(200)}
        assert len(written) > 3
        assert {phonenumbers.format_number(phonenumbers.parse(w, "DE"), 0) for w in written} == {number}


def test_a_slip_changes_the_text_and_keeps_its_first_letter() -> None:
    config = WorldConfig(customers=1, touchpoints=0, seed=1)
    typist = Typist(config, config.random("test"))
    for text in ("a", "bo", "ann", "anna", "muellerin"):
        for _ in range(50):
            slip = typist.slip(text)
            assert slip != text
            assert slip[0] == text[0]


@pytest.mark.parametrize(("customers", "touchpoints", "months"), [(0, 1, 6), (10**7, 1, 6), (1, -1, 6), (1, 1, 0)])
def test_an_impossible_world_is_refused(customers: int, touchpoints: int, months: int) -> None:
    with pytest.raises(ValueError, match="must"):
        WorldConfig(customers=customers, touchpoints=touchpoints, seed=1, months=months)
