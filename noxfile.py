"""What can be run here: `nox` tests everything, `nox -s demo` shows it at work, `nox --list` names the rest."""

import os
import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.10.14"
nox.options.sessions = ["tests", "interop", "lint", "types", "dist"]
# A missing interpreter is skipped with a word, on a CI machine too, and never downloaded; `tests` sums up.
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"

PYTHONS = ["3.11", "3.12", "3.13"]
ROOT = Path(__file__).parent
PACKAGES = [ROOT / "packages" / f"pyro-{name}" for name in ("uri", "wire", "client", "server", "ns", "stack")]
SOURCES = [str(package / "src") for package in PACKAGES]
# In tests a value may be anything on purpose, so their types are checked less strictly.
TEST_SUBFOLDERS = ("conformance", "conformance_rows", "interop", "pyro5_names", "servers_chapter")
TEST_FOLDERS = [ROOT / "tests", *(ROOT / "tests" / folder for folder in TEST_SUBFOLDERS)]
EXAMPLE_FOLDERS = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())
LENIENT_FOLDERS = [*TEST_FOLDERS, ROOT / "demo", ROOT / "benchmarks", *EXAMPLE_FOLDERS]
LENIENT = ["--allow-untyped-defs", "--allow-incomplete-defs", "--allow-untyped-calls", "--allow-any-generics"]

tested_pythons: list[str] = []


@nox.session
def demo(session: nox.Session) -> None:
    """Start a name server and workers, and let a client find them and share a job out to them."""
    install_package(session, "pyro-stack")
    session.run("python", "demo/run.py", *session.posargs)


@nox.session(python=False, requires=[f"tests-{version}" for version in PYTHONS])
def tests(session: nox.Session) -> None:
    """Run the tests on each Python, and say on which; it is an error when the machine has none of them."""
    missing = [version for version in PYTHONS if version not in tested_pythons]
    if missing == PYTHONS:
        session.error(f"the tests did not run, because this machine has none of Python {', '.join(PYTHONS)}")
    session.log(f"the tests ran on Python {', '.join(tested_pythons)}")
    if missing:
        session.warn(f"the tests did not run on Python {', '.join(missing)}, which this machine lacks")


def tests_on_one_python(session: nox.Session) -> None:
    """Run the tests of the packages, each alone and all together."""
    install_package(session, "pyro-stack")
    session.install(*tools("test"))
    tested_pythons.append(str(session.python))
    session.run("pytest", *session.posargs)


for version in PYTHONS:
    nox.session(name=f"tests-{version}", python=version)(tests_on_one_python)


@nox.session
def interop(session: nox.Session) -> None:
    """Let our servers and clients and those of the released Pyro5 call each other."""
    install_package(session, "pyro-ns")  # without pyro-stack, which takes the import name of Pyro5
    session.install(*tools("interop"))
    session.run("pytest", "tests/interop", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style of the sources, and who imports whom."""
    session.install(*tools("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports", env={"PYTHONPATH": os.pathsep.join(SOURCES)})


@nox.session(name="format")
def format_sources(session: nox.Session) -> None:
    """Write the sources in the style that lint checks."""
    session.install(*tools("lint"))
    session.run("ruff", "check", "--fix")
    session.run("ruff", "format")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types: strictly in the packages, less so in tests, demo and benchmarks."""
    install_package(session, "pyro-stack")  # for the sake of what the packages depend on
    session.install(*tools("types"))
    session.run("mypy")
    # One folder at a time, because modules in different folders may have the same name.
    package_tests = [folder for package in PACKAGES for folder in (package / "tests", *(package / "tests").glob("*/"))]
    for folder in [*package_tests, *LENIENT_FOLDERS]:
        files = [str(path) for path in sorted(folder.glob("*.py"))]
        if files:
            session.run("mypy", *LENIENT, *files)


@nox.session
def dist(session: nox.Session) -> None:
    """Build all packages, install them where no sources are, and make a call there."""
    session.install(*tools("build"))
    folder = Path(session.create_tmp()).resolve()
    shutil.rmtree(folder)
    folder.mkdir()
    for package in PACKAGES:
        session.run("python", "-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), str(package))
    wheels = [str(wheel) for wheel in (folder / "dist").glob("*.whl")]
    check = shutil.copy(ROOT / "tests" / "dist_check.py", folder)
    with session.chdir(folder):
        session.run("python", check, "releases", str(folder / "dist"))
        python = empty_environment(session, folder / "all")
        session.run(python, "-m", "pip", "install", *wheels, external=True)
        session.run(python, "-I", check, "call", external=True)
        python = empty_environment(session, folder / "client")
        session.run(python, "-m", "pip", "install", str(ROOT / "packages" / "pyro-client"), external=True)
        session.run(python, "-I", check, "client", external=True)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Measure the latency of a call, against the released Pyro5 and a raw socket."""
    install_package(session, "pyro-ns")  # without pyro-stack, which takes the import name of Pyro5
    session.install(*tools("benchmarks"))
    session.run("python", "benchmarks/latency.py", *session.posargs)


@nox.session(name="benchmark-names")
def benchmark_names(session: nox.Session) -> None:
    """Measure a name server with many names, against the released Pyro5."""
    install_package(session, "pyro-ns")
    session.install(*tools("benchmarks"))
    session.run("python", "benchmarks/names.py", *session.posargs)


def tools(group: str) -> tuple[str, ...]:
    """Give the pinned requirements of a dependency group of pyproject.toml."""
    return nox.project.dependency_groups(nox.project.load_toml(ROOT / "pyproject.toml"), group)


def install_package(session: nox.Session, name: str) -> None:
    """Install a package of this checkout, and with it the siblings that it needs."""
    session.install(*tools("build"))
    # The build tools are here now, so pip need not install them once more for each package.
    session.install("--no-build-isolation", str(ROOT / "packages" / name))


def empty_environment(session: nox.Session, folder: Path) -> str:
    """Make a virtual environment with nothing in it but pip, and give the path of its Python."""
    session.run("python", "-m", "venv", str(folder))
    return str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
