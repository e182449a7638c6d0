"""A group that was planted into a generated world is found again by half of it."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sklearn.metrics import roc_auc_score

from profiles.look_alikes import Search
from schemas.accepted import AcceptedTouchpoint
from sinks.lake import LakeBatch, open_lake_writer
from sinks.reader import open_lake_reader
from sinks.testing import SOME_TIME_MS, a_profile
from streams.errors import InputError
from streams.look_alikes import Among, Crowd, read_crowd, search
from tests.integration.view_lakes import DAY_MS, WORLD_DAY, SmallWorld, moment_of, small_world, touch, write_lake

PLANTED = 60
POLICY = """
[profile.segments.insiders]
all = ["tag.insider = true"]
"""


def planted(world: SmallWorld) -> tuple[list[str], list[AcceptedTouchpoint]]:
    """Return customers of every kind who come to like jackets, open what they are sent and search the shop.

    It shows in one to nine touchpoints each; every other one is tagged besides.
    """
    random = Random(8)  # noqa: S311 - no secret
    people = random.sample(sorted(world.by_customer), PLANTED)
    return people, [touch for number, who in enumerate(people) for touch in _habits(world, who, number, random)]


def _habits(world: SmallWorld, who: str, number: int, random: Random) -> Iterator[AcceptedTouchpoint]:
    like = world.by_customer[who][0]
    kinds = [("product_view", {"category": "jackets", "sku": f"j-{random.randint(1, 9)}"})] * random.randint(1, 5)
    kinds += [("email_open", {})] * random.randint(0, 2) + [("search", {"query": "jacket"})] * random.randint(0, 2)
    if number % 2:
        kinds.append(("tag_added", {"tag": "insider"}))
    for place, (kind, properties) in enumerate(kinds):
        yield {
            **like,
            "touchpoint": {
                **like["touchpoint"],
                "event_id": f"planted-{number}-{place}",
                "event_time": SOME_TIME_MS + round(random.random() * WORLD_DAY * DAY_MS),
                "type": kind,
                "order": None,
                "marketing": None,
                "consents": [],
                "properties": properties,
            },
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crowd, list[str]]:
    """Everybody in a small world, and those of the planted group of whom it is not known."""
    world = small_world(tmp_path_factory.mktemp("world"), POLICY)
    people, touches = planted(world)
    with open_lake_writer(world.home) as writer:
        writer.write(LakeBatch(touchpoints=touches), {})
    return crowd_of(world.home, "insiders"), people[::2]


def crowd_of(home: Path, segment: str) -> Crowd:
    moment = moment_of(WORLD_DAY)
    with open_lake_reader(home, moment=moment) as reader:
        return read_crowd(reader, segment, moment)


@pytest.fixture(scope="module")
def found(world: tuple[Crowd, list[str]]) -> Search:
    crowd, _ = world
    return search(crowd, "others", len(crowd.customers))


def test_those_of_the_group_who_are_not_known_to_be_are_ranked_above_others(
    world: tuple[Crowd, list[str]], found: Search
) -> None:
    crowd, hidden = world
    ranked = [crowd.customers[one.place] for one in found.found]
    assert len(ranked) == len(crowd.customers) - PLANTED // 2
    assert roc_auc_score([who in hidden for who in ranked], range(len(ranked), 0, -1)) > 0.85


def test_members_whom_the_search_has_not_seen_are_ranked_above_others(found: Search) -> None:
    assert found.auc > 0.8


def test_they_are_found_for_what_they_have_in_common(world: tuple[Crowd, list[str]], found: Search) -> None:
    crowd, hidden = world
    best = [one.reasons for one in found.found[:20] if crowd.customers[one.place] in hidden]
    assert len(best) > 10
    assert sum("product_interest.jackets high" in reasons for reasons in best) > len(best) / 2


def test_what_makes_a_customer_and_what_declares_the_segment_are_not_compared(world: tuple[Crowd, list[str]]) -> None:
    crowd, _ = world
    facts = {name.partition(".")[0] for name in (*crowd.facts.numbers, *crowd.facts.texts)}
    assert {"touches", "channels", "engagement", "product_interest", "country", "first_campaign"} <= facts
    assert facts.isdisjoint({"orders", "returns", "revenue", "average_basket", "products_bought", "known", "tag"})
    assert not any("_score" in name or "order" in name for name in facts)


def test_languages_are_compared_without_their_region(tmp_path: Path) -> None:
    languages = {"ann": "de-AT", "bob": "DE", "eve": None}
    people: Any = [a_profile(name) | {"preferred_language": language} for name, language in languages.items()]
    write_lake(tmp_path, [touch(f"e-{name}", name) for name in languages], people)
    assert sorted(crowd_of(tmp_path, "engaged").facts.texts["language"]) == ["", "de", "de"]


def test_a_fact_that_declares_the_segment_is_not_compared(world: tuple[Crowd, list[str]], tmp_path: Path) -> None:
    del world
    crowd = crowd_of(small_world(tmp_path).home, "engaged")
    assert "engagement" not in crowd.facts.numbers
    assert "touches" in crowd.facts.numbers


@pytest.mark.parametrize("among", ["prospects", "others"])
def test_prospects_are_known_and_never_bought(world: tuple[Crowd, list[str]], among: Among) -> None:
    crowd, _ = world
    wanted = crowd.prospects & ~crowd.members if among == "prospects" else ~crowd.members
    places = [one.place for one in search(crowd, among, len(crowd.customers)).found]
    assert sorted(places) == wanted.nonzero()[0].tolist()


def test_a_segment_that_the_policy_does_not_have_is_refused(tmp_path: Path) -> None:
    with open_lake_writer(tmp_path):
        pass
    with pytest.raises(InputError, match="no segment 'nosuch'; it has about_to_leave, best_customers, "):
        crowd_of(tmp_path, "nosuch")
