"""What matching costs in memory, and that nothing leaves a trace there: training, a new record, withdrawals.

python -m benchmarks.accuracy.memory
python -m benchmarks.accuracy.memory --sets febrl1 --orders 20 --withdrawals 1000
"""

import gc
import time
from dataclasses import dataclass
from itertools import combinations
from random import Random

from rich.console import Console
from rich.table import Table

from benchmarks.accuracy.arguments import data_sets, keep, parser_of, small_town
from benchmarks.accuracy.datasets import DataSet
from benchmarks.figures import Spread, spread
from identity.matching.default import default_model
from identity.matching.memory import Index, MatchPolicy, match_all
from identity.matching.model import Model, Scorer, resized
from identity.matching.records import MatchRecord, match_record
from identity.matching.train import train

_SEED = 1
_NEW_RECORDS = 2_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What matching of a data set costs.

    Attributes:
        records: comparable ones.
        train_seconds: to learn the weights.
        match_seconds: to say who is one person, all at once.
        new_record_ms: to take in a record and say who it is, when most others are there.
    """

    records: int
    train_seconds: float
    match_seconds: float
    new_record_ms: Spread | None


@dataclass(frozen=True, slots=True)
class Stability:
    """Pairs that one at a time and all at once decide differently, and withdrawals unlike all at once on the rest."""

    records: int
    orders: int
    differing_pairs: int
    withdrawals: int
    differing_withdrawals: int


def main() -> None:
    """Measure, print, and leave the results as a file."""
    parser = parser_of("benchmarks.accuracy.memory", __doc__)
    parser.add_argument("--withdrawals", type=int, default=1_000, metavar="N", help="withdrawals to compare (1,000)")
    arguments = parser.parse_args()
    console = Console(highlight=False)
    table = Table("Data set")
    for column in ("Records", "Train s", "Match s", "New record ms, p50 / p99"):
        table.add_column(column, justify="right")
    costs: dict[str, Cost] = {}
    for data in data_sets(arguments, console.print):
        cost = costs[data.name] = measure(data)
        new = cost.new_record_ms
        table.add_row(
            data.name,
            f"{cost.records:,}",
            f"{cost.train_seconds:.1f}",
            f"{cost.match_seconds:.1f}",
            f"{new.p50:.2f} / {new.p99:.2f}" if new else "",
        )
    console.print(table)
    stable = stability(small_town(), arguments.orders, arguments.withdrawals)
    console.print(
        f"One at a time against all at once, {stable.records:,} records: {stable.differing_pairs} pairs differ over "
        f"{stable.orders} random orders with repeats and corrections; {stable.differing_withdrawals} of "
        f"{stable.withdrawals:,} withdrawals differ from all at once on the rest"
    )
    console.print(f"Kept in {keep(arguments.out, 'accuracy-memory', {'sets': costs, 'stability': stable})}")


def match_records(data: DataSet) -> tuple[dict[str, MatchRecord], dict[str, str]]:
    """Return what can be matched, and the truth of all rows."""
    made = {row.key: match_record(row.traits, row.identifiers) for row in data.rows}
    return {key: record for key, record in made.items() if record}, {row.key: row.person for row in data.rows}


def measure(data: DataSet) -> Cost:
    """Learn from a data set and match it, all at once and one record at a time."""
    records, _ = match_records(data)
    start = time.perf_counter()
    model = train(records.values(), _SEED)
    trained = time.perf_counter()
    match_all(records, Scorer(model), MatchPolicy())
    matched = time.perf_counter()
    return Cost(len(records), trained - start, matched - trained, _new_records(records, model))


def _new_records(records: dict[str, MatchRecord], model: Model) -> Spread | None:
    order = sorted(records)
    Random(_SEED).shuffle(order)  # noqa: S311  # an order, no secret
    new = min(_NEW_RECORDS, len(order) // 10)
    index: Index[str] = Index(Scorer(model), MatchPolicy())
    for key in order[new:]:
        index.add(key, records[key])
    milliseconds = []
    gc.collect()
    gc.freeze()  # what is in memory here is in a store there
    for key in order[:new]:
        start = time.perf_counter()
        index.add(key, records[key])
        index.group(key)
        milliseconds.append((time.perf_counter() - start) * 1000)
    gc.unfreeze()
    return spread(milliseconds)


def stability(data: DataSet, orders: int, withdrawals: int) -> Stability:
    """Compare one record at a time, in random orders with repeats and late corrections, with all at once."""
    records, _ = match_records(data)
    scorer, policy = Scorer(resized(default_model(), len(records))), MatchPolicy()
    expected = match_all(records, scorer, policy)
    together = {pair for group in expected.groups for pair in combinations(group, 2)}
    random = Random(_SEED)  # noqa: S311  # orders, no secrets
    names = sorted(records)
    differing = 0
    index: Index[str]
    for _ in range(orders):
        index = Index(scorer, policy)
        for key in random.sample(names, len(names) // 10):
            index.add(key, records[random.choice(names)])  # corrected later
        arrivals = names + random.choices(names, k=len(names) // 10)
        random.shuffle(arrivals)
        for key in arrivals:
            index.add(key, records[key])
        found = {pair for group in index.linkage_of_all().groups for pair in combinations(group, 2)}
        differing += len(found ^ together)
    index = Index(scorer, policy)
    for key in names:
        index.add(key, records[key])
    wrong = 0
    for _ in range(withdrawals):
        gone = random.choice(names)
        index.remove(gone)
        rest = {key: record for key, record in records.items() if key != gone}
        wrong += index.linkage_of_all() != match_all(rest, scorer, policy)
        index.add(gone, records[gone])
    return Stability(len(records), orders, differing, withdrawals, wrong)


if __name__ == "__main__":
    main()
