"""Time is data: ticks lead to the same outcome wherever they fall, and nobody who is due is forgotten or told in vain.

:class:`Timed` drives partitions as a worker runs them, with a queue of ticks beside those of policies, touchpoints and
messages. The other tests of standings and signals use it too.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.graph import Card
from identity.nodes import NodeId
from identity.resolution import Person, resolve
from profiles import fragment as fragments
from profiles.facts import Facts, changes_at
from profiles.folding import Folding, denied_besides, denied_of
from profiles.fragment import Fragment
from profiles.policy import ProfilePolicy
from profiles.policy_file import parse_profile_policy
from profiles.standing import outlook
from schemas.accepted import AcceptedTouchpoint, encode_accepted
from schemas.contracts import ACTIVATION, PROFILE, SIGNAL
from schemas.records import Activation, Interaction, Order, Profile, Signal
from streams.gather import PartitionWork, Rules
from streams.records import SourceRecord
from streams.state import PartitionState
from tests.property.effort import examples
from tests.property.engine_model import KEY, Event, Happening, event, oracle_cards, oracle_claims
from tests.property.partition_model import FRAMES, TOPICS, Accidents, Chunk, Cluster, MemoryStore, Thresholds
from tests.property.strategies import IDENTIFIERS, decisions, seeds
from tests.property.strategies import POLICY as MATCHING

pytestmark = pytest.mark.interpreted  # the clock of the model is a class derived from one of the engine

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

POLICY = replace(MATCHING, matching=None)
"""Who is one person follows from links and decisions alone."""

DECLARED: ProfilePolicy = parse_profile_policy(
    """
[profile]
defaults = false
[profile.scores]
recency_days = [4, 3, 2, 1]
frequency = [1, 2, 3, 4]
monetary = [100, 300, 500, 800]
[profile.engagement]
days = 2
[profile.engagement.points]
page_view = 2
purchase = 3
[profile.traits.calls]
fold = "count"
when = { type = ["call"] }
[profile.traits.active_days]
fold = "days"
days = 3
[profile.traits.bought_lately]
fold = "sum"
value = "amount"
when = { type = ["purchase"] }
window_days = 1
[profile.traits.contacts_lately]
fold = "count"
when = { type = ["call", "login"] }
window_days = 2
[profile.goals.buy]
when = { type = ["purchase"] }
[profile.goals.come]
when = { type = ["login", "call"] }
[profile.breakdowns.login]
failure = { type = ["login_failed"] }
contact = { type = ["call"] }
reasons = ["password"]
minutes = 60
[profile.caps.few]
messages = { type = ["email_sent"] }
most = 2
hours = 12
[profile.segments.present]
all = ["days_since_last_touch < 1"]
[profile.segments.lapsed]
all = ["orders >= 1", "days_since_last_order >= 0.5"]
[profile.segments.settled]
any = ["days_since_first_touch >= 2", "days_since_first_order > 1"]
[profile.segments.engaged]
all = ["engagement >= 3"]
[profile.segments.prospects]
all = ["known = true", "orders = 0"]
[profile.segments.good]
all = ["monetary_score >= 2", "recency_score >= 3"]
[profile.segments.reachable]
all = ["consent.marketing.web = true"]
none = ["cap.few = true"]
[profile.segments.callers]
any = ["calls >= 2", "active_days >= 3"]
[profile.segments.buying]
all = ["bought_lately.EUR >= 300"]
[profile.segments.in_touch]
all = ["contacts_lately >= 2"]
[profile.segments.quiet]
all = ["contacts_lately < 1", "touches >= 2"]
[profile.offers.gift]
all = ["orders = 0"]
priority = 1
again_days = 1
[profile.offers.thanks]
all = ["orders >= 1"]
priority = 2
again_days = 0
[profile.activations.welcome]
when = { type = ["login"] }
minutes = 15
purpose = "marketing"
channel = "web"
cap = "few"
traits = ["first_name"]
offers = 2
"""
)
FOLDING = Folding(DECLARED)

_KINDS = ["page_view", "purchase", "return", "consent", "login_failed", "call", "email_sent", "login"]


class Tick(NamedTuple):
    """All partitions are told what time it is."""

    at: int


Timely = Happening | Tick


def kind_of(happened: Event) -> str:
    """Return the type of the touchpoint of an event, which its id decides."""
    return random.Random(happened.event_id).choice(_KINDS)  # noqa: S311  # data of a test


def touchpoint_of(happened: Event) -> AcceptedTouchpoint:
    """Return the touchpoint of an event; all that it tells is drawn from the event's id."""
    chance = random.Random(happened.event_id)  # noqa: S311  # data of a test
    kind = chance.choice(_KINDS)
    order: Order | None = None
    interaction: Interaction | None = None
    if kind in {"purchase", "return"}:
        amount = chance.randrange(10**9)
        order = {
            "order_id": f"order {chance.randrange(5)}",
            "amount_micros": amount,
            "currency": "EUR",
            "items": [],
            "margin_micros": None,
        }
    if kind == "call":
        reason = chance.choice([None, "password", "delivery"])
        interaction = {"reason": reason, "outcome": None, "duration_seconds": None, "agent": None, "sentiment": None}
    purpose, channel = chance.choice(["marketing", "analytics"]), chance.choice(["*", "*", "web"])
    state = chance.choice(["granted", "granted", "denied", "withdrawn"])
    return {
        "source": happened.source,
        "received_at": happened.time,
        "origin_topic": "touch",
        "origin_partition": 0,
        "origin_offset": 0,
        "nodes": [{"node_id": part.node, "type": part.type, "value": part.value} for part in happened.seen],
        "touchpoint": {
            "event_id": happened.event_id,
            "event_time": happened.time,
            "type": kind,
            "identifiers": [],
            "traits": {"first_name": f"name {chance.randrange(3)}", "city": "x"} if chance.random() < 0.3 else {},
            "order": order,
            "marketing": None,
            "consents": [{"purpose": purpose, "channel": channel, "state": state, "text_version": None}]  # type: ignore[typeddict-item]  # one of the states
            if kind == "consent"
            else [],
            "interaction": interaction,
            "party": "first",
            "properties": {},
        },
    }


class TimedWork(PartitionWork):
    """A partition's work whose ticks come in the queue of the policies."""

    def policies(self, records: Iterable[SourceRecord]) -> None:
        """See :class:`streams.gather.PartitionWork`."""
        self.ticks(records)


@dataclass(frozen=True, slots=True)
class Heard:
    """What subscribers are told, in order of each partition."""

    profiles: list[Profile]
    signals: list[Signal]
    activations: list[Activation]

    def newest(self) -> dict[str, Profile]:
        """Return of each customer the profile with the highest revision."""
        return {one["customer_id"]: one for one in sorted(self.profiles, key=lambda one: one["revision"])}


class Timed(Cluster):
    """Partitions that are told the time.

    Args:
        chance: decides accidents.
        accidents: which there are.
        declared: what is declared of profiles.
    """

    def __init__(self, chance: random.Random, accidents: Accidents, declared: ProfilePolicy = DECLARED) -> None:
        self._declared = declared
        super().__init__(Thresholds(0).text, chance, accidents)
        self.steps = 0

    def _open(self, store: MemoryStore, incarnation: int, number: int) -> PartitionWork:
        rules = Rules(TOPICS, FRAMES, POLICY, None, self._declared, KEY)
        return TimedWork(rules, PartitionState(store), incarnation, number, self.place)

    def happen(self, happened: Timely) -> None:
        """Deliver an event or a decision, or tell all partitions what time it is."""
        if isinstance(happened, Tick):
            for site in self.sites:
                site.policies.append(str(happened.at).encode())
        elif isinstance(happened, Event):
            anchor = happened.anchor.node
            self.sites[self.place(anchor)].touches.append(encode_accepted(touchpoint_of(happened)))
        else:
            self.deliver(happened)

    def work(self, number: int, chunk: Chunk, crash: float | None = None) -> None:
        """See :class:`tests.property.partition_model.Cluster`; what is durable is right after each commit."""
        self.steps += 1
        assert self.steps < 20_000, "work that never ends"
        super().work(number, chunk, crash)
        if crash is None:
            self.check_dues(number)

    def check_dues(self, number: int) -> None:
        """The index of dues is that of the gatherings, and each gathering's the least of its customers'."""
        site = self.sites[number]
        here = {owner: one for owner, one in self.gatherings().items() if self.place(owner) == number}
        for one in here.values():
            dues = [member.standing.due for member in one.members.values() if member.standing and member.standing.due]
            assert one.due == min(dues, default=0)
        indexed = {(int.from_bytes(key[:8], "big"), NodeId(key[8:])) for key in site.store.of(b"t")}
        assert indexed == {(one.due, owner) for owner, one in here.items() if one.due}

    def outputs(self) -> list[int]:
        """Return how much each partition published."""
        return [len(site.told) for site in self.sites]

    def heard_all(self) -> Heard:
        """Return all that was published for subscribers."""
        found: dict[str, list[Any]] = {PROFILE: [], SIGNAL: [], ACTIVATION: []}
        for site in self.sites:
            for output in site.told:
                name, content = FRAMES.decode(output.value)
                found.setdefault(name, []).append(content)
        return Heard(found[PROFILE], found[SIGNAL], found[ACTIVATION])


def play(happened: Sequence[Timely], seed: int, accidents: Accidents, *, shuffled: bool = True) -> Timed:
    """Let happen in an order drawn from a seed, or as given, and work until nothing is left to do."""
    chance = random.Random(seed)  # noqa: S311  # a schedule of a test
    cluster = Timed(chance, accidents)
    waiting = list(happened)
    if shuffled:
        waiting += [one for one in waiting if chance.random() < accidents.repeated]
        chance.shuffle(waiting)
    for one in waiting:
        cluster.happen(one)
        if chance.random() < 0.6:
            cluster.some_work()
    cluster.settle()
    return cluster


class Truth(NamedTuple):
    """Who there is in the end, and what their touchpoints add up to."""

    person: Person
    cards: dict[NodeId, Card]
    whole: Fragment

    @property
    def known(self) -> bool:
        """Whether a personal identifier is known."""
        return any(POLICY.identifiers[self.cards[node].type].personal for node in self.person.nodes)

    def holds(self, clock: int | None, folding: Folding = FOLDING) -> frozenset[str]:
        """Return what holds of them at a moment."""
        facts = Facts(self.whole, known=self.known, now_ms=clock, folding=folding)
        return outlook(self.whole, facts, clock, folding).holds


def events_in(happened: Iterable[Timely]) -> list[Event]:
    """Return the events, each once."""
    return list({one.event_id: one for one in happened if isinstance(one, Event)}.values())


def truths(happened: Iterable[Timely]) -> dict[str, Truth]:
    """Return all customers of a history, computed in one go."""
    history = [one for one in happened if not isinstance(one, Tick)]
    cards = oracle_cards(history, POLICY, touchpoint_of)
    own: dict[NodeId, Fragment] = {}
    for one in events_in(history):
        FOLDING.fold(own.setdefault(one.anchor.node, Fragment()), touchpoint_of(one))
    resolution = resolve(cards, POLICY)

    def denied(node: NodeId) -> Fragment:
        return FOLDING.merge([denied_of(own.get(node, Fragment())), denied_besides(cards[node].denials)])

    return {
        person.founder.hex(): Truth(
            person,
            cards,
            FOLDING.merge(
                [
                    *(own.get(node, Fragment()) for node in person.nodes),
                    *(denied(node) for node in person.nodes),
                    *(denied(node) for node in oracle_claims(cards, resolution.verdicts, person.nodes)),
                ]
            ),
        )
        for person in resolution.people
    }


def last_tick(happened: Iterable[Timely]) -> int | None:
    """Return the latest time that is told."""
    return max((one.at for one in happened if isinstance(one, Tick)), default=None)


@st.composite
def eventful(draw: st.DrawFn, max_size: int = 12) -> list[Event]:
    """Events whose times lie near enough for windows of an hour and far enough for days."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(0, 400),
                st.tuples(st.integers(1, 16), st.sampled_from([0, 30, 60, 61])),
                st.sampled_from(["web", "crm"]),
                st.lists(st.sampled_from(IDENTIFIERS), min_size=1, max_size=3, unique=True),
            ),
            min_size=1,
            max_size=max_size,
        )
    )
    return [
        event(f"{number} {salt}", place * 6 * HOUR_MS + minute * MINUTE_MS, *seen, source=source)
        for number, (salt, (place, minute), source, seen) in enumerate(drawn)
    ]


ticks = st.builds(
    Tick,
    st.one_of(
        st.integers(1, 40).map(lambda place: place * 6 * HOUR_MS),
        st.builds(
            lambda place, off: place * 6 * HOUR_MS + off,
            st.integers(1, 40),
            st.sampled_from([-1, 1, 30 * MINUTE_MS, HOUR_MS]),
        ),
    ),
)


@st.composite
def timely_histories(draw: st.DrawFn) -> list[Timely]:
    """Events, in most cases some ticks and a few decisions."""
    told: list[Timely] = [*draw(st.lists(ticks, max_size=5)), *draw(st.lists(decisions(), max_size=4))]
    return [*draw(eventful()), *told]


def accidents(*, crashes: int = 4, repeated: bool = True) -> st.SearchStrategy[Accidents]:
    """Runs with one to four partitions, repetition, crashes and messages in any order."""
    return st.builds(
        Accidents,
        partitions=st.integers(1, 4),
        repeated=st.sampled_from([0.0, 0.2]) if repeated else st.just(0.0),
        crashes=st.integers(0, crashes),
        reordered=st.booleans() if repeated else st.just(value=False),
        largest_chunk=st.sampled_from([1, 4, 30]),
    )


@settings(max_examples=examples(60))
@given(happened=timely_histories(), seed=seeds, bad=accidents())
def test_whoever_is_due_is_indexed_and_nobody_else_after_every_commit_of_any_history(
    happened: list[Timely], seed: int, bad: Accidents
) -> None:
    """The harness checks it after each commit; in the end nobody is due any more at the clock."""
    cluster = play(happened, seed, bad)
    clock = last_tick(happened)
    for number in range(bad.partitions):
        cluster.check_dues(number)
    for gathering in cluster.gatherings().values():
        assert gathering.due == 0 or clock is None or gathering.due > clock
        for node, member in gathering.members.items():
            assert member.standing is None or member.customer == node, "a standing is kept of nobody"


@settings(max_examples=examples(40))
@given(happened=timely_histories(), seed=seeds, bad=accidents())
def test_the_clock_is_the_latest_tick_however_they_come(happened: list[Timely], seed: int, bad: Accidents) -> None:
    cluster = play(happened, seed, bad)
    assert {PartitionState(site.store).clock() for site in cluster.sites} == {last_tick(happened)}


@settings(max_examples=examples(40))
@given(happened=timely_histories(), at=ticks, seed=seeds, bad=accidents())
def test_a_tick_that_is_not_later_publishes_nothing(
    happened: list[Timely], at: Tick, seed: int, bad: Accidents
) -> None:
    cluster = play([*happened, at], seed, bad)
    before, stored = cluster.outputs(), [dict(site.store.values) for site in cluster.sites]
    for earlier in (Tick(at.at), Tick(1)):
        cluster.happen(earlier)
        cluster.settle()
    assert (cluster.outputs(), [site.store.values for site in cluster.sites]) == (before, stored)


@settings(max_examples=examples(40))
@given(happened=timely_histories(), later=st.lists(ticks, min_size=1, max_size=3), seed=seeds, bad=accidents())
def test_a_tick_tells_of_those_alone_of_whom_something_else_holds_by_then(
    happened: list[Timely], later: list[Tick], seed: int, bad: Accidents
) -> None:
    cluster = play([*happened, Tick(1)], seed, bad)
    people, clock = truths(happened), max(1, last_tick(happened) or 0)
    for tick in sorted(later):
        before, then = cluster.outputs(), max(clock, tick.at)
        cluster.happen(tick)
        cluster.settle()
        told = {
            (content["customer_id"], name)
            for site, start in zip(cluster.sites, before, strict=True)
            for name, content in (FRAMES.decode(output.value) for output in site.told[start:])
        }
        moved = {name for name, truth in people.items() if truth.holds(clock) != truth.holds(then)}
        assert told == {(name, kind) for name in moved for kind in (PROFILE, SIGNAL)}
        clock = then


@settings(max_examples=examples(40))
@given(
    happened=timely_histories(), at=ticks, seed=seeds, parts=st.integers(1, 3), sent=st.sampled_from([0.0, 0.5, 1.0])
)
def test_a_crash_between_a_tick_and_its_work_loses_nothing(
    happened: list[Timely], at: Tick, seed: int, parts: int, sent: float
) -> None:
    cluster = play(happened, seed, Accidents(parts))
    cluster.happen(at)
    for number in cluster.busy():
        waiting = cluster.sites[number].waiting()
        cluster.work(number, Chunk(waiting[0], 0, 0, messages_first=False), sent)
    cluster.settle()
    clock = max(at.at, last_tick(happened) or 0)
    newest = cluster.heard_all().newest()
    for name, truth in truths(happened).items():
        inside = {f"segment:{one['name']}" for one in newest[name]["segments"]}
        assert inside == {held for held in truth.holds(clock) if held.startswith("segment:")}


def test_a_day_that_leaves_a_window_ends_one_segment_and_begins_another_by_time_alone() -> None:
    """Two contacts on day 1 are within two days until the end of day 2; a tick within day 2 changes nothing of it."""
    contacts = (one for number in count() if kind_of(one := event(str(number), DAY_MS, IDENTIFIERS[0])) == "call")
    cluster = play([*islice(contacts, 2), Tick(DAY_MS)], 0, Accidents(1), shuffled=False)
    told = len(cluster.heard_all().signals)
    found = {}
    for at in (2 * DAY_MS, 3 * DAY_MS - 1, 3 * DAY_MS):
        cluster.happen(Tick(at))
        cluster.settle()
        news = cluster.heard_all().signals[told:]
        told += len(news)
        found[at] = {(one["kind"], one["name"], one["cause"]) for one in news if one["name"] in {"in_touch", "quiet"}}
    assert found == {
        2 * DAY_MS: set(),
        3 * DAY_MS - 1: set(),
        3 * DAY_MS: {("segment_left", "in_touch", "clock"), ("segment_entered", "quiet", "clock")},
    }


def wholes(events: Iterable[Event], folding: Folding) -> Fragment:
    """Return what all events add up to, stored and read once."""
    whole = Fragment()
    for one in events:
        folding.fold(whole, touchpoint_of(one))
    return fragments.decode(fragments.encode(whole))


def held(whole: Fragment, now_ms: int, folding: Folding) -> frozenset[str]:
    facts = Facts(whole, known=True, now_ms=now_ms, folding=folding)
    return outlook(whole, facts, now_ms, folding).holds


_FACTS = ["first_touch", "last_touch", "first_order", "last_order"]
_days = st.one_of(
    st.integers(0, 6).map(float),
    st.sampled_from([0.25, 0.5, 1.5, 2.75]),
    st.integers(0, 4 * DAY_MS).map(lambda cut: cut / DAY_MS),
)
_timed = st.builds(
    lambda of, sign, days: f"days_since_{of} {sign} {days!r}",
    st.sampled_from(_FACTS),
    st.sampled_from([">=", "<"]),
    _days,
)
_untimed = st.sampled_from(
    [
        "recency_score >= 2",
        "recency_score = 4",
        "recency_score != 5",
        "engagement >= 2",
        "engagement < 5",
        "engagement = 3",
        "cap.few = true",
        "orders >= 1",
        "known = true",
        "spent.EUR >= 200",
        "kinds < 2",
        "visited >= 2",
        "latest = call",
        "answered < 0.5",
        "calls.2 >= 1",
    ]
)
_conditions = st.lists(st.one_of(_timed, _timed, _untimed), max_size=3)


@st.composite
def time_policies(draw: st.DrawFn) -> Folding:
    """A policy with a segment, an offer, a cap, scores and points that are drawn."""

    def listed(conditions: list[str]) -> str:
        return str(conditions)

    cuts = sorted(draw(st.lists(st.integers(1, 6), min_size=4, max_size=4)), reverse=True)
    text = f"""
[profile]
defaults = false
[profile.scores]
recency_days = {cuts}
frequency = [1, 2, 3, 4]
monetary = [1, 2, 3, 4]
[profile.engagement]
days = {draw(st.integers(1, 4))}
[profile.engagement.points]
page_view = 2
purchase = 3
call = -1
[profile.caps.few]
messages = {{ type = ["email_sent", "login"] }}
most = {draw(st.integers(1, 3))}
hours = {draw(st.integers(1, 30))}
"""
    traits = {
        "spent": 'fold = "sum"\nvalue = "amount"',
        "kinds": 'fold = "distinct"\nvalue = "type"',
        "visited": 'fold = "days"',
        "latest": 'fold = "newest"\nvalue = "type"',
        "answered": 'fold = "rate"\nhit = { type = ["call"] }',
    }
    for name, declared in traits.items():
        text += f"[profile.traits.{name}]\n{declared}\nwindow_days = {draw(st.integers(1, 4))}\n"
    text += '[profile.traits.calls]\nfold = "days"\nwhen = { type = ["call"] }\n'
    for name in ("one", "two"):
        text += f"[profile.segments.{name}]\nall = {listed(draw(_conditions))}\nany = {listed(draw(_conditions))}\n"
        text += f"none = {listed(draw(_conditions))}\n"
    return Folding(parse_profile_policy(text))


@settings(max_examples=examples(150))
@given(events=eventful(), folding=time_policies(), start=st.integers(1, 110 * HOUR_MS), seed=seeds)
def test_what_holds_stays_until_it_is_due_and_all_changes_are_met_from_due_to_due(
    events: list[Event], folding: Folding, start: int, seed: int
) -> None:
    """Compared with what holds at moments in between, at each due moment and just before and after it."""
    chance = random.Random(seed)  # noqa: S311  # moments of a test
    whole = wholes(events, folding)
    end = max(start, 120 * HOUR_MS + 10 * DAY_MS)
    dues, at = [start], changes_at(whole, folding, start)
    while at is not None and at <= end:
        assert at > dues[-1]
        dues.append(at)
        assert len(dues) < 500
        at = changes_at(whole, folding, at)
    known = {due: held(whole, due, folding) for due in dues}
    edges = [one.time + cut for one in events for cut in (0, 12 * HOUR_MS, DAY_MS, 2 * DAY_MS)]
    looks = [due + off for due in dues for off in (-1, 0, 1)] + [edge + off for edge in edges for off in (-1, 0, 1)]
    looks += [chance.randint(start, end) for _ in range(30)]
    for look in (one for one in looks if start <= one <= end):
        assert held(whole, look, folding) == known[max(due for due in dues if due <= look)]


@settings(max_examples=examples(60))
@given(events=eventful(), folding=time_policies(), start=st.integers(1, 110 * HOUR_MS))
def test_where_nothing_is_due_nothing_ever_changes(events: list[Event], folding: Folding, start: int) -> None:
    whole = wholes(events, folding)
    at = changes_at(whole, folding, start)
    for _ in range(500):
        if at is None:
            break
        start, at = at, changes_at(whole, folding, at)
    assert at is None
    assert len({held(whole, start + later * DAY_MS, folding) for later in (0, 1, 10, 400, 10_000)}) == 1


@settings(max_examples=examples(40))
@given(events=eventful(max_size=6), most=st.integers(1, 3), hours=st.integers(1, 30))
def test_a_cap_is_reached_as_long_as_so_many_messages_lie_within_its_hours(
    events: list[Event], most: int, hours: int
) -> None:
    caps = {"few": replace(DECLARED.caps["few"], most=most, hours=hours)}
    folding = Folding(replace(DECLARED, caps=caps))
    whole = wholes(events, folding)
    sent = sorted(one.time for one in events if kind_of(one) == "email_sent")
    for now in {time + off for time in sent for off in (0, 1, hours * HOUR_MS - 1, hours * HOUR_MS)}:
        if all(time <= now for time in sent):
            within = [time for time in sent if time > now - hours * HOUR_MS]
            assert ("cap:few" in held(whole, now, folding)) == (len(within) >= most)
