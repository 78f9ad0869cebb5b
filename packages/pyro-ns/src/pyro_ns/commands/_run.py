"""Running a command from a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from pyro_ns.commands._output import discard_output

__all__ = ["run"]


def run(command: click.Command, arguments: Sequence[str] | None = None, obj: Any = None) -> Any:
    """Run a command with arguments (None: those of the process), and return what it returns.

    It prints lines of text, at a terminal too. Like a command on its own it ends the program, that is raises
    ``SystemExit``, after ``--help`` (status 0) and after an error (not 0), which it has told of on standard error.
    """
    try:
        result = command.main(arguments, standalone_mode=False, color=False, obj=obj)
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from error
    except click.Abort as error:
        click.echo("Aborted!", err=True)
        raise SystemExit(1) from error
    except BrokenPipeError as error:  # as after `| head`: nobody reads on, and this is nothing to tell of
        discard_output()
        raise SystemExit(1) from error
    if isinstance(result, int):  # what click makes of --help; none of the commands returns a number
        raise SystemExit(result)
    return result
