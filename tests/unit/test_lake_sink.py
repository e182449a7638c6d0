"""What the lake sink refuses of what it reads."""

import pytest

from identity.policy_file import default_policy_text
from schemas.contracts import CHANGE, POLICY, SIGNAL
from schemas.reasons import RejectedError
from streams.lake_decoding import check_record

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
