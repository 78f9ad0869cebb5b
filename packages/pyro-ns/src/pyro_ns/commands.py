"""The commands: ``pyro-ns`` runs a name server, ``pyro-nsc`` asks and changes one.

Exit status: 0, 1 after an error, 2 after wrong usage. An error is one line on standard error.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import click

from pyro_client import locate_ns
from pyro_ns import control as actions
from pyro_ns.starting import start_ns_loop
from pyro_uri import PyroError

__all__ = ["control", "name_server"]

Locate: TypeAlias = Callable[[str, int | None], AbstractContextManager[Any]]
"""From host ("" for anywhere) and port to a name server that is open in a ``with`` block."""

_PORT = click.IntRange(0, 65535)
_HELP = {"help_option_names": ["-h", "--help"]}

_UNKNOWN = "the command list shows the names that there are"
_TAKEN = "a name that is taken can be removed first; a uri looks like PYRO:objectid@host:port"
_SURE = "This may remove many names. Go on? (y/n) "


@click.command(context_settings=_HELP)
@click.option("-n", "--host", metavar="NAME", help="Host to listen on (default: localhost).")
@click.option("-p", "--port", type=_PORT, help="Port to listen on (0: a random one; default: 9090).")
@click.option("-u", "--unixsocket", metavar="PATH", help="Listen on this Unix domain socket instead.")
@click.option("-s", "--storage", default="memory", show_default=True, help="Where the names are kept: memory.")
@click.option("--bchost", metavar="NAME", help="Host on which to answer broadcasts (default: all interfaces).")
@click.option("--bcport", type=_PORT, help="UDP port on which to answer broadcasts (0: a random one; default: 9091).")
@click.option("--nathost", metavar="NAME", help="Host to publish, when it differs from the real one because of NAT.")
@click.option("--natport", type=_PORT, help="Port to publish, when it differs from the real one because of NAT.")
@click.option("-x", "--nobc", is_flag=True, help="Do not answer broadcasts.")
def name_server(
    host: str | None,
    port: int | None,
    unixsocket: str | None,
    storage: str,
    bchost: str | None,
    bcport: int | None,
    nathost: str | None,
    natport: int | None,
    nobc: bool,
) -> None:
    """Run a Pyro name server until it is stopped with Ctrl-C or SIGTERM."""
    try:
        start_ns_loop(host, port, not nobc, bchost, bcport, unixsocket, nathost, natport, storage)
    except ValueError as error:  # options that contradict each other, or an unknown storage
        raise click.UsageError(str(error)) from error
    except (OSError, PyroError) as error:
        raise click.ClickException(
            f"the name server could not run: {_one_line(error)}. "
            "Is the address right, and free? --host, --port and --unixsocket choose another one"
        ) from error


@dataclass(frozen=True, slots=True)
class _Target:
    """Which name server a command speaks to, and how loudly."""

    locate: Locate
    host: str = ""
    port: int | None = None
    verbose: bool = False

    def changed(self, host: str | None, port: int | None, unixsocket: str | None, verbose: bool) -> _Target:
        """Return the target with the options that are given in place of its own."""
        place = f"./u:{unixsocket}" if unixsocket else host or self.host
        return _Target(self.locate, place, self.port if port is None else port, self.verbose or verbose)

    def run(self, action: Callable[..., str], *arguments: Any, advice: str = "") -> None:
        """Print what an action says of the name server. An error becomes one line with ``advice``."""
        if self.verbose:
            click.echo("Locating name server...")
        with _reported("--host, --port and --unixsocket say where to look"):
            found = self.locate(self.host, self.port)
        with _reported(advice), found as nameserver:
            if self.verbose:
                click.echo(f"Name server found: {nameserver._pyroUri}")
            text = action(nameserver, *arguments)
        click.echo(text)
        if self.verbose:
            click.echo("Done.")


@contextmanager
def _reported(advice: str) -> Iterator[None]:
    """Turn the errors of a remote call into one line and exit status 1."""
    try:
        yield
    except (PyroError, OSError, TypeError, ValueError) as error:
        hint = f" ({advice})" if advice else ""
        raise click.ClickException(f"{type(error).__name__} - {_one_line(error)}{hint}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _target_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which name server is meant, and call it with a ``_Target``.

    They may come before the name of a subcommand and after it: the released command line takes them anywhere.
    """

    @click.option("-n", "--host", metavar="NAME", help="Host of the name server.")
    @click.option("-p", "--port", type=_PORT, help="Port of the name server (without a host: its broadcast port).")
    @click.option("-u", "--unixsocket", metavar="PATH", help="Unix domain socket of the name server.")
    @click.option("-v", "--verbose", is_flag=True, help="Tell what is being done.")
    @click.pass_context
    @functools.wraps(command)
    def with_target(
        context: click.Context,
        /,
        host: str | None,
        port: int | None,
        unixsocket: str | None,
        verbose: bool,
        **arguments: Any,
    ) -> None:
        before = context.obj if isinstance(context.obj, _Target) else _Target(context.obj or locate_ns)
        context.obj = before.changed(host, port, unixsocket, verbose)
        command(context.obj, **arguments)

    return with_target


@click.group(context_settings=_HELP)
@_target_options
def control(target: _Target) -> None:
    """Ask or change a running Pyro name server."""


@control.command("list")
@click.argument("prefix", required=False)
@_target_options
def _list(target: _Target, prefix: str | None) -> None:
    """List all registrations, or those whose name begins with PREFIX."""
    target.run(actions.show_all, prefix)


@control.command("listmatching")
@click.argument("regex")
@_target_options
def _list_matching(target: _Target, regex: str) -> None:
    """List the registrations whose name matches REGEX from its start."""
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
    if not (yes or _is_sure()):
        click.echo("Nothing removed")
        return
    target.run(actions.remove_matching, regex)


def _is_sure() -> bool:
    try:
        answer: str = click.prompt(_SURE, default="n", show_default=False, prompt_suffix="")
    except click.Abort as error:  # there is no more input, or Ctrl-C
        raise click.ClickException("nothing removed, because there was no answer (--yes does not ask)") from error
    return answer.strip().lower() in ("y", "yes")


@control.command("setmeta")
@click.argument("name")
@click.argument("tags", nargs=-1)
@_target_options
def _set_metadata(target: _Target, name: str, tags: tuple[str, ...]) -> None:
    """Replace the metadata of NAME by TAGS; without any it is cleared."""
    target.run(actions.set_metadata, name, tags, advice=_UNKNOWN)


@control.command("ping")
@_target_options
def _ping(target: _Target) -> None:
    """See whether the name server answers."""
    target.run(actions.ping)


@control.command("yplookup_all")
@click.argument("tags", nargs=-1, required=True)
@_target_options
def _yplookup_all(target: _Target, tags: tuple[str, ...]) -> None:
    """List the registrations that have all of TAGS as metadata."""
    target.run(actions.show_tagged_with_all, tags)


@control.command("yplookup_any")
@click.argument("tags", nargs=-1, required=True)
@_target_options
def _yplookup_any(target: _Target, tags: tuple[str, ...]) -> None:
    """List the registrations that have at least one of TAGS as metadata."""
    target.run(actions.show_tagged_with_any, tags)
