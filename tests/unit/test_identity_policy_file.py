"""A policy file is read, and what is wrong with it is said with its line."""

import pytest

from identity.policy_file import PolicyError, Problem, default_policy, default_policy_text, parse_policy, shape

SOUND = """
name = "ours"

[identifiers.email]
rank = 0
personal = true
limit_per_person = 5
limit_days = 30
max_neighbours = 100
normalisation = "email"
blocked = ["desk@example.com"]
blocked_patterns = ['.*@shop\\.example\\.com']

[identifiers.cookie]
rank = 1
personal = false
unique = true
max_neighbours = 10
"""


def problems(text: str) -> list[Problem]:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text)
    return caught.value.problems


def changed(old: str, new: str) -> str:
    assert old in SOUND
    return SOUND.replace(old, new, 1)


def test_a_sound_file_becomes_a_policy() -> None:
    policy = parse_policy(SOUND)
    email, cookie = policy.identifiers["email"], policy.identifiers["cookie"]

    assert (email.limit_per_person, email.limit_days, email.normalisation) == (5, 30, "email")
    assert (cookie.limit_per_person, cookie.limit_days, cookie.normalisation) == (1, None, "text")
    assert policy.is_placeholder("email", "Desk@example.com")
    assert policy.is_placeholder("email", "till-7@shop.example.com")
    assert not policy.is_placeholder("cookie", "desk@example.com")


def test_what_is_left_out_is_as_in_the_default() -> None:
    policy, default = parse_policy(SOUND), default_policy()
    assert (policy.dominance, policy.default_region) == (default.dominance, default.default_region)


def test_the_version_is_the_name_and_a_hash_of_what_decides() -> None:
    one = parse_policy(SOUND).version
    assert one.startswith("ours-")
    assert one == parse_policy("# a comment\n" + SOUND).version
    assert one != parse_policy(changed("rank = 1", "rank = 2")).version


def test_the_default_policy_reads_itself() -> None:
    assert parse_policy(default_policy_text()) == default_policy()


@pytest.mark.parametrize(
    ("text", "line", "where", "said"),
    [
        ("name = ", 1, "", "no TOML"),
        (changed("rank = 0", "rank = -1"), 5, "identifiers.email.rank", "got -1"),
        (changed("rank = 0", 'rank = "0"'), 5, "identifiers.email.rank", "expected a valid integer"),
        (changed("rank = 0\n", ""), 4, "identifiers.email.rank", "missing"),
        (changed("rank = 1\n", "rank = 0\n"), 15, "identifiers.cookie.rank", "that of email"),
        (changed("limit_days", "limit_day"), 8, "identifiers.email.limit_day", "no such setting"),
        (changed("limit_per_person = 5\n", ""), 4, "identifiers.email", "unique = true or limit_per_person"),
        (changed("unique =", "limit_per_person = 3\nunique ="), 18, "identifiers.cookie.unique", "contradicts"),
        (changed("unique = true", "unique = true\nlimit_days = 3"), 18, "identifiers.cookie.limit_days", "contradicts"),
        (changed("max_neighbours = 100", "max_neighbours = 0"), 9, "identifiers.email.max_neighbours", "got 0"),
        (changed('"email"\nblocked', '"mail"\nblocked'), 10, "identifiers.email.normalisation", "got 'mail'"),
        (changed("desk@", "Desk@"), 11, "identifiers.email.blocked", "lower case"),
        (changed("['.*@shop", "['(.*@shop"), 12, "identifiers.email.blocked_patterns", "no regular expression"),
        (changed("['.*@shop", "['.*', '.*@shop"), 12, "identifiers.email.blocked_patterns", "sound"),
        (changed("personal = true", "personal = false").replace("personal = false\nuniq", "personal = true\nuniq"),
         15, "identifiers.cookie.rank", "stronger"),
        (SOUND + "[placeholders]\nvalue = []\n", 20, "placeholders.value", "no such setting"),
        (SOUND + "[placeholders]\nvalues = ['NULL']\n", 20, "placeholders.values", "lower case"),
        (SOUND + "[placeholders]\npatterns = ['.*']\n", 20, "placeholders.patterns", "sound"),
        (SOUND + "[placeholders]\nbirth_dates = ['1.1.1900']\n", 20, "placeholders.birth_dates.0", "pattern"),
        (SOUND + "[regions]\nweb = 'fr'\n", 20, "regions.web", "pattern"),
        (changed("unique = true", "unique = true\nignore_plus_tag = true"), 14, "identifiers.cookie", "are for"),
        (changed('"ours"', '"our policy"'), 2, "name", "got 'our policy'"),
        (changed('name = "ours"', 'name = "ours"\ndominance = 0.5'), 3, "dominance", "got 0.5"),
        (SOUND + "[matching]\nunite = 0.5\n", 20, "matching.unite", "expected more than suggest = 0.5, got 0.5"),
        (SOUND + "[matching]\nrefuse = 0\n", 20, "matching.refuse", "greater than 0, got 0"),
        (SOUND + "[matching]\nsuggest = 0.4\n", 20, "matching.suggest", "got 0.4"),
        (SOUND + "[matching]\nblock_cap = 1\n", 20, "matching.block_cap", "got 1"),
        (SOUND + "[matching]\nmodel = 'weights.json'\n", 20, "matching.model", "model-"),
        (SOUND + "[matching]\nthreshold = 0.9\n", 20, "matching.threshold", "no such setting"),
        ('name = "ours"\n', None, "identifiers", "missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(text: str, line: int | None, where: str, said: str) -> None:
    ((at, setting, sentence),) = problems(text)
    assert (at, setting) == (line, where)
    assert said in sentence


def test_all_that_is_wrong_is_said_at_once() -> None:
    text = changed("rank = 0", "rank = -1").replace("rank = 1", "rank = 999")
    assert [line for line, _, _ in problems(text)] == [5, 15]


def test_limits_are_no_part_of_the_shape() -> None:
    policy = parse_policy(SOUND)
    assert shape(parse_policy(changed("limit_per_person = 5", "limit_per_person = 6"))) == shape(policy)
    assert shape(parse_policy(changed('normalisation = "email"', 'normalisation = "text"'))) != shape(policy)


def test_thresholds_are_no_part_of_the_shape_but_what_is_compared_is() -> None:
    policy = parse_policy(SOUND)
    assert shape(parse_policy(SOUND + "[matching]\nunite = 0.99\n")) == shape(policy)
    assert shape(parse_policy(changed('normalisation = "email"', 'normalisation = "email"\ncompared = true'))) != shape(
        policy
    )


def test_a_list_of_placeholders_takes_the_place_of_the_default_one_and_the_others_stay() -> None:
    policy = parse_policy(SOUND + '[placeholders]\nnobody = ["stranger"]\n')
    assert policy.is_placeholder("cookie", "Stranger")
    assert policy.is_placeholder("cookie", "null")
    assert not policy.is_placeholder("cookie", "guest")


def test_placeholders_and_regions_are_part_of_the_shape() -> None:
    policy = parse_policy(SOUND)
    assert shape(parse_policy(SOUND + '[placeholders]\nnobody = ["stranger"]\n')) != shape(policy)
    assert shape(parse_policy(SOUND + '[regions]\nweb = "FR"\n')) != shape(policy)
    assert shape(parse_policy(SOUND + "[placeholders]\n")) == shape(policy)


def test_without_its_table_nothing_is_matched() -> None:
    assert parse_policy(SOUND).matching is None
