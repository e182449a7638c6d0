"""What ``onefold match train`` says of what it learnt from."""

from streams.commands.match import _few


def test_few_records_come_with_a_warning_and_enough_of_them_with_none() -> None:
    assert "may unite or part the wrong people" in _few(694)[0]
    assert _few(1_000) == []
