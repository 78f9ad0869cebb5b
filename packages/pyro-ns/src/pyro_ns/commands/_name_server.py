"""``pyro-ns``: run a name server."""

from __future__ import annotations

import click

from pyro_ns.commands._common import HELP, PORT, running
from pyro_ns.starting import start_ns_loop

__all__ = ["name_server"]


@click.command(context_settings=HELP)
@click.option("-n", "--host", metavar="NAME", help="Host to listen on (default: localhost).")
@click.option("-p", "--port", type=PORT, help="Port to listen on (0: a random one; default: 9090).")
@click.option("-u", "--unixsocket", metavar="PATH", help="Listen on this Unix domain socket instead.")
@click.option(
    "-s",
    "--storage",
    metavar="WHERE",
    default="memory",
    show_default=True,
    help="Where the names are kept: memory, or sql:FILE, which survives a restart.",
)
@click.option("--bchost", metavar="NAME", help="Host on which to answer broadcasts (default: all interfaces).")
@click.option("--bcport", type=PORT, help="UDP port of broadcasts (0: a random one; default: 9091).")
@click.option("--nathost", metavar="NAME", help="Host to publish, when it differs from the real one because of NAT.")
@click.option("--natport", type=PORT, help="Port to publish, when it differs from the real one because of NAT.")
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
    """Run a Pyro name server until it is stopped with Ctrl-C or SIGTERM.

    Settings that have no option are taken from the environment variables PYRO_*; pyro-check-config shows them.
    """
    with running("name server"):
        start_ns_loop(host, port, not nobc, bchost, bcport, unixsocket, nathost, natport, storage)
