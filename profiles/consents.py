"""What the consents of a fragment permit, and what a published profile does."""

from profiles.consent import (
    ANY,
    NOTHING_SAID,
    STANDARD,
    Decision,
    Known,
    Statement,
    borne_on,
    caution,
    channel_name,
    decide,
    purpose_name,
)
from profiles.fragment import ConsentValue, Fragment
from profiles.policy import ProfilePolicy
from schemas.records import Profile


def known_of(policy: ProfilePolicy) -> Known:
    """Return the purposes and channels that are known under a policy: declared, or asked for by what it declares."""
    purposes = {purpose_name(name) for name in policy.consent.purposes} | {purpose for purpose, _ in _asked(policy)}
    channels = {channel_name(name) for name in policy.consent.channels} | set(channels_asked(policy))
    return Known((STANDARD.purposes | purposes) - {ANY}, (STANDARD.channels | channels) - {ANY})


def channels_asked(policy: ProfilePolicy) -> list[str]:
    """Return the channels that activations, segments and offers ask consent for."""
    return sorted({channel for _, channel in _asked(policy)})


def _asked(policy: ProfilePolicy) -> set[tuple[str, str]]:
    asking = [*policy.segments.values(), *(offer.eligible for offer in policy.offers.values())]
    facts = (condition.fact.split(".") for conditions in asking for condition in conditions.each())
    asked = [(fact[1], fact[2]) for fact in facts if fact[0] == "consent"]
    asked += [(activation.purpose, activation.channel) for activation in policy.activations.values()]
    return {(purpose_name(purpose), channel_name(channel)) for purpose, channel in asked}


def decided(whole: Fragment, purpose: str, channel: str, known: Known) -> Decision:
    """Return whether a fragment's consents permit a purpose on a channel; nothing is where some were left out."""
    return NOTHING_SAID if whole.consents_left_out else decide(statements(whole), purpose, channel, known)


def permissions(whole: Fragment, known: Known) -> dict[tuple[str, str], Decision]:
    """Return what is permitted of each purpose that was spoken of, on every channel that was and on any other (``*``).

    So a channel that is not among them is permitted where ``*`` is.
    """
    if not (whole.grants or whole.denials):
        return {}
    said = statements(whole)
    names = {(one.purpose, one.channel) for one in said if one.purpose != ANY}
    general = {one.channel for one in said if borne_on(one, known)[0] == ANY}
    names |= {(purpose, channel) for purpose in {purpose for purpose, _ in names} for channel in {ANY, *general}}
    if whole.consents_left_out:
        return dict.fromkeys(sorted(names), NOTHING_SAID)
    return {name: decide(said, *name, known) for name in sorted(names)}


def permits(profile: Profile, purpose: str, channel: str) -> bool:
    """Whether a published profile permits a purpose on a channel, both in any spelling."""
    told = {(one["purpose"], one["channel"]): one["permitted"] for one in profile["permissions"]}
    purpose = purpose_name(purpose)
    return told.get((purpose, channel_name(channel)), told.get((purpose, ANY), False))


def statements(whole: Fragment) -> list[Statement]:
    """Return the grants on each purpose and channel that are kept, and the newest denial: no other can matter."""
    granted = [(name, grant.given) for name, grants in whole.grants.items() for grant in grants]
    return [
        Statement(purpose, channel, given.state, given.time, given.event_id, given.source, given.text_version)
        for (purpose, channel), given in [*granted, *whole.denials.items()]
    ]


def consents_in_force(whole: Fragment) -> dict[tuple[str, str], ConsentValue]:
    """Return the newest statement on each purpose and channel; of the same moment the one that denies more."""
    newest = {name: max((grant.given for grant in grants), key=weight) for name, grants in whole.grants.items()}
    for name, denial in whole.denials.items():
        newest[name] = max(newest.get(name, denial), denial, key=weight)
    return dict(sorted(newest.items()))


def weight(given: ConsentValue) -> tuple[int, int, str, str, str]:
    """Return what statements on one purpose and channel compare by, the greatest being the one in force."""
    return given.time, caution(given.state), given.event_id, given.source, given.text_version or ""
