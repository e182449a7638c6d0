"""What the lake sink refuses of what it reads, and how long it collects."""

import pytest

from identity.policy_file import default_policy_text
from schemas.contracts import CHANGE, POLICY, SIGNAL
from schemas.reasons import RejectedError
from streams.lake_decoding import check_record
from streams.lake_sink import Patience, patience

BAD_SEGMENT = '\n[profile.segments.odd]\nall = ["nothing = 1"]\n'


def test_a_policy_that_nobody_can_go_by_is_refused() -> None:
    with pytest.raises(RejectedError, match="there is no fact 'nothing'"):
        check_record(POLICY, {"text": default_policy_text() + BAD_SEGMENT}, [POLICY])


def test_a_sound_policy_is_taken() -> None:
    check_record(POLICY, {"text": default_policy_text()}, [POLICY])


def test_changes_and_signals_share_a_topic_and_nothing_else_does() -> None:
    check_record(SIGNAL, {}, [CHANGE, SIGNAL])
    with pytest.raises(RejectedError, match=r"expected onefold.Change or onefold.Signal"):
        check_record(POLICY, {}, [CHANGE, SIGNAL])


def test_where_writing_is_quick_the_sink_does_not_wait_for_records_that_do_not_come() -> None:
    assert patience(0.0) == patience(0.3) == Patience(1.5, 0.3)


def test_where_writing_is_slow_batches_become_larger_within_bounds() -> None:
    assert patience(1.0) == Patience(3.0, 1.0)
    assert patience(60.0) == Patience(4.0, 1.0)
