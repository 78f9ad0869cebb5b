"""A worker server of the demo: one object that counts words, found in the name server by its metadata."""

from __future__ import annotations

import argparse
from typing import Any

from leash import run_on_leash
from pyro_client import locate_ns
from pyro_server import Daemon, expose
from words import count_words

METADATA = "demo.wordcount"
"""The tag by which the client finds the workers."""

READY = "ready"
"""The line that a worker prints when it can be called."""


class WordCounter:
    """The remote object: a pure function behind an address."""

    @expose
    def count_words(self, texts: list[str]) -> dict[str, Any]:
        """The word statistics of source texts, as plain values."""
        return count_words(texts).to_plain()


def serve(name: str, nameserver_host: str, nameserver_port: int) -> None:
    """Register a word counter under `name` and serve it until this process is interrupted."""
    with Daemon(host="localhost") as daemon:
        uri = daemon.register(WordCounter())
        with locate_ns(nameserver_host, nameserver_port) as nameserver:
            nameserver.register(name, uri, metadata={METADATA})
        print(READY, flush=True)
        daemon.requestLoop()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="Serves a word counter until its standard input closes.")
    parser.add_argument("name", help="the name to register, such as demo.wordcount.1")
    parser.add_argument("--nameserver-host", default="localhost")
    parser.add_argument("--nameserver-port", type=int, required=True)
    options = parser.parse_args()
    run_on_leash(lambda: serve(options.name, options.nameserver_host, options.nameserver_port))


if __name__ == "__main__":
    main()
