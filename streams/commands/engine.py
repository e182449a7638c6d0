"""``onefold worker``, ``sink``, ``clock`` and ``drain``: the processors."""

import asyncio
import gc
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from sinks.errors import LakeError
from streams.commands.examples import add
from streams.commands.moments import moment
from streams.errors import StreamsError
from streams.output import complain, show
from streams.settings import Settings, load_settings

PANEL = "Processing"

_COLLECT_AFTER = 100_000
"""Objects newly made before Python looks for cycles. At its own 700 to 2,000 that look is a fifth of the CPU time of a
worker, which makes no cycles worth mention but keeps many objects."""

_WORKER_PATIENCE_SECONDS = 60.0
_SINK_PATIENCE_SECONDS = 600.0
"""A main loop that has not turned for longer hangs: a worker's turns every second, a sink's after each batch."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    add(app, worker, PANEL, "onefold worker")
    add(app, sink, PANEL, "onefold sink")
    add(
        app,
        clock,
        PANEL,
        "onefold clock",
        "onefold clock --every 60",
        "onefold clock --at 2026-07-01T00:00:00 --force",
    )
    add(app, drain, PANEL, "onefold drain", "onefold drain --workers 3")


def worker() -> None:
    """Run ingest, gather and resolve until stopped.

    Any number of these share the partitions. They stop at SIGTERM and Ctrl-C after the work in hand is committed; any
    failure ends the process with nothing unfinished acknowledged.
    """
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.logs import configure_logging  # noqa: PLC0415 - heavy

    configure_logging()
    gc.set_threshold(_COLLECT_AFTER)
    asyncio.run(_work(with_broker(load_settings())))


async def _work(settings: Settings) -> None:
    from streams.serving import Telemetry, serving  # noqa: PLC0415 - heavy
    from streams.worker import Worker  # noqa: PLC0415 - heavy

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    telemetry = Telemetry("worker", _WORKER_PATIENCE_SECONDS)
    try:
        with serving(settings, telemetry):
            await Worker(settings, telemetry).run(stop)
    except StreamsError as error:
        complain(f"onefold worker: {error}")
        _leave(2)
    except Exception as error:  # noqa: BLE001  # the process's boundary
        from streams.logs import stack_of  # noqa: PLC0415 - only where it went wrong

        complain(stack_of(error))
        _leave(1)
    _leave(0)


def _leave(code: int) -> None:
    """End at once: a consumer's tasks and threads would be waited for, for as long as it waits for the broker."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def sink() -> None:
    """Write profiles, identifiers, links, touchpoints and dead letters to the lake until stopped.

    One sink a lake: a second one is refused.
    """
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.lake_sink import LakeSink  # noqa: PLC0415 - heavy
    from streams.logs import configure_logging, stack_of  # noqa: PLC0415 - heavy
    from streams.serving import Telemetry, serving  # noqa: PLC0415 - heavy

    configure_logging()
    gc.set_threshold(_COLLECT_AFTER)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings, telemetry = with_broker(load_settings()), Telemetry("sink", _SINK_PATIENCE_SECONDS)
    try:
        with serving(settings, telemetry):
            LakeSink(settings, telemetry).run(stop)
    except (StreamsError, LakeError):
        raise
    except Exception as error:  # noqa: BLE001  # the process's boundary
        complain(stack_of(error))
        sys.exit(1)


def clock(
    *,
    every: Annotated[float, typer.Option(help="Seconds between two tellings.", min=0.1)] = 10.0,
    at: Annotated[
        datetime | None,
        typer.Option(help="Tell this time once, and end; UTC unless it names a zone.", parser=moment, metavar="TIME"),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Tell a time that is more than a day from now, as of a world that ended.")
    ] = False,
) -> None:
    """Tell the workers what time it is, until stopped: for days since, windows that end now, and what follows.

    Without it, segments that depend on time alone stay as they were at the last telling. The clock never goes back: a
    time that was told too early stands until it has come, so one that is more than a day from now is told with --force
    only.
    """
    from streams.checks import FOR_CLOCK, check_start  # noqa: PLC0415 - heavy
    from streams.clock import checked_time, tell_time  # noqa: PLC0415 - heavy
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.topics import admin, check_topics  # noqa: PLC0415 - heavy

    now_ms = time.time_ns() // 1_000_000
    at_ms = None if at is None else checked_time(round(at.replace(tzinfo=UTC).timestamp() * 1000), now_ms, force=force)
    settings = with_broker(load_settings())
    check_topics(admin(settings), settings)
    if at is not None and at_ms is not None:
        tell_time(settings, at_ms)
        show(f"It is {at:%Y-%m-%d %H:%M:%S} UTC")
        return
    check_start(settings, FOR_CLOCK)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    show(f"Telling the time every {every:g} seconds; stop with Ctrl-C")
    while not stop.is_set():
        tell_time(settings, time.time_ns() // 1_000_000)
        stop.wait(every)


def drain(*, workers: Annotated[int, typer.Option(help="How many worker processes.", min=1, max=64)] = 1) -> None:
    """Run workers and sink until everything published is in the lake, then stop them.

    The end is seen in the lag of every topic, twice at zero; what ran before, elsewhere, may go on running.
    """
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.commands.draining import drain_with_bars, outcome  # noqa: PLC0415 - heavy

    show(outcome(drain_with_bars(with_broker(load_settings()), workers)))
