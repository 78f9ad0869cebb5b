"""Three people come to a microscope: one with a wrong key, one who reserves it, one who finds it reserved."""

import argparse

from pyro_client import Proxy, errors


def proxy_for(user: str, key: str, uri: str) -> Proxy:
    """A proxy that says who is there when it connects, which it does at the first call."""
    proxy = Proxy(uri)
    proxy._pyroHandshake = (user, key)
    return proxy


def main() -> None:
    """Come in, reserve, leave."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="the address that the server printed")
    uri = parser.parse_args().uri
    try:
        with proxy_for("eve", "glass", uri) as microscope:
            microscope.reserve()
    except errors.CommunicationError as error:
        print("Eve:", error)
    with proxy_for("anna", "ruby", uri) as hers, proxy_for("ben", "opal", uri) as his:
        print("Anna:", hers.reserve())
        try:
            his.reserve()
        except PermissionError as error:
            print("Ben:", error)
    print("both have left")


if __name__ == "__main__":
    main()
