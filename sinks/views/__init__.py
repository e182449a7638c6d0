"""The views of the lake: the analyses that every reader starts from.

A view names tables without a catalog, so it sees the snapshot that its reader attached. Touchpoints point at their
anchor node, never at a person: who they belong to is looked up in ``identifiers`` when the view is read, so a late
merge moves all of history with no rewriting. What is declared in the profile policy (goals, windows, weights) stands in
the statements as literals, so the views are made anew when a policy is applied. What depends on the present moment asks
the view ``moment``.
"""

from hashlib import blake2b

from profiles.policy import ProfilePolicy
from sinks.views import customers, journeys, moment, operations, value
from sinks.views.view import View

__all__ = ["View", "all_views", "fingerprint"]


def all_views(policy: ProfilePolicy) -> tuple[View, ...]:
    """Return every view under a policy, each after those that it reads."""
    return (
        moment.MOMENT,
        customers.CUSTOMERS,
        journeys.TOUCHPOINTS_BY_CUSTOMER,
        journeys.JOURNEYS,
        value.orders(policy),
        customers.VALUE_BY_ACQUIRING_CHANNEL,
        operations.LINK_EVIDENCE,
        operations.DEAD_LETTERS_BY_REASON,
    )


def fingerprint(views: tuple[View, ...]) -> str:
    """Return a hash of view definitions: a lake that holds another one gets them anew."""
    definitions = "\n".join(view.create_sql() for view in views)
    return blake2b(definitions.encode(), digest_size=16).hexdigest()
