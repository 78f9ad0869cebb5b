"""How an answer is printed: as JSON when asked for, as a table at a terminal, else as lines of text."""

from __future__ import annotations

import json
import sys

import click
from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from pyro_ns.answers import Answer, Table, printable

__all__ = ["show"]


def show(answer: Answer, as_json: bool = False) -> None:
    """Print an answer on standard output."""
    if as_json:
        click.echo(json.dumps(answer.data, indent=2))
    elif answer.table is not None and _at_terminal():
        _draw(answer.table)
    else:
        click.echo(answer.text)


def _at_terminal() -> bool:
    """Tell whether a person reads this; a command that is run with ``color=False`` prints lines all the same."""
    context = click.get_current_context(silent=True)
    return sys.stdout.isatty() and (context is None or context.color is not False)


def _draw(table: Table) -> None:
    console = Console(highlight=False)
    for line in table.title.splitlines():
        console.print(Text(printable(line)))
    console.print(_as_rich(table))


def _as_rich(table: Table) -> RichTable:
    drawn = RichTable(box=box.SIMPLE_HEAD)
    for column in table.columns:
        drawn.add_column(column, overflow="fold")  # nothing is cut off: people copy uris from here
    for number, row in enumerate(table.rows):
        style = "bold" if number in table.emphasised else ""
        drawn.add_row(*(Text(printable(cell)) for cell in row), style=style)
    return drawn
