"""Whom a denial holds for where an identifier is another customer's, or nobody's: in the stream and in SQL alike.

Consents are told as consent platforms publish them: the example of "Segment Consent Preference Updated" in Segment's
documentation, with the identifiers of its unified profile, and the header ``Sec-GPC: 1`` of Global Privacy Control.
"""

import itertools
import json
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from identity.graph import Message, Ruled, Ruling, RulingKind
from identity.nodes import NodeId
from profiles.consents import permits
from schemas.accepted import decode_accepted, encode_accepted
from schemas.contracts import LINK, PROFILE
from schemas.records import Consent, ConsentState, Decision, Link, Profile
from sinks.lake import LakeBatch, open_lake_writer
from streams.records import SourceRecord
from tests.unit.test_engine_gather import NOW, Bench, an_event, told

SEGMENT = json.loads("""{
  "anonymousId": "23adfd82-aa0f-45a7-a756-24f2a7a4c895",
  "type": "track",
  "event": "Segment Consent Preference Updated",
  "userId": "u123",
  "traits": {"email": "peter@example.com", "phone": "555-555-5555"},
  "timestamp": "2023-01-01T00:00:00.000Z",
  "context": {"consent": {"categoryPreferences": {
    "Advertising": true, "Analytics": false, "Functional": true, "DataSharing": false
  }}}
}""")

PETER, PAM = ("customer_id", SEGMENT["userId"]), ("customer_id", "u456")
MAIL, BROWSER = ("email", SEGMENT["traits"]["email"]), ("cookie", SEGMENT["anonymousId"])
PURPOSE = "Advertising"
ORDERS = range(3)

Identifier = tuple[str, str]


def stated(event_id: str, *identifiers: Identifier, at: int = 0, **consents: ConsentState) -> SourceRecord:
    """Return a touchpoint that states consents by purpose, for every channel, some seconds after the others."""
    record = an_event(event_id, *identifiers)
    accepted = decode_accepted(record.value)
    accepted["touchpoint"]["event_time"] = NOW - 60_000 + at * 1000
    accepted["touchpoint"]["consents"] = [
        Consent(purpose=purpose, channel="*", state=state, text_version=None) for purpose, state in consents.items()
    ]
    return record._replace(value=encode_accepted(accepted))


def of_segment(event_id: str, *identifiers: Identifier, preferences: Mapping[str, bool], at: int) -> SourceRecord:
    """Return an event of a consent platform as a touchpoint."""
    states: dict[str, ConsentState] = {name: "granted" if value else "denied" for name, value in preferences.items()}
    return stated(event_id, *identifiers, at=at, **states)


def seen(times: int, *identifiers: Identifier) -> list[SourceRecord]:
    """Return touchpoints with the same identifiers."""
    name = "+".join(value for _, value in identifiers)
    return [an_event(f"{name} {number}", *identifiers) for number in range(times)]


def node_of(identifier: Identifier) -> NodeId:
    return NodeId(decode_accepted(an_event("any", identifier).value)["nodes"][0]["node_id"])


class Decided(msgspec.Struct):
    """A steward's decision that two identifiers are not one person's, or that it is withdrawn."""

    one: Identifier
    other: Identifier
    made_at: int
    kind: RulingKind

    def messages(self) -> list[Message]:
        """Return what the two nodes are told."""
        one, other, ruling = node_of(self.one), node_of(self.other), Ruling(self.made_at, self.kind)
        return [Ruled(one, *self.one, other, ruling), Ruled(other, *self.other, one, ruling)]

    def record(self) -> Decision:
        """Return it as the lake takes it."""
        return {
            "kind": "apart",
            "state": "made" if self.kind is RulingKind.APART else "withdrawn",
            "one": {"node_id": node_of(self.one).hex(), "type": self.one[0], "value": self.one[1]},
            "other": {"node_id": node_of(self.other).hex(), "type": self.other[0], "value": self.other[1]},
            "made_at": self.made_at,
            "made_by": "a test",
            "reason": "",
        }


Happening = SourceRecord | Decided


def permitted(happened: Sequence[Happening], order: int, purpose: str = PURPOSE) -> dict[str, bool]:
    """Return by identifier whether its customer permits a purpose by e-mail, said alike by stream and SQL.

    Args:
        happened: touchpoints and decisions.
        order: number of the order and cut in which they come; all come twice in some.
        purpose: asked for.
    """
    chance = random.Random(order)  # noqa: S311  # an order of a test
    happened = [*happened, *(happened if order % 2 else ())]
    if order:
        happened = chance.sample(happened, len(happened))
    profiles: dict[str, Profile] = {}
    links: dict[tuple[str, str], Link] = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "0")
        for _, together in itertools.groupby(happened, lambda one: (isinstance(one, Decided), chance.random() < 0.5)):
            commit = take(bench, list(together))
            for profile in told(commit, PROFILE):
                profiles[profile["customer_id"]] = profile
            for link in told(commit, LINK):
                links[link["anchor_id"], link["node_id"]] = link
        bench.store.close()
        touchpoints = [decode_accepted(one.value) for one in happened if isinstance(one, SourceRecord)]
        decisions = [one.record() for one in happened if isinstance(one, Decided)]
        batch = LakeBatch(touchpoints, list(profiles.values()), list(links.values()), decisions=decisions)
        with open_lake_writer(Path(folder)) as writer:
            writer.write(batch, {("t", 0): 1})
            asked = f"consent_at(customer_id, '{purpose}', 'email', now()::TIMESTAMP)"
            sql = f"SELECT value, {asked} FROM identifiers"  # noqa: S608 - of this test
            in_lake: dict[str, bool] = dict(writer.connection.execute(sql).fetchall())
    in_stream = {
        one["value"]: permits(profile, purpose, "email")
        for profile in profiles.values()
        if profile["status"] == "active"
        for one in profile["identifiers"]
    }
    assert in_lake == in_stream
    return in_stream


def take(bench: Bench, together: Sequence[Happening]) -> Any:  # noqa: ANN401  # a commit
    records = [one for one in together if isinstance(one, SourceRecord)]
    if records:
        return bench.touch(*records)
    rulings = [one for one in together if isinstance(one, Decided)]
    return bench.receive(msgspec.msgpack.encode([message for one in rulings for message in one.messages()]))


def of(found: Mapping[str, bool], *identifiers: Identifier) -> list[bool]:
    return [found[value] for _, value in identifiers]


BOTH_AGREED = [stated("peter yes", PETER, Advertising="granted"), stated("pam yes", PAM, Advertising="granted")]
PETER_WROTE, PAM_HAS_IT = seen(1, PETER, MAIL), seen(9, PAM, MAIL)
UNSUBSCRIBED = of_segment("off", MAIL, preferences={PURPOSE: False}, at=5)


@pytest.mark.parametrize("order", ORDERS)
def test_a_withdrawal_of_an_address_holds_for_who_lost_it_and_for_who_dominates_it(order: int) -> None:
    found = permitted([*BOTH_AGREED, *PETER_WROTE, *PAM_HAS_IT, UNSUBSCRIBED], order)
    assert of(found, PETER, PAM, MAIL) == [False, False, False]


@pytest.mark.parametrize("order", ORDERS)
def test_a_withdrawal_of_an_address_that_is_nobodys_holds_for_everybody_who_gave_it(order: int) -> None:
    shared = [*seen(2, PETER, MAIL), *seen(2, PAM, MAIL)]
    unsubscribed = of_segment("off", MAIL, BROWSER, preferences={PURPOSE: False}, at=5)
    found = permitted([*BOTH_AGREED, *shared, unsubscribed], order)
    assert of(found, PETER, PAM, MAIL, BROWSER) == [False, False, False, False]


@pytest.mark.parametrize("order", ORDERS)
def test_a_later_grant_of_a_customer_lifts_it_for_them_alone(order: int) -> None:
    agreed_again = stated("peter again", PETER, at=9, Advertising="granted")
    found = permitted([*BOTH_AGREED, *PETER_WROTE, *PAM_HAS_IT, UNSUBSCRIBED, agreed_again], order)
    assert of(found, PETER, PAM) == [True, False]


@pytest.mark.parametrize("order", ORDERS)
def test_a_grant_holds_only_for_whose_touchpoint_it_is(order: int) -> None:
    subscribed = of_segment("on", MAIL, BROWSER, preferences={PURPOSE: True}, at=5)
    found = permitted([*seen(5, PETER, BROWSER), *PETER_WROTE, *PAM_HAS_IT, subscribed], order)
    assert of(found, PETER, PAM, MAIL) == [False, True, True]


@pytest.mark.parametrize("order", ORDERS)
def test_a_withdrawal_holds_for_whose_browser_it_was_made_on(order: int) -> None:
    """The address is Pam's, and was never seen with Peter."""
    unsubscribed = of_segment("off", MAIL, BROWSER, preferences={PURPOSE: False}, at=5)
    found = permitted([*BOTH_AGREED, *seen(5, PETER, BROWSER), *PAM_HAS_IT, unsubscribed], order)
    assert of(found, PETER, PAM, BROWSER) == [False, False, False]


@pytest.mark.parametrize("order", ORDERS)
def test_a_browser_that_is_nobodys_carries_no_withdrawal_from_one_to_the_others(order: int) -> None:
    kiosk = [*seen(1, PETER, BROWSER), *seen(1, PAM, BROWSER)]
    withdrawn = of_segment("off", PETER, BROWSER, preferences={PURPOSE: False}, at=5)
    found = permitted([*BOTH_AGREED, *kiosk, withdrawn], order)
    assert of(found, PETER, PAM, BROWSER) == [False, True, False]


@pytest.mark.parametrize("order", ORDERS)
def test_a_withdrawal_of_a_customer_does_not_hold_for_who_has_an_address_that_they_lost(order: int) -> None:
    """It does not name the address."""
    withdrawn = of_segment("off", PETER, preferences={PURPOSE: False}, at=5)
    found = permitted([*BOTH_AGREED, *PETER_WROTE, *PAM_HAS_IT, withdrawn], order)
    assert of(found, PETER, PAM, MAIL) == [False, True, True]


@pytest.mark.parametrize("order", ORDERS)
def test_a_withdrawal_that_names_the_address_does(order: int) -> None:
    withdrawn = of_segment("off", PETER, MAIL, preferences={PURPOSE: False}, at=5)
    found = permitted([*BOTH_AGREED, *PAM_HAS_IT, withdrawn], order)
    assert of(found, PETER, PAM, MAIL) == [False, False, False]


APART = Decided(PETER, MAIL, NOW, RulingKind.APART)
WITHDRAWN = Decided(PETER, MAIL, NOW + 1, RulingKind.WITHDRAWN)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("decided", "peters"), [([APART], True), ([APART, WITHDRAWN], False)])
def test_the_denial_goes_with_the_address_where_a_steward_says_it_is_not_theirs(
    decided: list[Happening], order: int, *, peters: bool
) -> None:
    found = permitted([*BOTH_AGREED, *PETER_WROTE, *PAM_HAS_IT, UNSUBSCRIBED, *decided], order)
    assert of(found, PETER, PAM, MAIL) == [peters, False, False]


@pytest.mark.parametrize("order", ORDERS)
def test_the_denial_goes_with_an_address_that_was_theirs_and_is_not_any_more(order: int) -> None:
    found = permitted([*BOTH_AGREED, *seen(9, PETER, MAIL), UNSUBSCRIBED, APART], order)
    assert of(found, PETER, PAM, MAIL) == [True, True, False]


@pytest.mark.parametrize("order", ORDERS)
def test_global_privacy_control_holds_for_browser_customer_and_whoever_has_the_address(order: int) -> None:
    """Segment's example was told before; no known purpose is DataSharing, so its denial is of every one."""
    before = of_segment(
        "before", PETER, MAIL, BROWSER, preferences={**SEGMENT["context"]["consent"]["categoryPreferences"]}, at=1
    )
    shared = [stated("shares", PAM, at=1, sale_of_data="granted"), *seen(2, PAM, MAIL)]
    signal = stated("gpc", MAIL, BROWSER, at=5, sale_of_data="denied")
    happened = [before, *shared, signal]
    assert of(permitted(happened, order, "sale_of_data"), PETER, PAM, MAIL, BROWSER) == [False, False, False, False]
    assert of(permitted(happened, order, "Functional"), PETER, BROWSER) == [False, False]
