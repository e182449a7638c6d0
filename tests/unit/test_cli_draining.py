"""What ``onefold drain`` says at its end."""

from streams.commands.draining import outcome
from streams.drain import Drained


def test_a_drain_tells_how_much_it_did_and_how_fast() -> None:
    assert outcome(Drained(seconds=2.0, touchpoints=3_000, graph_records=1_200)) == (
        "Drained 3,000 source records in 2.0 s (1,500/s), "
        "with 1,200 records of messages between partitions; everything is in the lake"
    )


def test_a_drain_of_one_source_record_says_so() -> None:
    assert outcome(Drained(seconds=2.0, touchpoints=1, graph_records=1)) == (
        "Drained 1 source record in 2.0 s (0/s), with 1 record of messages between partitions; "
        "everything is in the lake"
    )


def test_a_drain_that_found_no_source_record_waiting_says_so_and_tells_no_rate() -> None:
    assert outcome(Drained(seconds=2.0, touchpoints=0, graph_records=0)) == (
        "No source record was waiting when the drain began; everything is in the lake"
    )
