"""The material of the demo: the running Python's standard library, cut into tasks."""

from __future__ import annotations

import itertools
import os
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

TASK_SIZE = 256 * 1024
"""Characters of source text after which a task is full."""

FOREIGN_FOLDERS = {"site-packages", "dist-packages", "__pycache__"}


@dataclass(frozen=True, slots=True)
class Task:
    """Source texts that travel to a worker in one call; `size` is their length in bytes of UTF-8."""

    texts: tuple[str, ...]
    size: int


def standard_library() -> Iterator[Path]:
    """Every Python file of the standard library, always in the same order; no installed packages."""
    for folder, subfolders, names in os.walk(sysconfig.get_paths()["stdlib"]):
        subfolders[:] = sorted(set(subfolders) - FOREIGN_FOLDERS)
        for name in sorted(names):
            if name.endswith(".py"):
                yield Path(folder, name)


def read_texts(limit: int | None = None) -> list[str]:
    """The source texts of the first `limit` files of the standard library, of all of them for None."""
    # The test folders hold files that are wrong on purpose, so a bad byte is replaced, not refused.
    return [path.read_text("utf-8", "replace") for path in itertools.islice(standard_library(), limit)]


def into_tasks(texts: Iterable[str]) -> list[Task]:
    """Gather texts into tasks of about `TASK_SIZE` characters; a larger text is a task of its own."""
    tasks: list[Task] = []
    gathered: list[str] = []
    length = 0
    for text in texts:
        if gathered and length + len(text) > TASK_SIZE:
            tasks.append(_task(gathered))
            gathered, length = [], 0
        gathered.append(text)
        length += len(text)
    if gathered:
        tasks.append(_task(gathered))
    return tasks


def _task(texts: list[str]) -> Task:
    return Task(tuple(texts), sum(len(text.encode()) for text in texts))
