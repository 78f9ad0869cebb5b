"""Where the packages lie side by side, in a checkout, install the siblings from there.

`pip install ./packages/pyro-client` has to find pyro-wire, which the package index may have in another version or not
at all. So a wheel that pip builds in a checkout asks for the folder beside it. Everything that leaves the checkout asks
for version ranges: an sdist is not touched, and beside an unpacked one there are no siblings.

Every package that needs a sibling has the same copy of this file, because its sdist must be complete by itself.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SiblingsOfCheckout(BuildHookInterface):
    """Turns the version range of each sibling that is there into the address of its folder."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Change the list of dependencies that hatchling writes into the wheel.

        An editable install keeps the ranges: who wants one package editable names all of them in that command, and
        pip would call the folder and the editable folder a conflict.
        """
        if version != "editable":
            dependencies = self.metadata.core.dependencies
            dependencies[:] = map(self._located, dependencies)

    def _located(self, dependency: str) -> str:
        name = re.split(r"[^\w-]", dependency, maxsplit=1)[0]
        folder = Path(self.root).parent / name
        if not (folder / "pyproject.toml").is_file():
            return dependency
        # With the dot, because most versions of pip (25.3 is one) take a folder whose name has a hyphen for a release
        # that never changes: they keep its wheel and install that instead of the sources as they are now.
        return f"{name} @ {folder.as_uri()}/."
