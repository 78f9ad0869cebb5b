"""A hydraulic press that speaks TLS, and obeys only those who have a certificate."""

import argparse
from pathlib import Path

from pyro_client import current_context
from pyro_server import Daemon, expose
from pyro_wire import Config


class Press:
    """Knows who is calling."""

    @expose
    def press(self, tons: float) -> str:
        """Press, and say for whom."""
        certificate = current_context.client.getpeercert()
        names = ", ".join(name for _, name in certificate["subjectAltName"])
        return f"pressed with {tons:g} t for {names}"


def main() -> None:
    """Serve a press until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where certificates.py has put the certificates")
    folder = parser.parse_args().folder
    config = Config(
        SSL=True,
        SSL_SERVERCERT=str(folder / "server.pem"),
        SSL_REQUIRECLIENTCERT=True,
        SSL_CACERTS=str(folder / "authority.pem"),  # who has to have signed those of the clients
    )
    with Daemon(config=config) as daemon:
        uri = daemon.register(Press(), "press")
        print(f"the press is at {uri} until Ctrl-C")
        daemon.requestLoop()


if __name__ == "__main__":
    main()
