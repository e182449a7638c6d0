"""What came out, held against what must: every difference by where, expected and found, with no personal data in it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from sinks.reader import open_lake_reader
from streams.settings import Settings
from streams.topics import topics_of
from tests.faults.harness import Sent
from tests.faults.storm.oracle import Truth, content
from tests.faults.storm.read import Heard, Place, PublicTopics, counted_events, read_topics, rows_at, snapshots
from tests.segments import segments_told

_FIGURES = frozenset({"touches", "orders", "returns", "status"})
"""What of a profile may be shown; of everything else a fingerprint."""

_MOST_SNAPSHOTS = 40


class Difference(NamedTuple):
    """Something that came out otherwise than it must."""

    where: str
    expected: str
    found: str


class Checked(NamedTuple):
    """What a check found.

    Attributes:
        differences: empty where all is well.
        figures: what was counted.
    """

    differences: list[Difference]
    figures: dict[str, int]


def check(settings: Settings, records: Sequence[Sent], truth: Truth) -> Checked:
    """Compare an installation that drained with the truth.

    Args:
        settings: of the installation.
        records: all that was published to the sources, each as often as it was.
        truth: what must come out.
    """
    told = PublicTopics(settings)
    heard = told.heard()
    figures = {"records": len(records), "events": len(truth.events), "people": len(truth.people)}
    figures["profiles told"] = len(told.profiles)
    figures["revisions gone back"] = _gone_back(told)
    differences = [
        *_sources(settings, records, heard, figures),
        *people_differ(truth, heard),
        *_links(truth, told),
        *_revisions(told, heard),
        *_segments(heard),
        *_of("events counted in the changelogs", len(truth.events), counted_events(settings)),
        *_lake(settings, told, figures),
        *_identifiers(settings, truth),
    ]
    return Checked(differences, figures)


# --- accounting


def _sources(
    settings: Settings, records: Sequence[Sent], heard: Heard, figures: dict[str, int]
) -> Iterator[Difference]:
    """Every record of a source is applied, a duplicate of one that is, or a dead letter."""
    topics = topics_of(settings)
    logs = read_topics(settings, topics.sources)
    known = {(topics.source(record.source), record.value): record for record in records}
    published = Counter((topics.source(record.source), record.value) for record in records)
    lying = Counter((one.place[0], one.value or b"") for log in logs.values() for one in log)
    yield from _sets("records in the source topics", published.elements(), lying.elements())
    dead, applied = 0, Counter[tuple[str, str]]()
    for log in logs.values():
        for told in log:
            record = known.get((told.place[0], told.value or b""))
            reason = heard.dead.get(told.place)
            if record is None:
                continue
            if record.event is not None and record.event in heard.touchpoints:
                applied[record.event] += 1
            if (reason is None) == (record.event is None):
                yield Difference(_name(told.place), "a dead letter" if reason is None else "none", str(reason))
            elif reason is not None and record.rejected_as not in {None, reason}:
                yield Difference(f"{_name(told.place)}: reason", str(record.rejected_as), reason)
            dead += reason is not None
    duplicates = sum(applied.values()) - len(applied)
    figures |= {"applied": len(applied), "duplicates": duplicates, "dead letters": dead}
    yield from _of("applied + duplicates + dead letters", len(records), len(applied) + duplicates + dead)
    yield from _of("places of dead letters", dead, len(heard.dead))


def _name(place: Place) -> str:
    return "record {}[{}]@{}".format(*place)


# --- people


def people_differ(truth: Truth, heard: Heard) -> Iterator[Difference]:
    """Yield how customers and touchpoints that were heard of differ from the truth."""
    found = {name: profile for name, profile in heard.profiles.items() if profile["status"] == "active"}
    yield from _sets("people", truth.people.keys(), found.keys())
    for name in truth.people.keys() & found.keys():
        yield from _fields(f"profile {name}", truth.people[name], content(found[name]))
    yield from _of("accepted touchpoints", len(truth.events), len(heard.touchpoints & truth.events))
    yield from _of("touchpoints that nobody published", 0, len(heard.touchpoints - truth.events))
    for name, profile in heard.profiles.items():
        if profile["status"] == "merged":
            into, seen = profile["merged_into"], {name}
            while into in heard.profiles and heard.profiles[into]["status"] == "merged" and into not in seen:
                seen.add(into)
                into = heard.profiles[into]["merged_into"]
            if into not in found:
                yield Difference(f"profile {name}: merged into", "an active customer", into)


def _links(truth: Truth, told: PublicTopics) -> Iterator[Difference]:
    """The newest word on every link is what it must be; of what is no link any more it is that it joins nobody."""
    newest: dict[tuple[str, str], Any] = {}
    for _, link in told.links:
        known = newest.setdefault((link["anchor_id"], link["node_id"]), link)
        if link["revision"] > known["revision"]:
            newest[link["anchor_id"], link["node_id"]] = link
    found: defaultdict[frozenset[str], Counter[str]] = defaultdict(Counter)
    for ends, link in newest.items():
        found[frozenset(ends)][link["status"]] += 1
    for pair in truth.links.keys() | found.keys():
        expected = truth.links.get(pair, Counter())
        superfluous = found[pair] - expected
        if expected - found[pair] or superfluous.keys() & {"joined", "suggested"}:
            yield Difference(f"links of {' and '.join(sorted(pair))}", str(dict(expected)), str(dict(found[pair])))


def _fields(where: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    for field in sorted(expected.keys() | found.keys()):
        left, right = expected.get(field), found.get(field)
        if left != right:
            yield Difference(f"{where}: {field}", _shown(field, left), _shown(field, right))


def _shown(field: str, value: Any) -> str:  # noqa: ANN401  # of any field
    if field in _FIGURES:
        return str(value)
    size = f"{len(value)} of " if isinstance(value, list | dict) else ""
    return f"{size}#{blake2b(repr(value).encode(), digest_size=4).hexdigest()}"


def _revisions(told: PublicTopics, heard: Heard) -> Iterator[Difference]:
    """The highest revision says one thing only, however often it was told."""
    for place, profile in told.profiles:
        newest = heard.profiles[profile["customer_id"]]
        if profile["revision"] == newest["revision"] and content(profile) != content(newest):
            where = f"profile {profile['customer_id']}: its highest revision, at offset {place[2]}"
            yield Difference(where, "as told before", "another")


def _gone_back(told: PublicTopics) -> int:
    """Return how many profiles came in a partition behind one of the same customer that they are no newer than.

    Such a one is a repeat after a crash or by a process that stood still, or comes of a customer who just moved to
    another owner, and a newer one follows.
    """
    newest: dict[str, Any] = {}
    found = 0
    for _, profile in told.profiles:
        known = newest.setdefault(profile["customer_id"], profile)
        if profile["revision"] > known["revision"]:
            newest[profile["customer_id"]] = profile
        else:
            found += content(profile) != content(known)
    return found


def _segments(heard: Heard) -> Iterator[Difference]:
    """What signals and merges add up to, in the order of revisions, is what profiles say."""
    held = {
        (name, segment["name"])
        for name, profile in heard.profiles.items()
        if profile["status"] == "active"
        for segment in profile["segments"]
    }
    inside = segments_told([*heard.changes.values(), *heard.signals.values()])
    for name, segment in sorted(held - inside):
        yield Difference(f"segment {segment} of {name}", "told by a signal", "by the profile only")
    for name, segment in sorted(inside - held):
        yield Difference(f"segment {segment} of {name}", "left", "told to be in it")


# --- the lake


def _lake(settings: Settings, told: PublicTopics, figures: dict[str, int]) -> Iterator[Difference]:
    """The lake at every snapshot is what the topics say up to the offsets that stand in it."""
    with open_lake_reader(settings.home) as reader:
        versions = snapshots(reader)
        step = max(1, len(versions) // _MOST_SNAPSHOTS)
        chosen = sorted({*versions[::step], versions[-1]})
        figures["snapshots"] = len(chosen)
        for version in chosen:
            rows = rows_at(reader, version)
            heard = told.heard(rows.offsets)
            where = f"lake at version {version}"
            yield from _sets(f"{where}: touchpoints", sorted(heard.touchpoints), rows.touchpoints)
            newest = {name: profile["revision"] for name, profile in heard.profiles.items()}
            yield from _sets(f"{where}: profiles", sorted(newest.items()), sorted(rows.profiles.items()))
            yield from _sets(f"{where}: dead letters", sorted(heard.dead.items()), rows.dead)
            yield from _sets(f"{where}: links", sorted(heard.links.items()), sorted(rows.links.items()))
            yield from _sets(f"{where}: changes", sorted(heard.changes), rows.changes)
            yield from _sets(f"{where}: signals", sorted(heard.signals), rows.signals)
        for (topic, number), end in sorted(told.ends.items()):
            yield from _of(f"lake: next offset of {topic}[{number}]", end, rows.offsets.get((topic, number), 0))


def _identifiers(settings: Settings, truth: Truth) -> Iterator[Difference]:
    """The lake says of every identifier whose it is."""
    with open_lake_reader(settings.home) as reader:
        rows = reader.execute("SELECT customer_id, type, value FROM identifiers").fetchall()
    expected = {
        (name, part["type"], part["value"]) for name, profile in truth.people.items() for part in profile["identifiers"]
    }
    yield from _sets("identifiers in the lake", expected, rows)


def _of(where: str, expected: int, found: int) -> Iterator[Difference]:
    if expected != found:
        yield Difference(where, f"{expected:,}", f"{found:,}")


def _sets(where: str, expected: Iterable[Any], found: Iterable[Any]) -> Iterator[Difference]:
    """Compare two collections in which each may be once; a row that is there twice is a difference too."""
    left, right = Counter(expected), Counter(found)
    missing, superfluous = left - right, right - left
    if missing or superfluous:
        yield Difference(
            where, f"{left.total():,}, {missing.total():,} of them missing", f"{superfluous.total():,} superfluous"
        )
