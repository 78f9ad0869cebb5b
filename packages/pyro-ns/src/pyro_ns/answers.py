"""What a command has to say, whoever listens: a person at a terminal, a pipe, or a program."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Answer", "Table", "printable"]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under columns with headings; ``emphasised`` are the numbers of the rows to be noticed.

    ``wraps_last``: the last column is prose, which may go over several lines.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    emphasised: frozenset[int] = frozenset()
    wraps_last: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The same thing three times: lines of text, plain data for JSON, and a table if it is one."""

    text: str
    data: object
    table: Table | None = None


def printable(text: str) -> str:
    """Return a text with its control characters written out.

    Names come from the network: as they are, they could move the cursor and hide what else is on the screen.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
