"""The stream of the synthetic world has the size, the shape and the disorder it promises."""

import hashlib
import io
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import fastavro
import pyarrow.parquet as pq
import pytest

from identity.phones import normalise_phone
from infra.world import Emission, PoisonEmission, World, WorldConfig, generate, shuffled, write_truth
from infra.world.campaigns import CAMPAIGNS
from infra.world.disorder import BLOCKED_EMAILS, BLOCKED_PHONES
from infra.world.households import population
from schemas.reasons import RejectedError
from schemas.records import Touchpoint
from schemas.sources import TO_CANONICAL

ROOT = Path(__file__).parents[2]
CONFIG = WorldConfig(customers=3_000, touchpoints=12_000, seed=5)
SMALL = WorldConfig(customers=300, touchpoints=900, seed=5)
Stream = list[Emission | PoisonEmission]


@pytest.fixture(scope="module")
def emitted() -> tuple[World, Stream]:
    world = World(CONFIG)
    return world, list(world.emissions())


@pytest.fixture(scope="module")
def world(emitted: tuple[World, Stream]) -> World:
    """A world whose stream has ended, so that its truth is whole."""
    return emitted[0]


@pytest.fixture(scope="module")
def stream(emitted: tuple[World, Stream]) -> Stream:
    return emitted[1]


@pytest.fixture(scope="module")
def good(stream: Stream) -> list[Emission]:
    """Each usable touchpoint once."""
    return [e for e in stream if isinstance(e, Emission) and not e.duplicate and e.rejected_as is None]


@pytest.fixture(scope="module")
def touches(good: list[Emission]) -> list[tuple[Emission, Touchpoint]]:
    return [(emission, canonical(emission)) for emission in good]


@pytest.fixture(scope="module")
def codecs() -> dict[str, Any]:
    names = ("web_event", "mobile_event", "store_receipt", "call_record", "touchpoint")
    schemas = [json.loads((ROOT / f"schemas/avro/{name}.avsc").read_text(encoding="utf-8")) for name in names]
    return {f"{schema['namespace']}.{schema['name']}": fastavro.parse_schema(schema) for schema in schemas}


def canonical(emission: Emission) -> Touchpoint:
    convert = TO_CANONICAL.get(emission.record_name)
    return convert(emission.record) if convert else emission.record  # type: ignore[return-value]


def digest(config: WorldConfig) -> str:
    return hashlib.sha256("\n".join(map(repr, generate(config))).encode()).hexdigest()


def test_the_stream_is_the_same_in_another_process_with_another_hash_seed() -> None:
    code = (
        "import hashlib; from infra.world import WorldConfig, generate; "
        "config = WorldConfig(customers=300, touchpoints=900, seed=5); "
        "print(hashlib.sha256('\\n'.join(map(repr, generate(config))).encode()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == digest(SMALL)


def test_another_seed_is_another_stream() -> None:
    assert digest(SMALL) != digest(WorldConfig(customers=300, touchpoints=900, seed=6))


def test_emitting_a_world_again_gives_the_same() -> None:
    world = World(SMALL)
    assert list(map(repr, world.emissions())) == list(map(repr, world.emissions()))


@pytest.mark.parametrize(("customers", "touchpoints"), [(1, 0), (1, 1), (5, 3), (7, 500), (300, 301), (1, 1000)])
def test_the_number_of_touchpoints_is_exact(customers: int, touchpoints: int) -> None:
    emissions = generate(WorldConfig(customers=customers, touchpoints=touchpoints, seed=2))
    assert sum(isinstance(e, Emission) and not e.duplicate and e.rejected_as is None for e in emissions) == touchpoints


def test_every_customer_is_in_the_stream(good: list[Emission]) -> None:
    assert len(good) == CONFIG.touchpoints
    assert len({emission.person for emission in good}) == CONFIG.customers


def test_arrival_never_goes_back_and_event_time_does(
    touches: list[tuple[Emission, Touchpoint]], stream: Stream
) -> None:
    arrivals = [emission.arrived_at for emission in stream]
    assert arrivals == sorted(arrivals)
    times = [touch["event_time"] for _, touch in touches]
    assert times != sorted(times)


def test_events_happen_in_the_period_and_arrive_at_most_thirty_days_later(
    touches: list[tuple[Emission, Touchpoint]],
) -> None:
    for emission, touch in touches:
        assert CONFIG.start <= touch["event_time"] < CONFIG.end
        assert 0 < emission.arrived_at - touch["event_time"] <= 30 * 86_400_000


def test_some_events_arrive_days_late(touches: list[tuple[Emission, Touchpoint]]) -> None:
    late = sum(emission.arrived_at - touch["event_time"] > 86_400_000 for emission, touch in touches)
    assert 0.002 < late / len(touches) < 0.03


def test_about_one_in_fifty_comes_twice_as_the_same_record(stream: Stream) -> None:
    first: dict[tuple[str, str], Emission] = {}
    copies = 0
    for emission in stream:
        if isinstance(emission, Emission):
            original = first.setdefault((emission.source, emission.event_id), emission)
            assert emission.duplicate is (original is not emission)
            assert emission.record == original.record or emission.rejected_as == "not_finite"
            copies += emission.duplicate
    assert 0.014 < copies / CONFIG.touchpoints < 0.026


def test_most_customers_have_few_touches_and_some_have_hundreds(good: list[Emission]) -> None:
    counts = sorted(Counter(emission.person for emission in good).values())
    assert counts[len(counts) // 2] in (2, 3, 4)
    assert counts[-1] > 100


def test_a_tenth_of_the_customers_brings_most_revenue(touches: list[tuple[Emission, Touchpoint]]) -> None:
    spent: Counter[str] = Counter()
    for emission, touch in touches:
        if touch["order"] and touch["type"] == "purchase":
            spent[str(emission.person)] += touch["order"]["amount_micros"]
    ranked = sorted(spent.values(), reverse=True)
    assert sum(ranked[: len(ranked) // 10]) > 0.5 * sum(ranked)


def test_every_source_speaks(good: list[Emission]) -> None:
    sources = {"web", "mobile", "store", "call", "email", "paid", "social", "partner", "crm"}
    assert {emission.source for emission in good} == sources


def test_every_record_fits_its_avro_schema(stream: Stream, codecs: dict[str, Any]) -> None:
    for emission in stream:
        if isinstance(emission, Emission):
            fastavro.schemaless_writer(io.BytesIO(), codecs[emission.record_name], emission.record, strict=True)


def test_every_touchpoint_has_its_event_id_and_an_identifier_that_is_not_blocked(
    touches: list[tuple[Emission, Touchpoint]],
) -> None:
    blocked = {*BLOCKED_EMAILS, *BLOCKED_PHONES}
    for emission, touch in touches:
        assert touch["event_id"] == emission.event_id
        assert any(identifier["value"] not in blocked for identifier in touch["identifiers"])


def test_blocked_values_occur(touches: list[tuple[Emission, Touchpoint]]) -> None:
    values = {identifier["value"] for _, touch in touches for identifier in touch["identifiers"]}
    assert values & {*BLOCKED_EMAILS, *BLOCKED_PHONES}


def test_a_call_follows_a_failed_login_within_the_hour(touches: list[tuple[Emission, Touchpoint]]) -> None:
    failed = defaultdict(list)
    for emission, touch in touches:
        if touch["type"] == "login_failed":
            failed[emission.person].append(touch["event_time"])
    calls = [
        min(
            (touch["event_time"] - time for time in failed[emission.person] if time < touch["event_time"]), default=None
        )
        for emission, touch in touches
        if emission.source == "call" and touch["interaction"] and touch["interaction"]["reason"] == "password"
    ]
    assert len(calls) > 10
    assert all(wait is not None and wait <= 3_600_000 for wait in calls)


def test_a_paid_click_has_a_cost_and_leads_to_a_landing_of_its_campaign(
    touches: list[tuple[Emission, Touchpoint]],
) -> None:
    clicks = {
        touch["marketing"]["click_id"]: (emission.person, touch["marketing"]["campaign"])
        for emission, touch in touches
        if emission.source == "paid" and touch["type"] == "click" and touch["marketing"]
        if touch["marketing"]["cost_micros"]
    }
    landed = [
        (touch["marketing"]["click_id"], (emission.person, touch["marketing"]["campaign"]))
        for emission, touch in touches
        if emission.source == "web" and touch["marketing"] and touch["marketing"]["click_id"] in clicks
    ]
    assert len(landed) > 100
    assert all(clicks[click] == who_and_what for click, who_and_what in landed)


def test_every_campaign_wins_customers_by_their_first_touch(touches: list[tuple[Emission, Touchpoint]]) -> None:
    won_by: dict[str | None, str | None] = {}
    for emission, touch in sorted(touches, key=lambda pair: pair[1]["event_time"]):
        campaign = touch["marketing"]["campaign"] if touch["marketing"] else None
        won_by.setdefault(emission.person, campaign)
    assert set(won_by.values()) == {campaign.name for campaign in CAMPAIGNS}


def test_a_return_gives_back_what_was_bought_online(touches: list[tuple[Emission, Touchpoint]]) -> None:
    bought = {
        touch["order"]["order_id"]: touch["order"]["amount_micros"]
        for _, touch in touches
        if touch["order"] and touch["type"] == "purchase"
    }
    returned = [
        touch["order"]
        for emission, touch in touches
        if emission.source == "web" and touch["type"] == "return" and touch["order"]
    ]
    assert returned
    assert all(bought[order["order_id"]] == order["amount_micros"] for order in returned)


def test_records_made_to_be_rejected_name_the_reason(stream: Stream) -> None:
    reasons = Counter(e.rejected_as for e in stream if isinstance(e, Emission) and e.rejected_as)
    assert set(reasons) == {"time_in_future", "time_too_old", "not_finite", "bad_value", "no_usable_identifier"}
    for emission in stream:
        if isinstance(emission, Emission) and emission.rejected_as in ("not_finite", "bad_value"):
            with pytest.raises(RejectedError, match=f"^{emission.rejected_as}: "):
                canonical(emission)


def test_impossible_times_are_years_away(stream: Stream) -> None:
    year = 366 * 86_400_000
    for emission in stream:
        if isinstance(emission, Emission) and emission.rejected_as in ("time_in_future", "time_too_old"):
            assert abs(canonical(emission)["event_time"] - CONFIG.end) > 20 * year


def test_poison_is_rare_and_of_several_kinds(stream: Stream) -> None:
    payloads = [emission.payload for emission in stream if isinstance(emission, PoisonEmission)]
    assert b"" in payloads
    assert any(payload.startswith(b"\xc3\x01") for payload in payloads)
    assert len(payloads) < 0.01 * CONFIG.touchpoints


def test_a_world_without_poison_has_none() -> None:
    config = WorldConfig(customers=50, touchpoints=200, seed=1, poison_rate=0.0, duplicate_rate=0.0)
    emissions = list(generate(config))
    assert len(emissions) == 200
    assert all(isinstance(e, Emission) and e.person for e in emissions)


def test_shuffling_keeps_everything_and_depends_on_the_seed_only(stream: Stream) -> None:
    once, again, other = shuffled(stream, 1), shuffled(stream, 1), shuffled(stream, 2)
    assert list(map(id, once)) == list(map(id, again)) != list(map(id, other))
    assert sorted(map(id, once)) == sorted(map(id, stream))


def test_the_truth_covers_every_event(world: World, good: list[Emission]) -> None:
    known = {(event.source, event.event_id): event.person_id for event in world.truth.events()}
    assert known == {(emission.source, emission.event_id): emission.person for emission in good}


def test_the_truth_covers_every_identifier_in_its_spelling(
    world: World, touches: list[tuple[Emission, Touchpoint]]
) -> None:
    known = {(row.person_id, row.type, row.value) for row in world.truth.identifiers()}
    blocked = {*BLOCKED_EMAILS, *BLOCKED_PHONES}
    emitted = {
        (emission.person, identifier["type"], identifier["value"])
        for emission, touch in touches
        for identifier in touch["identifiers"]
        if identifier["value"] not in blocked
    }
    assert known == emitted


def test_what_several_use_is_not_exclusive(world: World) -> None:
    owners = defaultdict(set)
    exclusive = {}
    for row in world.truth.identifiers():
        owners[row.type, row.value].add(row.person_id)
        exclusive[row.type, row.value] = row.exclusive
    assert not any(exclusive[key] for key, people in owners.items() if len(people) > 1)
    shared_types = {kind for (kind, _), people in owners.items() if len(people) > 1}
    assert {"cookie", "device_id"} <= shared_types
    assert all(not exclusive[key] for key in owners if key[1].startswith("kiosk-"))


def test_forms_of_crm_store_and_web_carry_names_and_with_gaps_the_rest(
    touches: list[tuple[Emission, Touchpoint]],
) -> None:
    for source, kind in (("crm", "profile_update"), ("store", "registration"), ("web", "registration")):
        forms = [touch["traits"] for emission, touch in touches if (emission.source, touch["type"]) == (source, kind)]
        assert len(forms) > 100
        assert all(form["first_name"] and form["last_name"] for form in forms)
        for field in ("birth_date", "gender", "street", "postcode", "city"):
            assert 0.6 < sum(field in form for form in forms) / len(forms) < 0.95


def test_some_callers_say_their_name_and_birth_date(touches: list[tuple[Emission, Touchpoint]]) -> None:
    callers = [touch["traits"] for emission, touch in touches if emission.source == "call"]
    assert 0.1 < sum("last_name" in caller for caller in callers) / len(callers) < 0.5
    assert any("birth_date" in caller for caller in callers)


@pytest.mark.parametrize("kind", ["email", "phone"])
def test_members_of_a_household_give_one_address_or_number_with_names_of_their_own(
    kind: str, touches: list[tuple[Emission, Touchpoint]]
) -> None:
    named = defaultdict(set)
    for emission, touch in touches:
        if {"first_name", "birth_date", "last_name"} <= touch["traits"].keys():
            for identifier in touch["identifiers"]:
                if identifier["type"] == kind:
                    named[identifier["value"]].add(emission.person)
    shared = [value for value, people in named.items() if len(people) > 1]
    assert len(shared) > 5


def test_the_truth_knows_which_numbers_are_shared_in_every_spelling(world: World) -> None:
    normalised = defaultdict(set)
    shared = set()
    for row in world.truth.identifiers():
        if row.type == "phone" and (number := normalise_phone(row.value, "DE")):
            normalised[number].add(row.person_id)
            if not row.exclusive:
                shared.add(number)
    several = {number for number, people in normalised.items() if len(people) > 1}
    assert len(several) > 20
    assert several <= shared


def test_a_second_registration_is_its_persons_and_no_chain_of_touches_leads_to_the_first(
    world: World, touches: list[tuple[Emission, Touchpoint]]
) -> None:
    second = {
        value: person.person_id
        for person in population(CONFIG)
        if person.again
        for value in (person.again.loyalty_card, person.again.crm_id)
        if value
    }
    known = {row.value: row for row in world.truth.identifiers() if row.type in ("loyalty_id", "crm_id")}
    seen = known.keys() & second.keys()
    assert len(seen) > 0.8 * len(second) > 100
    assert all(known[value].person_id == second[value] and known[value].exclusive for value in seen)
    beside: dict[str | None, set[str]] = defaultdict(set)
    elsewhere: dict[str | None, set[str]] = defaultdict(set)
    for emission, touch in touches:
        values = {identifier["value"] for identifier in touch["identifiers"]}
        (beside if values & seen else elsewhere)[emission.person].update(values - {*BLOCKED_EMAILS, *BLOCKED_PHONES})
    assert not [person for person, values in beside.items() if values & elsewhere[person]]
    assert sum(bool(elsewhere[person]) for person in beside) > 0.8 * len(beside)


def test_a_mistyped_card_stands_alone_with_the_name_of_its_owner(
    world: World, touches: list[tuple[Emission, Touchpoint]]
) -> None:
    mistyped = {person.mistyped_card: person for person in population(CONFIG) if person.mistyped_card}
    receipts = [
        (emission, touch)
        for emission, touch in touches
        if any(identifier["value"] in mistyped for identifier in touch["identifiers"])
    ]
    assert len(receipts) > 10
    for emission, touch in receipts:
        assert [identifier["type"] for identifier in touch["identifiers"]] == ["loyalty_id"]
        assert mistyped[touch["identifiers"][0]["value"]].person_id == emission.person
        assert touch["traits"].keys() >= {"first_name", "last_name"}
    owners = {row.value: row.exclusive for row in world.truth.identifiers() if row.value in mistyped}
    assert all(owners.values())


def test_a_kiosk_is_used_by_many(world: World) -> None:
    users = Counter(row.value for row in world.truth.identifiers() if row.value.startswith("kiosk-"))
    assert users.most_common(1)[0][1] > 50


def test_the_truth_is_written_as_parquet(tmp_path: Path) -> None:
    world = World(SMALL)
    list(world.emissions())
    write_truth(world, tmp_path / "new")
    events = pq.read_table(tmp_path / "new" / "truth_events.parquet")
    identifiers = pq.read_table(tmp_path / "new" / "truth_identifiers.parquet")
    assert events.column_names == ["source", "event_id", "person_id"]
    assert events.num_rows == SMALL.touchpoints
    assert identifiers.column_names == ["person_id", "type", "value", "exclusive"]
    assert identifiers.num_rows == len(list(world.truth.identifiers()))


def test_the_truth_of_nothing_is_two_empty_tables(tmp_path: Path) -> None:
    write_truth(World(SMALL), tmp_path)
    assert pq.read_table(tmp_path / "truth_events.parquet").num_rows == 0
    assert pq.read_table(tmp_path / "truth_identifiers.parquet").num_rows == 0
