"""A device that is its own name server: object, name server and broadcast responder in one loop on one thread."""

import threading

from pyro_client import Proxy, locate_ns
from pyro_ns import start_ns
from pyro_server import Daemon, expose
from pyro_wire import Config

EVERYWHERE, LOCALHOST = "0.0.0.0", "127.0.0.1"


class Microscope:
    """Tells which thread it is served on."""

    @expose
    def focus(self) -> str:
        """Focus, and say who does."""
        return f"focused by {threading.current_thread().name}"


def main() -> None:
    """Serve all three, and find the microscope as a client would that knows nothing."""
    config = Config(SERVERTYPE="multiplex")
    # On all interfaces, because a name server that only this machine can reach has nothing to tell the others. The
    # ports are 0 (a free one) so that this program can run anywhere; leave them out to have those that clients know.
    _, ns_daemon, responder = start_ns(EVERYWHERE, 0, bchost=LOCALHOST, bcport=0, config=config)
    assert responder is not None  # as there is one for a name server that others can reach
    with ns_daemon, responder, Daemon(config=config) as daemon:
        assert ns_daemon.nameserver is not None
        ns_daemon.nameserver.register("microscope", daemon.register(Microscope()))
        daemon.combine(ns_daemon)
        daemon.combine(responder)
        threading.Thread(target=daemon.requestLoop, name="the one loop").start()
        call(responder.getPort())


def call(broadcast_port: int) -> None:
    """Shout for the name server, ask it for the microscope, and focus."""
    # Clients shout in their network by themselves; here they are told to shout where the responder listens, and not to
    # look for a name server on this machine first, which may have another one.
    shouting = Config(NS_HOST="elsewhere.invalid", BROADCAST_ADDRS=[LOCALHOST], NS_BCPORT=broadcast_port)
    with locate_ns(config=shouting) as names:
        print("the name server answers at", names._pyroUri.host)
        with Proxy(names.lookup("microscope")) as microscope:
            print("the microscope says:", microscope.focus())
    print("threads of this program:", ", ".join(sorted(thread.name for thread in threading.enumerate())))


if __name__ == "__main__":
    main()
