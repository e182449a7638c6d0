"""Microseconds a look-up in the view of the profiles topic, and what its upkeep costs, without a broker.

python -m benchmarks.profile_view
python -m benchmarks.profile_view --profiles 1000000
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table

from benchmarks.feed import TOPICS, fed
from benchmarks.figures import Spread, spread
from infra.world import WorldConfig
from schemas.contracts import PROFILE
from schemas.framing import SingleObjectFraming
from schemas.records import Profile
from streams.profile_store import ProfileStore, Told

_TOGETHER = 2_000
_ASKED = 20_000
_SAMPLE = WorldConfig(customers=1_000, touchpoints=8_000, seed=1)
_FRAMING = SingleObjectFraming()


def _sample() -> list[Profile]:
    """Return active profiles of a small world."""
    newest: dict[bytes, bytes] = {}
    for messages in fed(_SAMPLE, 1_000):
        for message in messages:
            key, value = message.key(), message.value()
            if message.topic() == TOPICS.profiles and key is not None and value is not None:
                newest[key] = value
    profiles = [_FRAMING.decode(value)[1] for value in newest.values()]
    return [cast("Profile", profile) for profile in profiles if profile["status"] == "active"]


def _many(sample: Sequence[Profile], number: int) -> Iterator[Profile]:
    """Yield so many profiles with names and identifiers of their own."""
    for count in range(number):
        like = sample[count % len(sample)]
        identifiers = [{**one, "value": f"{one['value']}-{count}"} for one in like["identifiers"]]
        yield cast("Profile", {**like, "customer_id": f"{count:032x}", "identifiers": identifiers})


def _fill(store: ProfileStore, profiles: Iterator[Profile]) -> tuple[float, list[tuple[str, str]]]:
    """Return the CPU seconds that it took to take them, decoding included, and an identifier of each."""
    seconds, identifiers = 0.0, []
    while some := list(islice(profiles, _TOGETHER)):
        values = [(profile["customer_id"], _FRAMING.encode(PROFILE, profile)) for profile in some]
        identifiers += [(one["identifiers"][0]["type"], one["identifiers"][0]["value"]) for one in some]
        started = time.process_time()
        told = [Told(key, cast("Profile", _FRAMING.decode(value)[1]), value) for key, value in values]
        store.apply(told, {0: len(identifiers)}, 0)
        seconds += time.process_time() - started
    return seconds, identifiers


def _looked_up(look: Callable[[int], object], places: Sequence[int]) -> tuple[Spread | None, Spread | None]:
    """Return the microseconds by the wall clock, and of CPU time."""
    wall, cpu = [], []
    for place in places:
        started, cpu_started = time.perf_counter(), time.thread_time()
        answer = look(place)
        cpu.append((time.thread_time() - cpu_started) * 1e6)
        wall.append((time.perf_counter() - started) * 1e6)
        if answer is None:
            raise LookupError("a profile is missing")
    return spread(wall), spread(cpu)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.profile_view",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--profiles", type=int, default=100_000, metavar="N", help="in the view (100,000)")
    number = parser.parse_args().profiles
    console, chance = Console(highlight=False), random.Random(1)  # noqa: S311 - places, not secrets
    console.print("Making profiles of a small world")
    sample = _sample()
    with tempfile.TemporaryDirectory(prefix="onefold-profile-view-") as folder:
        store = ProfileStore(Path(folder) / "view", "profiles")
        console.print(f"Filling the view with {number:,}")
        seconds, identifiers = _fill(store, _many(sample, number))
        places = [chance.randrange(number) for _ in range(_ASKED)]

        def profile(place: int) -> object:
            value = store.profile_value(f"{place:032x}")
            return None if value is None else _FRAMING.decode(value)

        spreads = {
            "profile of a customer, decoded": _looked_up(profile, places),
            "profile of a customer, as it lies in the topic": _looked_up(
                lambda place: store.profile_value(f"{place:032x}"), places
            ),
            "customer of an identifier": _looked_up(lambda place: store.owner(*identifiers[place]), places),
        }
        store.close()
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    table = Table("Microseconds", "p50", "p90", "p99", "max")
    for name, (wall, cpu) in spreads.items():
        for kind, found in (("", wall), (", CPU time", cpu)):
            if found is not None:
                told = asdict(found)
                table.add_row(name + kind, *(f"{told[column]:,.0f}" for column in ("p50", "p90", "p99", "max")))
    console.print(table)
    console.print(
        f"Taking a profile: {seconds / number * 1e6:,.0f} microseconds of CPU time; {size / 2**20:,.0f} MiB on disk"
    )


if __name__ == "__main__":
    main()
