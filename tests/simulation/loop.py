"""An event loop in virtual time: it runs several processes, and any can be killed or stopped between two steps."""

import asyncio
import heapq
import random
from asyncio import Handle, TimerHandle
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any

_THREAD_SECONDS = 0.005
"""How long work in another thread takes at most."""


@dataclass(eq=False, slots=True)
class Process:
    """What runs on a machine of the simulation; everything that its context starts belongs to it.

    Attributes:
        name: for the log.
        alive: whether it was not killed; a killed one runs nothing more, not even a ``finally``.
        stopped: whether it stands still, as after SIGSTOP.
        steps: how many steps it made.
        breaks_at: the step before which something happens to it.
        breaks: what happens then.
        held: what waits for it to go on.
    """

    name: str
    alive: bool = True
    stopped: bool = False
    steps: int = 0
    breaks_at: int | None = None
    breaks: Callable[[], None] = lambda: None
    held: list[Handle] = field(default_factory=list)


_process: ContextVar[Process | None] = ContextVar("process", default=None)


class StalledError(AssertionError):
    """Nothing is left to do, or the time is over, and what was waited for has not happened."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs one step at a time; when none is ready, it is at once the time of the next timer.

    The order of steps follows from the chance alone, so the same seed gives the same run.

    Args:
        chance: decides how long work in threads takes.
        end: virtual seconds after which the run is taken to hang.
    """

    def __init__(self, chance: random.Random, end: float) -> None:
        super().__init__()
        self._chance = chance
        self.end = end
        self._now = 0.0
        self._tasks: list[asyncio.Task[Any]] = []
        self.set_task_factory(self._make_task)
        self.set_exception_handler(lambda *_: None)  # of work that a killed process left
        self._ready: Any
        self._scheduled: list[TimerHandle]

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._now

    def go_on(self, process: Process) -> None:
        """Let a stopped process run again."""
        process.stopped = False
        self._ready.extend(process.held)
        process.held.clear()

    def start_in(self, process: Process, start: Callable[[], object]) -> None:
        """Call a function as the first step of a process."""
        context = copy_context()
        context.run(_process.set, process)
        self.call_soon(start, context=context)

    def outside(self, delay: float, call: Callable[[], object]) -> None:
        """Call a function after a delay, whatever becomes of the process that asks for it."""
        context = Context()
        self.call_later(delay, call, context=context)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]  # noqa: ANN401, ARG002  # asyncio's
        """Run a function as if in another thread: in one step, some time later."""
        done = self.create_future()

        def run() -> None:
            try:
                result = func(*args)
            except Exception as error:  # noqa: BLE001  # handed to whoever waits
                done.set_exception(error)
            else:
                done.set_result(result)

        self.call_later(self._chance.uniform(0, _THREAD_SECONDS), run)
        return done

    def abandon(self) -> None:
        """Close with everything as it is, as when the power goes."""
        for task in self._tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # nobody will wait for it
            coroutine: Any = task.get_coro()
            coroutine.close()
        self.close()

    def _make_task(self, _: Any, coroutine: Any, context: Context | None = None) -> Any:  # noqa: ANN401  # asyncio's
        """Keep every task, so that none of a killed process is collected, which would run its ``finally``."""
        task = asyncio.Task(coroutine, loop=self, context=context)
        self._tasks.append(task)
        return task

    def _run_once(self) -> None:
        if not self._ready:
            if not self._scheduled:
                raise StalledError("nothing is left to do")
            timer = heapq.heappop(self._scheduled)
            self._now = max(self._now, timer.when())
            if self._now > self.end:
                raise StalledError(f"not done after {self.end} virtual seconds")
            timer._scheduled = False  # type: ignore[attr-defined]  # as BaseEventLoop does
            self._ready.append(timer)
        handle = self._ready.popleft()
        if not handle.cancelled():
            self._step(handle)

    def _step(self, handle: Handle) -> None:
        process = handle._context.get(_process)  # type: ignore[attr-defined]  # Handle has no public way
        if process is None:
            handle._run()
            return
        if process.steps == process.breaks_at:
            process.breaks_at = None
            process.breaks()
        if not process.alive:
            return
        if process.stopped:
            process.held.append(handle)
            return
        process.steps += 1
        handle._run()

    def _process_events(self, _: Any) -> None:  # noqa: ANN401  # asyncio's
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps who would have to be woken."""
