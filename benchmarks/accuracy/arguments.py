"""What both accuracy benchmarks are told, and where they leave their results."""

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from benchmarks.accuracy.datasets import DataSet, febrl, historical
from benchmarks.accuracy.town import town
from benchmarks.accuracy.typed import names_alone, typed
from benchmarks.machine import this_machine

_HISTORICAL = Path(__file__).parents[3] / "shared" / "data" / "historical_50k"
_RESULTS = Path(__file__).parents[1] / "results" / "local"
_NAMES = ("historical", "town", "typed", "names", "febrl1", "febrl2")


def parser_of(module: str, description: str | None) -> argparse.ArgumentParser:
    """Return a parser of a benchmark's arguments, with those that say which data sets and where to."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {module}", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--sets", nargs="+", choices=_NAMES, default=_NAMES, help="data sets (all)")
    add(
        "--historical",
        type=Path,
        metavar="DIR",
        default=Path(os.environ.get("ONEFOLD_HISTORICAL_50K", _HISTORICAL)),
        help="folder of historical_50k.parquet ($ONEFOLD_HISTORICAL_50K, or ../shared/data/historical_50k)",
    )
    add("--people", type=int, default=12_000, metavar="N", help="of the made-up town (12,000)")
    add("--orders", type=int, default=20, metavar="N", help="random orders to compare (20)")
    add("--out", type=Path, default=_RESULTS, metavar="DIR", help="where the results go (results/local)")
    return parser


def data_sets(arguments: argparse.Namespace, say: Callable[[str], None]) -> Iterator[DataSet]:
    """Yield the data sets that were asked for; of one that is not there, say why."""
    sets: Mapping[str, Callable[[], DataSet]] = {
        "historical": partial(historical, arguments.historical),
        "town": partial(town, arguments.people, 5),
        "typed": partial(typed, 5_000, 11),
        "names": partial(names_alone, 10_000, 3),
        "febrl1": partial(febrl, 1),
        "febrl2": partial(febrl, 2),
    }
    for name in arguments.sets:
        try:
            yield sets[name]()
        except (FileNotFoundError, ImportError) as reason:
            say(f"{name} is left out: {reason}")


def small_town() -> DataSet:
    """Return the town whose orders are compared."""
    return town(150, 6)


def keep(folder: Path, name: str, results: Mapping[str, object]) -> Path:
    """Leave results as a file and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    file = folder / f"{name}-{at}.json"
    kept = {"at": at, "machine": this_machine(), **results}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
    return file
