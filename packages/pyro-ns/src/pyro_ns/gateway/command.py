"""The command ``pyro-httpgateway``: runs a gateway until it is stopped."""

from __future__ import annotations

import ipaddress
import math
import re
from pathlib import Path
from typing import Any

import click

from pyro_ns.commands._common import HELP, PORT, one_line
from pyro_ns.gateway.application import Gateway
from pyro_ns.gateway.http_server import listen
from pyro_ns.signals import sigterm_as_interrupt
from pyro_uri import PyroError

__all__ = ["main"]


def _regex(context: click.Context, parameter: click.Parameter, text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise click.BadParameter(f"{text!r} is no regular expression: {error}") from error
    return text


def _seconds(context: click.Context, parameter: click.Parameter, number: float) -> float:
    if not math.isfinite(number):  # nan is in every range, and nobody can wait for either
        raise click.BadParameter(f"{number} is no number of seconds")
    return number


@click.command(context_settings=HELP)
@click.option("-H", "--host", metavar="NAME", default="localhost", show_default=True, help="Host to listen on.")
@click.option("-p", "--port", type=PORT, metavar="N", default="8080", show_default=True, help="Port to listen on.")
@click.option(
    "-e",
    "--expose",
    metavar="REGEX",
    default=r"http\.",
    show_default=True,
    callback=_regex,
    help="Which objects can be called: those whose name begins with a match.",
)
@click.option("-g", "--gatewaykey", metavar="KEY", help="The key that clients must show. (Others may see it in `ps`.)")
@click.option(
    "--keyfile",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The same; the key is the first line of this file.",
)
@click.option("--without-key", is_flag=True, help="Run without a key: whoever reaches the gateway may make calls.")
@click.option(
    "-t",
    "--timeout",
    type=click.FloatRange(0),
    metavar="SECONDS",
    default=0.0,
    callback=_seconds,
    help="How long to wait for an object (default: for ever).",
)
@click.option(
    "-c",
    "--cors",
    metavar="ORIGIN",
    default="",
    help="Web pages that may use it: an origin, or * for all (default: none).",
)
def main(
    host: str,
    port: int,
    expose: str,
    gatewaykey: str | None,
    keyfile: Path | None,
    without_key: bool,
    timeout: float,
    cors: str,
) -> None:
    """Run a gateway: objects that are in the Pyro name server can be called over HTTP.

    It speaks plain HTTP; on a network, put a server with TLS before it.
    """
    key = _the_key(gatewaykey, keyfile, without_key)
    gateway = Gateway(expose, gateway_key=key, cors=cors, comm_timeout=timeout, hosts=[host])
    try:
        server = listen(host, port, gateway)
    except OSError as error:
        raise click.ClickException(
            f"the gateway could not run: {one_line(error)}. "
            "Is the address right, and free? --host and --port choose another one"
        ) from error
    try:
        with sigterm_as_interrupt():
            _announce(gateway, server)
            server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        gateway.close()
    click.echo("HTTP gateway shut down.")


def _the_key(key: str | None, file: Path | None, without: bool) -> str | None:
    """Return the key to ask for. That there is none has to be said in so many words."""
    if sum((key is not None, file is not None, without)) != 1:
        raise click.UsageError("give one of --gatewaykey KEY, --keyfile FILE and --without-key")
    if without:
        return None
    text = _first_line(file) if file is not None else key
    if not text:
        raise click.UsageError("the gateway's key is empty; --without-key is for running without one")
    return text


def _first_line(file: Path) -> str:
    try:
        return file.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"cannot read the key in {file}: {error}") from error


def _announce(gateway: Gateway, server: Any) -> None:
    """Say what is exposed, to whom, whether there is a name server, and where to go."""
    if gateway.ns_regex:
        click.echo(f"Exposing objects whose names match: {gateway.ns_regex}")
    else:
        click.echo("Warning: exposing ALL objects of the name server", err=True)
    if gateway.gateway_key is None:
        click.echo("Warning: no gateway key is asked for", err=True)
    if not _is_loopback(server.server_address[0]):
        click.echo("Warning: other machines can reach the gateway, over HTTP that is not encrypted", err=True)
    try:
        click.echo(f"Name server found: {gateway.nameserver()._pyroUri}")
    except PyroError as error:
        click.echo(
            f"Not connected to a name server, which is looked for again at each request: {one_line(error)}", err=True
        )
    host = f"[{server.host}]" if ":" in server.host else server.host
    click.echo(f"Pyro HTTP gateway running on http://{host}:{server.port}/pyro/")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:  # the path of a Unix socket
        return True
