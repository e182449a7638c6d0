"""A policy rehearsed is a policy applied: on a real broker, through the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from identity.policy_file import default_policy_text
from infra.world import WorldConfig
from profiles.policy_file import default_text
from sinks.digest import people_digest
from sinks.query import run_sql
from streams.drain import drain
from streams.publish import publish_world
from streams.settings import Settings
from streams.topics import admin, create_topics

WORLD = WorldConfig(customers=400, touchpoints=2_000, seed=17)
STRICT = default_policy_text().replace("limit_per_person = 5", "limit_per_person = 1").replace("default", "strict", 1)


@pytest.fixture(scope="module")
def drained(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation with a world in its lake."""
    settings = Settings(
        home=tmp_path_factory.mktemp("policy"),
        bootstrap_servers=broker,
        topic_prefix=f"t{uuid4().hex[:12]}.",
        partitions=4,
        session_timeout_seconds=6,
    )
    create_topics(admin(settings), settings)
    publish_world(settings, WORLD, None, lambda _: None)
    drain(settings, 1, lambda _: None)
    return settings


def onefold(settings: Settings, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {f"ONEFOLD_{name.upper()}": str(value) for name, value in settings if value is not None}
    command = [sys.executable, "-m", "streams", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **env})


def rehearsed(settings: Settings, file: Path) -> dict[str, Any]:
    done = onefold(settings, "rehearse", "--policy", str(file), "--format", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def written(folder: Path, text: str) -> Path:
    file = folder / "policy.toml"
    file.write_text(text, "utf-8")
    return file


def counted(settings: Settings, sql: str) -> int:
    ((number,),) = run_sql(settings.home, sql).rows
    return int(number)


def test_what_is_rehearsed_is_what_comes_of_it_and_can_be_taken_back(drained: Settings, tmp_path: Path) -> None:
    strict, default = written(tmp_path, STRICT), tmp_path / "default.toml"
    default.write_text(default_text(), "utf-8")
    before = people_digest(drained.home)
    told_before = counted(drained, "SELECT sum(next_offset) FROM _offsets WHERE topic LIKE '%onefold.profiles'")

    today, then = rehearsed(drained, default), rehearsed(drained, strict)
    assert (today["customers_affected"], today["people_after"]) == (0, before.people)
    assert today["quarantine_after"] == today["quarantine_before"]
    assert then["splits"] > 0
    assert people_digest(drained.home) == before, "a rehearsal changed what is live"

    applied = onefold(drained, "policy", "apply", str(strict))
    assert (applied.returncode, applied.stderr) == (0, "")
    drain(drained, 2, lambda _: None)
    assert people_digest(drained.home).people == then["people_after"]
    assert rehearsed(drained, strict)["customers_affected"] == 0
    told = counted(drained, "SELECT sum(next_offset) FROM _offsets WHERE topic LIKE '%onefold.profiles'") - told_before
    assert told <= 6 * then["customers_affected"], "people that did not change were published"

    assert onefold(drained, "policy", "apply", str(default)).returncode == 0
    drain(drained, 1, lambda _: None)
    assert people_digest(drained.home) == before
    assert counted(drained, "SELECT count(*) FROM policies") == 2


def test_the_policy_in_force_is_shown_as_a_file(drained: Settings) -> None:
    shown = onefold(drained, "policy", "show")
    assert (shown.returncode, shown.stdout) == (0, default_text())


def test_a_policy_that_sees_other_identifiers_is_refused_once_there_are_touchpoints(
    drained: Settings, tmp_path: Path
) -> None:
    file = written(tmp_path, STRICT.replace('normalisation = "email"', 'normalisation = "text"'))
    refused = onefold(drained, "policy", "apply", str(file))
    assert refused.returncode == 2
    assert refused.stderr.startswith("onefold: types, ranks, normalisation, blocked or compared values differ")


def test_a_limit_of_neighbours_cannot_rise_once_there_are_touchpoints(drained: Settings, tmp_path: Path) -> None:
    file = written(tmp_path, STRICT.replace("max_neighbours = 300", "max_neighbours = 301"))
    refused = onefold(drained, "policy", "apply", str(file))
    assert refused.returncode == 2
    assert "identifiers.customer_id.max_neighbours rises" in refused.stderr


def test_a_file_with_mistakes_is_refused_with_its_lines(drained: Settings, tmp_path: Path) -> None:
    file = written(tmp_path, STRICT.replace("rank = 0", "rank = -1"))
    for command in (["policy", "check"], ["policy", "apply"], ["rehearse", "--policy"]):
        done = onefold(drained, *command, str(file))
        assert done.returncode == 1
        assert "identifiers.customer_id.rank" in done.stderr
        assert "line " in done.stderr


def test_before_there_are_touchpoints_any_policy_can_be_applied(settings: Settings, tmp_path: Path) -> None:
    create_topics(admin(settings), settings)
    file = written(tmp_path, STRICT.replace('normalisation = "email"', 'normalisation = "text"'))

    applied = onefold(settings, "policy", "apply", str(file))

    assert (applied.returncode, applied.stderr) == (0, "")
    assert onefold(settings, "policy", "show").stdout == file.read_text("utf-8")
    assert onefold(settings, "policy", "apply", str(file)).stdout.endswith("is in force already.\n")
