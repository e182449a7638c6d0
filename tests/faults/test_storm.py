"""All kinds of faults in one run under load; fault 6, the broker stopped and killed, is one of them."""

from pathlib import Path

import pytest

from tests.faults.storm.plan import KINDS, Size
from tests.faults.storm.run import storm

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

SEED = 1


def test_fault_06_and_whatever_else_may_go_wrong_in_one_run_leave_no_trace(tmp_path: Path) -> None:
    report = storm(SEED, Size(events=1_500, faults=len(KINDS)), tmp_path)

    assert report.differences == []
    assert report.faults["stop broker"] == report.faults["kill broker"] == 1
