"""A data steward at work on a real broker, through the command line: what was decided, repeated and taken back.

One installation goes through the states of :class:`State`. Each is a snapshot of its lake, so every test asks the past.
"""

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from confluent_kafka import Consumer, TopicPartition

from schemas.contracts import DECISION, LINK, TOUCHPOINT
from schemas.records import Decision, Identifier, Order, Touchpoint
from sinks.digest import PERSON_SQL, people_digest
from sinks.reader import open_lake_reader
from sinks.testing import a_link
from streams.producer import CheckedProducer
from streams.program import main
from streams.settings import Settings
from streams.topics import topics_of
from tests.faults.harness import FRAMES, PARTITIONS, Sent, folded, installation, oracle, publish

DAY_MS = 24 * 3600 * 1000
FIRST_DAY_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""

ANN, BEN, LANDLINE = "email:ann@example.org", "email:ben@example.org", "phone:+4930123499"
OLD_CARD, NEW_CARD, CAT = "customer_id:old-card", "customer_id:new-card", "phone:+4930123456"
DORA, DORIS, HER_TABLET = "customer_id:dora", "customer_id:doris", "device_id:another-tablet"
SHOP, ONE_CLIENT, OTHER_CLIENT = "email:till-7@example.org", "loyalty_id:l-1", "loyalty_id:l-2"
KIOSK, ONE_GUEST, OTHER_GUEST = "email:kiosk@example.org", "cookie:guest-1", "cookie:guest-2"
NEVER_SEEN = "email:nobody@example.org"


class State(Enum):
    """How far the installation was when a snapshot was kept."""

    SEEN = auto()
    DECIDED = auto()
    REPEATED = auto()
    WITHDRAWN = auto()


class Said(NamedTuple):
    """What a command ended with."""

    code: int
    out: str
    err: str


def touch(day: int, *whom: str, euros: int | None = None) -> Sent:
    """Return a touchpoint of that day, unique by its day and whom it names."""
    identifiers: list[Identifier] = [{"type": part.split(":")[0], "value": part.split(":")[1]} for part in whom]
    event_id = f"{day} {'+'.join(whom)}"
    order: Order | None = None
    if euros is not None:
        order = {"order_id": event_id, "amount_micros": euros * 1_000_000, "currency": "EUR", "items": []}
    record: Touchpoint = {
        "event_id": event_id,
        "event_time": FIRST_DAY_MS + day * DAY_MS,
        "type": "purchase" if order else "page_view",
        "identifiers": identifiers,
        "traits": {"city": f"City {day}"},
        "order": order,
        "marketing": None,
        "consents": [{"purpose": "marketing", "channel": "*", "state": "granted", "text_version": None}],
        "interaction": None,
        "party": "first",
        "properties": {},
    }
    return Sent("web", FRAMES.encode(TOUCHPOINT, record), ("web", event_id))


ANNS = [touch(1, ANN, euros=10), *(touch(day, ANN, LANDLINE, euros=7) for day in range(2, 6)), touch(0, LANDLINE)]
BENS_ALONE = touch(6, BEN)
SEEN = [
    *ANNS,
    BENS_ALONE,
    touch(7, BEN, LANDLINE, euros=5),
    touch(1, OLD_CARD, "email:cat@example.org", euros=3),
    touch(2, NEW_CARD, CAT, euros=4),
    *(touch(day, whom, HER_TABLET) for whom in (DORA, DORIS) for day in (1, 2)),
    touch(1, ONE_CLIENT, SHOP),
    touch(2, OTHER_CLIENT, SHOP),
]
SEEN_LATER = [touch(8, KIOSK, ONE_GUEST), touch(9, KIOSK, OTHER_GUEST)]


@dataclass(frozen=True)
class Desk:
    """An installation, the command line, the versions of the lake in each state, and what was said when deciding."""

    settings: Settings
    versions: dict[State, str]
    said: dict[str, Said]
    nodes: dict[str, str]

    def run(self, *arguments: str) -> Said:
        """Run a command as ``onefold`` does, in this process: starting another one takes a second each."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in self.settings:
                if value is not None:
                    patch.setenv(f"ONEFOLD_{name.upper()}", str(value))
            with pytest.raises(SystemExit) as ended:
                main(arguments)
        return Said(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    def decide(self, *arguments: str) -> Said:
        said = self.run("steward", *arguments, "--why", "they called", "--by", "a steward")
        assert (said.code, said.err) == (0, "")
        return said

    def drain(self, state: State) -> None:
        assert self.run("drain").code == 0
        (*_, newest) = json.loads(self.run("snapshots", "--format", "json").out)
        self.versions[state] = str(newest["version"])

    def answer(self, state: State, *arguments: str) -> Any:  # noqa: ANN401  # any JSON
        said = self.run(*arguments, "--format", "json", "--as-of", self.versions[state])
        assert (said.code, said.err) == (0, "")
        return json.loads(said.out)

    def customer(self, state: State, whom: str) -> Any:  # noqa: ANN401  # any JSON
        return self.answer(state, "profile", whom)

    def customers(self, state: State, *whom: str) -> dict[str, str]:
        """Return the customer id of each identifier."""
        found = {row["name"]: row["customer_id"] for row in self.rows(state, _WHOSE)}
        return {one: found[one] for one in whom}

    def rows(self, state: State, sql: str, parameters: list[str] | None = None) -> list[dict[str, Any]]:
        with open_lake_reader(self.settings.home, self.versions[state]) as reader:
            return reader.records(sql, parameters or [])

    def last_change(self, state: State, side: str, whom: str) -> dict[str, Any]:
        sql = f"SELECT * FROM changes WHERE {side} = ? ORDER BY revision DESC LIMIT 1"  # noqa: S608  # constants
        (change,) = self.rows(state, sql, [self.node(whom)])
        return change

    def digest(self, state: State) -> str:
        return people_digest(self.settings.home, self.versions[state]).hex

    def node(self, whom: str) -> str:
        return self.nodes[whom]

    def pair(self, one: str, other: str) -> str:
        """Return the key of a decision on two."""
        return ":".join(sorted([self.node(one), self.node(other)]))


_WHOSE = "SELECT type || ':' || value AS name, node_id, customer_id FROM identifiers"


@pytest.fixture(scope="module")
def desk(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(installation(broker, tmp_path_factory.mktemp("desk"), session_timeout_seconds=6), {}, {}, {})
    publish(desk.settings, SEEN)
    desk.drain(State.SEEN)

    (quarantined,) = desk.rows(State.SEEN, _QUARANTINED_OF, ["dora"])
    desk.said["apart"] = desk.decide("apart", ANN, BEN)
    desk.decide("together", OLD_CARD, NEW_CARD)
    desk.decide("release", quarantined["link"])
    desk.decide("block", SHOP)
    desk.decide("block", KIOSK)
    publish(desk.settings, SEEN_LATER)
    desk.drain(State.DECIDED)

    _repeat_the_decisions(desk.settings)
    _poison_the_decisions(desk.settings)
    desk.drain(State.REPEATED)

    for taken_back in [(BEN, ANN), (OLD_CARD, NEW_CARD), (HER_TABLET, DORA), (SHOP,), (KIOSK,)]:
        desk.decide("withdraw", *taken_back)
    desk.drain(State.WITHDRAWN)
    desk.nodes.update({row["name"]: row["node_id"] for row in desk.rows(State.WITHDRAWN, _WHOSE)})
    return desk


_QUARANTINED_OF = """
    SELECT anchor_id || ':' || node_id AS link FROM link_evidence WHERE anchor_value = ? AND status = 'quarantined'
"""


def _repeat_the_decisions(settings: Settings) -> None:
    """Publish everything on the topic again, twice."""
    topic = topics_of(settings).decisions
    records = list(_records(settings, topic))
    assert len(records) == 5
    producer = CheckedProducer(settings.servers)
    try:
        sent = producer.begin()
        for key, value in [*records, *reversed(records)]:
            sent.send(topic, key, value)
        sent.wait()
    finally:
        producer.close()


def _poison_the_decisions(settings: Settings) -> None:
    topic = topics_of(settings).decisions
    producer = CheckedProducer(settings.servers)
    try:
        sent = producer.begin()
        for number, value in enumerate(POISON):
            sent.send(topic, b"poison %d" % number, value)
        sent.wait()
    finally:
        producer.close()


def _bad_decision(**change: Any) -> bytes:  # noqa: ANN401  # any field
    part = {"node_id": "ab" * 16, "type": "email", "value": "poison@example.org"}
    decision: Decision = {
        "kind": "apart",
        "state": "made",
        "one": part,  # type: ignore[typeddict-item]  # a literal of this form
        "other": None,
        "made_at": 1,
        "made_by": "a program",
        "reason": "none",
    }
    return FRAMES.encode(DECISION, {**decision, **change})


POISON: Mapping[bytes | None, str] = {
    None: "null_value",
    b"\xff\xfe noise": "unknown_framing",
    FRAMES.encode(LINK, a_link("a", "b")): "unexpected_schema",
    _bad_decision(): "bad_value",
    _bad_decision(one={"node_id": "beef", "type": "email", "value": "poison@example.org"}, kind="block"): "bad_value",
}
"""What is no decision, and the reason that its dead letter has."""


def _records(settings: Settings, topic: str) -> Iterator[tuple[bytes, bytes]]:
    client = Consumer({"bootstrap.servers": settings.servers, "group.id": "test"})
    try:
        partitions = [TopicPartition(topic, number, 0) for number in range(PARTITIONS)]
        client.assign(partitions)
        expected = sum(client.get_watermark_offsets(partition, timeout=20)[1] for partition in partitions)
        for message in client.consume(expected, timeout=20):
            key, value = message.key(), message.value()
            assert isinstance(key, bytes)
            assert isinstance(value, bytes)
            yield key, value
    finally:
        client.close()


def people_of(home: Path, as_of: str | None = None) -> Counter[str]:
    """Return all that is known of each active person, node ids aside."""
    with open_lake_reader(home, as_of) as reader:
        found = reader.execute(f"SELECT {PERSON_SQL} FROM profiles WHERE status = 'active'").fetchall()  # noqa: S608
    return Counter(str(person) for (person,) in found)


# --- apart --------------------------------------------------------------------------------------------------------


def test_apart_makes_two_customers_of_one(desk: Desk) -> None:
    before = desk.customers(State.SEEN, ANN, BEN, LANDLINE)
    after = desk.customers(State.DECIDED, ANN, BEN, LANDLINE)
    assert len(set(before.values())) == 1
    assert after == {**before, BEN: desk.node(BEN)}


def test_each_of_two_people_apart_is_the_fold_of_their_own_events(desk: Desk) -> None:
    """The link that broke carries no event: Ben's purchase on the tablet is Ben's."""
    with folded([*ANNS, BENS_ALONE, _renamed(touch(7, BEN, euros=5), touch(7, BEN, LANDLINE, euros=5))]) as home:
        theirs = people_of(home)
    assert len(theirs) == 2
    assert theirs <= people_of(desk.settings.home, desk.versions[State.DECIDED])


def _renamed(sent: Sent, like: Sent) -> Sent:
    """Return a touchpoint under the event id of another."""
    _, record = FRAMES.decode(sent.value)
    _, other = FRAMES.decode(like.value)
    order = {**record["order"], "order_id": other["order"]["order_id"]}
    return Sent(sent.source, FRAMES.encode(TOUCHPOINT, {**record, "event_id": other["event_id"], "order": order}), None)


def test_a_split_is_told_with_the_decision_that_caused_it(desk: Desk) -> None:
    split = desk.last_change(State.DECIDED, "customer_id", BEN)
    assert (split["kind"], split["cause"]) == ("split", "decision")
    assert split["cause_id"] == desk.pair(ANN, BEN)
    assert split["other_customer_id"] == desk.customers(State.SEEN, ANN)[ANN]
    assert split["identifiers"] == [desk.node(BEN)]


# --- together, release, block -------------------------------------------------------------------------------------


def test_together_makes_one_customer_of_two_whom_nothing_links_past_the_limit(desk: Desk) -> None:
    before = desk.customers(State.SEEN, OLD_CARD, NEW_CARD)
    after = desk.customer(State.DECIDED, CAT)
    assert len(set(before.values())) == 2
    assert {part["value"] for part in after["identifiers"]} >= {"old-card", "new-card"}
    assert after["revenue"] == {"EUR": 7}


def test_a_merge_is_told_with_the_decision_that_caused_it(desk: Desk) -> None:
    merged = desk.last_change(State.DECIDED, "other_customer_id", NEW_CARD)
    assert merged["kind"] == "merged"
    assert (merged["customer_id"], merged["cause"]) == (desk.node(OLD_CARD), "decision")
    assert merged["cause_id"] == desk.pair(OLD_CARD, NEW_CARD)


def test_release_gives_a_tablet_that_two_pull_to_one_of_them(desk: Desk) -> None:
    before = desk.customers(State.SEEN, DORA, DORIS, HER_TABLET)
    after = desk.customers(State.DECIDED, DORA, DORIS, HER_TABLET)
    assert len(set(before.values())) == 3
    assert after[HER_TABLET] == after[DORA] != after[DORIS]


def test_a_blocked_address_joins_nobody_any_more(desk: Desk) -> None:
    before = desk.customers(State.SEEN, ONE_CLIENT, OTHER_CLIENT, SHOP)
    after = desk.customers(State.DECIDED, ONE_CLIENT, OTHER_CLIENT, SHOP)
    assert (len(set(before.values())), len(set(after.values()))) == (1, 3)


def test_an_address_may_be_blocked_before_it_was_ever_seen(desk: Desk) -> None:
    guests = desk.customers(State.DECIDED, ONE_GUEST, OTHER_GUEST, KIOSK)
    assert len(set(guests.values())) == 3
    links = desk.rows(
        State.DECIDED, "SELECT status, rule FROM link_evidence WHERE anchor_value = ?", ["kiosk@example.org"]
    )
    assert links == [{"status": "quarantined", "rule": "blocked_identifier"}] * 2


# --- the record of decisions --------------------------------------------------------------------------------------


def test_the_lake_lists_each_decision_with_who_made_it_and_why(desk: Desk) -> None:
    decided = desk.rows(State.DECIDED, "SELECT kind, state, value, other_value, made_by, reason FROM decisions")
    assert {(row["kind"], frozenset({row["value"], row["other_value"]} - {None})) for row in decided} == {
        ("apart", frozenset({"ann@example.org", "ben@example.org"})),
        ("together", frozenset({"old-card", "new-card"})),
        ("release", frozenset({"dora", "another-tablet"})),
        ("block", frozenset({"till-7@example.org"})),
        ("block", frozenset({"kiosk@example.org"})),
    }
    assert {(row["state"], row["made_by"], row["reason"]) for row in decided} == {("made", "a steward", "they called")}


def test_decisions_that_were_withdrawn_are_still_listed(desk: Desk) -> None:
    listed = json.loads(desk.run("steward", "decisions", "--format", "json").out)
    assert [row["state"] for row in listed] == ["withdrawn"] * 5


def test_decisions_that_arrive_again_change_nothing(desk: Desk) -> None:
    """The whole topic, and each decision twice: no profile, link or change is told, nor listed as newer."""
    assert desk.digest(State.REPEATED) == desk.digest(State.DECIDED)
    for table in ("profiles", "links", "changes", "decisions"):
        sql = f"SELECT * FROM {table} ORDER BY ALL"  # noqa: S608  # constants
        assert desk.rows(State.REPEATED, sql) == desk.rows(State.DECIDED, sql)


def test_what_is_no_decision_becomes_a_dead_letter_and_stops_nobody(desk: Desk) -> None:
    sql = "SELECT reason, count(*) AS number FROM dead_letters WHERE topic = ? GROUP BY ALL"
    letters = desk.rows(State.REPEATED, sql, [topics_of(desk.settings).decisions])
    assert {row["reason"]: row["number"] for row in letters} == Counter(POISON.values())
    details = " ".join(row["detail"] for row in desk.rows(State.REPEATED, "SELECT detail FROM dead_letters"))
    assert "poison@" not in details


# --- withdraw -----------------------------------------------------------------------------------------------------


def test_what_was_withdrawn_might_as_well_never_have_been_decided(desk: Desk) -> None:
    """Everybody is who they are by a plain fold of all touchpoints."""
    assert desk.digest(State.WITHDRAWN) == oracle([*SEEN, *SEEN_LATER]).hex
    assert desk.digest(State.WITHDRAWN) != desk.digest(State.DECIDED)


def test_customers_have_their_ids_back_when_a_decision_is_withdrawn(desk: Desk) -> None:
    whom = (ANN, BEN, LANDLINE, OLD_CARD, NEW_CARD, DORA, DORIS, HER_TABLET, ONE_CLIENT, OTHER_CLIENT, SHOP)
    assert desk.customers(State.WITHDRAWN, *whom) == desk.customers(State.SEEN, *whom)


def test_withdrawing_what_joined_is_told_as_a_split_by_decision(desk: Desk) -> None:
    split = desk.last_change(State.WITHDRAWN, "customer_id", NEW_CARD)
    assert (split["kind"], split["cause"], split["cause_id"]) == ("split", "decision", desk.pair(OLD_CARD, NEW_CARD))


def test_withdrawing_what_parted_is_told_as_a_merge_by_decision(desk: Desk) -> None:
    merged = desk.last_change(State.WITHDRAWN, "other_customer_id", BEN)
    assert (merged["kind"], merged["cause"], merged["cause_id"]) == ("merged", "decision", desk.pair(ANN, BEN))


# --- why ----------------------------------------------------------------------------------------------------------


def test_why_names_the_chain_its_evidence_and_what_would_separate_two(desk: Desk) -> None:
    found = desk.answer(State.SEEN, "why", ANN, BEN)
    assert found["same_person"] is True
    assert [(link["anchor_id"], link["node_id"]) for link in found["chain"]] == [
        (desk.node(ANN), desk.node(LANDLINE)),
        (desk.node(BEN), desk.node(LANDLINE)),
    ]
    assert [(link["times"], link["sources"]) for link in found["chain"]] == [(4, {"web": 4}), (1, {"web": 1})]
    assert {part["value"] for part in found["nodes"].values()} == {"ann@example.org", "ben@example.org", "+4930123499"}
    assert len(found["would_separate"]) == 1


def test_why_says_it_in_words(desk: Desk) -> None:
    out = desk.run("why", ANN, BEN, "--as-of", desk.versions[State.SEEN]).out
    assert "One person." in out
    assert "email ann@example.org - phone +4930123499\n    seen together 4 times (4 web), 2026-01-03 00:00 to " in out
    assert "Without these links they would be two people" in out


def test_why_names_the_rule_and_the_decision_that_keep_two_apart(desk: Desk) -> None:
    found = desk.answer(State.DECIDED, "why", ANN, BEN)
    assert found["same_person"] is False
    assert {link["rule"] for link in found["quarantined"]} == {"decided_apart"}
    out = desk.run("why", ANN, BEN, "--as-of", desk.versions[State.DECIDED]).out
    assert "Two people." in out
    assert "decided_apart" in out
    assert "apart: " in out
    assert "by a steward at 20" in out
    assert ": they called" in out


def test_why_shows_a_decision_that_was_withdrawn_as_such(desk: Desk) -> None:
    out = desk.run("why", ANN, BEN).out
    assert "One person." in out
    assert "apart (withdrawn): " in out


def test_why_shows_what_a_decision_alone_joined(desk: Desk) -> None:
    (link,) = desk.answer(State.DECIDED, "why", OLD_CARD, NEW_CARD)["chain"]
    assert (link["rule"], link["times"]) == ("decided_together", 0)


# --- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("apart", ANN, NEVER_SEEN), "this email was never seen in a touchpoint: there is nothing to decide on"),
        (("together", ANN, "email: Ann@Example.org "), "expected two identifiers, got the same twice"),
        (("withdraw", ANN, LANDLINE), "there is no decision to withdraw here; 'onefold steward decisions' shows all"),
        (("withdraw", SHOP), "there is no decision to withdraw here; 'onefold steward decisions' shows all"),
        (
            ("release", ANN, LANDLINE),
            "there is no quarantined or suggested link between these two; 'onefold why' shows their links",
        ),
        (("block", "email:unknown"), "this email is malformed or blocked already: it names nobody"),
    ],
)
def test_what_cannot_be_decided_is_one_sentence_without_personal_data(
    desk: Desk, arguments: tuple[str, ...], sentence: str
) -> None:
    said = desk.run("steward", *arguments, "--why", "no reason")
    assert said == Said(2, "", f"onefold: {sentence}\n")


def test_a_decision_says_that_it_takes_workers_to_carry_it_out(desk: Desk) -> None:
    assert "onefold drain" in desk.said["apart"].out
