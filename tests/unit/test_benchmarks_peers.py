"""The job that peers do side by side with Onefold."""

from pathlib import Path
from random import Random

import pytest
from networkx import Graph, connected_components

from benchmarks.peers.contenders import PEERS, ROOT, Contender, job_policy
from benchmarks.peers.installing import NotInstallableError
from benchmarks.peers.job import Card, Message, Profile, first_message, new_card, step
from benchmarks.peers.measure import LeftOut, Load, measure_peer
from identity.policy_file import parse_policy
from profiles.policy_file import parse_profile_policy
from schemas.contracts import TOUCHPOINT
from schemas.framing import SingleObjectFraming
from schemas.records import Identifier, Touchpoint
from streams.settings import Settings

_TIME = 1_767_571_200_000


def _touchpoint(**fields: object) -> Touchpoint:
    plain: Touchpoint = {
        "event_id": "e1",
        "event_time": _TIME,
        "type": "page_view",
        "identifiers": [{"type": "cookie", "value": "c1"}],
        "traits": {},
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "first",
        "properties": {},
    }
    return {**plain, **fields}  # type: ignore[typeddict-item]  # fields of a touchpoint


def _message(**fields: object) -> Message | None:
    return first_message("crm", SingleObjectFraming().encode(TOUCHPOINT, _touchpoint(**fields)))


def _profile(touchpoints: int) -> Profile:
    return {"touchpoints": touchpoints, "channels": {}, "revenue": {}, "recent": [], "consents": {}}


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_connected_is_one_profile_in_whatever_order_messages_come(seed: int) -> None:
    random = Random(seed)  # noqa: S311  # a reproducible order
    graph: Graph[str] = Graph()
    waiting: list[Message] = []
    for _ in range(60):
        first, *others = sorted(f"{number:02}" for number in random.sample(range(40), random.randint(1, 3)))
        graph.add_edges_from((first, other) for other in [first, *others])
        waiting.append({"to": first, "profile": _profile(1), "others": others})
    cards: dict[str, Card] = {}
    published: dict[str, int] = {}
    while waiting:
        message = waiting.pop(random.randrange(len(waiting)))
        sent, updates = step(cards.setdefault(message["to"], new_card()), message)
        waiting += sent
        published.update({update["id"]: update.get("touchpoints", 0) for update in updates})
    people = {name: count for name, count in published.items() if count}
    assert set(people) == {min(component) for component in connected_components(graph)}
    assert sum(people.values()) == 60


def test_a_touchpoint_goes_to_the_strongest_of_its_identifiers() -> None:
    identifiers: list[Identifier] = [{"type": "cookie", "value": "c1"}, {"type": "email", "value": " Ann@Example.org"}]
    message = _message(identifiers=identifiers)
    assert message is not None
    assert (message["to"], message["others"]) == ("3:ann@example.org", ["8:c1"])


def test_a_return_is_taken_off_the_revenue() -> None:
    order = {"order_id": "o", "amount_micros": 5, "currency": "EUR", "margin_micros": None, "items": []}
    message = _message(type="return", order=order)
    assert message is not None
    assert message["profile"]["revenue"] == {"EUR": -5}


@pytest.mark.parametrize(
    "fields", [{"identifiers": [{"type": "email", "value": "NULL"}]}, {"event_time": 1}, {"identifiers": []}]
)
def test_what_names_nobody_or_no_possible_time_is_dropped(fields: dict[str, object]) -> None:
    assert _message(**fields) is None


def test_what_is_no_record_is_dropped() -> None:
    assert first_message("web", b"{}") is None


def test_a_profile_has_the_newest_touches_and_answers_of_both() -> None:
    card = new_card()
    one = _message(
        event_id="e1", consents=[{"purpose": "ads", "channel": "*", "state": "granted", "text_version": None}]
    )
    two = _message(
        event_id="e2",
        event_time=_TIME + 1,
        consents=[{"purpose": "ads", "channel": "*", "state": "denied", "text_version": None}],
    )
    assert one is not None
    assert two is not None
    step(card, two)
    _, (update,) = step(card, one)
    assert [event_id for _, _, event_id, _ in update["recent"]] == ["e2", "e1"]
    assert update["consents"] == {"ads/*": [_TIME + 1, "denied"]}
    assert update["channels"] == {"crm": 2}


@pytest.mark.parametrize("name", PEERS)
def test_every_peer_is_in_the_document_with_what_it_gives_up(name: str) -> None:
    document = (ROOT / "docs" / "performance.md").read_text("utf-8")
    _, _, section = document.partition("## Side by side")
    assert f"| `{name}` |" in section


def test_a_peer_that_cannot_be_had_is_left_out_with_the_reason(tmp_path: Path) -> None:
    def unavailable(_settings: Settings, _home: Path) -> Contender:
        raise NotInstallableError("no network")

    said: list[str] = []
    result = measure_peer("floor", unavailable, Settings(home=tmp_path), None, Load(1, 0, (), 1.0), said.append)
    assert result == LeftOut("floor", "no network")
    assert said == ["Peers: floor", "  left out: no network"]


def test_the_policy_of_the_peers_job_asks_for_nothing_beyond_it() -> None:
    text = job_policy()
    identity, profile = parse_policy(text), parse_profile_policy(text)
    assert identity.matching is None
    assert not any((profile.traits, profile.segments, profile.goals, profile.breakdowns, profile.caps))
