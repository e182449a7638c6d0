"""The profile of a customer, as it is published."""

from identity.graph import Card, Standing
from identity.nodes import NodeId
from identity.resolution import Person
from profiles.customer import Customer, merged_profile, profile_of
from profiles.folding import Folding
from profiles.fragment import ConsentValue, Fragment, Mark, OfferTally, OrderMark, Told, TouchMark, TraitValue
from profiles.policy_file import parse_profile_policy
from schemas.contracts import PROFILE
from schemas.framing import SingleObjectFraming
from schemas.records import Profile
from tests.kept_consents import kept_consents

HOUR_MS = 3_600_000
ANN, MAIL = NodeId(b"\x00" * 16), NodeId(b"\x03" * 16)
FOLDING = Folding(
    parse_profile_policy(
        """
[profile]
defaults = false
[profile.caps.few]
messages = { type = ["email_sent"] }
most = 2
hours = 1
[profile.traits.interests]
fold = "top"
value = "property.category"
[profile.traits.campaign]
fold = "newest"
value = "campaign"
[profile.traits.calls]
fold = "count"
"""
    )
)


def published(whole: Fragment, *, clock: int | None = None, standing: Standing | None = None) -> Profile:
    """Return the profile of a customer with two identifiers; it has the form of its contract."""
    cards = [
        (ANN, Card("customer_id", "ann", 1, 5, shared=False, links={}, neighbours={})),
        (MAIL, Card("email", "ann@example.org", 1, 7, shared=True, links={}, neighbours={})),
    ]
    person = Person(ANN, (ANN, MAIL))
    customer = Customer(person, cards, whole, known=True, standing=standing or Standing({}, 0), clock=clock)
    profile = profile_of(customer, FOLDING, "policy-1", 3, 9)
    assert SingleObjectFraming().decode(SingleObjectFraming().encode(PROFILE, profile)) == (PROFILE, profile)
    return profile


def test_a_profile_says_who_it_is_by_which_policy_and_revision() -> None:
    profile = published(Fragment())
    assert (profile["customer_id"], profile["revision"], profile["status"]) == (ANN.hex(), 3, "active")
    assert (profile["policy_version"], profile["updated_at"], profile["known"]) == ("policy-1", 9, True)
    assert [(one["type"], one["value"], one["shared"]) for one in profile["identifiers"]] == [
        ("customer_id", "ann", False),
        ("email", "ann@example.org", True),
    ]


def test_an_address_has_the_quality_that_was_told_of_it() -> None:
    profile = published(Fragment(quality={MAIL.hex(): Told(1, "a", "email", "bounced")}))
    assert [one["quality"] for one in profile["identifiers"]] == [None, "bounced"]


def test_revenue_and_margin_are_kept_by_currency_less_returns() -> None:
    orders = {
        b"1": OrderMark(4, "a", "web", False, "EUR", 100, 10),  # noqa: FBT003  # a field of the record
        b"2": OrderMark(2, "b", "web", False, "SEK", 70, None),  # noqa: FBT003  # a field of the record
        b"3": OrderMark(1, "c", "web", True, "EUR", 130, 15),  # noqa: FBT003  # a field of the record
    }
    profile = published(Fragment(orders=orders))
    assert (profile["orders"], profile["returns"]) == (2, 1)
    assert (profile["revenue_micros"], profile["margin_micros"]) == ({"EUR": -30, "SEK": 70}, {"EUR": -5})
    assert (profile["first_order_at"], profile["last_order_at"]) == (2, 4)


def test_told_traits_come_with_their_origin_and_the_preferred_language_before_the_language() -> None:
    traits = {"language": TraitValue("de", 1, "a", "crm")}
    assert published(Fragment(traits=traits))["preferred_language"] == "de"
    traits["preferred_language"] = TraitValue("en", 2, "b", "web")
    profile = published(Fragment(traits=traits))
    assert profile["preferred_language"] == "en"
    assert profile["traits"] == [
        {"name": "language", "value": "de", "event_time": 1, "source": "crm", "event_id": "a"},
        {"name": "preferred_language", "value": "en", "event_time": 2, "source": "web", "event_id": "b"},
    ]
    assert published(Fragment())["preferred_language"] is None


def test_computed_traits_are_numbers_or_texts_with_their_origin_where_there_is_one() -> None:
    computed = {"interests": {"boats": 1, "tents": 3}, "campaign": [5, "e", "web", "spring"], "calls": 2}
    found = [
        (one["name"], one["key"], one["number"], one["text"], one["event_time"], one["source"], one["event_id"])
        for one in published(Fragment(computed=computed))["computed"]
    ]
    assert sorted(found) == [
        ("calls", "", 2.0, None, None, None, None),
        ("campaign", "", None, "spring", 5, "web", "e"),
        ("interests", "boats", 1.0, None, None, None, None),
        ("interests", "tents", 3.0, None, None, None, None),
    ]


def test_tags_that_were_taken_off_are_not_listed() -> None:
    tags = {"vip": Told(1, "a", "crm", "added"), "staff": Told(2, "b", "crm", "removed")}
    assert [one["name"] for one in published(Fragment(tags=tags))["tags"]] == ["vip"]


def test_offers_are_listed_by_stage_with_their_last_time_and_channel() -> None:
    offers = {"gift": {"seen": OfferTally(2, 9, "b", "web"), "made": OfferTally(3, 8, "a", "email")}}
    assert published(Fragment(offers=offers))["offers"] == [
        {"offer_id": "gift", "stage": "made", "count": 3, "last_at": 8, "channel": "email"},
        {"offer_id": "gift", "stage": "seen", "count": 2, "last_at": 9, "channel": "web"},
    ]


def test_segments_are_those_that_hold_with_the_time_they_were_entered() -> None:
    standing = Standing({"segment:new": 4, "cap:few": 1, "consent:marketing/web": 2}, 0)
    assert published(Fragment(), standing=standing)["segments"] == [{"name": "new", "entered_at": 4}]


def test_caps_tell_messages_within_their_hours_and_when_there_is_room_again() -> None:
    sent = [Mark(time, str(time), "web", "email_sent", "") for time in (10, 20)]
    whole = Fragment(marks={"cap:few": sent})
    assert published(whole)["caps"] == [], "no time was told"
    assert published(whole, clock=30)["caps"] == [
        {"name": "few", "messages": 2, "most": 2, "free_again_at": 10 + HOUR_MS}
    ]
    assert published(whole, clock=10 + HOUR_MS)["caps"] == [
        {"name": "few", "messages": 1, "most": 2, "free_again_at": None}
    ]


def test_consents_in_force_are_listed_by_purpose_and_channel() -> None:
    consents = {
        ("marketing", "web"): ConsentValue("denied", 2, "b", "web", None),
        ("analytics", "*"): ConsentValue("granted", 1, "a", "crm", "v1"),
    }
    found = published(Fragment(**kept_consents(consents)))["consents"]
    assert [(one["purpose"], one["channel"], one["state"], one["text_version"]) for one in found] == [
        ("analytics", "*", "granted", "v1"),
        ("marketing", "web", "denied", None),
    ]


def test_touches_are_counted_and_the_newest_listed_first() -> None:
    recent = [TouchMark(3, "c", "web", "login"), TouchMark(2, "b", "crm", "call")]
    first = TouchMark(1, "a", "web", "visit")
    whole = Fragment(by_channel={"web": 2, "crm": 1}, by_type={"visit": 3}, first=first, recent=recent)
    profile = published(whole)
    assert (profile["touches"], profile["touches_by_channel"]) == (3, {"crm": 1, "web": 2})
    assert profile["first_touch"] == {"event_time": 1, "event_id": "a", "channel": "web", "type": "visit"}
    assert profile["last_touch"] == profile["recent_touches"][0]
    assert [touch["event_id"] for touch in profile["recent_touches"]] == ["c", "b"]


def test_an_id_that_went_over_to_another_customer_says_so_and_nothing_else() -> None:
    profile = merged_profile(MAIL, ANN, "policy-1", 4, 9)
    assert (profile["status"], profile["customer_id"], profile["merged_into"]) == ("merged", MAIL.hex(), ANN.hex())
    empty = published(Fragment())
    said = {"customer_id", "revision", "status", "merged_into", "known", "identifiers"}
    assert {name: value for name, value in profile.items() if name not in said} == {
        name: value for name, value in empty.items() if name not in said
    }
    assert SingleObjectFraming().decode(SingleObjectFraming().encode(PROFILE, profile)) == (PROFILE, profile)
