"""Predicted value and look-alikes: from the lake through Kafka and back into it, on a real broker."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from profiles.lifetime import from_json
from schemas.contracts import TOUCHPOINT
from schemas.records import Touchpoint
from sinks.query import run_sql
from streams.drain import drain
from streams.scores import version_of
from streams.settings import Settings
from tests.faults.harness import FRAMES, Sent, installation, publish

FIRST_DAY_MS = 1_767_225_600_000
DAY_MS = 86_400_000
BUYERS, PROSPECTS, STRANGERS = 70, 40, 10
AT = "2026-06-01"


def a_touch(whom: str, event_id: str, day: float, kind: str, **parts: object) -> Sent:
    """Return a touchpoint of somebody who is known by a loyalty card, or by a cookie only."""
    touchpoint: Touchpoint = {
        "event_id": event_id,
        "event_time": FIRST_DAY_MS + round(day * DAY_MS),
        "type": kind,
        "identifiers": [{"type": whom.partition(":")[0], "value": whom.partition(":")[2]}],
        "traits": {},
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "first",
        "properties": {},
    }
    touchpoint.update(parts)  # type: ignore[typeddict-item]
    return Sent("store", FRAMES.encode(TOUCHPOINT, touchpoint), ("store", event_id))


def a_purchase(whom: str, event_id: str, day: float, units: int, currency: str = "EUR") -> Sent:
    order = {
        "order_id": event_id,
        "amount_micros": units * 1_000_000,
        "currency": currency,
        "margin_micros": None,
        "items": [],
    }
    return a_touch(whom, event_id, day, "purchase", order=order)


def a_world() -> Iterator[Sent]:
    """Yield customers who buy again until they leave and visit much, and people who do not buy; some visit as much."""
    random = Random(3)  # noqa: S311 - no secret
    for number in range(BUYERS):
        whom, day, rate = f"loyalty_id:L-{number:03}", random.random() * 30, random.gammavariate(1.0, 0.06) + 0.01
        while day < 150:
            yield a_purchase(whom, f"{whom} on {day}", day, random.randint(5, 60))
            if random.random() < 0.1:
                break
            day += random.expovariate(rate)
    yield a_purchase("loyalty_id:L-000", "in another currency", 3, 5, "XTS")
    for number in range(BUYERS + PROSPECTS):
        visits = random.randint(4, 8) if number < BUYERS + PROSPECTS // 2 else random.randint(1, 3)
        for visit in range(visits):
            yield a_touch(f"loyalty_id:L-{number:03}", f"visit {number} {visit}", random.random() * 60, "visit")
    for number in range(STRANGERS):
        yield a_touch(f"cookie:c-{number}", f"seen {number}", 3, "page_view")


def onefold(settings: Settings, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {f"ONEFOLD_{name.upper()}": str(value) for name, value in settings if value is not None}
    command = [sys.executable, "-m", "streams", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **env})


def answered(settings: Settings, *arguments: str) -> Any:  # noqa: ANN401  # any JSON
    done = onefold(settings, *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ask(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    return run_sql(settings.home, sql).rows


@pytest.fixture(scope="module")
def shop(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation in which a small world has been worked off."""
    settings = installation(broker, tmp_path_factory.mktemp("scores"), session_timeout_seconds=6)
    publish(settings, a_world())
    drain(settings, 1, lambda _: None)
    return settings


def test_what_a_fit_says_of_everybody_is_in_the_lake_and_another_fit_replaces_it(shop: Settings) -> None:
    first = answered(shop, "value", "fit", "--at", AT, "--horizon-days", "90", "--discount", "0")
    similar = answered(shop, "lookalikes", "find", "lapsed_buyers", "--at", "2026-12-01", "--most", "30")
    drain(shop, 1, lambda _: None)
    told = ask(shop, "SELECT customer_id, expected_orders, predicted_value, horizon_days FROM predicted_value")
    found = ask(shop, "SELECT rank, customer_id, similarity, lift, features FROM look_alikes ORDER BY rank")
    again = answered(shop, "value", "fit", "--at", "2026-03-01T12:00:00")
    drain(shop, 1, lambda _: None)

    assert (len(told), first["customers"], first["purchases_without_rate"]) == (BUYERS, BUYERS, 1)
    assert sum(row[1] for row in told) == pytest.approx(first["expected_orders"])
    assert sum(row[2] for row in told) == pytest.approx(first["predicted_value"])
    assert {row[3] for row in told} == {90.0}
    _has_a_check(first)
    _is_the_model(shop, first)
    _are_look_alikes(shop, similar, found)
    assert again["version"] != first["version"]
    assert ask(shop, "SELECT DISTINCT version FROM scores WHERE model = 'lifetime_value'") == [(again["version"],)]
    replaced = ask(shop, "SELECT count(*), sum(predicted_value), min(horizon_days) FROM predicted_value")
    assert replaced == [(again["customers"], pytest.approx(again["predicted_value"]), 365.0)]
    assert ask(shop, "SELECT count(*) FROM dead_letters") == [(0,)]


def _has_a_check(told: dict[str, Any]) -> None:
    check = told["check"]
    assert told["unchecked"] is None
    assert check["customers"] == BUYERS
    assert check["expected_orders"] == pytest.approx(check["seen_orders"], rel=0.5)
    assert check["expected_value"] == pytest.approx(check["seen_value"], rel=0.5)


def _is_the_model(shop: Settings, told: dict[str, Any]) -> None:
    path = Path(told["model"])
    assert path == shop.home / "models" / f"value-{told['version']}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert version_of(path.read_bytes()) == told["version"]
    assert from_json(path.read_bytes()).transactions.r == told["transactions"]["r"]


def _are_look_alikes(shop: Settings, told: dict[str, Any], found: list[tuple[Any, ...]]) -> None:
    """Prospects who visit as much as buyers are the most similar, and for that; who is not known is no prospect."""
    columns = ("rank", "customer_id", "similarity", "lift", "features")
    published = [tuple(one[name] for name in columns) for one in told["found"]]
    assert found == published
    assert (len(found), told["members"]) == (30, BUYERS)
    names = {
        name: int(value.upper().removeprefix("L-"))
        for value, name in ask(shop, "SELECT value, customer_id FROM identifiers WHERE type = 'loyalty_id'")
    }
    best = [names[customer] for _, customer, *_ in found[:10]]
    assert all(BUYERS <= number < BUYERS + PROSPECTS // 2 for number in best)
    assert found[0][4][0] in {"touches high", "engagement high", "active_days high"}


def test_the_commands_say_what_they_did_for_eyes(shop: Settings) -> None:
    value = onefold(shop, "value", "fit", "--at", AT)
    similar = onefold(shop, "lookalikes", "find", "lapsed_buyers", "--at", "2026-12-01")

    assert (value.returncode, similar.returncode) == (0, 0)
    assert "customers up to 2026-06-01 00:00" in value.stdout
    assert "no rate in the policy: 1." in value.stdout
    assert "Check: fitted to what 70 customers bought up to " in value.stdout
    assert (
        "70 of 120 customers are in lapsed_buyers. A member whom the search has not seen ranks above" in similar.stdout
    )


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (
            ("value", "fit", "--at", "2026-01-02"),
            "no value can be predicted from this lake: expected at least 30 customers who bought again, got ",
        ),
        (
            ("lookalikes", "find", "lapsed_buyers", "--at", "2026-01-20", "--among", "others"),
            "no look-alikes of lapsed_buyers can be found among others at 2026-01-20 00:00: expected at least 10 ",
        ),
    ],
)
def test_too_little_to_learn_from_is_one_sentence_and_publishes_nothing(
    shop: Settings, arguments: tuple[str, ...], why: str
) -> None:
    done = onefold(shop, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"onefold: {why}")
    assert done.stderr.count("\n") == 1
