"""The client of the demo: hands the tasks to the workers, one thread a worker."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from pyro_client import Proxy
from sources import Task
from words import Statistics

CALL_TIMEOUT = 60.0
"""Seconds that one call may take."""


@dataclass(slots=True)
class Share:
    """What one worker has done: its statistics, the bytes of source text it was sent, the seconds it was called."""

    worker: str
    tasks: int = 0
    size: int = 0
    seconds: float = 0.0
    statistics: Statistics = field(default_factory=Statistics)


def distribute(tasks: Iterable[Task], workers: Mapping[str, str], report: Callable[[Share, Task], None]) -> list[Share]:
    """Have the tasks done by the workers (names and uris), each taking the next task when it is free.

    `report` is called after each task with the share so far, from the worker's thread. Raises the error of the
    first call that fails, when the other workers have finished the task they are at.
    """
    waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
    for task in tasks:
        waiting.put(task)
    with ThreadPoolExecutor(len(workers)) as threads:
        futures = [threads.submit(_work, Share(name), uri, waiting, report) for name, uri in workers.items()]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            _drop_all(waiting)  # after an error or Ctrl-C nobody shall begin another task
        return [future.result() for future in futures]


def _work(share: Share, uri: str, waiting: queue.SimpleQueue[Task], report: Callable[[Share, Task], None]) -> Share:
    with Proxy(uri) as worker:
        worker._pyroTimeout = CALL_TIMEOUT
        while (task := _next(waiting)) is not None:
            begin = time.perf_counter()
            answer = worker.count_words(list(task.texts))
            share.seconds += time.perf_counter() - begin
            share.tasks += 1
            share.size += task.size
            share.statistics.add(Statistics.from_plain(answer))
            report(share, task)
    return share


def _next(waiting: queue.SimpleQueue[Task]) -> Task | None:
    try:
        return waiting.get_nowait()
    except queue.Empty:
        return None


def _drop_all(waiting: queue.SimpleQueue[Task]) -> None:
    while _next(waiting) is not None:
        pass
