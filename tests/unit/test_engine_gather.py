"""One partition's work: what is counted, told and kept. No Kafka in here."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.graph import Card, Join, Member, Message, Report, SharedSeen
from identity.nodes import NodeId
from identity.policy_file import default_policy
from profiles import fragment as fragments
from profiles.consents import consents_in_force, permits
from profiles.fragment import ConsentValue, Fragment
from profiles.policy_file import default_profile_policy
from schemas.accepted import decode_accepted, encode_accepted
from schemas.contracts import CHANGE, DEAD_LETTER, LINK, PROFILE, TOUCHPOINT
from schemas.framing import SingleObjectFraming
from schemas.records import Consent, ConsentState, Identifier, Profile, Touchpoint
from sinks.lake import LakeBatch, open_lake_writer
from streams.acceptance import acceptance
from streams.gather import Commit, PartitionWork, Rules, event_key, graph_outputs
from streams.ingest import Ingest
from streams.partitioning import partition_of
from streams.records import Output, SourceRecord
from streams.state import PartitionState
from streams.store import FORMAT, Marker, PartitionStore
from streams.topics import Topics

NOW = 1_770_000_000_000
TOPICS = Topics("", "")
FRAMES = SingleObjectFraming()
INGEST = Ingest(TOPICS, FRAMES, acceptance(default_policy(), default_profile_policy(), bytes(32)))
RULES = Rules(TOPICS, FRAMES, default_policy(), None, default_profile_policy(), bytes(32))
EMAIL, PHONE = "ann.example@example.com", "+4930123456"


class Bench:
    """A partition's work over a store of its own; commits become part of it as a worker makes them."""

    def __init__(self, folder: Path) -> None:
        self.store = PartitionStore(folder)
        self._sequence = 0
        self.open()

    def open(self, *, local: bool = True) -> None:
        """Begin anew with what the store holds, as a worker that was started again."""
        self.work = PartitionWork(
            RULES, PartitionState(self.store), 1, 0, lambda node: 0 if len(node) == 16 and local else 1
        )

    def touch(self, *records: SourceRecord) -> Commit:
        """Take accepted touchpoints in one chunk and commit."""
        self.work.touchpoints(records)
        return self.commit()

    def receive(self, *values: bytes | None) -> Commit:
        """Take messages of the protocol in one chunk and commit."""
        self.work.messages([SourceRecord(TOPICS.graph, 0, n, NOW, None, value) for n, value in enumerate(values)])
        return self.commit()

    def commit(self) -> Commit:
        """Make the work durable and return what it leads to."""
        commit = self.work.commit(NOW)
        self._sequence += 1
        self.store.apply(commit.changes, Marker(FORMAT, 1, self._sequence, {}), self._sequence)
        return commit


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "0")
    yield bench
    bench.store.close()


def an_event(event_id: str, *identifiers: tuple[str, str], source: str = "crm", offset: int = 0) -> SourceRecord:
    """Return an accepted touchpoint as it lies in its topic."""
    given_: list[Identifier] = [{"type": kind, "value": value} for kind, value in identifiers or [("email", EMAIL)]]
    touchpoint: Touchpoint = {
        "event_id": event_id,
        "event_time": NOW - 1_000,
        "type": "login",
        "identifiers": given_,
        "traits": {},
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "first",
        "properties": {},
    }
    sent = SourceRecord(TOPICS.source(source), 0, offset, NOW, None, FRAMES.encode(TOUCHPOINT, touchpoint))
    output = INGEST.output(sent)
    assert output.topic == TOPICS.touchpoints
    return SourceRecord(output.topic, 0, offset, NOW, output.key, output.value)


def told(commit: Commit, name: str) -> list[Any]:
    """Return the records of one contract among the outputs."""
    public = [output for output in commit.outputs if output.topic != TOPICS.graph]
    found = [FRAMES.decode(output.value) for output in public]
    return [content for of, content in found if of == name]


def test_an_event_counts_once_and_is_told_as_a_profile(bench: Bench) -> None:
    commit = bench.touch(an_event("1"))

    assert (bench.work.counts.touches, bench.work.counts.duplicates, bench.work.counts.profiles) == (1, 0, 1)
    assert [(profile["touches"], profile["status"]) for profile in told(commit, PROFILE)] == [(1, "active")]


def test_an_event_twice_in_a_chunk_counts_once(bench: Bench) -> None:
    commit = bench.touch(an_event("1"), an_event("1", offset=1))

    assert (bench.work.counts.touches, bench.work.counts.duplicates) == (1, 1)
    assert [profile["touches"] for profile in told(commit, PROFILE)] == [1]


def test_an_event_again_in_a_later_chunk_leads_to_nothing(bench: Bench) -> None:
    bench.touch(an_event("1"))

    commit = bench.touch(an_event("1", offset=9))

    assert (bench.work.counts.touches, bench.work.counts.duplicates) == (1, 1)
    assert (commit.outputs, commit.changes) == ([], {})


def test_an_event_again_after_a_restart_leads_to_nothing(bench: Bench) -> None:
    bench.touch(an_event("1"))
    bench.open()

    commit = bench.touch(an_event("1"))

    assert (bench.work.counts.touches, bench.work.counts.duplicates) == (0, 1)
    assert (commit.outputs, commit.changes) == ([], {})


def test_one_id_of_two_sources_is_two_events(bench: Bench) -> None:
    commit = bench.touch(an_event("1", source="crm"), an_event("1", source="web"))

    assert (bench.work.counts.touches, bench.work.counts.duplicates) == (2, 0)
    assert [profile["touches"] for profile in told(commit, PROFILE)] == [2]


def test_the_key_of_an_event_does_not_run_source_and_id_together() -> None:
    def accepted(source: str, event_id: str) -> Any:  # noqa: ANN401  # as far as the key looks
        return {"source": source, "touchpoint": {"event_id": event_id}}

    assert event_key(accepted("web", "1")) != event_key(accepted("we", "b1"))
    assert len(event_key(accepted("web", "x" * 9_999))) == 16


def test_identifiers_seen_together_become_one_customer_and_a_link(bench: Bench) -> None:
    bench.touch(an_event("1", ("email", EMAIL)), an_event("2", ("cookie", "c-1")))

    commit = bench.touch(an_event("3", ("email", EMAIL), ("cookie", "c-1")))

    active = [profile for profile in told(commit, PROFILE) if profile["status"] == "active"]
    assert [(profile["touches"], len(profile["identifiers"])) for profile in active] == [(3, 2)]
    assert [link["status"] for link in told(commit, LINK)] == ["joined"]
    assert [change["kind"] for change in told(commit, CHANGE)] == ["merged"]


def test_revisions_of_a_customer_grow(bench: Bench) -> None:
    revisions = [told(bench.touch(an_event(str(n))), PROFILE)[0]["revision"] for n in range(5)]
    bench.open()
    revisions.append(told(bench.touch(an_event("9")), PROFILE)[0]["revision"])

    assert revisions == sorted(set(revisions))


def test_a_chunk_of_nothing_leads_to_nothing(bench: Bench) -> None:
    commit = bench.touch()

    assert (commit.outputs, commit.changes) == ([], {})


BAD_TOUCHPOINTS: dict[str, tuple[bytes | None, str]] = {
    "no value": (None, "null_value"),
    "noise": (b"\xff\xfe\xfd", "unknown_framing"),
    "a raw touchpoint": (b"", "unknown_framing"),
    "a cut touchpoint": ((an_event("1").value or b"")[:-3], "undecodable"),
    "a touchpoint of nobody": (
        encode_accepted({**decode_accepted(an_event("1").value), "nodes": []}),
        "undecodable",
    ),
    "a touchpoint nested without end": (b"\x01\x81\xa1x" + b"\x91" * 200_000, "undecodable"),
    "another record": (
        INGEST.output(SourceRecord("touch.crm", 0, 0, NOW, None, None)).value,  # a dead letter
        "unknown_framing",
    ),
}


@pytest.mark.parametrize("what", BAD_TOUCHPOINTS)
def test_a_bad_touchpoint_becomes_a_dead_letter_and_its_neighbours_go_on(bench: Bench, what: str) -> None:
    value, reason = BAD_TOUCHPOINTS[what]
    bad = SourceRecord(TOPICS.touchpoints, 2, 77, NOW, b"key", value)

    commit = bench.touch(an_event("1"), bad, an_event("2"))

    (letter,) = told(commit, DEAD_LETTER)
    place = (letter["topic"], letter["partition"], letter["offset"], letter["stage"], letter["key"], letter["value"])
    assert (letter["reason"], place) == (reason, (TOPICS.touchpoints, 2, 77, "gather", b"key", value))
    assert (bench.work.counts.touches, bench.work.counts.dead_letters.total()) == (2, 1)


NODE = NodeId(bytes([8]) + bytes(15))
MESSAGES = [
    msgspec.msgpack.encode([message])
    for message in (Join(NODE, NodeId(bytes([3]) + bytes(15)), "link"), SharedSeen(NODE, NodeId(bytes(16))))
]

BAD_MESSAGES: dict[str, bytes | None] = {
    "no value": None,
    "an empty one": b"",
    "noise": b"\xc1",
    "more noise": b"\xff" * 30,
    "JSON": b"{}",
    "a cut one": MESSAGES[0][:-1],
    "a map": msgspec.msgpack.encode({"kind": 99}),
    "a message without a list": msgspec.msgpack.encode(SharedSeen(NODE, NODE)),
    "an unknown kind": b"\x91\x93\x63\x01",
    "one nested without end": b"\x91\x94" + msgspec.msgpack.encode(SharedSeen(NODE, NODE))[1:] + b"\x91" * 200_000,
    "a receiver that is no node": msgspec.msgpack.encode([SharedSeen(NodeId(b"short"), NODE)]),
    "a sender that is no node": msgspec.msgpack.encode([SharedSeen(NODE, NodeId(b"far too long for a node"))]),
    "an owner that is no node": msgspec.msgpack.encode([Join(NODE, NodeId(b""), "link")]),
}


@pytest.mark.parametrize(
    "value",
    BAD_MESSAGES.values(),
    ids=BAD_MESSAGES.keys(),
)
def test_a_bad_graph_message_becomes_a_dead_letter_and_its_neighbours_go_on(bench: Bench, value: bytes | None) -> None:
    commit = bench.receive(MESSAGES[0], value, MESSAGES[1])

    (letter,) = told(commit, DEAD_LETTER)
    assert (letter["reason"], letter["topic"], letter["offset"]) == ("undecodable", TOPICS.graph, 1)
    assert letter["value"] == (value if value is not None else None)
    assert (bench.work.counts.messages, bench.work.counts.dead_letters.total()) == (2, 1)


@given(st.lists(st.binary(max_size=40), max_size=5), st.sampled_from(MESSAGES), st.integers(0, 60), st.integers(0, 255))
def test_no_bytes_whatever_stop_the_graph(garbage: Sequence[bytes], message: bytes, place: int, byte: int) -> None:
    broken = bytearray(message)
    broken[place % len(broken)] = byte
    work = PartitionWork(RULES, PartitionState(_NOTHING), 1, 0, lambda node: partition_of(node, 4))

    work.messages([SourceRecord(TOPICS.graph, 0, 0, NOW, None, value) for value in (*garbage, bytes(broken))])
    work.commit(NOW)


class _Nothing:
    """A store that holds nothing."""

    def get(self, _: bytes) -> None:
        """See PartitionStore."""

    def get_many(self, keys: list[bytes]) -> list[None]:
        """See PartitionStore."""
        return [None] * len(keys)


_NOTHING: Any = _Nothing()


def test_a_node_of_another_partition_is_told_by_message(bench: Bench) -> None:
    bench.open(local=False)

    commit = bench.touch(an_event("1", ("email", EMAIL), ("phone", PHONE)))

    messages = [output for output in commit.outputs if output.topic == TOPICS.graph]
    assert [len(output.key or b"") for output in messages] == [16], "messages to one partition are not together"


def test_large_messages_are_spread_over_as_many_records_as_the_broker_can_take(bench: Bench) -> None:
    node = NodeId(bytes(16))
    member = Member(Card("email", EMAIL, 1, NOW, shared=False, links={}, neighbours={}))
    sizes = (300_000, 10, 900_000, 400_000, 2_000_000)
    reports: list[Message] = [Report(node, node, member, bytes(size), 0) for size in sizes]

    outputs = list(graph_outputs(TOPICS, reports))

    assert [len(output.value) // 100_000 for output in outputs] == [3, 9, 4, 20]
    for output in outputs:
        bench.receive(output.value)
    assert bench.work.counts.messages == len(sizes)


@pytest.mark.parametrize("local", [True, False])
def test_no_key_that_is_published_or_stored_holds_an_email_or_a_phone_number(bench: Bench, *, local: bool) -> None:
    bench.open(local=local)

    commit = bench.touch(
        an_event("1", ("email", EMAIL), ("phone", PHONE)),
        an_event("2", ("phone", PHONE), ("cookie", EMAIL)),
        SourceRecord(TOPICS.touchpoints, 0, 3, NOW, EMAIL.encode(), b"bad"),
    )

    keys = [*commit.changes, *(output.key or b"" for output in commit.outputs)]
    assert len(keys) > 5
    assert not [key for key in keys if EMAIL.encode() in key or PHONE[1:].encode() in key]


def test_a_profile_and_its_links_are_keyed_by_what_they_are_about(bench: Bench) -> None:
    commit = bench.touch(an_event("1", ("email", EMAIL), ("cookie", "c")))

    def keys(topic: str) -> list[bytes | None]:
        return [output.key for output in commit.outputs if output.topic == topic]

    assert keys(TOPICS.profiles) == [profile["customer_id"].encode() for profile in told(commit, PROFILE)]
    assert keys(TOPICS.links) == [f"{link['anchor_id']}:{link['node_id']}".encode() for link in told(commit, LINK)]


def test_a_profile_is_published_with_its_revision_beside_it(bench: Bench) -> None:
    commit = bench.touch(an_event("1"))

    published: list[Output] = [output for output in commit.outputs if output.topic == TOPICS.profiles]
    assert [output.revision for output in published] == [profile["revision"] for profile in told(commit, PROFILE)]


def with_consents(event_id: str, *identifiers: tuple[str, str], state: ConsentState, channel: str) -> SourceRecord:
    """Return a touchpoint that states a consent to marketing."""
    accepted = decode_accepted(an_event(event_id, *identifiers).value)
    given: Consent = {"purpose": "marketing", "channel": channel, "state": state, "text_version": None}
    accepted["touchpoint"]["consents"] = [given]
    return SourceRecord(TOPICS.touchpoints, 0, 0, NOW, accepted["nodes"][0]["node_id"], encode_accepted(accepted))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("address", ["second@example.org", "info@firma.example"])
def test_a_denial_reaches_the_customer_of_every_personal_identifier_and_a_grant_does_not(
    bench: Bench, address: str, *, turned: bool
) -> None:
    """Neither of two numbers is the other's, so the address of the second stays with the second, an office's too."""
    second = [("customer_id", "Cust-2"), ("email", address)]
    said = [
        with_consents("1", *second, state="granted", channel="email"),
        with_consents("2", ("customer_id", "Cust-1"), second[1], state="withdrawn", channel="email"),
        with_consents("3", ("customer_id", "Cust-1"), second[1], state="granted", channel="push"),
        *(an_event(f"again {number}", *second) for number in range(20)),
        with_consents("5", *second, state="granted", channel="sms"),
    ]
    profiles: dict[str, Any] = {}
    for record in reversed(said) if turned else said:
        for profile in told(bench.touch(record), PROFILE):
            profiles[profile["customer_id"]] = profile
    by_value = {
        one["value"]: profile
        for profile in profiles.values()
        if profile["status"] == "active"
        for one in profile["identifiers"]
    }
    other, own = by_value[second[1][1]], by_value["Cust-1"]
    assert other is not own
    assert [permits(other, "marketing", channel) for channel in ("email", "sms", "push")] == [False, True, False]
    assert [permits(own, "marketing", channel) for channel in ("email", "sms", "push")] == [False, False, True]


def delivered(record: SourceRecord, event_time: int, received_at: int) -> SourceRecord:
    """Return a touchpoint as it was received at some time."""
    accepted = decode_accepted(record.value)
    accepted["touchpoint"]["event_time"], accepted["received_at"] = event_time, received_at
    return record._replace(value=encode_accepted(accepted))


def profiles_after(records: Sequence[SourceRecord]) -> list[Profile]:
    """Return what a partition tells that takes records in this order, each in a commit of its own."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "0")
        try:
            return [profile for record in records for profile in told(bench.touch(record), PROFILE)]
        finally:
            bench.store.close()


def consent_of(records: Sequence[SourceRecord]) -> tuple[Any, Any]:
    """Return what the profile says of consent after a partition took records in this order."""
    last = profiles_after(records)[-1]
    return last["consents"], last["permissions"]


GRANT = with_consents("grant", ("email", EMAIL), state="granted", channel="email")
DENIAL = with_consents("denial", ("email", EMAIL), state="withdrawn", channel="email")
LATER = with_consents("later", ("email", EMAIL), state="granted", channel="email")
DELIVERIES = [
    *(delivered(GRANT, NOW - 3_000, at) for at in (NOW - 3_000, NOW, NOW + 90_000)),
    *(delivered(DENIAL, NOW - 2_000, at) for at in (NOW - 9_000, NOW - 1_999, NOW + 7)),
    *(delivered(LATER, NOW - 1_000, at) for at in (-1, NOW - 2_000, NOW + 1)),  # the first without a time of Kafka's
]


@given(st.permutations(DELIVERIES))
@settings(max_examples=30, deadline=None)
def test_no_order_of_deliveries_matters_to_consent(records: list[SourceRecord]) -> None:
    assert consent_of(records) == consent_of(DELIVERIES)


AHEAD = [
    *(delivered(GRANT, NOW + 5_000, at) for at in (NOW + 6_000, NOW - 3_000)),
    *(delivered(DENIAL, NOW + 4_000, at) for at in (NOW - 4_000, NOW - 1_000)),
]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_of_a_clock_that_runs_ahead_the_first_delivery_grants_and_the_last_denies(
    order: tuple[int, ...], tmp_path: Path
) -> None:
    """So it is in the stream as in the lake, in batches or at once; what the lake has is not written again."""
    records = [AHEAD[place] for place in order]
    profile = profiles_after(records)[-1]
    assert [(one["state"], one["event_time"]) for one in profile["consents"]] == [("withdrawn", NOW - 1_000)]
    assert not permits(profile, "marketing", "email")
    with open_lake_writer(tmp_path) as writer:
        for at, batch in enumerate([records[:1], records[1:], records], 1):
            writer.write(LakeBatch([decode_accepted(record.value) for record in batch], [profile]), {("t", 0): at})
        sql = """
            SELECT effect, epoch_ms(said_at) FROM consent_ledger
            UNION ALL SELECT state, epoch_ms(event_time) FROM consent_in_force
            UNION ALL SELECT permitted, epoch_ms(decided_at) FROM consent_permissions WHERE channel = 'email'
            UNION ALL SELECT 'at', said FROM (
                SELECT said, consent_at(customer_id, 'marketing', 'email', make_timestamp_ms(said)) AS permitted
                FROM profiles, (VALUES (NOW - 3_500), (NOW - 3_000), (NOW - 1_001), (NOW - 1_000)) AS asked(said)
            ) WHERE permitted
            UNION ALL SELECT 'rows', count(*) FROM consents
        """
        found = writer.connection.execute(sql.replace("NOW", str(NOW))).fetchall()
    assert sorted(found) == [
        ("at", NOW - 3_000),
        ("at", NOW - 1_001),
        ("denies", NOW - 4_000),
        ("denies", NOW - 1_000),
        ("false", NOW - 1_000),
        ("grants", NOW - 3_000),
        ("rows", 4),
        ("withdrawn", NOW - 1_000),
    ]


def test_another_delivery_that_tells_nothing_new_of_consent_is_not_told() -> None:
    assert len(profiles_after([delivered(GRANT, NOW, at) for at in (NOW, NOW + 7, NOW + 9)])) == 1


def test_a_node_written_before_grants_were_kept_by_themselves_permits_what_it_did() -> None:
    grant, denial = (ConsentValue(state, 5, "e", "web", None) for state in ("granted", "withdrawn"))
    names = ("marketing", "email"), ("marketing", "sms"), ("marketing", "*")
    stated = dict(zip(names, (grant, denial, grant._replace(time=9)), strict=True))
    before = Fragment(stated=stated, denials={names[2]: denial})
    read = fragments.decode(fragments.encode(before))
    assert (read.stated, consents_in_force(read)) == ({}, dict(sorted(stated.items())))
    assert read.denials == {names[1]: denial, names[2]: denial}
