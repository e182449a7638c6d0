"""How well matching finds people, with Splink beside it where that is installed.

    python -m benchmarks.accuracy
    python -m benchmarks.accuracy --sets town febrl1 --orders 20 --withdrawals 1000

What a data set needs and is not there is said, and the set left out.
"""

import argparse
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.accuracy.datasets import DataSet, febrl, historical
from benchmarks.accuracy.onefold import Outcome, Stability, measure, stability
from benchmarks.accuracy.splink import measure_splink
from benchmarks.accuracy.town import town
from benchmarks.machine import this_machine

HISTORICAL = Path(__file__).parents[3] / "shared" / "data" / "historical_50k"
RESULTS = Path(__file__).parents[1] / "results" / "local"


def main() -> None:
    """Measure, print, and leave the results as a file."""
    arguments = _arguments()
    console = Console(highlight=False)
    machine = this_machine()
    console.print(f"{machine.cpu}, {machine.cores} cores; Python {machine.python}")
    sets: Mapping[str, Callable[[], DataSet]] = {
        "historical": partial(historical, arguments.historical),
        "town": partial(town, arguments.people, 5),
        "febrl1": partial(febrl, 1),
        "febrl2": partial(febrl, 2),
    }
    outcomes: dict[str, list[Outcome]] = {}
    for name in arguments.sets:
        try:
            data = sets[name]()
        except (FileNotFoundError, ImportError) as reason:
            console.print(f"{name} is left out: {reason}")
            continue
        found = outcomes[data.name] = [measure(data, trained=True), measure(data, trained=False)]
        if not arguments.no_splink:
            try:
                found.append(measure_splink(data))
            except ImportError as reason:
                console.print(f"Splink is left out: {reason}")
        console.print(_table(data.name, found))
    stable = stability(town(150, 6), arguments.orders, arguments.withdrawals)
    console.print(
        f"One at a time against all at once, {stable.records:,} records: {stable.differing_pairs} pairs differ over "
        f"{stable.orders} random orders with repeats and corrections; {stable.differing_withdrawals} of "
        f"{stable.withdrawals:,} withdrawals differ from all at once on the rest"
    )
    console.print(f"Kept in {_keep(outcomes, stable, arguments.out)}")


def _table(name: str, outcomes: list[Outcome]) -> Table:
    first = outcomes[0]
    title = f"{name}: {first.records:,} records of {first.people:,} people"
    table = Table(title=title, title_justify="left")
    for column in ("Engine", "p >=", "Pairs P / R / F1", "B-cubed P / R / F1", "Exact", "Wrong/10k", "Held"):
        table.add_column(column, justify="left" if column == "Engine" else "right")
    for column in ("Right at .9-.99", "Train s", "Match s", "New record ms, p50 / p99"):
        table.add_column(column, justify="right")
    for outcome in outcomes:
        for row, at in enumerate(outcome.at):
            right = at.rightness
            cells = [
                outcome.engine if row == 0 else "",
                f"{at.threshold:g}",
                f"{right.pair_precision:.3f} / {right.pair_recall:.3f} / {right.pair_f1:.3f}",
                f"{right.precision:.4f} / {right.recall:.4f} / [bold]{right.f1:.4f}[/]",
                f"{right.exact:.1%}",
                f"[bold]{right.wrong:.1f}",
                "" if at.held is None else f"{at.held:.1%}",
            ]
            if row == 0:
                new = outcome.new_record_ms
                cells += [
                    f"{outcome.honesty.right:.3f} of {outcome.honesty.links:,}",
                    f"{outcome.train_seconds:.1f}",
                    f"{outcome.match_seconds:.1f}",
                    f"{new.p50:.2f} / {new.p99:.2f}" if new else "",
                ]
            table.add_row(*cells, end_section=row == len(outcome.at) - 1)
    return table


def _keep(outcomes: dict[str, list[Outcome]], stable: Stability, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    file = folder / f"accuracy-{at}.json"
    kept = {"at": at, "machine": this_machine(), "sets": outcomes, "stability": stable}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
    return file


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    names = ("historical", "town", "febrl1", "febrl2")
    add("--sets", nargs="+", choices=names, default=names, help="data sets (all)")
    add(
        "--historical",
        type=Path,
        metavar="DIR",
        default=Path(os.environ.get("ONEFOLD_HISTORICAL_50K", HISTORICAL)),
        help="folder of historical_50k.parquet ($ONEFOLD_HISTORICAL_50K, or ../shared/data/historical_50k)",
    )
    add("--people", type=int, default=12_000, metavar="N", help="of the made-up town (12,000)")
    add("--orders", type=int, default=20, metavar="N", help="random orders to compare (20)")
    add("--withdrawals", type=int, default=100, metavar="N", help="withdrawals to compare (100)")
    add("--no-splink", action="store_true", help="leave Splink out")
    add("--out", type=Path, default=RESULTS, metavar="DIR", help="where the results go (results/local)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
