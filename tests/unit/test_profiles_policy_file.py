"""The table [profile] of the policy file: each problem is said with its line; what is left out is as in the default."""

from copy import deepcopy
from dataclasses import replace

import pytest

from identity.policy_file import PolicyError, Problem, load_toml, parse_policy
from profiles.conditions import Condition
from profiles.policy import ProfilePolicy
from profiles.policy_file import (
    default_profile_policy,
    default_profile_text,
    default_text,
    folding_version,
    parse_profile_policy,
)


def problems(text: str) -> list[Problem]:
    """Return what is wrong with a table."""
    with pytest.raises(PolicyError) as refused:
        parse_profile_policy(text)
    return refused.value.problems


TRAIT = "[profile.traits.x]\n"
WRONG: dict[str, tuple[str, int, str, str]] = {
    "no such setting": ("[profile]\ncolour = 1", 2, "profile.colour", "there is no such setting"),
    "a table that is none": ("profile = 3", 1, "profile", "expected a table"),
    "a currency": ('[profile]\nbase_currency = "euro"', 2, "profile.base_currency", "expected to match"),
    "sources": ('[profile]\ntrusted_sources = "crm"', 2, "profile.trusted_sources", "expected a valid list"),
    "no recent touches": ("[profile]\nrecent_touches = 0", 2, "profile.recent_touches", "expected greater than"),
    "too many recent touches": ("[profile]\nrecent_touches = 101", 2, "profile.recent_touches", "expected less than"),
    "no names": ("[profile]\n\nmax_names = 0", 3, "profile.max_names", "expected greater than"),
    "too many orders": ("[profile]\nmost_orders = 5001", 2, "profile.most_orders", "expected less than"),
    "a text for a number": ('[profile]\nmost_orders = "9"', 2, "profile.most_orders", "expected a valid integer"),
    "a fraction": ("[profile]\nsession_minutes = 1.5", 2, "profile.session_minutes", "expected a valid integer"),
    "a rate of nought": ("[profile.currency_rates]\nUSD = 0", 2, "profile.currency_rates.USD", "expected greater than"),
    "a rate of no currency": (
        "[profile.currency_rates]\nusd = 1.0",
        2,
        "profile.currency_rates.usd",
        "expected to match",
    ),
    "survivorship": ('[profile.survivorship]\ncity = "oldest"', 2, "profile.survivorship.city", "expected 'newest'"),
    "quality by nothing": ("[profile.quality]\nverified = {}", 2, "profile.quality.verified", "should have at least 1"),
    "quality by no field": (
        '[profile.quality]\nverified = { colour = ["x"] }',
        2,
        "profile.quality.verified",
        "expected a field",
    ),
    "no media": ('[profile.media]\nrented = ["tv"]', 2, "profile.media.rented", "there is no such setting"),
    "no fold": (f'{TRAIT}value = "channel"', 1, "profile.traits.x.fold", "expected, but missing"),
    "an unknown fold": (f'{TRAIT}fold = "median"', 2, "profile.traits.x.fold", "expected 'count'"),
    "a fold of no field": (f'{TRAIT}fold = "top"\nvalue = "colour"', 3, "profile.traits.x.value", "expected a field"),
    "a fold without a value": (f'{TRAIT}fold = "top"', 1, "profile.traits.x.value", "expected a field"),
    "a sum of a text": (f'{TRAIT}fold = "sum"\nvalue = "type"', 3, "profile.traits.x.value", "expected amount"),
    "a top of a number": (f'{TRAIT}fold = "top"\nvalue = "amount"', 3, "profile.traits.x.value", "expected a field"),
    "a count with a value": (f'{TRAIT}fold = "count"\nvalue = "type"', 3, "profile.traits.x.value", "takes no value"),
    "a rate without hits": (f'{TRAIT}fold = "rate"', 1, "profile.traits.x.hit", "expected of a rate"),
    "hits of no rate": (
        f'{TRAIT}fold = "count"\nhit = {{ type = ["x"] }}',
        3,
        "profile.traits.x.hit",
        "of no other fold",
    ),
    "when of no field": (
        f'{TRAIT}fold = "count"\nwhen = {{ colour = ["x"] }}',
        3,
        "profile.traits.x.when",
        "expected a field",
    ),
    "when without values": (
        f'{TRAIT}fold = "count"\nwhen = {{ type = [] }}',
        3,
        "profile.traits.x.when.type",
        "at least 1",
    ),
    "too many days": (f'{TRAIT}fold = "days"\ndays = 401', 3, "profile.traits.x.days", "expected less than"),
    "a window of no days": (
        f'{TRAIT}fold = "count"\nwindow_days = 0',
        3,
        "profile.traits.x.window_days",
        "greater than",
    ),
    "too long a window": (f'{TRAIT}fold = "count"\nwindow_days = 401', 3, "profile.traits.x.window_days", "less than"),
    "a window that is no number": (
        f'{TRAIT}fold = "count"\nwindow_days = "a month"',
        3,
        "profile.traits.x.window_days",
        "expected a valid integer, got 'a month'",
    ),
    "a window beyond the days kept": (
        f'{TRAIT}fold = "days"\ndays = 30\nwindow_days = 31',
        4,
        "profile.traits.x.window_days",
        "expected no more than the 30 days that the trait keeps, got 31",
    ),
    "a window of too many texts": (
        f'{TRAIT}fold = "top"\nvalue = "sku"\nwindow_days = 101',
        4,
        "profile.traits.x.window_days",
        "days times most up to 5,000, got 101 times 50",
    ),
    "a window of too many hashes": (
        f'{TRAIT}fold = "distinct"\nvalue = "sku"\nmost = 500\nwindow_days = 11',
        5,
        "profile.traits.x.window_days",
        "got 11 times 500",
    ),
    "another window of a trait with one": (
        f'{TRAIT}fold = "days"\nwindow_days = 30\n[profile.segments.s]\nall = ["x.7 >= 2"]',
        5,
        "profile.segments.s.all",
        "x has a window of its own: expected x, got x.7",
    ),
    "too many texts": (
        f'{TRAIT}fold = "top"\nvalue = "type"\nmost = 501',
        4,
        "profile.traits.x.most",
        "expected less than",
    ),
    "a goal of nothing": ("[profile.goals.g]\nminutes = 5", 1, "profile.goals.g.when", "expected, but missing"),
    "a goal without time": (
        '[profile.goals.g]\nwhen = { type = ["x"] }\nminutes = 0',
        3,
        "profile.goals.g.minutes",
        "expected greater than",
    ),
    "a breakdown without contact": (
        '[profile.breakdowns.b]\nfailure = { type = ["x"] }',
        1,
        "profile.breakdowns.b.contact",
        "expected, but missing",
    ),
    "a cap of too many": (
        '[profile.caps.c]\nmessages = { type = ["x"] }\nmost = 51\nhours = 1',
        3,
        "profile.caps.c.most",
        "expected less than",
    ),
    "too few cut points": (
        "[profile.scores]\nrecency_days = [3, 2, 1]\nfrequency = [1, 2, 3, 4]\nmonetary = [1, 2, 3, 4]",
        2,
        "profile.scores.recency_days",
        "at least 4",
    ),
    "cut points the wrong way": (
        "[profile.scores]\nrecency_days = [1, 2, 3, 4]\nfrequency = [1, 2, 3, 4]\nmonetary = [1, 2, 3, 4]",
        2,
        "profile.scores.recency_days",
        "from many days to few",
    ),
    "amounts the wrong way": (
        "[profile.scores]\nrecency_days = [4, 3, 2, 1]\nfrequency = [1, 2, 3, 4]\nmonetary = [4, 3, 2, 1]",
        4,
        "profile.scores.monetary",
        "from few to many",
    ),
    "a condition of another form": (
        '[profile.segments.s]\nall = ["orders"]',
        2,
        "profile.segments.s.all",
        "expected FACT",
    ),
    "no such fact": ('[profile.segments.s]\nany = ["colour = red"]', 2, "profile.segments.s.any", "no fact 'colour'"),
    "no such fact of an offer": (
        '[profile.offers.o]\nnone = ["colour = red"]',
        2,
        "profile.offers.o.none",
        "no fact 'colour'",
    ),
    "an offer again too soon": (
        "[profile.offers.o]\nagain_days = -1",
        2,
        "profile.offers.o.again_days",
        "greater than",
    ),
    "no such cap": (
        '[profile.activations.a]\nwhen = { type = ["x"] }\npurpose = "p"\nchannel = "c"\ncap = "none"',
        5,
        "profile.activations.a.cap",
        "expected the name of a cap, got 'none'",
    ),
    "no purpose": (
        '[profile.activations.a]\nwhen = { type = ["x"] }\nchannel = "c"',
        1,
        "profile.activations.a.purpose",
        "expected, but missing",
    ),
    "shares beyond one": (
        "[profile.attribution]\ndays = 1\nhalf_life_days = 1\nfirst_share = 0.6\nlast_share = 0.6",
        1,
        "profile.attribution",
        "no more than 1 together",
    ),
    "a half life of nought": (
        "[profile.attribution]\ndays = 1\nhalf_life_days = 0\nfirst_share = 0.1\nlast_share = 0.1",
        3,
        "profile.attribution.half_life_days",
        "expected greater than",
    ),
    "too long an engagement": (
        "[profile.engagement]\ndays = 401\n[profile.engagement.points]\nvisit = 1",
        2,
        "profile.engagement.days",
        "expected less than",
    ),
    "an index beyond 100": (
        "[profile.experience]\ndays = 1\nbase = 101\n[profile.experience.points]",
        3,
        "profile.experience.base",
        "expected less than",
    ),
    "abandonment without an end": (
        '[profile.abandonment.a]\nstarted = { type = ["x"] }\nminutes = 1',
        1,
        "profile.abandonment.a.finished",
        "expected, but missing",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_with_its_line_and_its_setting(what: str) -> None:
    text, line, where, sentence = WRONG[what]
    found = problems(f"# a file\n{text}")
    (problem,) = [one for one in found if one.where.startswith(where)]
    assert problem.line == line + 1
    assert sentence in problem.text
    assert str(problem).startswith(f"line {line + 1}: {where}")


def test_every_problem_is_said_at_once() -> None:
    found = problems('[profile]\nmax_names = 0\nmost_orders = 0\n[profile.goals.g]\nwhen = "x"')
    assert [(one.line, one.where) for one in found] == [
        (2, "profile.max_names"),
        (3, "profile.most_orders"),
        (5, "profile.goals.g.when"),
    ]


@pytest.mark.parametrize("text", ["", "[profile]", 'name = "mine"', "[identifiers.email]\nrank = 1"])
def test_a_file_that_says_nothing_of_profiles_has_the_default(text: str) -> None:
    assert parse_profile_policy(text) == default_profile_policy()


def test_the_default_as_a_file_is_the_default() -> None:
    default = default_profile_policy()
    assert parse_profile_policy(default_profile_text()) == parse_profile_policy(default_text()) == default


def test_what_a_file_says_takes_the_place_of_the_default_and_the_rest_stays() -> None:
    policy = parse_profile_policy('[profile]\nmax_names = 7\n[profile.segments.prospects]\nall = ["known = false"]')
    default = default_profile_policy()
    assert policy.segments["prospects"].all == (Condition("known", "=", value=False),)
    assert policy == replace(
        default, max_names=7, segments={**default.segments, "prospects": policy.segments["prospects"]}
    )


def test_a_part_of_a_new_name_stands_beside_the_default_ones() -> None:
    policy = parse_profile_policy('[profile.survivorship]\ncity = "longest"\n[profile.traits.calls]\nfold = "count"')
    default = default_profile_policy()
    assert policy.survivorship == {**default.survivorship, "city": "longest"}
    assert policy.traits.keys() == {*default.traits, "calls"}


def test_without_defaults_there_are_none_but_the_files_own() -> None:
    policy = parse_profile_policy('[profile]\ndefaults = false\n[profile.traits.calls]\nfold = "count"')
    assert policy.traits.keys() == {"calls"}
    parts = (policy.survivorship, policy.quality, policy.goals, policy.breakdowns, policy.caps, policy.segments)
    assert not any((*parts, policy.offers, policy.activations, policy.abandonment))
    assert (policy.scores, policy.max_names) == (default_profile_policy().scores, default_profile_policy().max_names)


BASE = """
[profile]
defaults = false
trusted_sources = ["crm", "web"]
[profile.survivorship]
city = "first"
[profile.quality]
bad = { type = ["email_bounced"] }
[profile.traits.calls]
fold = "count"
when = { type = ["call"] }
[profile.goals.buy]
when = { type = ["purchase"] }
minutes = 10
[profile.breakdowns.login]
failure = { type = ["login_failed"] }
contact = { type = ["chat"] }
reasons = ["password"]
[profile.caps.few]
messages = { type = ["email_sent"] }
most = 3
hours = 12
[profile.activations.hello]
when = { type = ["login"] }
purpose = "marketing"
channel = "web"
[profile.segments.some]
all = ["orders >= 2"]
[profile.engagement]
days = 9
[profile.engagement.points]
visit = 1
"""


def version_with(old: str, new: str) -> bytes:
    assert BASE.count(old) == 1
    return folding_version(parse_profile_policy(BASE.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("defaults = false", "defaults = false\nrecent_touches = 9"),
        ("defaults = false", "defaults = false\nmax_names = 9"),
        ("defaults = false", "defaults = false\nmost_orders = 9"),
        ('["crm", "web"]', '["web", "crm"]'),
        ('city = "first"', 'city = "longest"'),
        ("email_bounced", "email_lost"),
        ('fold = "count"', 'fold = "days"'),
        ('type = ["call"]', 'type = ["reply"]'),
        ("purchase", "return"),
        ("login_failed", "checkout_failed"),
        ("chat", "visit"),
        ("email_sent", "sms_sent"),
        ("most = 3", "most = 4"),
        ('["login"]', '["registration"]'),
        ("days = 9", "days = 8"),
        ('fold = "count"', 'fold = "count"\nwindow_days = 30'),
        ("visit = 1", "visit = 2"),
        ("profile.goals.buy", "profile.goals.spend"),
        ("profile.caps.few", "profile.caps.many"),
    ],
)
def test_the_version_of_folding_changes_with_what_is_folded(old: str, new: str) -> None:
    assert version_with(old, new) != folding_version(parse_profile_policy(BASE))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("minutes = 10", "minutes = 11"),
        ('reasons = ["password"]', 'reasons = ["account"]\nminutes = 5'),
        ("hours = 12", "hours = 13"),
        ('purpose = "marketing"', 'purpose = "analytics"\noffers = 3'),
        ('all = ["orders >= 2"]', 'any = ["orders >= 3"]'),
        ("defaults = false", 'defaults = false\nbase_currency = "SEK"\nsession_minutes = 5'),
        ("[profile.engagement]", "[profile.offers.gift]\npriority = 1\n[profile.engagement]"),
        ("[profile.engagement]", "[profile.currency_rates]\nUSD = 0.9\n[profile.engagement]"),
    ],
)
def test_the_version_of_folding_stays_where_the_same_is_folded(old: str, new: str) -> None:
    assert version_with(old, new) == folding_version(parse_profile_policy(BASE))


def test_the_version_of_folding_changes_with_the_length_of_a_window() -> None:
    one, other = (version_with('fold = "count"', f'fold = "count"\nwindow_days = {days}') for days in (30, 31))
    assert one != other


def test_without_a_window_the_version_of_folding_is_what_it_was_before_there_were_windows() -> None:
    """So whoever declares none need not replay."""
    assert folding_version(parse_profile_policy(BASE)).hex() == "56aff08f80e2b58b"


def test_the_version_of_folding_does_not_depend_on_the_order_of_a_file() -> None:
    parts = BASE.strip().split("\n[")
    mixed = "\n[".join([parts[0], *reversed(parts[1:-1]), parts[-1]])
    assert mixed != BASE.strip()

    def version(text: str) -> bytes:
        policy: ProfilePolicy = parse_profile_policy(text)
        return folding_version(policy)

    assert version(mixed) == version(BASE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[profile", "no TOML"),
        ('[profile]\ndefaults = "no"', "expected true or false"),
        ("[profile.currency_rates]\nUSD = inf", "finite"),
        ('[profile.traits.mood]\nfold = "mean"\nvalue = "amount"', "would mix currencies"),
        ('[profile.traits.orders]\nfold = "count"\nwhen = { type = ["call"] }', "a fact has this one"),
        ('[profile.segments.odd]\nall = ["cap.nope = true"]', "there is no fact 'cap.nope'"),
        ('[profile.activations.odd]\nwhen = { type = ["login"] }\npurpose = ""\nchannel = "web"', "at least 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, expected: str) -> None:
    with pytest.raises(PolicyError, match=expected):
        parse_profile_policy(text)


def test_a_setting_of_a_part_leaves_the_others_of_it_as_they_are() -> None:
    default = default_profile_policy()
    policy = parse_profile_policy('[profile.media]\npaid = ["tv"]\n[profile.engagement]\ndays = 3')
    assert policy.media == {**default.media, "paid": ("tv",)}
    assert policy.engagement == replace(default.engagement, days=3)


def test_the_order_and_repetition_of_values_in_a_filter_make_no_other_policy() -> None:
    one = parse_profile_policy('[profile.traits.a]\nfold = "count"\nwhen = { type = ["call", "chat", "call"] }')
    other = parse_profile_policy('[profile.traits.a]\nfold = "count"\nwhen = { type = ["chat", "call"] }')
    assert one == other
    assert folding_version(one) == folding_version(other)


def test_a_text_is_read_once_for_identity_and_profiles_and_neither_changes_what_they_share() -> None:
    text = default_text() + '\n[profile.traits.a]\nfold = "count"\n'
    content = load_toml(text)
    before = deepcopy(content)
    parse_policy(text)
    parse_profile_policy(text)
    assert load_toml(text) is content
    assert content == before
