"""What people who all look alike cost: CPU time and messages through the engine alone, beside a usual world.

One given name, one town, few years of birth and few surnames; everybody has a customer number, a card, an e-mail
address and a telephone of their own, and each touchpoint names two of them. The engine is the one of
benchmarks/engine.py: real stores and batches in one process, without Kafka's clients.
"""

import argparse
import random
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from benchmarks.engine import Engine, measure, source_records
from infra.world import WorldConfig
from schemas.contracts import TOUCHPOINT
from schemas.framing import SingleObjectFraming
from schemas.records import Touchpoint
from streams.records import SourceRecord
from streams.topics import Topics

_SURNAMES = 50
_START = 1_767_571_200_000
_MINUTE_MS = 60_000
_BEGINNINGS = ("Ba", "Ke", "Li", "Mo", "Ru", "Sta", "Trem", "Vo", "Wi", "Za")
_ENDINGS = ("ndler", "rg", "ppmann", "sch", "tzinger")


def look_alikes(people: int, touchpoints: int, years: int, seed: int) -> Iterator[SourceRecord]:
    """Yield touchpoints of people who look alike, in no order of people.

    Args:
        people: how many.
        touchpoints: in all; of each person about as many.
        years: of birth.
        seed: decides everything.
    """
    chance = random.Random(seed)  # noqa: S311  # a made-up world
    topics, framing = Topics("", ""), SingleObjectFraming()
    surnames = [first + last for first in _BEGINNINGS for last in _ENDINGS]
    traits = [
        {
            "first_name": "Anna",
            "last_name": surnames[chance.randrange(_SURNAMES)],
            "birth_year": str(1980 + chance.randrange(years)),
            "city": "Bonn",
        }
        for _ in range(people)
    ]
    for number in range(touchpoints):
        who = chance.randrange(people)
        told = chance.sample(("customer_id", "loyalty_id", "email", "phone"), 2)
        touchpoint: Touchpoint = {
            "event_id": f"event-{number}",
            "event_time": _START + number * _MINUTE_MS,
            "type": "page_view",
            "identifiers": [{"type": name, "value": _value(name, who)} for name in told],
            "traits": traits[who],
            "order": None,
            "marketing": None,
            "consents": [],
            "interaction": None,
            "party": "first",
            "properties": {},
        }
        value = framing.encode(TOUCHPOINT, touchpoint)
        yield SourceRecord(topics.source("crm"), 0, number, _START, None, value)


def _value(name: str, who: int) -> str:
    scattered = who * 7_368_787 % 10_000_019
    return {
        "customer_id": f"C{scattered:07}",
        "loyalty_id": f"L{scattered:07}",
        "email": f"{scattered:07}@example.org",
        "phone": f"+4917{scattered:08}",
    }[name]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.look_alikes", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=600, help="who look alike (default: %(default)s)")
    parser.add_argument("--touchpoints", type=int, default=2_600, help="(default: %(default)s)")
    parser.add_argument("--years", type=int, default=1, help="of birth (default: %(default)s)")
    parser.add_argument("--together", type=int, default=500, help="in a chunk (default: %(default)s)")
    parser.add_argument("--usual", action="store_true", help="take as many touchpoints of a usual world instead")
    parser.add_argument("--profile", action="store_true", help="show where the time goes, by function")
    asked = parser.parse_args()
    if asked.usual:
        sources = list(source_records(WorldConfig(asked.people, asked.touchpoints, seed=1)))
    else:
        sources = list(look_alikes(asked.people, asked.touchpoints, asked.years, seed=1))
    measure(sources, asked.together, _show, profile=asked.profile)


def _show(engine: Engine, touchpoints: int) -> None:
    seconds = sum(engine.seconds.values())
    table = Table("Touchpoints", "CPU seconds", "a CPU second", "messages MB", "state MB")
    written = {topic: size / 1e6 for topic, size in engine.bytes.items()}
    graph = next((size for topic, size in written.items() if topic.endswith("graph")), 0.0)
    state = written.get("state", 0.0)
    table.add_row(f"{touchpoints:,}", f"{seconds:.1f}", f"{touchpoints / seconds:,.0f}", f"{graph:.1f}", f"{state:.1f}")
    Console(highlight=False).print(table)


if __name__ == "__main__":
    main()
