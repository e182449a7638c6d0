"""A policy that is put in force resolves everybody anew, some in every commit, and tells only of those that change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from identity.policy_file import default_policy_text, parse_policy
from schemas.contracts import CHANGE, DEAD_LETTER, POLICY, PROFILE
from streams import gather
from streams.errors import StoreError
from streams.gather import Commit
from streams.records import SourceRecord
from tests.unit.test_engine_gather import EMAIL, FRAMES, NOW, TOPICS, Bench, an_event, told

DEFAULT = default_policy_text()
STRICT = DEFAULT.replace("limit_per_person = 5", "limit_per_person = 1")
"""One e-mail address and one telephone a person."""

OTHER_ADDRESS = "other@example.com"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "0")
    yield bench
    bench.store.close()


def a_policy(text: str, at: int = 1) -> SourceRecord:
    content = {"version": parse_policy(text).version, "text": text, "applied_at": at, "applied_by": "an engineer"}
    return SourceRecord(TOPICS.policy, 0, at, NOW, b"policy", FRAMES.encode(POLICY, content))


def apply(bench: Bench, *policies: SourceRecord) -> Commit:
    bench.work.policies(policies)
    return bench.commit()


def two_addresses(bench: Bench, number: int) -> None:
    """Let two addresses of one customer be seen: one person by default, two where one address is allowed."""
    customer = ("customer_id", f"C{number}")
    bench.touch(an_event(f"{number} a", customer, ("email", f"{number}.{EMAIL}")))
    bench.touch(an_event(f"{number} b", customer, ("email", f"{number}.{OTHER_ADDRESS}")))


def test_a_stricter_policy_takes_people_apart_and_says_that_it_was_the_policy(bench: Bench) -> None:
    two_addresses(bench, 1)

    commit = apply(bench, a_policy(STRICT))

    assert sorted(len(profile["identifiers"]) for profile in told(commit, PROFILE)) == [1, 2]
    assert [(change["kind"], change["cause"], change["cause_id"]) for change in told(commit, CHANGE)] == [
        ("split", "policy", parse_policy(STRICT).version)
    ]


def test_the_policy_from_before_puts_them_together_again(bench: Bench) -> None:
    two_addresses(bench, 1)
    apply(bench, a_policy(STRICT, at=1))

    commit = apply(bench, a_policy(DEFAULT, at=2))

    whole = [profile for profile in told(commit, PROFILE) if profile["status"] == "active"]
    assert [len(profile["identifiers"]) for profile in whole] == [3]
    assert {change["kind"] for change in told(commit, CHANGE)} == {"merged"}


def test_of_people_that_stay_as_they_are_nothing_is_told(bench: Bench) -> None:
    bench.touch(an_event("1"), an_event("2", ("email", OTHER_ADDRESS)))

    commit = apply(bench, a_policy(STRICT))

    assert commit.outputs == []


def test_many_are_resolved_anew_over_several_commits(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(gather._ANEW, "gatherings", 2)
    for number in range(5):
        two_addresses(bench, number)

    commits = [apply(bench, a_policy(STRICT))]
    while bench.work.is_resolving_anew:
        commits.append(bench.commit())

    assert [len(told(commit, CHANGE)) for commit in commits] == [2, 2, 1]


def test_after_a_restart_it_goes_on_where_it_stopped(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(gather._ANEW, "gatherings", 2)
    for number in range(5):
        two_addresses(bench, number)
    apply(bench, a_policy(STRICT))
    bench.open()

    commits = []
    while bench.work.is_resolving_anew:
        commits.append(bench.commit())

    assert [len(told(commit, CHANGE)) for commit in commits] == [2, 1]


def test_what_comes_after_a_restart_is_resolved_by_the_policy_in_force(bench: Bench) -> None:
    apply(bench, a_policy(STRICT))
    bench.open()
    customer = ("customer_id", "C1")

    commit = bench.touch(an_event("1", customer, ("email", EMAIL)), an_event("2", customer, ("email", OTHER_ADDRESS)))

    assert sorted(len(profile["identifiers"]) for profile in told(commit, PROFILE)) == [1, 2]


def test_the_policy_applied_last_holds_whatever_the_order(bench: Bench) -> None:
    two_addresses(bench, 1)

    commit = apply(bench, a_policy(STRICT, at=2), a_policy(DEFAULT, at=1))

    assert len(told(commit, CHANGE)) == 1
    assert apply(bench, a_policy(DEFAULT, at=1)).outputs == []


def test_a_policy_that_sees_other_identifiers_stops_the_worker(bench: Bench) -> None:
    other = DEFAULT.replace('normalisation = "email"', 'normalisation = "text"')
    with pytest.raises(StoreError, match="start the worker again"):
        bench.work.policies([a_policy(other)])


def test_what_is_no_policy_becomes_a_dead_letter(bench: Bench) -> None:
    broken = FRAMES.encode(POLICY, {"version": "x", "text": "rank = ", "applied_at": 1, "applied_by": "x"})
    records = [SourceRecord(TOPICS.policy, 0, 7, NOW, b"policy", value) for value in (b"noise", broken)]

    commit = apply(bench, *records)

    assert [letter["reason"] for letter in told(commit, DEAD_LETTER)] == ["unknown_framing", "bad_value"]
