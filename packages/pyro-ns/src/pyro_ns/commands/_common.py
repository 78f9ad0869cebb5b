"""What the commands have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from pyro_ns.answers import printable
from pyro_uri import PyroError

__all__ = ["HELP", "PORT", "one_line", "running"]

HELP = {"help_option_names": ["-h", "--help"]}


def port(text: str) -> int:
    """Return a port as a number, for an option. (``click.IntRange`` would clutter each line of the help.)"""
    if not text.isdecimal() or int(text) > 65535:
        raise click.BadParameter(f"{text!r} is no port: they go from 0 to 65535.")
    return int(text)


PORT = click.types.FuncParamType(port)


@contextmanager
def running(server: str) -> Iterator[None]:
    """Turn what keeps a server from running into one line and an exit status."""
    try:
        yield
    except ValueError as error:  # options that contradict each other, or an unknown storage
        raise click.UsageError(one_line(error)) from error
    except PyroError as error:
        raise click.ClickException(f"the {server} could not run: {one_line(error)}") from error
    except OSError as error:
        raise click.ClickException(
            f"the {server} could not run: {one_line(error)}. "
            "Is the address right, and free? --host, --port and --unixsocket choose another one"
        ) from error


def one_line(error: Exception) -> str:
    """Return the text of an error on one line, safe to print."""
    return printable(" ".join(str(error).split()))
