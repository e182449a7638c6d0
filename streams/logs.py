"""Logging: structured lines on standard error, without personal data; other libraries speak up from warnings on."""

import logging
import sys

import structlog

SILENT = logging.getLogger("onefold.silent")
"""For clients that log what they also report as errors."""
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False


def configure_logging() -> None:
    """Set up logging for a worker or sink process: one line an event."""
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
