"""The same records in many orders, by one worker or two: the people must be the same ones."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from benchmarks.accuracy.datasets import DataSet
from benchmarks.accuracy.installation import installation
from benchmarks.accuracy.people import Memory, People, differing, people_of
from benchmarks.accuracy.touchpoints import disordered, lines
from identity.policy_file import default_policy_text
from sinks.reader import open_lake_reader
from streams.settings import node_key

_SEED = 1
_WORKERS = (1, 2)


@dataclass(slots=True)
class Orders:
    """How orders differ from the records as they stand, each once.

    Attributes:
        records: of each order.
        orders: random ones.
        differing_pairs: pairs of records that are one person in an order and not as they stand, or the other way round;
            over all orders.
        differing_suggestions: the same of pairs that are suggested.
        unlike_memory: pairs that are one person as they stand, and not in memory, or the other way round.
    """

    records: int
    orders: int = 0
    differing_pairs: int = 0
    differing_suggestions: int = 0
    unlike_memory: int = 0


def measure_orders(servers: str, data: DataSet, orders: int, say: Callable[[str], None]) -> Orders:
    """Publish a data set as it stands, then in random orders with repeats and corrections, each by itself.

    Every other order has two workers. The default policy is in force.

    Raises:
        CommandError: a command failed.
    """
    random = Random(_SEED)  # noqa: S311  # orders, no secrets
    found = Orders(len(data.rows))
    say("Records as they stand")
    expected, found.unlike_memory = _plain(servers, data)
    for number in range(orders):
        workers = _WORKERS[number % len(_WORKERS)]
        say(f"Order {number + 1} of {orders}, {workers} worker(s)")
        with installation(servers, f"order-{number}") as home:
            home.run("publish", "crm", "-", lines=disordered(data.rows, random))
            home.run("drain", "--workers", str(workers))
            with open_lake_reader(home.settings.home) as reader:
                unlike = differing(people_of(reader), expected)
        found.orders += 1
        found.differing_pairs += unlike.pairs
        found.differing_suggestions += unlike.suggestions
    return found


def _plain(servers: str, data: DataSet) -> tuple[People, int]:
    """Return the people of the records as they stand, and how many pairs of them differ from memory's."""
    with installation(servers, "plain") as home:
        home.run("publish", "crm", "-", lines=lines(data.rows))
        home.run("drain")
        with open_lake_reader(home.settings.home) as reader:
            people = people_of(reader)
            memory = Memory(reader, default_policy_text(), node_key(home.settings))
    return people, differing(people, memory.people(default_policy_text(), None)).pairs
