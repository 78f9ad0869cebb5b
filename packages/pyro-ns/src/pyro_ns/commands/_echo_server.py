"""``pyro-echoserver``: run an object to try calls on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import click

from pyro_ns.commands._common import HELP, PORT, running
from pyro_ns.echoserver import ECHO_NAME, EchoOptions, run_echo_server

__all__ = ["echo_server"]

Use: TypeAlias = Callable[[EchoOptions], Any]
"""What is done with the options; a program that wants something else than a server hands its own in as ``obj``."""


@click.command(
    context_settings=HELP,
    help=f"Run the object {ECHO_NAME}, to try calls on, until it is stopped with Ctrl-C, SIGTERM or its method "
    "shutdown, which anybody may call who reaches it.",
)
@click.option("-H", "--host", metavar="NAME", default="localhost", show_default=True, help="Host to listen on.")
@click.option("-p", "--port", type=PORT, default="0", help="Port to listen on (default: a random one).")
@click.option("-u", "--unixsocket", metavar="PATH", help="Listen on this Unix domain socket instead.")
@click.option("-n", "--naming", is_flag=True, help="Register the object with the name server.")
@click.option("-N", "--nameserver", is_flag=True, help="Start a name server too, and register the object there.")
@click.option("-v", "--verbose", is_flag=True, help="Tell which name server is used, and what is called.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing, unless --verbose.")
@click.pass_context
def echo_server(context: click.Context, /, **options: Any) -> Any:
    use: Use = context.obj or run_echo_server
    with running("echo server"):
        return use(EchoOptions(**options))
