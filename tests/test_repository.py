"""What the files of this repository say about each other."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
MODULES = {
    "pyro-uri": "pyro_uri",
    "pyro-wire": "pyro_wire",
    "pyro-client": "pyro_client",
    "pyro-server": "pyro_server",
    "pyro-ns": "pyro_ns",
    "pyro-stack": "Pyro5",
}

each_package = pytest.mark.parametrize("name", MODULES)


def package(name: str) -> Path:
    return ROOT / "packages" / name


def project(name: str) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((package(name) / "pyproject.toml").read_text())["project"]
    return table


def siblings(name: str) -> dict[str, str]:
    """The packages of this repository that a package depends on, and in which versions."""
    split = (re.fullmatch(r"([\w-]+)(.*)", dependency) for dependency in project(name)["dependencies"])
    return {match[1]: match[2] for match in split if match and match[1] in MODULES}


def compatible_range(version: str) -> str:
    """The versions that a package may be replaced by without breaking those that need it."""
    major, minor, _ = map(int, version.split("."))
    return f">={major}.{minor},<{major + 1}" if major else f">=0.{minor},<0.{minor + 1}"


def test_the_packages_are_those_that_the_tests_know() -> None:
    assert {path.parent.name for path in ROOT.glob("packages/*/pyproject.toml")} == set(MODULES)


def test_the_readme_has_the_command_that_ci_runs() -> None:
    command = (ROOT / ".ci" / "run").read_text().splitlines()[-1]
    assert f"    {command}" in (ROOT / "README.md").read_text().splitlines()


def test_ci_runs_one_command() -> None:
    _, *lines = (ROOT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if not line.startswith("#")]
    assert commands[:-1] == ["set -eu", 'cd "$(dirname "$0")/.."']


def test_version_managers_offer_the_pythons_that_are_tested() -> None:
    versions = (ROOT / ".python-version").read_text().split()
    assert f"PYTHONS = {versions}".replace("'", '"') in (ROOT / "noxfile.py").read_text()


@each_package
def test_a_package_names_the_pythons_that_are_tested(name: str) -> None:
    versions = (ROOT / ".python-version").read_text().split()
    prefix = "Programming Language :: Python :: 3."
    named = [entry.rpartition(" ")[2] for entry in project(name)["classifiers"] if entry.startswith(prefix)]
    assert named == versions
    assert project(name)["requires-python"] == f">={versions[0]}"


@each_package
def test_siblings_are_needed_in_the_versions_that_are_compatible_with_this_one(name: str) -> None:
    assert siblings(name) == {sibling: compatible_range(project(sibling)["version"]) for sibling in siblings(name)}


@each_package
def test_a_package_needs_only_packages_below_it(name: str) -> None:
    order = list(MODULES)
    assert all(order.index(sibling) < order.index(name) for sibling in siblings(name))


def test_the_whole_stack_needs_every_other_package() -> None:
    assert set(siblings("pyro-stack")) == set(MODULES) - {"pyro-stack"}


@each_package
def test_the_changelog_of_a_package_has_its_version(name: str) -> None:
    assert f"\n## [{project(name)['version']}]" in (package(name) / "CHANGELOG.md").read_text()


@each_package
def test_a_package_is_typed(name: str) -> None:
    assert (package(name) / "src" / MODULES[name] / "py.typed").is_file()


@each_package
def test_a_package_has_a_readme_of_its_own(name: str) -> None:
    assert project(name)["readme"] == "README.md"
    assert (package(name) / "README.md").read_text().startswith(f"# {name}\n")


@each_package
def test_a_package_has_the_licence_of_the_repository(name: str) -> None:
    assert project(name)["license"] == "MIT"
    assert (package(name) / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_the_licence_is_mit() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n\nCopyright (c) 2026 the pyro-stack authors\n")


def test_every_package_that_needs_a_sibling_finds_it_in_the_same_way() -> None:
    texts = {name: path.read_text() for name in MODULES if (path := package(name) / "hatch_build.py").exists()}
    assert set(texts) == {name for name in MODULES if siblings(name)}
    assert len(set(texts.values())) == 1
