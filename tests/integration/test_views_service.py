"""Service, experience, engagement and mentions: by hand, and against a plain fold of the same touchpoints."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from profiles.fields import matcher
from profiles.policy import Breakdown, ExperiencePart
from profiles.policy_file import default_profile_policy
from schemas.accepted import AcceptedTouchpoint
from sinks.lake import LakeBatch
from sinks.testing import a_node, a_profile, an_identifier
from tests.integration.analyst import (
    HOUR,
    MINUTE,
    a_world,
    bought,
    by_customer,
    in_order,
    lake,
    milliseconds,
    records,
    rows,
    told,
    write,
)

POLICY = default_profile_policy()
AT = datetime(2026, 6, 1, tzinfo=UTC).replace(tzinfo=None)
"""After most of the world."""
World = tuple[Path, dict[str, list[AcceptedTouchpoint]]]
BREAKDOWNS = """SELECT breakdown, failure_event_id, failure_channel, error, contact_event_id, contact_channel, reason,
                       seconds FROM breakdowns ORDER BY contacted_at, breakdown"""


def failed(event_id: str, day: float, source: str = "web", *, who: str = "ann") -> AcceptedTouchpoint:
    return told(event_id, day, "checkout_failed", source, who=who, properties={"error": "card declined"})


def called(  # noqa: PLR0913  # what tells contacts apart
    event_id: str,
    day: float,
    reason: str | None,
    source: str = "call",
    *,
    type_: str = "call",
    who: str = "ann",
    sentiment: float | None = None,
    seconds: float | None = None,
) -> AcceptedTouchpoint:
    about = {"reason": reason, "sentiment": sentiment, "duration_seconds": seconds}
    return told(event_id, day, type_, source, who=who, interaction=about)


# --- breakdowns ----------------------------------------------------------------------------------------------------


def test_a_contact_on_another_channel_after_a_failure_is_a_breakdown(tmp_path: Path) -> None:
    """Of several failures the newest counts; a contact about something else, or too late, does not."""
    touches = [
        failed("e-1", 0),
        failed("e-2", 10 * MINUTE),
        called("e-3", 20 * MINUTE, "payment"),
        called("e-4", 30 * MINUTE, "delivery"),
        called("e-5", 70 * MINUTE, None),
        called("e-6", 71 * MINUTE, "payment"),
        told("e-7", 1, "search", properties={"query": "kayak", "results": "0"}),
        told("e-8", 1 + MINUTE, "search", properties={"query": "tent", "results": "12"}),
        called("e-9", 1 + 2 * MINUTE, "product", "store", type_="visit"),
        failed("f-1", 2, "mobile"),
        failed("f-2", 2 + MINUTE, "call"),
        called("f-3", 2 + 2 * MINUTE, "checkout"),
        failed("g-1", 3, who="bob"),
        called("g-2", 3 + MINUTE, "payment"),
        failed("g-3", 3, who="bob"),
        called("g-4", 3 - MINUTE, "payment", who="bob"),
    ]
    write(tmp_path, POLICY, touches)
    assert rows(tmp_path, BREAKDOWNS) == [
        ("checkout", "e-2", "web", "card declined", "e-3", "call", "payment", 600),
        ("checkout", "e-2", "web", "card declined", "e-5", "call", None, 3600),
        ("search", "e-7", "web", "kayak", "e-9", "store", "product", 120),
        ("checkout", "f-1", "mobile", "card declined", "f-3", "call", "checkout", 120),
    ]
    assert sorted(rows(tmp_path, "SELECT * FROM breakdown_rates")) == [
        ("checkout", "call", 1, 1, 0, 0.0),
        ("checkout", "mobile", 1, 1, 1, 1.0),
        ("checkout", "web", 4, 2, 2, 0.5),
        ("search", "web", 1, 1, 1, 1.0),
    ]


def test_without_reasons_any_contact_counts(tmp_path: Path) -> None:
    anything = Breakdown({"type": ("checkout_failed",)}, {"type": ("call",)}, (), 60)
    write(tmp_path, replace(POLICY, breakdowns={"any": anything}), [failed("e-1", 0), called("e-2", MINUTE, "weather")])
    assert [row[0] for row in rows(tmp_path, BREAKDOWNS)] == ["any"]


def test_a_late_failure_is_the_one_before_the_contact(tmp_path: Path) -> None:
    write(tmp_path, POLICY, [failed("e-1", 0), called("e-3", HOUR, "payment")])
    assert [row[1] for row in rows(tmp_path, BREAKDOWNS)] == ["e-1"]
    write(tmp_path, POLICY, [failed("e-2", MINUTE)])
    assert [row[1] for row in rows(tmp_path, BREAKDOWNS)] == ["e-2"]


def test_a_breakdown_shows_once_two_customers_are_one(tmp_path: Path) -> None:
    write(tmp_path, POLICY, [failed("e-1", 0), called("e-2", MINUTE, "payment", who="bob")])
    assert rows(tmp_path, BREAKDOWNS) == []
    both = [*a_profile("ann")["identifiers"], *a_profile("bob")["identifiers"]]
    with lake(tmp_path, POLICY) as writer:
        writer.write(LakeBatch(profiles=[a_profile("ann", 2, both)]), {})
    assert [row[4] for row in rows(tmp_path, BREAKDOWNS)] == ["e-2"]


# --- contacts ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann calls about a delivery three times and complains three times; not every complaint is answered by name."""
    home = tmp_path_factory.mktemp("service")
    touches = [
        called("e-1", 0, "delivery", seconds=100, sentiment=-0.5),
        called("e-2", 7, "delivery", "web", type_="chat", seconds=300),
        called("e-3", 14.001, "delivery"),
        called("e-4", 20, "complaint"),
        told("e-5", 20.5, "reply", "email"),
        told("e-6", 21, "reply", "email", properties={"in_reply_to": "e-4"}),
        called("e-7", 30, "complaint"),
        told("e-8", 30.25, "reply", "email", properties={"in_reply_to": "another"}),
        told("e-9", 30.5, "reply", "crm"),
        called("f-1", 40, "complaint", "web", type_="chat"),
        called("g-1", 40, None),
        called("g-2", 41, None),
        called("g-3", 41, "delivery", who="bob"),
    ]
    write(home, POLICY, touches)
    return home


def test_a_contact_about_the_same_is_a_repeat_within_the_days(service: Path) -> None:
    found = rows(service, "SELECT event_id FROM contacts WHERE repeat")
    assert found == [("e-2",)]
    found = rows(service, "SELECT event_id, seconds_since_same_reason FROM contacts WHERE reason = 'delivery'")
    assert sorted(found) == [("e-1", None), ("e-2", 7 * 86_400), ("e-3", 604_886.4), ("g-3", None)]


def test_a_complaint_is_answered_by_name_else_by_the_next_reply(service: Path) -> None:
    sql = "SELECT event_id, reply_event_id, reply_channel, reply_seconds FROM contacts WHERE complaint"
    assert sorted(rows(service, sql)) == [
        ("e-4", "e-6", "email", 86_400),
        ("e-7", "e-9", "crm", 43_200),
        ("f-1", None, None, None),
    ]
    assert rows(service, "SELECT count(*) FROM contacts WHERE NOT complaint AND replied_at IS NOT NULL") == [(0,)]


def test_service_is_summed_by_reason(service: Path) -> None:
    sql = """SELECT reason, contacts, customers, repeats, repeat_share, complaints, complaints_answered,
                    median_reply_seconds, p90_reply_seconds, mean_handling_seconds, mean_sentiment
             FROM service_by_reason ORDER BY reason NULLS LAST"""
    assert rows(service, sql) == [
        ("complaint", 3, 1, 0, 0.0, 3, 2, 64_800.0, 82_080.0, None, None),
        ("delivery", 4, 2, 1, 0.25, 0, 0, None, None, 200.0, -0.5),
        (None, 2, 1, 0, 0.0, 0, 0, None, None, None, None),
    ]


def test_what_is_begun_and_not_ended_is_abandoned_once_its_time_is_over(tmp_path: Path) -> None:
    touches = [
        told("e-1", 0, "checkout_started"),
        bought("e-2", HOUR, "o-1", 1),
        told("e-3", 1, "checkout_started"),
        bought("e-4", 1 + HOUR + MINUTE, "o-2", 1),
        bought("e-5", 1, "o-3", 1, who="bob"),
        told("e-6", 2, "checkout_started", "mobile"),
    ]
    write(tmp_path, POLICY, touches)
    sql = "SELECT event_id, channel, finished_at IS NOT NULL FROM abandonments ORDER BY event_time"
    assert rows(tmp_path, sql) == [("e-3", "web", True), ("e-6", "mobile", False)]
    assert rows(tmp_path, sql, 2 + HOUR) == [("e-3", "web", True)]
    assert rows(tmp_path, sql, 1 + HOUR + MINUTE / 2) == [("e-3", "web", False)]


# --- experience, engagement, mentions ------------------------------------------------------------------------------


def test_the_index_is_a_sum_of_points_within_bounds(tmp_path: Path) -> None:
    """Ann: 70 - 12 - 8 - 2 * 10 - 4 + 20 * -0.5 is 16; Bob smiles for 100 at most; Eve is long gone."""
    touches = [
        failed("e-1", 100),
        called("e-2", 100 + MINUTE, "payment", sentiment=-0.2),
        called("e-3", 101, "complaint", sentiment=-0.8),
        called("e-4", 102, "complaint", sentiment=-0.5),
        told("e-5", 103, "checkout_started", "mobile"),
        told("e-6", 10, "mention", "social", interaction={"sentiment": 1.0}),
        *(told(f"b-{n}", 100, "mention", "social", who="bob", interaction={"sentiment": 1.0}) for n in range(2)),
        called("h-1", 100, "complaint", who="eve"),
        told("g-1", 10, "page_view", who="gil"),
    ]
    policy = replace(POLICY, experience=replace(POLICY.experience, base=85, days=50))
    write(tmp_path, policy, touches)
    sql = """SELECT customer_experience_index, touches, breakdowns, repeat_contacts, complaints, abandonments,
                    mean_sentiment FROM experience ORDER BY 1"""
    assert rows(tmp_path, sql, 110) == [
        (31.0, 5, 1, 1, 2, 1, -0.5),
        (75.0, 1, 0, 0, 1, 0, None),
        (100.0, 2, 0, 0, 0, 0, 1.0),
    ]
    sql = """SELECT channel, customers, breakdowns, repeat_contacts, complaints, abandonments,
                    round(points_per_customer, 6) FROM experience_by_channel ORDER BY channel"""
    assert rows(tmp_path, sql, 110) == [
        ("call", 2, 0, 1, 3, 0, -29.0),
        ("mobile", 1, 0, 0, 0, 1, -4.0),
        ("social", 1, 0, 0, 0, 0, 20.0),
        ("web", 1, 1, 0, 0, 0, -12.0),
    ]


def test_engagement_is_points_for_what_was_done_of_late(tmp_path: Path) -> None:
    touches = [
        told("e-0", 20.9, "page_view"),
        told("e-1", 21, "page_view"),
        told("e-3", 100.5, "share", "social"),
        told("e-4", 101, "email_bounced", "email"),
        told("e-5", 101, "email_bounced", "email", who="bob"),
    ]
    write(tmp_path, POLICY, touches)
    sql = "SELECT points, touches, active_days FROM engagement ORDER BY points DESC"
    assert rows(tmp_path, sql, 110.5) == [(9, 3, 3), (0, 1, 1)]


def test_mentions_count_in_the_share_of_voice_whoever_made_them(tmp_path: Path) -> None:
    touches = []
    for number, (topic, brand, sentiment) in enumerate(
        [("tents", "ours", 0.5), ("tents", "ours", None), ("tents", "theirs", -1.0), ("boots", None, 0.0)]
    ):
        about = {"topic": topic, **({"brand": brand} if brand else {})}
        touch = told(f"e-{number}", 0, "mention", "social", properties=about, interaction={"sentiment": sentiment})
        touch["nodes"] = [a_node("social_handle", f"@p{number}")]
        touch["touchpoint"]["identifiers"] = [{"type": "social_handle", "value": f"@P{number}"}]
        touches.append(touch)
    handle = an_identifier("social_handle", "@p0")
    write(tmp_path, POLICY, touches, [a_profile("ann", identifiers=[handle])])
    sql = "SELECT event_id, channel, topic, brand, sentiment FROM social_mentions"
    assert rows(tmp_path, sql) == [("e-0", "social", "tents", "ours", 0.5)]
    assert sorted(rows(tmp_path, "SELECT * FROM share_of_voice"), reverse=True) == [
        ("tents", "theirs", 1, 1 / 3, -1.0),
        ("tents", "ours", 2, 2 / 3, 0.5),
        ("boots", None, 1, 1.0, 0.0),
    ]


# --- against a plain fold of a world -------------------------------------------------------------------------------


class Met(NamedTuple):
    """A failure and the contact that it led to."""

    breakdown: str
    failure: AcceptedTouchpoint
    contact: AcceptedTouchpoint


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A lake of a world, and the touchpoints of each of its customers."""
    home = tmp_path_factory.mktemp("world")
    touches, profiles = a_world(800, 8_000)
    write(home, POLICY, touches, profiles)
    return home, by_customer(touches, profiles, AT)


def time_of(touch: AcceptedTouchpoint) -> int:
    return touch["touchpoint"]["event_time"]


def reason_of(touch: AcceptedTouchpoint) -> str | None:
    interaction = touch["touchpoint"]["interaction"]
    return interaction["reason"] if interaction else None


def breakdowns_of(theirs: Sequence[AcceptedTouchpoint]) -> list[Met]:
    found = []
    for name, declared in POLICY.breakdowns.items():
        fails, contacts = matcher(declared.failure), matcher(declared.contact)
        for place, contact in enumerate(theirs):
            if not contacts(contact) or reason_of(contact) not in (None, *declared.reasons):
                continue
            failures = [
                touch
                for touch in theirs[:place]
                if fails(touch)
                and touch["source"] != contact["source"]
                and time_of(contact) - time_of(touch) <= declared.minutes * 60_000
            ]
            found += [Met(name, failures[-1], contact)] if failures else []
    return found


def repeats_of(theirs: Sequence[AcceptedTouchpoint]) -> list[AcceptedTouchpoint]:
    contacts = matcher(POLICY.service.contact)
    newest: dict[str, int] = {}
    found = []
    for touch in theirs:
        reason = reason_of(touch)
        if contacts(touch) and reason:
            if reason in newest and time_of(touch) - newest[reason] <= 7 * 86_400_000:
                found.append(touch)
            newest[reason] = time_of(touch)
    return found


def abandoned_by(theirs: Sequence[AcceptedTouchpoint]) -> list[AcceptedTouchpoint]:
    declared = POLICY.abandonment["checkout"]
    starts, ends = matcher(declared.started), matcher(declared.finished)
    length = declared.minutes * 60_000
    return [
        touch
        for place, touch in enumerate(theirs)
        if starts(touch)
        and time_of(touch) + length < milliseconds(AT)
        and not any(ends(later) and time_of(later) - time_of(touch) <= length for later in theirs[place + 1 :])
    ]


def complaints_of(theirs: Sequence[AcceptedTouchpoint]) -> list[AcceptedTouchpoint]:
    return list(filter(matcher(POLICY.service.complaint), theirs))


def test_the_breakdowns_of_a_world_are_those_of_a_plain_fold(world: World) -> None:
    home, people = world
    expected = Counter(
        (owner, met.breakdown, in_order(met.failure)[1:], in_order(met.contact)[1:])
        for owner, theirs in people.items()
        for met in breakdowns_of(theirs)
    )
    found = Counter(
        (
            row["customer_id"],
            row["breakdown"],
            (row["failure_event_id"], row["failure_channel"]),
            (row["contact_event_id"], row["contact_channel"]),
        )
        for row in records(home, "SELECT * FROM breakdowns", AT)
    )
    assert found == expected
    assert {name for _, name, _, _ in expected} == set(POLICY.breakdowns)


def test_the_contacts_and_abandonments_of_a_world_are_those_of_a_plain_fold(world: World) -> None:
    home, people = world
    for view, fold in (
        ("contacts WHERE repeat", repeats_of),
        ("contacts WHERE complaint", complaints_of),
        ("abandonments", abandoned_by),
    ):
        expected = {in_order(touch)[1:] for theirs in people.values() for touch in fold(theirs)}
        found = records(home, f"SELECT event_id, channel FROM {view}", AT)  # noqa: S608
        assert {(row["event_id"], row["channel"]) for row in found} == expected
        assert len(found) == len(expected) > 10


def test_the_experience_of_a_world_is_that_of_a_plain_fold(world: World) -> None:
    home, people = world
    points, since = POLICY.experience.points, milliseconds(AT) - POLICY.experience.days * 86_400_000
    expected = {}
    for owner, theirs in people.items():
        recent = [touch for touch in theirs if time_of(touch) > since]
        if not recent:
            continue
        interactions = [touch["touchpoint"]["interaction"] for touch in recent]
        moods = [one["sentiment"] for one in interactions if one and one["sentiment"] is not None]
        happened: dict[ExperiencePart, list[AcceptedTouchpoint]] = {
            "breakdown": [met.contact for met in breakdowns_of(theirs)],
            "repeat_contact": repeats_of(theirs),
            "complaint": complaints_of(theirs),
            "abandonment": abandoned_by(theirs),
        }
        index = POLICY.experience.base + points["sentiment"] * (sum(moods) / len(moods) if moods else 0.0)
        for kind, touches in happened.items():
            index += points[kind] * len([touch for touch in touches if time_of(touch) > since])
        expected[owner] = min(100, max(0, index))
    found = {row["customer_id"]: row["customer_experience_index"] for row in records(home, "FROM experience", AT)}
    assert found == pytest.approx(expected)
    assert len(set(expected.values())) > 20


def test_the_engagement_of_a_world_is_that_of_a_plain_fold(world: World) -> None:
    home, people = world
    first_day = milliseconds(AT) // 86_400_000 - POLICY.engagement.days + 1
    expected: dict[str, int] = defaultdict(int)
    for owner, theirs in people.items():
        for touch in theirs:
            if time_of(touch) // 86_400_000 >= first_day:
                expected[owner] += POLICY.engagement.points.get(touch["touchpoint"]["type"], 0)
    assert {row["customer_id"]: row["points"] for row in records(home, "FROM engagement", AT)} == expected
