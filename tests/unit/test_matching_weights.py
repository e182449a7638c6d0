"""Weights, training and linkage on cases small enough to reason about."""

import random

import msgspec
import pytest

from identity.matching.compare import COMPARISONS
from identity.matching.default import default_model
from identity.matching.link import LinkPolicy, link, log_odds
from identity.matching.memory import link_all
from identity.matching.model import Evidence, Frequencies, Scorer, evidence_of, from_json, resized, to_json
from identity.matching.records import MatchRecord, match_record
from identity.matching.train import LEAST_RECORDS, train
from identity.policy_file import default_policy

HOME = {"street": "highstreet", "house": "12", "postcode": "ts190sh", "city": "stockton"}
ANNA = MatchRecord(given=("anna",), surname="huber", born="19801231", phones=("+49301234567",), **HOME)  # type: ignore[arg-type]
SCORER = Scorer(default_model())


def changed(**facts: object) -> MatchRecord:
    return msgspec.structs.replace(ANNA, **facts)


def test_the_same_facts_are_the_same_person() -> None:
    assert SCORER.score(ANNA, ANNA) > 0.999


def test_twins_of_numbers_of_their_own_are_no_more_than_a_suggestion() -> None:
    assert 0.5 < SCORER.score(ANNA, changed(given=("berta",), phones=("+49307654321",))) < 0.9


def test_a_wife_is_not_her_husband() -> None:
    husband = changed(given=("otto",), born="19770605")
    assert SCORER.score(ANNA, husband) < 0.01


def test_a_household_is_one_piece_of_evidence() -> None:
    """Surname, address and telephone together make up for no more than a household."""
    member = changed(given=("otto",), born="")
    stranger = changed(given=("otto",), born="", surname="koch", phones=(), street="lowlane", postcode="", city="")
    gained = SCORER.bits(ANNA, member) - SCORER.bits(ANNA, stranger)
    assert SCORER.score(ANNA, member) < 0.25
    assert gained < 28.0


def test_a_number_alone_unites_nobody() -> None:
    one = MatchRecord(given=("anna",), surname="huber", born="19801231", numbers=("ssn:123456789",))
    other = MatchRecord(given=("otto",), surname="koch", born="19550607", numbers=("ssn:123456789",))
    assert SCORER.score(one, other) < 0.01


def test_the_same_name_and_home_with_a_birth_date_a_generation_away_is_a_question_for_a_steward() -> None:
    """A father, or one person with a wrong date: records alone do not tell."""
    assert 0.5 <= SCORER.score(ANNA, changed(born="19550607")) < 0.9


HENRIK = MatchRecord(
    given=("henrik",), surname="sander", born="19751226", street="hawthornstreet", house="69", postcode="2141"
)


@pytest.mark.parametrize(
    ("change", "least"),
    [
        ({"given": ("sander",), "surname": "henrik"}, 0.9),
        ({"given": ("sandre",), "surname": "henrik"}, 0.9),
        ({"given": ("sander",), "surname": "henrik", "street": "", "house": "", "postcode": ""}, 0.9),
        ({"given": ("hendrick",)}, 0.9),
        ({"given": ("henrieck",), "surname": "zander"}, 0.9),
        ({"given": ("karl",)}, 0.5),
        ({"born": "19790107"}, 0.5),
        ({"born": "19751962"}, 0.9),
        ({"born": "19571226"}, 0.9),
        ({"given": ()}, 0.9),
        ({"surname": ""}, 0.9),
        ({"given": (), "surname": "henrik"}, 0.9),
    ],
)
def test_slips_of_people_in_a_hurry(change: dict[str, object], least: float) -> None:
    assert SCORER.score(HENRIK, msgspec.structs.replace(HENRIK, **change)) >= least


@pytest.mark.parametrize("contact", [{"phones": ("+18074229031",)}, {"emails": ("a77@example.org",)}])
def test_a_contact_and_a_surname_are_one_person_unless_something_speaks_against_it(
    contact: dict[str, tuple[str, ...]],
) -> None:
    one = MatchRecord(surname="andreason", **contact)  # type: ignore[arg-type]
    bob, carla = (msgspec.structs.replace(one, given=(name,)) for name in ("bob", "carla"))
    assert SCORER.score(one, one) >= 0.9
    assert SCORER.score(bob, one) >= 0.9
    assert SCORER.score(bob, carla) < 0.5


def test_lists_that_name_each_person_once_tell_twins_from_one_person_under_two_names() -> None:
    """The second list calls one person in ten by another name; the first list has no twins, or some."""
    records = people(400)
    names = ("anna", "otto", "maria", "peter", "ursula", "karl", "eva")
    for place in range(1, 80, 2):
        given = names[(names.index(records[place].given[0]) + 1) % len(names)]
        records[place] = msgspec.structs.replace(records[place], given=(given,))
    lists = ["first", "second"] * 400
    twins = [msgspec.structs.replace(records[place], given=("zita",)) for place in range(400, 480, 2)]
    without = train(records, 1, lists).kinds["twins"].share
    assert train(records + twins, 1, lists + ["first"] * len(twins)).kinds["twins"].share > 3 * without


def surname_bits(one: str, other: str) -> float:
    """Return the weight of two surnames where Smith, Maier and Mayer are frequent."""
    table = Frequencies({"smith": 0.01, "maier": 0.005, "mayer": 0.004}, 0.00002, [2_000.0] * 7)
    scorer = Scorer(msgspec.structs.replace(default_model(), frequencies={"surname": table}))
    explanation = scorer.explain(MatchRecord(surname=one), MatchRecord(surname=other))
    return next(weight.bits for weight in explanation.weights if weight.comparison == "surname")


def test_a_rare_name_in_common_tells_more_than_a_frequent_one() -> None:
    assert surname_bits("zwirner", "zwirner") > surname_bits("smith", "smith") + 5


@pytest.mark.parametrize("name", ["James Smith", "Minh Nguyen", "María García", "Jan Nowak", "Wei Wang"])
def test_untrained_a_name_that_many_have_tells_less_than_one_that_few_have(name: str) -> None:
    def bits(full_name: str) -> float:
        record = match_record({"name": full_name, "postcode": "4711"}, [])
        assert record is not None
        return SCORER.bits(record, record)

    assert bits("Quirin Zwirner") > bits(name) + 3


def test_a_near_miss_between_frequent_names_tells_less_than_one_to_a_spelling_seen_once() -> None:
    assert surname_bits("maier", "mxier") > surname_bits("maier", "mayer") + 5


def test_more_records_make_any_pair_less_likely() -> None:
    few, many = (Scorer(resized(default_model(), records)) for records in (10_000, 10_240_000))
    one = MatchRecord(given=("anna",), born="19801231")
    assert few.bits(one, one) - many.bits(one, one) == pytest.approx(10.0, abs=0.1)


def test_an_explanation_names_levels_and_the_prior() -> None:
    explanation = SCORER.explain(ANNA, changed(given=("ann",)))
    levels = {weight.comparison: weight.level for weight in explanation.weights}
    assert levels["given"] == "nickname"
    assert levels["address"] == "house"
    assert levels["prior"] == ""
    assert "email" not in levels


@pytest.mark.parametrize(
    "damage",
    [
        lambda document: document.update(format=1),
        lambda document: document["kinds"].pop("household"),
        lambda document: document["kinds"]["same"]["levels"]["given"].pop(),
        lambda document: document.pop("records"),
    ],
)
def test_a_document_that_is_no_model_is_refused(damage: object) -> None:
    document = msgspec.json.decode(to_json(default_model()))
    damage(document)  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"[Ee]xpected|missing"):
        from_json(msgspec.json.encode(document))


def people(number: int) -> list[MatchRecord]:
    """Two records of each of many people; the second one lacks something, and has a slip now and then."""
    chance = random.Random(number)  # noqa: S311  # data of a test
    found = []
    for _ in range(number):
        surname = "".join(chance.choices("abcdefghiklmnoprstuwz", k=7))
        one = MatchRecord(
            given=(chance.choice(("anna", "otto", "maria", "peter", "ursula", "karl", "eva")),),
            surname=surname,
            born=f"19{chance.randint(30, 99)}{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}",
            postcode=f"{chance.randint(10_000, 99_999)}",
        )
        slip = surname[1:] if chance.random() < 0.2 else surname
        found += [one, msgspec.structs.replace(one, surname=slip, postcode="")]
    return found


def test_training_finds_how_many_pairs_there_are_and_what_tells_them() -> None:
    model = train(people(300), 1)
    pairs = model.records * (model.records - 1) / 2
    assert model.kinds["same"].share * pairs == pytest.approx(300, rel=0.1)
    assert model.kinds["same"].levels["born"][-1] > 0.9
    assert from_json(to_json(model)) == model


def test_training_does_not_depend_on_the_order_of_the_records() -> None:
    records = people(50)
    assert to_json(train(records, 1)) == to_json(train(reversed(records), 1))


def test_lists_do_not_depend_on_the_order_of_the_records_either() -> None:
    records, lists = people(60), ["first", "second"] * 60
    assert to_json(train(records, 1, lists)) == to_json(train(reversed(records), 1, reversed(lists)))


def test_too_few_records_teach_nothing() -> None:
    with pytest.raises(ValueError, match="at least 100 records"):
        train([ANNA] * (LEAST_RECORDS - 1), 1)


def told(*weights: float | None, base: float = -14.0) -> Evidence:
    return evidence_of(base, weights)


def test_a_chain_of_relatives_is_taken_apart() -> None:
    """Both know the one in the middle well, and are clearly different from each other."""
    evidence = {
        ("a", "b"): told(10, 12, None),
        ("b", "c"): told(10, 11, None),
        ("a", "c"): told(10, None, -15),
    }
    assert link("abc", evidence, LinkPolicy()) == (("a", "b"), ("c",))


def test_what_one_record_leaves_out_another_one_of_its_group_tells() -> None:
    """``b`` alone could be either; with ``a``, which has the birth date too, it is not ``c``."""
    evidence = {
        ("a", "b"): told(15, 12, None),
        ("b", "c"): told(15, None, None, base=-10),
        ("a", "c"): told(15, -12, -8),
    }
    assert link("abc", evidence, LinkPolicy()) == (("a", "b"), ("c",))


def test_between_the_thresholds_is_a_suggestion() -> None:
    records = {"a": ANNA, "b": ANNA}
    linkage = link_all(records, {("a", "b"): told(16)}, SCORER, LinkPolicy(unite=0.95, suggest=0.5))
    assert linkage.groups == (("a",), ("b",))
    assert [(found.one, found.other, round(found.probability, 2)) for found in linkage.suggestions] == [("a", "b", 0.8)]
    assert not link_all(records, {("a", "b"): told(16)}, SCORER, LinkPolicy(unite=0.7)).suggestions


def test_log_odds_are_in_bits() -> None:
    assert log_odds(0.5) == 0.0
    assert log_odds(0.8) == pytest.approx(2.0)


def test_evidence_has_a_weight_for_each_comparison() -> None:
    assert len(SCORER.evidence(ANNA, ANNA).weights) == len(COMPARISONS)


def test_what_tells_nothing_stands_in_no_explanation() -> None:
    assert "suffix" not in {weight.comparison for weight in SCORER.explain(ANNA, ANNA).weights}


def _at_one_home(one: str, other: str) -> float:
    home = {"street": "12 High Street", "postcode": "89132", "city": "Las Vegas"}
    found = [match_record({"name": name, **home}, []) for name in (one, other)]
    assert found[0] is not None
    assert found[1] is not None
    return SCORER.score(found[0], found[1])


def test_at_one_home_a_junior_and_one_without_a_suffix_are_a_question_and_a_senior_is_another_person() -> None:
    assert _at_one_home("Omar Pettibone", "Omar Pettibone") >= 0.9
    assert 0.5 <= _at_one_home("Omar Pettibone", "Omar Pettibone Jr") < 0.9
    assert _at_one_home("Omar Pettibone Sr", "Omar Pettibone Jr") < 0.2


@pytest.mark.parametrize(
    "told", [{"name": "Hugo Strand", "address": "Kirchgasse 2, 55116 Mainz"}, {"name": "Ottokar Prell"}]
)
def test_a_father_and_a_son_of_one_name_with_the_mailbox_of_the_family_stay_two(told: dict[str, str]) -> None:
    """Each with a number and a birth date of his own; records that contradict are not united by an identifier."""
    mail = [("email", "familie.strand@example.net")]
    father, son = (match_record({**told, "birth_date": born}, mail) for born in ("1948-06-06", "1979-01-09"))
    assert father is not None
    assert son is not None
    matching = default_policy().matching
    assert matching is not None
    assert SCORER.score(father, son) < matching.refuse


def test_a_few_suffixes_teach_training_nothing() -> None:
    records = people(100)
    trained = train([*records, *(msgspec.structs.replace(record, suffix="2") for record in records[:5])], 1)
    default = default_model()
    assert all(
        trained.kinds[kind].levels["suffix"] == default.kinds[kind].levels["suffix"] for kind in ("same", "strangers")
    )
