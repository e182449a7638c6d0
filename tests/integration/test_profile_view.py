"""The view of the profiles topic on a real broker: it follows, forgets, and goes on where it was."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.contracts import PROFILE
from schemas.records import Profile
from sinks.testing import a_profile
from streams.errors import StoreHeldError
from streams.producer import CheckedProducer
from streams.profile_view import open_profile_view
from streams.program import main
from streams.settings import Settings
from streams.topics import topics_of
from tests.faults.harness import FRAMES, installation

pytestmark = pytest.mark.broker

_PATIENCE_SECONDS = 100


def _publish(settings: Settings, *profiles: Profile, removed: tuple[str, ...] = ()) -> None:
    topic, producer = topics_of(settings).profiles, CheckedProducer(settings.servers)
    try:
        sent = producer.begin()
        sent.send(topic, b"nobody", b"no profile at all")
        for profile in profiles:
            sent.send(topic, profile["customer_id"].encode(), FRAMES.encode(PROFILE, profile))
        for customer_id in removed:
            sent.send(topic, customer_id.encode(), None)
        sent.wait()
    finally:
        producer.close()


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_view_follows_the_topic_and_goes_on_after_it_was_closed(broker: str, tmp_path: Path) -> None:
    """A record that is no profile is passed over."""
    made = installation(broker, tmp_path, partitions=2)
    ann, ben = a_profile("ann", 1), a_profile("ben", 2)
    merged: Profile = {**ben, "revision": 4, "status": "merged", "merged_into": ann["customer_id"], "identifiers": []}
    whole: Profile = {**ann, "revision": 5, "identifiers": [*ann["identifiers"], *ben["identifiers"]], "touches": 7}
    _publish(made, ann)
    with open_profile_view(made) as view:
        assert view.wait(timeout_seconds=_PATIENCE_SECONDS)
        assert view.profile_of(ann["customer_id"]) == ann
        assert view.freshness().behind == 0
        with pytest.raises(StoreHeldError):
            open_profile_view(made)
        _publish(made, ben)
        _until(lambda: view.customer_of("email", "ben@example.com") == ben["customer_id"])
        before = view.freshness().positions
    _publish(made, merged, whole)
    with open_profile_view(made) as view:
        assert view.freshness().positions == before
        assert view.wait(timeout_seconds=_PATIENCE_SECONDS)
        assert view.customer_of("email", "ben@example.com") == ann["customer_id"]
        assert view.profile_of(ben["customer_id"]) == whole
        _publish(made, removed=(ann["customer_id"],))
        _until(lambda: view.customer_of("email", "ann@example.com") is None)
        assert view.profile_of(ben["customer_id"]) is None


def _asked(settings: Settings, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    """Return the exit code of ``onefold profile``."""
    for name, value in settings.model_dump(exclude_none=True).items():
        monkeypatch.setenv(f"ONEFOLD_{name.upper()}", str(value))
    with pytest.raises(SystemExit) as ended:
        main(["profile", *options])
    return int(ended.value.code or 0)


def test_a_profile_is_shown_live_without_a_lake(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    made = installation(broker, tmp_path, partitions=2)
    ann = a_profile("ann", 1)
    for revision in (1, 2):
        _publish(made, {**ann, "revision": revision})
        assert _asked(made, monkeypatch, "email: Ann@Example.com", "--live", "--format", "json") == 0
        assert json.loads(capfd.readouterr().out)["revision"] == revision
    assert _asked(made, monkeypatch, f"customer:{ann['customer_id']}", "--live") == 0
    assert ann["customer_id"] in capfd.readouterr().out
    assert _asked(made, monkeypatch, "email:ben@example.com", "--live") == 1


def test_a_live_profile_is_refused_of_the_past_and_while_another_process_has_the_view(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    made = installation(broker, tmp_path, partitions=2)
    with open_profile_view(made):
        assert _asked(made, monkeypatch, "email:ann@example.com", "--live") == 2
    assert "is open in another process" in capfd.readouterr().err
    assert _asked(made, monkeypatch, "email:ann@example.com", "--live", "--as-of", "1") == 2
    assert "no --as-of" in capfd.readouterr().err
