"""How many others a record is compared with, by the number of records and the cap of a block.

Of a synthetic world everybody is taken as one record that tells what its customers tell on average. With a folder of
historical people (benchmarks/accuracy), it is also told how many pairs of one person a cap lets meet.
"""

import argparse
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.accuracy.datasets import historical
from identity.matching.blocks import block_keys
from identity.matching.pairs import blocks, candidates
from identity.matching.records import MatchRecord, match_record
from infra.world import WorldConfig
from infra.world.households import population

_SEED = 1
_KEY = bytes(32)
_TOLD = {"birth_date": 0.85, "address": 0.84, "email": 0.94, "phone": 0.41}
"""How many of the records in a worker's state tell this, after 80,000 touchpoints of 160,000 customers."""


def world_records(customers: int) -> Iterator[MatchRecord]:
    """Yield a record of each customer of a world."""
    config = WorldConfig(customers, customers, seed=_SEED)
    chance = config.random("blocks").random
    for person in population(config):
        home = person.household
        traits = {"first_name": person.first_name, "last_name": person.last_name}
        if chance() < _TOLD["birth_date"]:
            traits["birth_date"] = person.birth_date.isoformat()
        if chance() < _TOLD["address"]:
            traits |= {"street": home.street, "postcode": home.postcode, "city": home.city}
        told = (("email", person.email), ("phone", person.mobile))
        record = match_record(traits, [identifier for identifier in told if chance() < _TOLD[identifier[0]]])
        if record is not None:
            yield record


def met(records: Collection[MatchRecord], caps: Iterable[int]) -> dict[int, float]:
    """Return how many others a record shares an open block with on average, by cap; one in two blocks counts twice."""
    sizes = Counter(key for record in records for key in block_keys(record, _KEY))
    return {cap: sum(size * (size - 1) for size in sizes.values() if size <= cap) / len(records) for cap in caps}


def pairs_of_one_person(
    people: Mapping[str, str], records: Mapping[str, MatchRecord], caps: Iterable[int]
) -> dict[int, int]:
    """Return how many pairs of records of one person meet, by cap.

    Args:
        people: who each record truly is.
        records: by the same names.
        caps: of a block.
    """
    found = blocks({name: block_keys(record, _KEY) for name, record in records.items()})
    return {cap: sum(people[one] == people[other] for one, other in candidates(found, cap)) for cap in caps}


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.blocks", description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[20_000, 160_000], help="(default: %(default)s)")
    parser.add_argument("--caps", type=int, nargs="+", default=[60, 30, 20], help="(default: %(default)s)")
    parser.add_argument("--historical", type=Path, metavar="DIR", help="the folder with historical_50k.parquet")
    asked = parser.parse_args()
    console = Console(highlight=False)
    with console.status("Counting"):
        table = Table("Cap", *(f"met among {customers:,}" for customers in asked.customers))
        found = [met(list(world_records(customers)), asked.caps) for customers in asked.customers]
        for cap in asked.caps:
            table.add_row(f"{cap}", *(f"{one[cap]:.1f}" for one in found))
    console.print(table)
    if asked.historical is not None:
        _show_historical(console, asked.historical, asked.caps)


def _show_historical(console: Console, folder: Path, caps: list[int]) -> None:
    with console.status("Counting pairs of one person"):
        rows = historical(folder).rows
        told = {row.key: match_record(row.traits, row.identifiers) for row in rows}
        records = {key: record for key, record in told.items() if record is not None}
        people = {row.key: row.person for row in rows}
        table = Table("Cap", "pairs of one historical person that meet")
        for cap, pairs in pairs_of_one_person(people, records, caps).items():
            table.add_row(f"{cap}", f"{pairs:,}")
    console.print(table)


if __name__ == "__main__":
    main()
