"""How right the people are: the lake against the synthetic world's truth, over pairs of identifiers."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from identity.normalise import Normaliser
from sinks.reader import LakeReader


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Pairwise figures over the identifiers that belong to one person alone.

    Attributes:
        identifiers: how many of them are in the lake.
        true_pairs: pairs of identifiers of one true person.
        precision: share of the pairs we put together that are true.
        recall: share of the true pairs that we put together.
        reachable: share of the true pairs that a chain of the person's own touchpoints connects. What lies beyond takes
            comparing names and addresses, or comes over identifiers that others use too.
        wrong_people: customers that hold identifiers of two or more true persons.
    """

    identifiers: int
    true_pairs: int
    precision: float
    recall: float
    reachable: float
    wrong_people: int


def measure(reader: LakeReader, truth_folder: Path, normaliser: Normaliser) -> Accuracy:
    """Compare the customers in the lake with the truth that was written beside the world."""
    person_of = _true_persons(truth_folder, normaliser)
    found = reader.execute("SELECT node_id, customer_id FROM identifiers").fetchall()
    customer_of = {node: customer for node, customer in found if node in person_of}
    truth = {node: person_of[node] for node in customer_of}
    both = {node: (customer_of[node], truth[node]) for node in customer_of}
    together, true_pairs, ours = _pairs(both.values()), _pairs(truth.values()), _pairs(customer_of.values())
    persons_of_customer: dict[str, set[str]] = {}
    for customer, person in both.values():
        persons_of_customer.setdefault(customer, set()).add(person)
    return Accuracy(
        identifiers=len(both),
        true_pairs=true_pairs,
        precision=together / ours if ours else 1.0,
        recall=together / true_pairs if true_pairs else 1.0,
        reachable=_reachable_pairs(reader, truth) / true_pairs if true_pairs else 1.0,
        wrong_people=sum(len(persons) > 1 for persons in persons_of_customer.values()),
    )


def _true_persons(folder: Path, normaliser: Normaliser) -> dict[str, str]:
    """Return the true person of every node that is exclusively one person's."""
    table = pq.read_table(folder / "truth_identifiers.parquet").to_pylist()
    persons: dict[str, set[str]] = {}
    shared: set[str] = set()
    for row in table:
        node = normaliser.node(row["type"], row["value"])
        if node is not None:
            persons.setdefault(node["node_id"].hex(), set()).add(row["person_id"])
            if not row["exclusive"]:
                shared.add(node["node_id"].hex())
    return {node: next(iter(who)) for node, who in persons.items() if len(who) == 1 and node not in shared}


def _pairs(groups: Iterable[Hashable]) -> int:
    return sum(size * (size - 1) // 2 for size in Counter(groups).values())


def _reachable_pairs(reader: LakeReader, person_of: Mapping[str, str]) -> int:
    parent = {node: node for node in person_of}

    def root(node: str) -> str:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    seen_together = reader.execute("SELECT DISTINCT node_ids FROM touchpoints WHERE len(node_ids) > 1")
    while rows := seen_together.fetchmany(10_000):
        for (nodes,) in rows:
            known = [node for node in nodes if node in person_of]
            for node in known[1:]:
                if person_of[node] == person_of[known[0]]:
                    parent[root(node)] = root(known[0])
    return _pairs((root(node), person) for node, person in person_of.items())
