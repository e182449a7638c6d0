"""People who share no identifier: matched, suggested, decided on and learnt from, on a real broker."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from identity.policy_file import default_policy_text
from schemas.contracts import TOUCHPOINT
from schemas.records import Identifier, Touchpoint
from sinks.digest import people_digest
from sinks.query import run_sql
from streams.drain import drain
from streams.settings import Settings
from tests.faults.harness import FRAMES, Sent, installation, publish

FIRST_DAY_MS = 1_767_225_600_000
GIVEN = ("Anna", "Bertha", "Carl", "Dora", "Emil", "Frieda", "Gustav", "Hedwig", "Ida", "Johann")
SURNAMES = ("Albrecht", "Brandt", "Conrad", "Dietrich", "Engel", "Fuchs", "Graf", "Hahn", "Jansen", "Krause", "Lorenz")
STREETS = ("Gartenweg", "Hauptstrasse", "Lindenallee", "Marktplatz", "Nordring")
ONLY_IDENTIFIERS = re.sub(r"(?s)\n\[matching\].*", "\n", default_policy_text())

HER, HER_SLIP, HER_HUSBAND = "crm_id:her", "loyalty_id:her-slip", "crm_id:her-husband"
SCHMIDT, SCHMITT = "crm_id:schmidt", "crm_id:schmitt"
LANDLINE = "phone:+4930998877"


def record(whom: str, also: Iterable[str] = (), **traits: str) -> Sent:
    """Return a profile update from the CRM."""
    identifiers: list[Identifier] = [
        {"type": kind, "value": value} for kind, _, value in (one.partition(":") for one in (whom, *also))
    ]
    touchpoint: Touchpoint = {
        "event_id": f"update of {whom}",
        "event_time": FIRST_DAY_MS,
        "type": "profile_update",
        "identifiers": identifiers,
        "traits": traits,
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "first",
        "properties": {},
    }
    return Sent("crm", FRAMES.encode(TOUCHPOINT, touchpoint), ("crm", touchpoint["event_id"]))


def crowd() -> list[Sent]:
    """Return people who are nobody else, enough to learn from, each with a second record that holds a slip."""
    records = []
    for number in range(110):
        given, surname = GIVEN[number % len(GIVEN)], SURNAMES[number % len(SURNAMES)]
        born = f"19{40 + number * 7 % 60:02d}-{1 + number % 12:02d}-{1 + number * 5 % 28:02d}"
        street = f"{STREETS[number % len(STREETS)]} {1 + number}"
        home = {"birth_date": born, "street": street, "postcode": f"{10_000 + number * 37}"}
        records.append(record(f"crm_id:{number}", first_name=given, last_name=surname, **home))
        slip = surname[:-2] + surname[-1] + surname[-2]
        records.append(record(f"loyalty_id:{number}", first_name=given, last_name=slip, birth_date=born))
    return records


HOME = {"street": "Seestrasse 3", "postcode": "14163"}
SEEN = [
    *crowd(),
    record(HER, [LANDLINE], first_name="Ottilie", last_name="Zimmermann", birth_date="1961-05-17", **HOME),
    record(HER_SLIP, first_name="Ottilie", last_name="Zimmernann", birth_date="1961-05-17", **HOME),
    record(HER_HUSBAND, [LANDLINE], first_name="Ruprecht", last_name="Zimmermann", birth_date="1958-11-02", **HOME),
    record(SCHMIDT, first_name="Martin", last_name="Schmidt", birth_date="1999-09-09"),
    record(SCHMITT, first_name="Martin", last_name="Schmitt", birth_date="1999-09-19"),
]


def onefold(settings: Settings, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {f"ONEFOLD_{name.upper()}": str(value) for name, value in settings if value is not None}
    command = [sys.executable, "-m", "streams", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **env})


def said(settings: Settings, *arguments: str) -> str:
    done = onefold(settings, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def answered(settings: Settings, *arguments: str) -> Any:  # noqa: ANN401  # any JSON
    return json.loads(said(settings, *arguments, "--format", "json"))


def customer(settings: Settings, whom: str) -> str:
    kind, _, value = whom.partition(":")
    sql = f"SELECT customer_id FROM identifiers WHERE type = '{kind}' AND value = '{value}'"  # noqa: S608 - a test's
    ((found,),) = run_sql(settings.home, sql).rows
    return str(found)


def decide(settings: Settings, *arguments: str) -> None:
    said(settings, "steward", *arguments, "--why", "they called", "--by", "a steward")


@pytest.fixture(scope="module")
def matched(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation in which all of it has been worked off by two workers."""
    settings = installation(broker, tmp_path_factory.mktemp("matching"), session_timeout_seconds=6)
    publish(settings, SEEN)
    drain(settings, 2, lambda _: None)
    return settings


def test_a_record_with_a_slip_is_the_same_customer(matched: Settings) -> None:
    assert customer(matched, HER) == customer(matched, HER_SLIP)


def test_a_number_that_a_couple_shares_does_not_unite_them(matched: Settings) -> None:
    assert len({customer(matched, whom) for whom in (HER, HER_HUSBAND, LANDLINE)}) == 3


def test_why_says_what_each_comparison_told_of_a_match(matched: Settings) -> None:
    text = said(matched, "why", HER, HER_SLIP)
    found = answered(matched, "why", HER, HER_SLIP)

    assert "bits for one person: given exact +" in text
    (likeness,) = found["likeness"]
    odds = 2.0 ** sum(weight["bits"] for weight in likeness["weights"])
    assert likeness["probability"] == pytest.approx(odds / (1 + odds))
    assert (found["same_person"], [link["rule"] for link in found["chain"]]) == (True, ["matched"])


def test_people_who_may_be_one_are_suggested_and_told_to_no_subscriber(matched: Settings) -> None:
    (found,) = (
        row for row in answered(matched, "steward", "suggestions") if row["identifier"].startswith("crm_id:schm")
    )

    assert {found["identifier"], found["other"]} == {SCHMIDT, SCHMITT}
    assert customer(matched, SCHMIDT) != customer(matched, SCHMITT)
    links = run_sql(matched.home, "SELECT count(*) FROM changes WHERE cause_id = 'suggested'").rows
    assert links == [(0,)]


def test_a_suggestion_is_accepted_a_match_taken_apart_and_what_is_withdrawn_leaves_no_trace(
    matched: Settings,
) -> None:
    before = people_digest(matched.home)

    decide(matched, "release", SCHMIDT, SCHMITT)
    decide(matched, "apart", HER, HER_SLIP)
    drain(matched, 1, lambda _: None)
    accepted = customer(matched, SCHMIDT) == customer(matched, SCHMITT)
    were_apart = customer(matched, HER) != customer(matched, HER_SLIP)
    left = answered(matched, "steward", "suggestions")
    decide(matched, "withdraw", SCHMIDT, SCHMITT)
    decide(matched, "withdraw", HER, HER_SLIP)
    drain(matched, 2, lambda _: None)

    assert (
        accepted,
        were_apart,
        [row for row in left if row["identifier"].startswith(("crm_id:quan", "crm_id:her"))],
    ) == (True, True, [])
    assert people_digest(matched.home) == before


def test_learnt_weights_and_none_come_out_as_rehearsed_and_can_be_taken_back(matched: Settings, tmp_path: Path) -> None:
    before = people_digest(matched.home)
    learnt, alone, plain = (tmp_path / f"{name}.toml" for name in ("learnt", "alone", "plain"))
    told = said(matched, "match", "train", "--out", str(tmp_path))
    (model,) = tmp_path.glob("model-*.json")
    assert f"The model is {model}." in told
    learnt.write_text(default_policy_text() + f'model = "{model.name}"\n', "utf-8")
    alone.write_text(ONLY_IDENTIFIERS, "utf-8")
    plain.write_text(default_policy_text(), "utf-8")

    then = answered(matched, "rehearse", "--policy", str(learnt))
    said(matched, "policy", "apply", str(learnt))
    drain(matched, 2, lambda _: None)
    learnt_people = people_digest(matched.home).people
    unchanged = answered(matched, "rehearse", "--policy", str(learnt))["customers_affected"]
    said(matched, "policy", "apply", str(alone))
    drain(matched, 1, lambda _: None)
    by_landline = customer(matched, HER) == customer(matched, HER_HUSBAND)
    by_likeness = customer(matched, HER) == customer(matched, HER_SLIP)
    left = run_sql(matched.home, "SELECT count(*) FROM links WHERE status = 'suggested' OR rule = 'matched'").rows
    said(matched, "policy", "apply", str(plain))
    drain(matched, 1, lambda _: None)

    assert (learnt_people, unchanged) == (then["people_after"], 0)
    assert (by_landline, by_likeness, left) == (True, False, [(0,)])
    assert people_digest(matched.home) == before


def test_a_model_that_is_missing_or_changed_is_refused(matched: Settings, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(default_policy_text() + 'model = "model-0123456789abcdef.json"\n', "utf-8")

    missing = onefold(matched, "policy", "check", str(policy))
    (tmp_path / "model-0123456789abcdef.json").write_text("{}", "utf-8")
    changed = onefold(matched, "policy", "apply", str(policy))

    assert (missing.returncode, changed.returncode) == (1, 1)
    assert "matching.model: " in missing.stderr
    assert "cannot be read" in missing.stderr
    assert "is not the model that its name says" in changed.stderr
