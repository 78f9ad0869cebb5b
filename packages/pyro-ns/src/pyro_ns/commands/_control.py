"""``pyro-nsc``: ask or change a name server that is running."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import click

from pyro_client import locate_ns
from pyro_ns import control as actions
from pyro_ns.answers import Answer
from pyro_ns.commands._common import HELP, PORT, one_line
from pyro_ns.commands._output import show, tell
from pyro_uri import PyroError

__all__ = ["control"]

Locate: TypeAlias = Callable[[str, int | None], AbstractContextManager[Any]]
"""From host ("" for anywhere) and port to a name server that is open in a ``with`` block."""

_UNKNOWN = "the command list shows the names that there are"
_TAKEN = "a name that is taken can be removed first; a uri looks like PYRO:objectid@host:port"
_WHERE = "--host, --port and --unixsocket say where to look"
_SURE = "This may remove many names. Go on? (y/n) "


@dataclass(frozen=True, slots=True)
class _Target:
    """Which name server a command speaks to, and how it is told of."""

    locate: Locate
    host: str = ""
    port: int | None = None
    verbose: bool = False
    as_json: bool = False

    def run(self, action: Callable[..., Answer], *arguments: Any, advice: str = "") -> None:
        """Print what an action says of the name server. An error becomes one line with ``advice``."""
        self._tell("Locating name server...")
        with _reported(_WHERE):
            found = self.locate(self.host, self.port)
        with _reported(advice), found as nameserver:
            self._tell(f"Name server found: {nameserver._pyroUri}")
            answer = action(nameserver, *arguments)
        show(answer, self.as_json)
        self._tell("Done.")

    def _tell(self, line: str) -> None:
        if self.verbose:
            tell(line, err=self.as_json)  # JSON is alone on standard output


@contextmanager
def _reported(advice: str) -> Iterator[None]:
    """Turn the errors of a remote call into one line and exit status 1."""
    try:
        yield
    except (PyroError, OSError, AttributeError, TypeError, ValueError) as error:
        hint = f" ({advice})" if advice else ""
        raise click.ClickException(f"{type(error).__name__} - {one_line(error)}{hint}") from error


def _target_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which name server is meant, and call it with a ``_Target``.

    They may come before the name of a subcommand and after it: the released command line takes them anywhere.
    """

    @click.option("-n", "--host", metavar="NAME", help="Host of the name server.")
    @click.option("-p", "--port", type=PORT, help="Port of it (without a host: its broadcast port).")
    @click.option("-u", "--unixsocket", metavar="PATH", help="Unix domain socket of the name server.")
    @click.option("-v", "--verbose", is_flag=True, help="Tell what is being done.")
    @click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON, for programs.")
    @click.pass_context
    @functools.wraps(command)
    def with_target(
        context: click.Context,
        /,
        host: str | None,
        port: int | None,
        unixsocket: str | None,
        verbose: bool,
        as_json: bool,
        **arguments: Any,
    ) -> None:
        before = context.obj if isinstance(context.obj, _Target) else _Target(context.obj or locate_ns)
        context.obj = target = replace(
            before,
            host=f"./u:{unixsocket}" if unixsocket else host or before.host,
            port=before.port if port is None else port,
            verbose=before.verbose or verbose,
            as_json=before.as_json or as_json,
        )
        command(target, **arguments)

    return with_target


@click.group(context_settings=HELP)
@_target_options
def control(target: _Target) -> None:
    """Ask or change a running Pyro name server.

    Without options it is looked for on this machine, then by a broadcast on the network. All options may also stand
    after the command.
    """


@control.command("list")
@click.argument("prefix", required=False)
@_target_options
def _list(target: _Target, prefix: str | None) -> None:
    """List all names, or those that begin with PREFIX."""
    target.run(actions.show_all, prefix)


@control.command("listmatching")
@click.argument("regex")
@_target_options
def _list_matching(target: _Target, regex: str) -> None:
    """List the names that match REGEX from their start."""
    target.run(actions.show_matching, regex)


@control.command("lookup")
@click.argument("name")
@_target_options
def _lookup(target: _Target, name: str) -> None:
    """Show what is registered under NAME."""
    target.run(actions.show_one, name, advice=_UNKNOWN)


@control.command("register")
@click.argument("name")
@click.argument("uri")
@_target_options
def _register(target: _Target, name: str, uri: str) -> None:
    """Register URI under NAME, which must be free."""
    target.run(actions.register, name, uri, advice=_TAKEN)


@control.command("remove")
@click.argument("name")
@_target_options
def _remove(target: _Target, name: str) -> None:
    """Remove NAME."""
    target.run(actions.remove, name)


@control.command("removematching")
@click.argument("regex")
@click.option("-y", "--yes", is_flag=True, help="Do not ask first.")
@_target_options
def _remove_matching(target: _Target, regex: str, yes: bool) -> None:
    """Remove the names that match REGEX from their start."""
    if yes or _is_sure(target):
        target.run(actions.remove_matching, regex)
    else:
        show(Answer("Nothing removed", {"removed": 0}), target.as_json)


def _is_sure(target: _Target) -> bool:
    try:
        answer: str = click.prompt(_SURE, default="n", show_default=False, prompt_suffix="", err=target.as_json)
    except click.Abort as error:  # there is no more input, or Ctrl-C
        raise click.ClickException("nothing removed, because there was no answer (--yes does not ask)") from error
    return answer.strip().lower() in ("y", "yes")


@control.command("setmeta")
@click.argument("name")
@click.argument("tags", nargs=-1)
@_target_options
def _set_metadata(target: _Target, name: str, tags: tuple[str, ...]) -> None:
    """Replace the metadata of NAME by TAGS; none clear it."""
    target.run(actions.set_metadata, name, *tags, advice=_UNKNOWN)


@control.command("ping")
@_target_options
def _ping(target: _Target) -> None:
    """See whether the name server answers."""
    target.run(actions.ping)


@control.command("yplookup_all")
@click.argument("tags", nargs=-1, required=True)
@_target_options
def _yplookup_all(target: _Target, tags: tuple[str, ...]) -> None:
    """List the names that have all of TAGS as metadata."""
    target.run(actions.show_tagged_with_all, *tags)


@control.command("yplookup_any")
@click.argument("tags", nargs=-1, required=True)
@_target_options
def _yplookup_any(target: _Target, tags: tuple[str, ...]) -> None:
    """List the names that have one of TAGS as metadata."""
    target.run(actions.show_tagged_with_any, *tags)
