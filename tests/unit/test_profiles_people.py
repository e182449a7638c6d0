"""What subscribers are told when people change, told as what happened."""

import msgspec

from identity.graph import Member, Report
from profiles.telling import Publication
from schemas.records import Profile
from tests.property.engine_model import Engine, Event, Identified, event, identifier, tight_policy

POLICY = tight_policy(phone=2)
ANN, BEN = identifier("customer_id", "ann"), identifier("customer_id", "ben")
MAIL, PHONE = identifier("email", "ann@example.org"), identifier("phone", "+4930123456")
COOKIE, OTHER_COOKIE = identifier("cookie", "one"), identifier("cookie", "other")


def told_by(*chunks: list[Event]) -> list[Publication]:
    """Return what one partition publishes for each chunk of events."""
    engine = Engine(1, POLICY)
    told: list[Publication] = []
    for chunk in chunks:
        before = len(engine.partitions[0].told)
        for one in chunk:
            engine.deliver(one)
        engine.work(0, len(chunk), 0)
        whole = Publication()
        for part in engine.partitions[0].told[before:]:
            whole.profiles += part.profiles
            whole.links += part.links
            whole.changes += part.changes
        told.append(whole)
    return told


def named(profiles: list[Profile], whom: Identified) -> Profile:
    (found,) = [profile for profile in profiles if profile["customer_id"] == whom.node.hex()]
    return found


def test_a_first_event_makes_a_customer() -> None:
    (told,) = told_by([event("a", 1, ANN, COOKIE)])
    profile = named(told.profiles, ANN)
    assert profile["status"] == "active"
    assert profile["revision"] == 1
    assert [part["value"] for part in profile["identifiers"]] == ["ann", "one"]
    assert told.changes == []


def test_a_cookie_alone_is_a_customer_that_is_not_known() -> None:
    (told,) = told_by([event("a", 1, COOKIE)])
    assert named(told.profiles, COOKIE)["known"] is False


def test_a_login_makes_the_anonymous_customer_known_under_the_same_id() -> None:
    _, told = told_by([event("a", 1, COOKIE)], [event("b", 2, ANN, COOKIE)])
    assert named(told.profiles, COOKIE)["known"] is True
    assert [profile["status"] for profile in told.profiles] == ["active"]


def test_when_customers_merge_the_younger_points_at_the_older() -> None:
    _, told = told_by([event("a", 1, COOKIE), event("b", 2, MAIL)], [event("c", 3, MAIL, COOKIE)])
    assert named(told.profiles, COOKIE)["status"] == "active"
    younger = named(told.profiles, MAIL)
    assert (younger["status"], younger["merged_into"]) == ("merged", COOKIE.node.hex())
    (change,) = told.changes
    assert (change["kind"], change["customer_id"], change["other_customer_id"]) == (
        "merged",
        COOKIE.node.hex(),
        MAIL.node.hex(),
    )


def test_an_identifier_that_never_was_a_customer_is_not_announced_as_merged() -> None:
    (told,) = told_by([event("a", 1, ANN, COOKIE), event("b", 2, ANN, MAIL)])
    assert [profile["customer_id"] for profile in told.profiles] == [ANN.node.hex()]
    assert told.changes == []


def test_an_older_event_that_comes_late_changes_who_gives_the_name() -> None:
    """The id follows event time, so that it is the same in any order; the one known so far points at it."""
    _, told = told_by([event("a", 10, ANN, COOKIE)], [event("b", 1, COOKIE)])
    assert named(told.profiles, COOKIE)["status"] == "active"
    assert named(told.profiles, ANN)["merged_into"] == COOKIE.node.hex()


def test_revisions_of_a_customer_grow() -> None:
    told = told_by(*([event(f"a{number}", number, ANN)] for number in range(1, 5)))
    assert [named(one.profiles, ANN)["revision"] for one in told] == [1, 2, 3, 4]


def test_an_event_that_was_counted_before_publishes_nothing() -> None:
    _, told = told_by([event("a", 1, ANN, COOKIE)], [event("a", 1, ANN, COOKIE)])
    assert told == Publication()


def test_people_of_a_gathering_without_news_are_not_told_again() -> None:
    """Ann and Ben met at a cookie that is neither's; Ann's next event is Ann's alone."""
    _, told = told_by([event("a", 1, ANN, COOKIE), event("b", 2, BEN, COOKIE)], [event("c", 3, ANN)])
    assert [profile["customer_id"] for profile in told.profiles] == [ANN.node.hex()]


def test_identifiers_are_listed_strongest_first_in_every_update() -> None:
    """In an update that changed no link as well, whatever order they arrived in."""
    _, _, told = told_by([event("a", 1, COOKIE)], [event("b", 2, ANN, MAIL, COOKIE)], [event("c", 3, COOKIE)])
    assert [part["value"] for part in named(told.profiles, COOKIE)["identifiers"]] == ["ann", "ann@example.org", "one"]


def test_a_link_is_told_once_and_again_when_its_verdict_changes() -> None:
    first, second, third = told_by(
        [event("a", 1, ANN, COOKIE)], [event("b", 2, ANN, COOKIE)], [event("c", 3, BEN, COOKIE)]
    )
    assert [(link["status"], link["rule"]) for link in first.links] == [("joined", None)]
    assert second.links == []
    assert {(link["status"], link["rule"]) for link in third.links} == {("quarantined", "ambiguous_identifier")}


def test_links_of_an_anchor_that_becomes_shared_are_taken_back() -> None:
    """No evidence of them is kept, but who heard that they join hears that they no longer do."""
    cookies = [identifier("cookie", f"cookie {number}") for number in range(3)]
    _, told = told_by(
        [event("a", 1, PHONE, cookies[0]), event("b", 2, PHONE, cookies[1])], [event("c", 3, PHONE, cookies[2])]
    )
    assert {(link["node_id"], link["status"], link["rule"]) for link in told.links} == {
        (cookies[0].node.hex(), "quarantined", "shared_identifier"),
        (cookies[1].node.hex(), "quarantined", "shared_identifier"),
    }


def test_maps_are_ordered_by_name_so_that_equal_profiles_are_equal_bytes() -> None:
    (told,) = told_by([event("a", 1, ANN, source="web"), event("b", 2, ANN, source="crm")])
    assert list(named(told.profiles, ANN)["touches_by_channel"]) == ["crm", "web"]


def test_a_customer_handed_over_after_its_new_owner_knew_it_is_announced_as_merged() -> None:
    """The new owner heard of the cookie from the cookie itself, before the past owner said it had been a customer."""
    engine = Engine(1, POLICY)
    engine.deliver(event("a", 1, MAIL, COOKIE))
    engine.work(0, 1, 0)
    card = engine.nodes()[COOKIE.node].card
    past = Report(MAIL.node, COOKIE.node, Member(card, named=True, customer=COOKIE.node), b"", revision=7)
    engine.partitions[0].messages.append(msgspec.msgpack.encode(past))
    engine.work(0, 0, 1)
    told = engine.partitions[0].told[-1]
    merged = named(told.profiles, COOKIE)
    assert (merged["status"], merged["merged_into"], merged["revision"]) == ("merged", MAIL.node.hex(), 8)
    assert [change["other_customer_id"] for change in told.changes] == [COOKIE.node.hex()]
