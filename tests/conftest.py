"""How long property tests search: quick by default, long with a profile; and what all tests share."""

import signal
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from infra.daemon import free_port
from infra.registry import RunningRegistry, start_registry, stop_registry

# No deadline and no health check of speed: how fast an example runs is the machine's business, not the code's.
settings.register_profile("quick", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=5_000, stateful_step_count=120)
settings.load_profile("quick")

# A shell that runs the tests in the background has them ignore Ctrl-C, and the programs they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that uses the broker's fixture, so that the others can run side by side."""
    for item in items:
        if "broker" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.broker)


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Let what a test, or a command that it runs, sets up of logging end with it: the output is closed then."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """A schema registry."""
    home = tmp_path_factory.mktemp("registry")
    try:
        yield start_registry(home, port=free_port())
    finally:
        stop_registry(home)
