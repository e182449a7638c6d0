"""A data set through the stream: published, drained, and read from the lake, by the public commands alone."""

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.accuracy.datasets import DataSet
from benchmarks.accuracy.installation import Installation, installation
from benchmarks.accuracy.measures import At, honesty, rightness
from benchmarks.accuracy.people import Memory, differing, people_of
from benchmarks.accuracy.touchpoints import lines, truth
from identity.policy_file import default_policy_text
from sinks.reader import open_lake_reader
from streams.settings import node_key

MATCHING = "\n[matching]\n"
"""Where the table begins in the default policy, of which it is the last."""

UNITE = "unite = 0.9\n"
DEFAULT = 0.9
LOWEST = 0.501
"""The lowest threshold to measure; a policy's must be above 0.5, where suggestions begin."""

THRESHOLDS = (0.5, DEFAULT, 0.99)


class LakeError(Exception):
    """The lake does not hold what was published."""


@dataclass(slots=True)
class Streamed:
    """What was measured of a data set.

    Attributes:
        records: published.
        people: true ones.
        at: by policy and threshold.
        publish_seconds: how long the command took.
        drain_seconds: the same of the drain before anything was matched.
        match_seconds: of the drain that matches everything for the first time.
        train_seconds: of the command that learns a model.
    """

    records: int
    people: int
    at: list[At] = field(default_factory=list)
    publish_seconds: float = 0.0
    drain_seconds: float = 0.0
    match_seconds: float = 0.0
    train_seconds: float = 0.0


def identifiers_only() -> str:
    """Return the default policy without matching."""
    return default_policy_text().partition(MATCHING)[0] + "\n"


def matching_by(model: str, unite: float) -> str:
    """Return the default policy with a model, named by its file, and a threshold."""
    head, table, settings = default_policy_text().partition(MATCHING)
    if UNITE not in settings:
        raise ValueError(f"the default policy unites at another threshold than {DEFAULT}")
    settings = settings.replace(UNITE, f"unite = {unite}\n")
    return f'{head}{table}{settings}model = "{model}"\n'


def measure_stream(servers: str, data: DataSet, say: Callable[[str], None]) -> Streamed:
    """Publish a data set into an installation of its own and measure it under one policy after the other.

    Identifiers alone first, then matching with the weights to start with, then with a model learnt from it. Of its
    thresholds the lowest is last: what gathered once stays together, though not as one person.

    Raises:
        CommandError: a command failed.
        LakeError: a record did not arrive.
    """
    with installation(servers, data.name) as home:
        return _Measuring(home, data, say).run()


class _Measuring:
    """One data set in one installation."""

    def __init__(self, home: Installation, data: DataSet, say: Callable[[str], None]) -> None:
        self._home = home
        self._data = data
        self._truth = truth(data.rows)
        self._memory: Memory | None = None
        self._say = say
        self._found = Streamed(len(data.rows), len(set(self._truth.values())))

    def run(self) -> Streamed:
        home, found = self._home, self._found
        self._say(f"Publishing {found.records:,} records")
        applied = home.apply(identifiers_only())
        found.publish_seconds = home.run("publish", "crm", "-", lines=lines(self._data.rows))
        found.drain_seconds = home.run("drain")
        seconds = applied + found.publish_seconds + found.drain_seconds
        self._measure("Identifiers only", None, identifiers_only(), None, seconds)
        found.match_seconds = self._apply("Onefold, untrained", DEFAULT, default_policy_text(), None)
        self._say("Training")
        model, found.train_seconds = home.train()
        weights = model.read_text("utf-8")
        for threshold, unite in ((DEFAULT, DEFAULT), (0.99, 0.99), (0.5, LOWEST)):
            self._apply("Onefold", threshold, matching_by(model.name, unite), weights)
        found.at.sort(key=lambda at: (at.who != "Identifiers only", at.who == "Onefold", at.threshold or 0.0))
        return found

    def _apply(self, who: str, threshold: float, policy: str, model: str | None) -> float:
        """Put a policy in force and measure; return how long the drain took."""
        self._say(f"{who} at {threshold}")
        applied = self._home.apply(policy)
        drained = self._home.run("drain")
        self._measure(who, threshold, policy, model, applied + drained)
        return drained

    def _measure(self, who: str, threshold: float | None, policy: str, model: str | None, seconds: float) -> None:
        with open_lake_reader(self._home.settings.home) as reader:
            people = people_of(reader)
            if self._memory is None:
                self._memory = Memory(reader, default_policy_text(), node_key(self._home.settings))
        arrived = sum(map(len, people.groups))
        if arrived != len(self._truth):
            raise LakeError(f"{len(self._truth):,} records were published, but the lake holds {arrived:,}")
        self._found.at.append(
            At(
                who,
                threshold,
                rightness(people.groups, self._truth),
                None if threshold is None else people.held,
                None if threshold is None else honesty(people.alike, self._truth),
                seconds,
                differing(people, self._memory.people(policy, model)),
            )
        )
