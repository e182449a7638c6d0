"""What an owner makes of a member that past owners hand over."""

from identity.graph import NEVER_SEEN, Card, Member, Report, Standing
from identity.members import NO_CUSTOMER, merged_member
from identity.nodes import NodeId

NODE, OTHER, OWNER = NodeId(b"n" * 16), NodeId(b"m" * 16), NodeId(b"o" * 16)


def card() -> Card:
    return Card("email", "ada@example.org", 1, NEVER_SEEN, shared=False, links={}, neighbours={})


def handed_over(member: Member) -> Report:
    return Report(OWNER, NODE, member, b"", 3)


def test_what_one_past_owner_told_to_hold_is_in_doubt_where_another_told_the_node_to_be_someone_else() -> None:
    its_own = Member(card(), named=True, customer=NODE, standing=Standing({"segment:prospects": 7}, 9))
    of_another = Member(card(), named=True, customer=OTHER)

    for known, told in ((its_own, of_another), (of_another, its_own)):
        member = merged_member(known, handed_over(told))

        assert member.customer == NO_CUSTOMER
        assert member.standing == Standing({"segment:prospects": 0}, 9)


def test_what_past_owners_tell_alike_is_no_doubt() -> None:
    one = Member(card(), named=True, customer=NODE, standing=Standing({"segment:prospects": 7}, 0))
    other = Member(card(), named=True, customer=NODE, standing=Standing({"segment:prospects": 8}, 0))

    assert merged_member(one, handed_over(other)).standing == Standing({"segment:prospects": 7}, 0)
    assert merged_member(None, handed_over(one)).standing == one.standing
