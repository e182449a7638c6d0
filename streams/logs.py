"""Logging: structured lines on standard error, without personal data; other libraries speak up from warnings on."""

import logging
import sys
import traceback
from collections.abc import Mapping

import structlog

QUIET: Mapping[str, str | int | float | bool] = {"log_level": 0}
"""For clients of librdkafka: what it would log it also reports as errors.

A logger of Python's would not do: an interrupt that arrives while librdkafka calls it is lost
(confluent-kafka-python#1708).
"""


def configure_logging() -> None:
    """Set up logging, once in a process: one line an event."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def stack_of(error: BaseException) -> str:
    """Return where an error was raised and what led to it, by type and place; a message may hold a customer's data."""
    before = error.__cause__ or error.__context__
    lines = [stack_of(before) + "\nwhich led to:\n"] if before is not None else []
    lines += traceback.format_tb(error.__traceback__)
    return "".join(lines) + f"{type(error).__module__}.{type(error).__qualname__}"
