"""Fetches a file: in pieces, going on where an earlier run has stopped, and checked in the end."""

import argparse
import hashlib
import sys
from pathlib import Path

from pyro_client import Proxy

PIECE = 256 * 1024
"""Bytes to ask for at once: enough to keep the line busy, and little to lose when it breaks."""


def fetch(files: Proxy, name: str, target: Path) -> None:
    """Fetch a file; until it is complete it has the ending ``.part``. Raises ``ValueError`` for a wrong checksum."""
    about = files.describe(name)
    part = target.with_name(target.name + ".part")
    with part.open("ab+") as file:
        if file.tell():
            print(f"{name}: going on after {file.tell()} of {about['size']} bytes")
        while piece := files.read(name, file.tell(), PIECE):
            file.write(piece)
            print(f"{name}: {file.tell()} of {about['size']} bytes")
        file.seek(0)
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    if checksum != about["sha256"]:
        part.unlink()
        raise ValueError(f"{name} is not what the server has, maybe because it has changed; begin again")
    part.replace(target)
    print(f"{name}: complete, checksum {checksum[:16]}...")


def main() -> None:
    """Fetch one file, or tell which ones there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="the address that the server printed")
    parser.add_argument("name", nargs="?", help="the file to fetch; without it, see which ones there are")
    parser.add_argument("--to", type=Path, default=Path(), help="the folder to put it in (default: this one)")
    options = parser.parse_args()
    with Proxy(options.uri) as files:
        files._pyroSerializer = "msgpack"  # bytes travel as they are, where text formats have to wrap them
        if options.name is None:
            print("\n".join(files.names()))
            return
        try:
            fetch(files, options.name, options.to / Path(options.name).name)
        except (FileNotFoundError, ValueError) as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
