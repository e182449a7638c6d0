"""The people of the synthetic world are plausible and no two are confused by accident."""

from collections import Counter, defaultdict
from datetime import date
from itertools import combinations

import phonenumbers
import pytest
from email_validator import validate_email

from infra.world.config import WorldConfig
from infra.world.dates import digits_swapped, month_and_day_swapped
from infra.world.disorder import Typist
from infra.world.households import population
from infra.world.nicknames import NICKNAMES
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


def test_only_families_share_an_address_of_mail(people: list[Person]) -> None:
    owners = defaultdict(list)
    for person in people:
        owners[person.email].append(person)
    several = [group for group in owners.values() if len(group) > 1]
    assert {len(group) for group in several} == {2, 3, 4, 5}
    assert all(one.household is group[0].household and one.shares_email for group in several for one in group)


def test_landlines_belong_to_one_household(people: list[Person]) -> None:
    households = {id(person.household): person.household.landline for person in people}
    assert len(set(households.values())) == len(households)


def families(people: list[Person]) -> list[list[Person]]:
    """The households of several."""
    homes: dict[int, list[Person]] = defaultdict(list)
    for person in people:
        homes[id(person.household)].append(person)
    return [home for home in homes.values() if len(home) > 1]


def namesakes(people: list[Person]) -> list[tuple[Person, Person]]:
    """Pairs of the same name in one country, not of one household."""
    by_name = defaultdict(list)
    for person in people:
        by_name[person.first_name, person.last_name, person.household.country.code].append(person)
    return [
        (one, other)
        for group in by_name.values()
        for one, other in combinations(group, 2)
        if one.household is not other.household
    ]


def second_registrations(people: list[Person]) -> list[tuple[Person, Person]]:
    """Each person who is registered twice, as registered first and second."""
    return [(person, person.again) for person in people if person.again]


def test_some_sons_are_called_like_their_father_and_nobody_else_like_another_of_the_family(
    people: list[Person],
) -> None:
    names = Counter((id(person.household), person.first_name, person.last_name) for person in people)
    assert set(names.values()) == {1, 2}
    for family in families(people):
        father, *others = family
        assert len({one.first_name for one in others}) == len(others)
        for son in others:
            if (son.first_name, son.last_name) == (father.first_name, father.last_name):
                assert father.birth_date.year + 16 < son.birth_date.year


def test_some_children_are_twins(people: list[Person]) -> None:
    several = [family[2:] for family in families(people) if len(family) > 3]
    twins = [(one, other) for one, other, *_ in several if one.birth_date == other.birth_date]
    assert 0.12 < len(twins) / len(several) < 0.3
    assert all(one.first_name != other.first_name and one.last_name == other.last_name for one, other in twins)


def test_about_one_in_twenty_five_looks_like_somebody_in_another_town(people: list[Person]) -> None:
    near = {
        other.index: (one.birth_date, other.birth_date)
        for one, other in namesakes(people)
        if one.household.city != other.household.city
        if abs((one.birth_date - other.birth_date).days) <= 366
        or month_and_day_swapped(one.birth_date) == other.birth_date
    }
    assert 0.03 < len(near) / len(people) < 0.06
    assert any(one == other for one, other in near.values())
    assert any(abs((one - other).days) == 1 for one, other in near.values())
    assert any(month_and_day_swapped(one) == other for one, other in near.values())


def test_about_one_in_fifty_has_a_namesake_in_town(people: list[Person]) -> None:
    neighbours = {other.index for one, other in namesakes(people) if one.household.city == other.household.city}
    assert 0.015 < len(neighbours) / len(people) < 0.05


def test_colleagues_of_several_households_give_one_valid_switchboard(people: list[Person]) -> None:
    homes = {person.household.landline for person in people}
    mobiles = {person.mobile for person in people}
    employees = defaultdict(list)
    for person in people:
        if person.other_number and person.other_number not in homes | mobiles:
            employees[person.other_number].append(person)
    assert 0.06 < sum(map(len, employees.values())) / len(people) < 0.1
    assert max(len({id(one.household) for one in staff}) for staff in employees.values()) > 10
    for number, staff in employees.items():
        assert phonenumbers.is_valid_number(phonenumbers.parse(number))
        assert len({one.household.country.code for one in staff}) == 1


def test_about_one_in_a_hundred_gives_the_number_of_a_stranger(people: list[Person]) -> None:
    owner = {person.mobile: person for person in people}
    borrowed = [(one, owner[one.other_number]) for one in people if one.other_number in owner]
    assert 0.005 < len(borrowed) / len(people) < 0.02
    assert all(lender.shares_phone and lender.household is not one.household for one, lender in borrowed)


def test_the_members_of_some_households_all_give_the_landline(people: list[Person]) -> None:
    habits = [all(one.other_number == one.household.landline for one in family) for family in families(people)]
    assert 0.2 < sum(habits) / len(habits) < 0.4


def test_a_second_registration_shares_no_identifier_with_anybody(people: list[Person]) -> None:
    pairs = second_registrations(people)
    members = sum(person.habit == "member" for person in people)
    assert 0.08 < len(pairs) / members < 0.12
    for kind in ("email", "mobile", "cookie", "loyalty_card", "crm_id"):
        first = {getattr(person, kind) for person in people}
        second = [value for _, again in pairs if (value := getattr(again, kind))]
        assert len(set(second)) == len(second) > 0
        assert not first & set(second)
    for person, again in pairs:
        assert (again.index, again.person_id) == (person.index, person.person_id)
        assert (again.loyalty_card is None) is not (again.crm_id is None)
        assert not any((again.customer_id, again.device, again.other_number, again.social_handle))


def test_a_second_registration_has_one_slip_of_many_kinds(people: list[Person]) -> None:
    slips: Counter[str] = Counter()
    for person, again in second_registrations(people):
        names = (person.first_name, person.last_name)
        if (again.last_name, again.first_name) == names:
            slips["swapped names"] += 1
        elif again.first_name in NICKNAMES.get(person.first_name, ()):
            slips["nickname"] += 1
        elif again.birth_date != person.birth_date:
            swapped = month_and_day_swapped(person.birth_date) == again.birth_date
            slips["month and day" if swapped else "digits of birth"] += 1
        elif again.household is not person.household:
            slips["moved"] += 1
        elif again.last_name in person.household.country.surnames and again.last_name != person.last_name:
            slips["married"] += 1
        elif (again.first_name, again.last_name) != names:
            slips["typo"] += 1
        else:
            slips["none"] += 1
        facts = ("first_name", "last_name", "birth_date", "household")
        assert sum(getattr(person, fact) != getattr(again, fact) for fact in facts) <= 2
    assert len(slips) == 8
    assert slips["none"] < 0.1 * slips.total()


def test_a_mistyped_card_has_one_wrong_digit_and_is_nobodys(people: list[Person]) -> None:
    cards = {person.loyalty_card for person in people}
    mistyped = [(person.loyalty_card, person.mistyped_card) for person in people if person.mistyped_card]
    assert 0.15 < len(mistyped) / len(cards) < 0.3
    for card, wrong in mistyped:
        assert card is not None
        assert sum(a != b for a, b in zip(card, wrong, strict=True)) == 1
        assert wrong not in cards


@pytest.mark.parametrize(
    ("born", "swapped"), [(date(1980, 3, 12), date(1980, 12, 3)), (date(1980, 3, 13), None), (date(1980, 3, 3), None)]
)
def test_month_and_day_are_swapped_where_that_is_another_date(born: date, swapped: date | None) -> None:
    assert month_and_day_swapped(born) == swapped


@pytest.mark.parametrize(
    ("born", "wrong"),
    [
        (date(1987, 5, 22), {date(1978, 5, 22)}),
        (date(1966, 12, 31), {date(1966, 12, 13)}),
        (date(1966, 4, 29), {date(1966, 4, 30)}),
    ],
)
def test_digits_of_a_birth_date_are_swapped_where_that_is_plausible(born: date, wrong: set[date]) -> None:
    assert {digits_swapped(born, roll / 10) for roll in range(10)} == wrong


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
