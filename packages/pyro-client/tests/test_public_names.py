"""The tables of contents of the package."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import pyro_client

MODULES = ["pyro_client", *(f"pyro_client.{module.name}" for module in pkgutil.iter_modules(pyro_client.__path__))]


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_sorted_and_exist(name: str) -> None:
    module = importlib.import_module(name)
    assert sorted(module.__all__) == module.__all__
    assert all(hasattr(module, public) for public in module.__all__)


def test_the_package_offers_what_programs_import() -> None:
    documented = {"BatchProxy", "Proxy", "SerializedBlob", "SerializerBase", "URI", "locate_ns", "resolve", "type_meta"}
    assert documented <= set(pyro_client.__all__)
