"""What happened to customers as a whole is told once, by its kind and with its cause."""

from collections.abc import Sequence

import pytest

from identity.graph import Block, Ruling, RulingKind
from schemas.records import Change
from tests.property.engine_model import (
    Blocking,
    Decision,
    Engine,
    Happening,
    Identified,
    event,
    identifier,
    tight_policy,
)

POLICY = tight_policy(phone=2)
ANN, BEN = identifier("customer_id", "ann"), identifier("customer_id", "ben")
ANNS_MAIL, BENS_MAIL = identifier("email", "ann@example.org"), identifier("email", "ben@example.org")
PHONE, COOKIE, TABLET = identifier("phone", "+4930123456"), identifier("cookie", "c"), identifier("device_id", "t")

ANNS_TABLET = [event("ann 1", 1, ANN, TABLET), event("ann 2", 2, ANN, TABLET)]
BENS_TABLET = [event("ben 1", 3, BEN, TABLET), event("ben 2", 4, BEN, TABLET)]


def story(*chunks: Sequence[Happening]) -> list[list[Change]]:
    """Return what one partition tells for each chunk of what happens."""
    engine = Engine(1, POLICY)
    (partition,) = engine.partitions
    told: list[list[Change]] = []
    for chunk in chunks:
        before = len(partition.told)
        for one in chunk:
            engine.deliver(one)
        engine.work(0, len(partition.touches), len(partition.messages))
        told.append([change for part in partition.told[before:] for change in part.changes])
    return told


def ruling(one: Identified, other: Identified, kind: RulingKind, at: int = 1) -> Decision:
    return Decision(one, other, Ruling(at, kind))


def sides(change: Change) -> tuple[str, str, str | None, list[str]]:
    return change["kind"], change["customer_id"], change["other_customer_id"], change["identifiers"]


def cause(change: Change) -> tuple[str, str | None]:
    return change["cause"], change["cause_id"]


def ids(*whom: Identified) -> list[str]:
    return [one.node.hex() for one in whom]


def both(one: Identified, other: Identified) -> str:
    """Return the key of a decision on two."""
    return ":".join(sorted(ids(one, other)))


# --- kinds --------------------------------------------------------------------------------------------------------


def test_a_customer_that_is_new_is_no_change() -> None:
    assert story([event("a", 1, ANN, COOKIE)], [event("b", 2, BEN)]) == [[], []]


def test_more_touchpoints_of_the_same_identifiers_are_no_change() -> None:
    assert story([event("a", 1, ANN, COOKIE)], [event("b", 2, ANN, COOKIE), event("c", 3, COOKIE)])[1] == []


def test_an_identifier_that_is_new_is_added_to_its_customer() -> None:
    _, (added,) = story([event("a", 1, ANN)], [event("b", 2, ANN, COOKIE)])
    assert sides(added) == ("identifier_added", ANN.node.hex(), None, ids(COOKIE))


def test_a_login_adds_the_account_to_the_anonymous_customer() -> None:
    """Though everything gathers at a better owner from then on."""
    _, (added,) = story([event("a", 1, COOKIE)], [event("b", 2, ANN, ANNS_MAIL, COOKIE)])
    assert sides(added) == ("identifier_added", COOKIE.node.hex(), None, ids(ANN, ANNS_MAIL))


def test_of_two_customers_that_merge_the_younger_goes_over_with_all_its_identifiers() -> None:
    _, (merged,) = story([event("a", 1, COOKIE), event("b", 2, BENS_MAIL, TABLET)], [event("c", 3, BENS_MAIL, COOKIE)])
    assert sides(merged) == ("merged", COOKIE.node.hex(), BENS_MAIL.node.hex(), ids(BENS_MAIL, TABLET))


def test_a_customer_that_takes_over_the_name_is_told_as_a_merge() -> None:
    """A late event shows that the cookie was there first."""
    _, (merged,) = story([event("a", 10, ANN, COOKIE)], [event("b", 1, COOKIE)])
    assert sides(merged) == ("merged", COOKIE.node.hex(), ANN.node.hex(), ids(ANN, COOKIE))


def test_who_leaves_a_customer_and_has_none_yet_is_split_off() -> None:
    _, (split,) = story(
        [event("a", 1, ANN, ANNS_MAIL), event("b", 2, ANNS_MAIL, COOKIE)], [ruling(ANN, COOKIE, RulingKind.APART)]
    )
    assert sides(split) == ("split", COOKIE.node.hex(), ANN.node.hex(), ids(COOKIE))


def test_an_identifier_moves_between_two_customers_that_both_live_on() -> None:
    """Ben turns out to be the one who uses the tablet."""
    bens = [event(f"ben {number}", 10 + number, BEN, TABLET) for number in range(20)]
    _, _, (moved,) = story([event("a", 0, ANN), event("b", 0, BEN)], [event("c", 1, ANN, TABLET)], bens)
    assert sides(moved) == ("identifier_moved", BEN.node.hex(), ANN.node.hex(), ids(TABLET))


def test_a_customer_that_split_off_and_comes_back_is_merged_again() -> None:
    *_, (merged,) = story(
        [event("a", 1, ANN, ANNS_MAIL)],
        [ruling(ANN, ANNS_MAIL, RulingKind.APART, at=1)],
        [ruling(ANN, ANNS_MAIL, RulingKind.WITHDRAWN, at=2)],
    )
    assert sides(merged) == ("merged", ANN.node.hex(), ANNS_MAIL.node.hex(), ids(ANNS_MAIL))


# --- causes -------------------------------------------------------------------------------------------------------


def test_evidence_names_the_first_event_that_showed_the_link() -> None:
    _, (merged,) = story(
        [event("a", 1, COOKIE), event("b", 2, BENS_MAIL)],
        [event("later", 5, BENS_MAIL, COOKIE), event("first", 3, BENS_MAIL, COOKIE)],
    )
    assert cause(merged) == ("event", "first")


def test_where_no_link_is_new_no_event_is_named() -> None:
    _, (merged,) = story([event("a", 10, ANN, COOKIE)], [event("b", 1, COOKIE)])
    assert cause(merged) == ("event", None)


def test_a_rule_that_takes_links_away_is_named() -> None:
    _, (split,) = story(ANNS_TABLET, BENS_TABLET)
    assert (sides(split)[0], *cause(split)) == ("split", "rule", "ambiguous_identifier")


def test_an_identifier_that_becomes_shared_is_split_off_by_that_rule() -> None:
    cookies = [identifier("cookie", f"{number}") for number in range(3)]
    first, second = (event(f"{number}", number, PHONE, cookies[number]) for number in range(2))
    _, changes = story([first, second], [event("2", 2, PHONE, cookies[2])])
    assert {(change["kind"], *cause(change)) for change in changes} == {("split", "rule", "shared_identifier")}


@pytest.mark.parametrize(
    ("seen", "kind", "pair"),
    [
        ([event("a", 1, ANN, ANNS_MAIL)], RulingKind.APART, (ANN, ANNS_MAIL)),
        ([event("a", 1, ANN), event("b", 2, BEN)], RulingKind.TOGETHER, (BEN, ANN)),
        ([*ANNS_TABLET, *BENS_TABLET], RulingKind.RELEASE, (BEN, TABLET)),
    ],
    ids=["apart", "together", "release"],
)
def test_a_decision_on_two_is_named_by_its_key_when_made_and_when_withdrawn(
    seen: list[Happening], kind: RulingKind, pair: tuple[Identified, Identified]
) -> None:
    """The key that it has in the topic of decisions."""
    _, made, withdrawn = story(seen, [ruling(*pair, kind, at=1)], [ruling(*pair, RulingKind.WITHDRAWN, at=2)])
    for changes in (made, withdrawn):
        assert [cause(change) for change in changes] == [("decision", both(*pair))]


def test_a_block_is_named_by_the_identifier_when_made_and_when_withdrawn() -> None:
    seen = [event("a", 1, ANN, PHONE), event("b", 2, ANNS_MAIL, PHONE)]
    _, made, withdrawn = story(
        seen, [Blocking(PHONE, Block(1, blocked=True))], [Blocking(PHONE, Block(2, blocked=False))]
    )
    for changes in (made, withdrawn):
        assert {cause(change) for change in changes} == {("decision", PHONE.node.hex())}


def test_a_chain_that_breaks_elsewhere_names_the_two_who_were_decided_apart() -> None:
    """The weakest link between them breaks; nobody decided on that one."""
    bens = [event(f"ben {number}", 5, BENS_MAIL, PHONE) for number in range(3)]
    seen = [event("a", 1, ANN, ANNS_MAIL), *bens, event("c", 9, ANNS_MAIL, PHONE)]
    _, changes = story(seen, [ruling(ANN, BENS_MAIL, RulingKind.APART)])
    assert {cause(change) for change in changes} == {("decision", both(ANN, BENS_MAIL))}


def test_evidence_on_two_whose_decision_was_withdrawn_long_ago_is_an_event() -> None:
    *_, (merged,) = story(
        [event("a", 1, ANN), event("b", 2, ANNS_MAIL)],
        [ruling(ANN, ANNS_MAIL, RulingKind.TOGETHER, at=1)],
        [ruling(ANN, ANNS_MAIL, RulingKind.WITHDRAWN, at=2)],
        [event("c", 3, ANN, ANNS_MAIL)],
    )
    assert cause(merged) == ("event", "c")


# --- nothing twice ------------------------------------------------------------------------------------------------


def test_what_happened_before_is_not_told_again() -> None:
    everything: list[Happening] = [
        *ANNS_TABLET,
        *BENS_TABLET,
        ruling(ANN, TABLET, RulingKind.RELEASE),
        Blocking(COOKIE, Block(1, blocked=True)),
        event("a", 5, BEN, COOKIE),
    ]
    assert story(*([one] for one in everything), everything)[-1] == []


def test_a_customer_that_loses_several_identifiers_to_another_is_told_of_once() -> None:
    seen = [event("a", 1, ANN), event("b", 2, ANNS_MAIL, PHONE), event("c", 3, ANNS_MAIL, COOKIE)]
    _, (merged,) = story(seen, [event("d", 4, ANN, ANNS_MAIL)])
    assert sides(merged) == ("merged", ANN.node.hex(), ANNS_MAIL.node.hex(), ids(ANNS_MAIL, PHONE, COOKIE))
