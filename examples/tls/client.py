"""Calls the press three times: as a stranger to whom it is one too, without a certificate, and in order."""

import argparse
from pathlib import Path

from pyro_client import Proxy, errors
from pyro_wire import Config


def attempt(title: str, uri: str, config: Config) -> None:
    """Call the press with a configuration, and print what comes of it."""
    try:
        with Proxy(uri, config=config) as press:
            print(f"{title}: {press.press(40)}")
    except errors.CommunicationError as error:
        print(f"{title}: refused, {error}")


def main() -> None:
    """Try with more and more trust."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where certificates.py has put the certificates")
    parser.add_argument("uri", help="the address that the server printed")
    options = parser.parse_args()
    authority, own = str(options.folder / "authority.pem"), str(options.folder / "client.pem")
    attempt("trusting nobody but the system", options.uri, Config(SSL=True))
    attempt("without a certificate", options.uri, Config(SSL=True, SSL_CACERTS=authority))
    attempt("with both", options.uri, Config(SSL=True, SSL_CACERTS=authority, SSL_CLIENTCERT=own))


if __name__ == "__main__":
    main()
