"""``pyro-check-config``: show the configuration, and what is wrong with it."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import click

from pyro_ns.answers import Answer, Table, printable
from pyro_ns.commands._common import HELP
from pyro_ns.commands._output import show
from pyro_ns.contradictions import contradictions, missing_files
from pyro_wire import Config, config
from pyro_wire.config import unknown_variables

__all__ = ["check_config"]


@click.command(context_settings=HELP)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, for programs.")
def check_config(as_json: bool) -> None:
    """Show every item of the configuration, as the environment variables PYRO_* and PYROSTACK_* make it.

    What is wrong with them, and variables that name no item, are told of on standard error. Passwords are hidden.
    """
    warnings = [*unknown_variables(os.environ).values(), *contradictions(config), *missing_files(config)]
    show(_answer(config, warnings), as_json)
    for warning in warnings:
        click.echo(f"Warning: {printable(warning)}", err=True)


def _answer(shown: Config, warnings: list[str]) -> Answer:
    return Answer(shown.dump(), {"items": shown.shown(), "warnings": warnings}, _table(shown))


def _table(shown: Config) -> Table:
    """Return all items with their meaning; those that are not as they are by default are emphasised."""
    values, defaults = sorted(shown.shown().items()), Config().shown()
    meaning: dict[str, Any] = {item.name: item.metadata["doc"] for item in dataclasses.fields(shown)}
    rows = tuple((name, str(value), meaning[name]) for name, value in values)
    changed = frozenset(number for number, (name, value) in enumerate(values) if value != defaults[name])
    head = "\n".join(shown.dump().splitlines()[: -len(values)])
    return Table(head, ("item", "value", "meaning"), rows, changed, wraps_last=True)
