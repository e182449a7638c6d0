"""How well the stream finds people, with Splink beside it where that is installed.

Every data set is published to an installation of its own, on a broker of this run or the one that
ONEFOLD_BOOTSTRAP_SERVERS names, and the people are read from the lake.

    python -m benchmarks.accuracy
    python -m benchmarks.accuracy --sets town febrl1 --orders 20

What a data set needs and is not there is said, and the set left out.
"""

import signal
import sys
from collections.abc import Callable
from functools import partial

from rich.console import Console
from rich.table import Table

from benchmarks.accuracy.arguments import data_sets, keep, parser_of, small_town
from benchmarks.accuracy.datasets import DataSet
from benchmarks.accuracy.installation import CommandError, broker
from benchmarks.accuracy.measures import At
from benchmarks.accuracy.orders import Orders, measure_orders
from benchmarks.accuracy.splink import measure_splink
from benchmarks.accuracy.stream import THRESHOLDS, LakeError, Streamed, measure_stream
from benchmarks.machine import this_machine
from infra.errors import InfraError

_INTERRUPTED = 130
_FILE_WIDTH = 180


def main() -> None:
    """Measure, print, and leave the results as a file; the exit code is 1 where anything differs that must not."""
    parser = parser_of("benchmarks.accuracy", __doc__)
    parser.add_argument("--no-splink", action="store_true", help="leave Splink out")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _FILE_WIDTH
    say = partial(console.print, style="dim")
    machine = this_machine()
    console.print(f"{machine.cpu}, {machine.cores} cores; Python {machine.python}")
    sets: dict[str, Streamed] = {}
    try:
        with broker() as servers:
            for data in data_sets(arguments, console.print):
                found = sets[data.name] = measure_stream(servers, data, say)
                if not arguments.no_splink:
                    found.at.extend(_splink(data, console.print))
                console.print(_table(data.name, found))
                console.print(_speed(found))
            orders = measure_orders(servers, small_town(), arguments.orders, say) if arguments.orders else None
    except (CommandError, LakeError, InfraError) as error:
        print(f"accuracy: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("accuracy: interrupted; everything is stopped", file=sys.stderr)
        sys.exit(_INTERRUPTED)
    if orders:
        console.print(_stability(orders))
    console.print(f"Kept in {keep(arguments.out, 'accuracy', {'sets': sets, 'orders': orders})}")
    if not _is_stable(sets, orders):
        console.print("[bold red]What must not differ does[/]")
        sys.exit(1)


def _splink(data: DataSet, say: Callable[[str], None]) -> list[At]:
    try:
        return measure_splink(data, THRESHOLDS)
    except ImportError as reason:
        say(f"Splink is left out: {reason}")
        return []


def _is_stable(sets: dict[str, Streamed], orders: Orders | None) -> bool:
    unlike = [at.unlike_memory for found in sets.values() for at in found.at if at.unlike_memory]
    in_orders = (orders.differing_pairs, orders.differing_suggestions, orders.unlike_memory) if orders else ()
    return not any(map(any, unlike)) and not any(in_orders)


def _table(name: str, found: Streamed) -> Table:
    title = f"{name}: {found.records:,} records of {found.people:,} people"
    table = Table(title=title, title_justify="left")
    for column in ("Engine", "p >=", "Pairs P / R / F1", "B-cubed P / R / F1", "Exact", "Wrong/10k", "Held"):
        table.add_column(column, justify="left" if column == "Engine" else "right")
    for column in ("Right at .9-.99", "Seconds", "Unlike memory"):
        table.add_column(column, justify="right")
    past = ""
    for at in found.at:
        if past not in {"", at.who}:
            table.add_section()
        table.add_row("" if at.who == past else at.who, *_cells(at))
        past = at.who
    return table


def _cells(at: At) -> list[str]:
    right = at.rightness
    return [
        "" if at.threshold is None else f"{at.threshold:g}",
        f"{right.pair_precision:.3f} / {right.pair_recall:.3f} / {right.pair_f1:.3f}",
        f"{right.precision:.4f} / {right.recall:.4f} / [bold]{right.f1:.4f}[/]",
        f"{right.exact:.1%}",
        f"[bold]{right.wrong:.1f}",
        "" if at.held is None else f"{at.held:.1%}",
        f"{at.honesty.right:.3f} of {at.honesty.links:,}" if at.honesty else "",
        f"{at.seconds:.1f}",
        f"{at.unlike_memory.pairs:,}" if at.unlike_memory else "",
    ]


def _speed(found: Streamed) -> str:
    unlike = [at.unlike_memory for at in found.at if at.unlike_memory]
    return (
        f"Published in {found.publish_seconds:.1f} s, drained without matching in {found.drain_seconds:.1f} s, "
        f"matched in {found.match_seconds:.1f} s ({found.records / found.match_seconds:,.0f} touchpoints/s, start and "
        f"end of processes included), trained in {found.train_seconds:.1f} s. Differing between stream and memory: "
        f"{sum(one.pairs for one in unlike)} pairs of one person, {sum(one.suggestions for one in unlike)} suggestions"
    )


def _stability(found: Orders) -> str:
    return (
        f"{found.records:,} records in {found.orders} random orders with repeats and corrections, one worker or two: "
        f"{found.differing_pairs} pairs and {found.differing_suggestions} suggestions differ from the records as they "
        f"stand; {found.unlike_memory} pairs of these from memory"
    )


if __name__ == "__main__":
    main()
