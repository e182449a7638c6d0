"""History is replayed into another installation, beside the one that is live."""

import json
from pathlib import Path

from identity.policy_file import default_policy_text, parse_policy
from infra.world import WorldConfig
from schemas.records import Decision
from sinks.digest import people_digest
from sinks.query import run_sql
from streams.decide import publish_decision
from streams.drain import drain
from streams.policies import publish_policy
from streams.publish import publish_world
from streams.settings import Settings
from streams.topics import admin, create_topics
from tests.faults.harness import installation

OTHER_SHAPE = default_policy_text().replace('normalisation = "email"\n', "").replace("default", "as_typed", 1)


def beside(live: Settings, home: Path, prefix: str) -> Settings:
    """Return an installation of its own that reads the sources and decisions of a live one."""
    settings = live.model_copy(
        update={
            "home": home,
            "topic_prefix": f"{live.topic_prefix}{prefix}",
            "source_prefix": live.topic_prefix,
            "node_key_file": live.node_key_path,
        }
    )
    create_topics(admin(settings), settings)
    return settings


def apart(settings: Settings) -> Decision:
    """Return a decision that takes two identifiers of one customer apart."""
    sql = """
        SELECT list({node_id: node_id, type: type, value: value} ORDER BY node_id)[:2]::JSON FROM identifiers
        GROUP BY customer_id HAVING count(*) > 3 ORDER BY customer_id LIMIT 1
    """
    ((found,),) = run_sql(settings.home, sql).rows
    one, other = json.loads(str(found))
    return {
        "kind": "apart",
        "state": "made",
        "one": one,
        "other": other,
        "made_at": 1_770_000_000_000,
        "made_by": "a steward",
        "reason": "they called",
    }


def test_a_replay_gives_the_same_people_and_one_under_other_rules_leaves_the_live_ones_alone(
    broker: str, tmp_path: Path
) -> None:
    live = installation(broker, tmp_path / "live", session_timeout_seconds=6)
    publish_world(live, WorldConfig(customers=150, touchpoints=800, seed=23), None, lambda _: None)
    drain(live, 1, lambda _: None)
    publish_decision(live, apart(live))
    drain(live, 1, lambda _: None)
    before = people_digest(live.home)
    sql = "SELECT customer_id FROM profiles WHERE status = 'active' ORDER BY ALL"
    customers = run_sql(live.home, sql).rows

    again = beside(live, tmp_path / "again", "again.")
    drain(again, 2, lambda _: None)
    other = beside(live, tmp_path / "other", "other.")
    publish_policy(other, OTHER_SHAPE, parse_policy(OTHER_SHAPE), None, "an engineer")
    drain(other, 1, lambda _: None)

    assert people_digest(again.home) == before
    assert run_sql(again.home, sql).rows == customers
    assert run_sql(again.home, "SELECT count(*) FROM decisions").rows == [(1,)]
    assert people_digest(other.home).identifiers > before.identifiers, "addresses in other spellings are others now"
    assert people_digest(live.home) == before
