"""What a customer said of how they want to be reached and served, asked of the lake."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from profiles.facts import Facts, changes_at
from profiles.folding import Folding
from profiles.fragment import Fragment, TraitValue
from profiles.policy_file import default_profile_policy
from sinks.lake import LakeBatch, open_lake_writer
from sinks.query import run_sql
from sinks.testing import SOME_TIME_MS, a_node, a_profile, a_touchpoint, an_identifier


def test_contact_points_tell_what_addresses_were_found_to_be(tmp_path: Path) -> None:
    good, bad, shared = (an_identifier("email", f"{name}@example.com") for name in ("good", "bad", "shared"))
    good["quality"], bad["quality"], shared["shared"] = "verified", "bounced", True
    number, card = an_identifier("phone", "+4930123456"), an_identifier("loyalty_id", "l-1")
    with open_lake_writer(tmp_path) as writer:
        writer.write(LakeBatch(profiles=[a_profile("good", identifiers=[good, bad, shared, number, card])]), {})
    found = run_sql(tmp_path, "SELECT masked, quality, usable FROM contact_points ORDER BY masked").rows
    assert found == [
        ("***56", None, True),
        ("b***@example.com", "bounced", False),
        ("g***@example.com", "verified", True),
        ("s***@example.com", None, False),
    ]


def test_preferences_are_what_was_told_last_with_where_it_comes_from(tmp_path: Path) -> None:
    profile = a_profile("ann")
    told = {"preferred_language": "fr", "receipt_preference": "email", "preferredness": "no", "city": "Rome"}
    profile["traits"] = [
        {"name": name, "value": value, "event_time": SOME_TIME_MS, "source": "crm", "event_id": "e-9"}
        for name, value in told.items()
    ]
    with open_lake_writer(tmp_path) as writer:
        writer.write(LakeBatch(profiles=[profile]), {})
    found = run_sql(tmp_path, "SELECT preference, value, source, event_id FROM preferences ORDER BY preference").rows
    assert found == [("language", "fr", "crm", "e-9"), ("receipt", "email", "crm", "e-9")]


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        ("1990-05-17", "2026-05-16", 35),
        ("1990-05-17", "2026-05-17", 36),
        ("2004-02-29", "2026-02-28", 21),
        ("2004-02-29", "2026-03-01", 22),
        ("2004-02-29", "2028-02-29", 24),
        ("17 May 1990", "2026-05-17", None),
        ("1990-13-01", "2026-05-17", None),
        ("2030-01-01", "2026-05-17", None),
    ],
)
def test_the_age_is_the_same_in_stream_and_sql(tmp_path: Path, born: str, today: str, age: int | None) -> None:
    moment = datetime.fromisoformat(f"{today}T12:00:00")
    profile = a_profile("ann")
    profile["traits"] = [
        {"name": "birth_date", "value": born, "event_time": SOME_TIME_MS, "source": "crm", "event_id": "e"}
    ]
    with open_lake_writer(tmp_path) as writer:
        touch = a_touchpoint("e", a_node("email", "ann@example.com"))
        writer.write(LakeBatch(profiles=[profile], touchpoints=[touch]), {})
    assert run_sql(tmp_path, "SELECT age FROM customer_facts", moment=moment).rows == [(age,)]

    whole = Fragment(traits={"birth_date": TraitValue(born, SOME_TIME_MS, "e", "crm")})
    folding = Folding(default_profile_policy())
    now_ms = round(moment.replace(tzinfo=UTC).timestamp() * 1000)
    assert Facts(whole, known=True, now_ms=now_ms, folding=folding)["age"] == age
    if age is not None:
        next_ms = changes_at(whole, folding, now_ms)
        assert next_ms is not None
        assert Facts(whole, known=True, now_ms=next_ms - 1, folding=folding)["age"] == age
        assert Facts(whole, known=True, now_ms=next_ms, folding=folding)["age"] == age + 1
