"""Offers the files of one folder, to be fetched piece by piece: the recordings of a camera."""

import argparse
import hashlib
from pathlib import Path

from pyro_server import Daemon, expose

LARGEST_PIECE = 1 << 20


@expose
class Folder:
    """The files that are directly in a folder, and nothing outside of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def names(self) -> list[str]:
        """What there is."""
        return sorted(path.name for path in self._folder.iterdir() if path.is_file())

    def describe(self, name: str) -> dict[str, str | int]:
        """The size in bytes, and the SHA-256 checksum."""
        with self._path(name).open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
            return {"size": file.tell(), "sha256": checksum}

    def read(self, name: str, offset: int, size: int) -> bytes:
        """At most ``size`` bytes, and never more than a mebibyte, from ``offset`` on."""
        with self._path(name).open("rb") as file:
            file.seek(offset)
            return file.read(min(size, LARGEST_PIECE))

    def _path(self, name: str) -> Path:
        # Whatever a client may think of, such as "../../etc/passwd" or a link to it.
        path = (self._folder / name).resolve()
        if path.parent != self._folder or not path.is_file():
            raise FileNotFoundError(f"there is no file {name!r} here")
        return path


def main() -> None:
    """Serve a folder until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="whose files to offer")
    folder = parser.parse_args().folder
    with Daemon() as daemon:
        uri = daemon.register(Folder(folder), "files")
        print(f"the files are at {uri} until Ctrl-C")
        daemon.requestLoop()


if __name__ == "__main__":
    main()
