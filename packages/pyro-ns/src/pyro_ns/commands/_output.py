"""How an answer is printed: as JSON when asked for, as a table at a terminal that is wide enough, else as lines."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from pyro_ns.answers import Answer, Table, printable

__all__ = ["discard_output", "show", "tell"]

_PROSE = 20
"""The least width of a column that may be wrapped."""

_ENDLESS = 100_000
"""The width of a terminal on which everything fits."""


def show(answer: Answer, as_json: bool = False) -> None:
    """Print an answer on standard output."""
    with _printing():
        if as_json:
            click.echo(json.dumps(answer.data, indent=2))
        elif answer.table is None or not _at_terminal() or not _draw(answer.table):
            click.echo(answer.text)


def tell(line: str, err: bool = False) -> None:
    """Print a line on what is being done."""
    with _printing():
        click.echo(line, err=err)


@contextmanager
def _printing() -> Iterator[None]:
    """Turn what keeps an answer from being printed, as a full disk does, into one line and an exit status."""
    if sys.stdout is None:  # how Python says that it was closed from the start, by `>&-` in a shell
        raise click.ClickException("standard output is closed")
    try:
        yield
    except BrokenPipeError:  # nobody reads on, which is nothing to tell of
        raise
    except OSError as error:
        discard_output()
        raise click.ClickException(f"cannot write to standard output: {error}") from error


def discard_output() -> None:
    """Let Python flush what is left of standard output when it ends, without another error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _at_terminal() -> bool:
    """Tell whether a person reads this; a command that is run with ``color=False`` prints lines all the same."""
    context = click.get_current_context(silent=True)
    return sys.stdout.isatty() and (context is None or context.color is not False)


def _draw(table: Table) -> bool:
    """Print a table, or return False if it does not fit: people copy uris from here, so none may be broken."""
    console, drawn = Console(highlight=False), _as_rich(table)
    if Console(width=_ENDLESS).measure(drawn).minimum > console.width:
        return False
    for line in table.title.splitlines():
        console.print(Text(printable(line)), soft_wrap=True)
    console.print(drawn)
    return True


def _as_rich(table: Table) -> RichTable:
    drawn = RichTable(box=box.SIMPLE_HEAD)
    texts = [tuple(printable(cell) for cell in row) for row in table.rows]
    for number, column in enumerate(table.columns):
        width = max(cell_len(text) for text in (column, *(row[number] for row in texts)))
        is_prose = table.wraps_last and number == len(table.columns) - 1
        drawn.add_column(column, min_width=min(width, _PROSE) if is_prose else width, no_wrap=not is_prose)
    for number, row in enumerate(texts):
        drawn.add_row(*map(Text, row), style="bold" if number in table.emphasised else "")
    return drawn
