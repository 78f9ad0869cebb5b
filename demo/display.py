"""What the demo shows: progress while it runs, tables at the end (rich; plain text when not on a terminal)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from distribute import Share
from sources import Task
from words import Statistics

TOP_WORDS = 10


class WorkProgress:
    """A context that shows one line for the whole job and one for each worker."""

    def __init__(self, console: Console, workers: Iterable[str], files: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("files {task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._whole = self._progress.add_task("whole job", total=files, note="")
        self._lines: dict[str, TaskID] = {
            worker: self._progress.add_task(worker, total=files, note="") for worker in workers
        }

    def report(self, share: Share, task: Task) -> None:
        """Move the lines on after a task; may be called from any thread."""
        line = self._lines[share.worker]
        self._progress.update(line, advance=len(task.texts), note=f"{_megabytes(share.size)} MB")
        self._progress.update(self._whole, advance=len(task.texts))

    def __enter__(self) -> WorkProgress:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()


def share_table(shares: Sequence[Share], total: Statistics) -> Table:
    """What each worker did, and all of them together."""
    table = Table(title="Who did what", show_footer=True)
    table.add_column("worker", "together")
    _add_number_column(table, "tasks", sum(share.tasks for share in shares))
    _add_number_column(table, "files", total.files)
    _add_number_column(table, "words", total.words)
    table.add_column("MB sent", _megabytes(sum(share.size for share in shares)), justify="right")
    table.add_column("seconds", "", justify="right")
    for share in shares:
        counted = share.statistics
        numbers = [f"{number:,}" for number in (share.tasks, counted.files, counted.words)]
        table.add_row(share.worker, *numbers, _megabytes(share.size), f"{share.seconds:.2f}")
    return table


def word_table(total: Statistics) -> Table:
    """The most frequent words of all files."""
    title = f"{total.lines:,} lines, {len(total.counts):,} distinct words"
    table = Table("word", title=title, min_width=len(title))
    _add_number_column(table, "seen")
    for word, number in total.most_common(TOP_WORDS):
        table.add_row(word, f"{number:,}")
    return table


def _add_number_column(table: Table, header: str, total: int | None = None) -> None:
    table.add_column(header, "" if total is None else f"{total:,}", justify="right")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}"
