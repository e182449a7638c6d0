"""The same broker and installations as the integration tests have."""

from tests.integration.conftest import broker, settings

__all__ = ["broker", "settings"]
