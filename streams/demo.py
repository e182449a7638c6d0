"""The demo: the whole main job on a laptop, from a broker with nothing installed to answers in SQL."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from identity.normalise import Normaliser
from identity.policy_file import default_policy
from infra.world import WorldConfig
from profiles.likelihood import NotFittedError
from sinks.digest import people_digest
from sinks.reader import LakeReader, open_lake_reader
from sinks.tallies import alike_links, quarantined_by_rule
from streams.accuracy import Accuracy, measure
from streams.lifetime_value import MODEL, predicted, read_purchases, scores_of, write_model
from streams.scores import made_now, present_ms, publish_scores
from streams.settings import Settings, node_key

SEED = 20_260_105
_HORIZON_DAYS, _YEARLY_DISCOUNT = 365, 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    """An SQL question and what the lake answers.

    Attributes:
        title: the question in words.
        sql: as typed at ``onefold sql``.
        columns: of the result.
        rows: of the result.
    """

    title: str
    sql: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Summary:
    """What the main job did, read from the lake.

    Attributes:
        touchpoints: in the lake, each once.
        dead_letters: by reason.
        nodes: identifiers known.
        people: active customers.
        known_people: those of them with a personal identifier.
        merges: customer ids that were merged into another.
        quarantined: links that may not join, by rule.
        matched: links of like records that join people.
        suggested: links of like records that are for a steward to decide on.
        accuracy: against the truth.
        digest: of all people.
        answers: to some questions.
    """

    touchpoints: int
    dead_letters: Mapping[str, int]
    nodes: int
    people: int
    known_people: int
    merges: int
    quarantined: Mapping[str, int]
    matched: int
    suggested: int
    accuracy: Accuracy
    digest: str
    answers: Sequence[Answer]


def demo_world(customers: int, touchpoints: int) -> WorldConfig:
    """Return the world of the demo; the same at every run, so that a second one adds nothing but duplicates."""
    return WorldConfig(customers=customers, touchpoints=touchpoints, seed=SEED)


def predict_values(settings: Settings, end: datetime) -> None:
    """Publish what buyers are expected to bring in the year from the end of the world on.

    Nothing is published where too few bought again to learn from.
    """
    with open_lake_reader(settings.home, moment=end) as reader:
        bought, made_at = read_purchases(reader, end), made_now(reader, MODEL, present_ms())
    with suppress(NotFittedError):
        done = predicted(bought, _HORIZON_DAYS, _YEARLY_DISCOUNT)
        write_model(settings.home, done)
        publish_scores(settings, scores_of(bought, done, made_at), lambda _: None)


def summarise(settings: Settings, truth_folder: Path, end: datetime) -> Summary:
    """Read the outcome from the lake, as of the end of its world (UTC)."""
    with open_lake_reader(settings.home, moment=end) as reader:
        people = _counts(reader, "SELECT known, count(*) FROM profiles WHERE status = 'active' GROUP BY ALL")
        matched, suggested = alike_links(reader)
        return Summary(
            touchpoints=_count(reader, "SELECT count(*) FROM touchpoints"),
            dead_letters=_counts(reader, "SELECT reason, count(*) FROM dead_letters GROUP BY ALL ORDER BY 2 DESC, 1"),
            nodes=_count(reader, "SELECT count(*) FROM identifiers"),
            people=sum(people.values()),
            known_people=people.get(True, 0),
            merges=_count(reader, "SELECT count(*) FROM profiles WHERE status = 'merged'"),
            quarantined=quarantined_by_rule(reader),
            matched=matched,
            suggested=suggested,
            accuracy=measure(reader, truth_folder, Normaliser(default_policy(), node_key(settings))),
            digest=people_digest(settings.home).hex,
            answers=_answers(reader),
        )


_WHOLE_CUSTOMER = """SELECT first_name, last_name, city, emails, phones, channels, touches, orders, revenue,
       consents_granted FROM customers_personal
 WHERE len(emails) > 0 AND len(channels) >= 3 ORDER BY touches DESC, customer_id LIMIT 1"""

_VALUE = """SELECT channel, customers, buyers, revenue, revenue_per_customer
  FROM value_by_acquiring_channel WHERE currency = 'EUR' ORDER BY revenue DESC"""

_EXPECTED = """SELECT rfm_class, count(*) AS customers, round(sum(historical_value))::BIGINT AS brought,
       round(sum(predicted_value))::BIGINT AS expected
  FROM predicted_value JOIN customer_value USING (customer_id) GROUP BY rfm_class ORDER BY expected DESC LIMIT 3"""

_TWO_CARDS = """SELECT one.first_name, one.last_name, anchor_value AS card, node_value AS other_card, probability
  FROM link_evidence JOIN identifiers ON identifiers.node_id = anchor_id
  JOIN customers_personal AS one USING (customer_id)
 WHERE rule = 'matched' AND anchor_type = 'loyalty_id' AND node_type = 'loyalty_id'
 ORDER BY probability DESC, anchor_value LIMIT 3"""

_SEGMENTS = """SELECT segment, members, revenue_base FROM segments ORDER BY members DESC"""

_BREAKDOWN = """SELECT name, context['failure_channel'] AS failed_on, context['failure_type'] AS what,
       context['failure_about'] AS about, context['failures'] AS times, context['type'] AS contact,
       context['seconds_between']::INTEGER // 60 AS minutes_later
  FROM signals WHERE kind = 'breakdown' ORDER BY event_time DESC, name LIMIT 3"""

_ACTIVATION = """SELECT name, language, offers, messages_left, segments
  FROM activations ORDER BY len(offers) DESC, event_time DESC, activation_id LIMIT 3"""

_ATTRIBUTION = """PIVOT (SELECT campaign, model, revenue_base FROM attribution WHERE campaign IS NOT NULL)
    ON model IN ('first', 'last', 'linear', 'shapley') USING round(sum(revenue_base)) ORDER BY last DESC LIMIT 5"""

_BY_EMAIL = """SELECT c.customer_id, c.first_name, c.last_name, c.identifier_count, c.last_touch_at
  FROM identifiers i JOIN customers_personal c USING (customer_id)
 WHERE i.type = 'email' AND i.value = '{email}'"""


def _answers(reader: LakeReader) -> list[Answer]:
    whole = _ask(reader, "One whole customer", _WHOLE_CUSTOMER)
    emails = whole.rows[0][whole.columns.index("emails")] if whole.rows else []
    by_email = _BY_EMAIL.format(email=str(emails[0]).replace("'", "''") if emails else "")
    return [
        whole,
        _ask(reader, "Value by the channel that won the customer", _VALUE),
        _ask(reader, "The same by the campaigns that led to a purchase, in four models", _ATTRIBUTION),
        _ask(reader, "Segments, as declared in the policy", _SEGMENTS),
        _ask(reader, "What buyers of each class brought, and are expected to bring in a year", _EXPECTED),
        _ask(reader, "What the agent sees before saying hello: channel jumps, told in the stream", _BREAKDOWN),
        _ask(reader, "What may be said when somebody logs in or buys, decided in the stream", _ACTIVATION),
        _ask(reader, "A customer found by e-mail", by_email),
        _ask(reader, "Cards that share no identifier and are one person's", _TWO_CARDS),
    ]


def _ask(reader: LakeReader, title: str, sql: str) -> Answer:
    found = reader.execute(sql)
    return Answer(title, sql, found.columns, found.fetchall())


def _count(reader: LakeReader, sql: str) -> int:
    row = reader.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _counts(reader: LakeReader, sql: str) -> dict[Any, int]:
    return dict(reader.execute(sql).fetchall())
