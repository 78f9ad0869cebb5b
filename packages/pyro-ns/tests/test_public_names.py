"""The table of contents of the package, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pyro_ns


def test_public_names_are_sorted_and_exist() -> None:
    assert sorted(pyro_ns.__all__) == pyro_ns.__all__
    assert all(hasattr(pyro_ns, name) for name in pyro_ns.__all__)


def test_importing_the_package_does_not_import_what_only_the_commands_need() -> None:
    program = "import sys, pyro_ns; print([name for name in ('click', 'rich') if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout == "[]\n"
