"""The tables of contents of the package."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import pyro_server

MODULES = ["pyro_server", *(m.name for m in pkgutil.walk_packages(pyro_server.__path__, "pyro_server."))]


@pytest.mark.parametrize("name", [name for name in MODULES if name != "pyro_server.servers"])
def test_public_names_are_sorted_and_exist(name: str) -> None:
    module = importlib.import_module(name)
    assert sorted(module.__all__) == module.__all__
    assert all(hasattr(module, public) for public in module.__all__)


def test_the_package_offers_what_programs_import() -> None:
    assert pyro_server.__all__ == ["Daemon", "DaemonObject", "behavior", "callback", "expose", "oneway", "serve"]
