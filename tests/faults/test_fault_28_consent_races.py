"""Fault 28: consent is withdrawn while events are in flight, comes out of order, and two opposite ones meet."""

import os
import random
import signal
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from identity.policy_file import parse_policy
from profiles.policy_file import default_text
from schemas.contracts import TOUCHPOINT
from schemas.records import Touchpoint
from sinks.reader import open_lake_reader
from streams.policies import publish_policy
from streams.settings import Settings
from tests.faults.harness import FRAMES, Sent, installation, outcome, publish, running

SEED = 2828
PEOPLE = range(20)
POLICY = f"""{default_text()}
[profile.activations.hello]
when = {{ type = ["login"] }}
purpose = "marketing"
channel = "web"
"""
GRANTED_AT = 1_770_000_000_000
WITHDRAWN_AT = GRANTED_AT + 60_000


def event(
    event_id: str,
    event_time: int,
    identifiers: Mapping[str, str],
    state: str | None = None,
    event_type: str = "login",
) -> Sent:
    """Return a login, which asks what may be said, or a statement of consent, or an event that asks nothing."""
    touchpoint: Touchpoint = {
        "event_id": event_id,
        "event_time": event_time,
        "type": event_type if state is None else "consent_given",
        "identifiers": [{"type": kind, "value": value} for kind, value in identifiers.items()],
        "traits": {},
        "order": None,
        "marketing": None,
        "consents": []
        if state is None
        else [{"purpose": "marketing", "channel": "web", "state": state, "text_version": None}],  # type: ignore[typeddict-item]  # a state
        "interaction": None,
        "party": "first",
        "properties": {},
    }
    return Sent("web", FRAMES.encode(TOUCHPOINT, touchpoint), ("web", event_id))


def known(person: int) -> dict[str, str]:
    """Return identifiers by which a statement is made."""
    return {"customer_id": f"K{person:05}", "email": f"someone{person}@example.org"}


def logins(name: str, event_time: int, number: int) -> list[Sent]:
    """Return logins of all people, by a device that was seen with their address."""
    return [
        event(f"{name}-{person}-{turn}", event_time + turn, device(person))
        for person in PEOPLE
        for turn in range(number)
    ]


def device(person: int) -> dict[str, str]:
    """Return identifiers of a login."""
    return {"email": f"someone{person}@example.org", "cookie": f"cookie-{person:05}"}


def sent_for(settings: Settings) -> set[str]:
    """Return the events on which something was sent."""
    with open_lake_reader(settings.home) as reader:
        return {
            event for (event,) in reader.execute("SELECT event_id FROM activations WHERE name = 'hello'").fetchall()
        }


def names(records: Iterable[Sent]) -> set[str]:
    """Return the event ids of records."""
    return {record.event[1] for record in records if record.event is not None}


def test_fault_28_nothing_is_sent_once_a_withdrawal_was_taken_and_denial_wins(broker: str, tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311  # a reproducible order
    settings = installation(broker, tmp_path, session_timeout_seconds=6)
    publish_policy(settings, POLICY, parse_policy(POLICY), None, "tests")
    granted = [event(f"grant-{person}", GRANTED_AT, known(person), "granted") for person in PEOPLE]
    in_flight = [
        *logins("flight", GRANTED_AT + 1_000, 50),
        *(event(f"withdrawal-{person}", WITHDRAWN_AT, known(person), "withdrawn") for person in PEOPLE),
    ]
    chance.shuffle(in_flight)
    later = [
        *logins("later", WITHDRAWN_AT + 1_000, 2),
        *(event(f"late-grant-{person}", WITHDRAWN_AT - 1, known(person), "granted") for person in PEOPLE),
        *(event(f"tied-grant-{person}", WITHDRAWN_AT, known(person), "granted") for person in PEOPLE),
    ]
    opposite = [
        event("one-yes", WITHDRAWN_AT, {"email": "yes@example.org"}, "granted"),
        event("one-no", WITHDRAWN_AT, {"email": "no@example.org"}, "denied"),
    ]
    # They ask nothing: which of the two comes first is chance, and the first alone is of one who agreed.
    merged = [
        event(name, WITHDRAWN_AT, {"customer_id": "M1", "email": mail}, event_type="signup")
        for name, mail in (("merge", "yes@example.org"), ("merge-too", "no@example.org"))
    ]
    asked_then = [event("asked-then", WITHDRAWN_AT + 9_000, {"email": "yes@example.org"})]
    asked_before = [event("asked-before", WITHDRAWN_AT + 1, {"email": "yes@example.org"})]
    with running(settings) as engine:
        engine.start("sink", "sink")
        worker = engine.start("worker-0", "worker")
        publish(settings, [*granted, *logins("first", GRANTED_AT + 1, 1), *opposite])
        engine.until_drained()
        publish(settings, asked_before)
        engine.until_drained()
        at_first = sent_for(settings)
        publish(settings, in_flight)
        time.sleep(chance.uniform(0.1, 0.6))
        os.kill(worker, signal.SIGKILL)
        engine.start("worker-1", "worker")
        engine.until_drained()
        at_withdrawal = sent_for(settings)
        publish(settings, [*later, *merged])
        engine.until_drained()
        publish(settings, [*logins("last", WITHDRAWN_AT + 9_000, 1), *asked_then])
        engine.until_drained()

    everything = [
        *granted, *logins("first", GRANTED_AT + 1, 1), *opposite, *asked_before, *in_flight, *later, *merged,
        *logins("last", WITHDRAWN_AT + 9_000, 1), *asked_then,
    ]  # fmt: skip
    with open_lake_reader(settings.home) as reader:
        permitted = reader.execute("SELECT DISTINCT permitted FROM consent_permissions WHERE purpose = 'marketing'")
        assert permitted.fetchall() == [(False,)]
        reasons = reader.execute("SELECT state, count(*) FROM consent_in_force GROUP BY ALL").fetchall()
    assert dict(reasons) == {"withdrawn": len(PEOPLE), "denied": 1}
    assert at_first <= names(logins("first", 0, 1)) | {"asked-before"}
    assert "asked-before" in at_first
    assert sent_for(settings) == at_withdrawal
    assert outcome(settings).events == {record.event: 1 for record in everything}
