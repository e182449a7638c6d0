"""Records as people keep them come out as the people they are of, by the weights to start with."""

from collections import defaultdict

from identity.matching.default import default_model
from identity.matching.memory import Linkage, MatchPolicy, match_all
from identity.matching.model import Scorer
from identity.matching.records import MatchRecord, match_record
from identity.policy_file import default_policy
from tests.unit.people_as_written import PEOPLE

LEAST_EXACT = 0.85
TWINS = ["eva sandoval", "mia sandoval"]
"""Surname, birth date and house are one: records alone do not tell them from one person of two given names."""


def records() -> dict[str, MatchRecord]:
    found = {}
    for number, written in enumerate(PEOPLE):
        told = [(kind, value) for kind, value in (("phone", written.phone), ("email", written.email)) if value]
        told = [part for part in told if not default_policy().is_office(*part)]
        record = match_record(written.traits, told)
        if record is not None:
            found[f"{number:03}"] = record
    return found


def linked() -> Linkage[str]:
    return match_all(records(), Scorer(default_model()), MatchPolicy())


def person(key: str) -> str:
    return PEOPLE[int(key)].person


def test_most_people_come_out_exactly_and_nobody_but_twins_is_merged() -> None:
    groups = linked().groups
    truth = defaultdict(set)
    for key in (key for group in groups for key in group):
        truth[person(key)].add(key)
    wrong = [sorted({person(key) for key in group}) for group in groups if len({person(key) for key in group}) > 1]
    exact = [name for name, keys in truth.items() if tuple(sorted(keys)) in groups]
    assert [names for names in wrong if names != TWINS] == []
    assert len(exact) / len(truth) >= LEAST_EXACT, sorted(set(truth) - set(exact))


def test_pat_is_suggested_to_patrick_and_to_patricia() -> None:
    found = {frozenset((person(one.one), person(one.other))) for one in linked().suggestions}
    assert frozenset(("pat doyle", "patrick doyle")) in found
    assert frozenset(("pat doyle", "patricia doyle")) in found
