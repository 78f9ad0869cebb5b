"""What importing ``Pyro5`` does: it reads the environment, and it sets up logging. In processes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

DEADLINE = 60.0
"""Seconds after which a test gives up on another process."""


def imported(variables: Mapping[str, str], text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder, with these variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYRO")}
    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path if path)
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        env={**kept, "PYTHONPATH": paths, **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def last_line(result: subprocess.CompletedProcess[str]) -> str:
    return result.stderr.splitlines()[-1]


# --- the environment -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["PYRO_HMAC_KEY", "PYRO_SERIALISER"])
def test_an_unknown_variable_is_an_error(variable: str, tmp_path: Path) -> None:
    result = imported({variable: "x"}, "import Pyro5", tmp_path)
    assert result.returncode == 1
    assert last_line(result).startswith(f"ValueError: environment variable {variable} names no configuration item")


def test_the_error_suggests_the_nearest_name(tmp_path: Path) -> None:
    result = imported({"PYRO_SERIALISER": "json"}, "import Pyro5", tmp_path)
    assert last_line(result).endswith("did you mean PYRO_SERIALIZER?")


def test_an_unknown_variable_with_our_own_prefix_is_a_warning(tmp_path: Path) -> None:
    result = imported({"PYROSTACK_XYZZY": "1"}, "import Pyro5", tmp_path)
    assert result.returncode == 0
    assert "UserWarning: environment variable PYROSTACK_XYZZY names no configuration item" in result.stderr


@pytest.mark.parametrize(("variable", "text"), [("PYRO_NS_PORT", "many"), ("PYRO_SSL", "perhaps")])
def test_a_value_of_the_wrong_type_is_an_error(variable: str, text: str, tmp_path: Path) -> None:
    result = imported({variable: text}, "import Pyro5", tmp_path)
    assert last_line(result).startswith(f"ValueError: environment variable {variable}='{text}': ")


def test_an_item_is_taken_from_the_environment(tmp_path: Path) -> None:
    result = imported({"PYRO_NS_PORT": "5555"}, "import Pyro5; print(Pyro5.config.NS_PORT)", tmp_path)
    assert (result.stdout, result.stderr) == ("5555\n", "")


# --- logging -------------------------------------------------------------------------------------------------------

TELL = """
    import logging
    import Pyro5
    logging.getLogger("Pyro5.core").critical("hello")
"""
LINE = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3},Pyro5\.core,CRITICAL\] hello\n"


def test_without_a_level_nothing_is_logged_and_nothing_set_up(tmp_path: Path) -> None:
    text = f"{TELL}    print(logging.getLogger('Pyro5').level, logging.root.handlers)"
    result = imported({"PYRO_LOGFILE": "{stderr}"}, text, tmp_path)
    assert (result.stdout, result.stderr) == ("9999 []\n", "")


def test_the_log_goes_to_standard_error(tmp_path: Path) -> None:
    result = imported({"PYRO_LOGLEVEL": "INFO", "PYRO_LOGFILE": "{stderr}"}, TELL, tmp_path)
    assert re.fullmatch(LINE, result.stderr)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("variables", "name"), [({}, "pyro5.log"), ({"PYRO_LOGFILE": "other.log"}, "other.log")])
def test_the_log_goes_to_a_file(variables: dict[str, str], name: str, tmp_path: Path) -> None:
    result = imported({"PYRO_LOGLEVEL": "INFO", **variables}, TELL, tmp_path)
    assert result.stderr == ""
    assert re.fullmatch(LINE, (tmp_path / name).read_text())


@pytest.mark.parametrize(("level", "number"), [("DEBUG", 10), ("warning", 30)])
def test_the_level_is_given_by_its_name(level: str, number: int, tmp_path: Path) -> None:
    text = "import logging, Pyro5; print(logging.getLogger('Pyro5').level)"
    result = imported({"PYRO_LOGLEVEL": level, "PYRO_LOGFILE": "{stderr}"}, text, tmp_path)
    assert result.stdout == f"{number}\n"


def test_a_level_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    text = """
    try:
        import Pyro5
    except AttributeError as error:
        print(error)
    """
    result = imported({"PYRO_LOGLEVEL": "LOUD"}, text, tmp_path)
    assert result.stdout.startswith("environment variable PYRO_LOGLEVEL='LOUD': ")


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    result = imported({"PYRO_LOGLEVEL": "INFO", "PYRO_LOGFILE": "missing/log"}, "import Pyro5", tmp_path)
    assert last_line(result).startswith("FileNotFoundError: ")


def test_a_program_that_has_set_up_logging_keeps_its_handlers(tmp_path: Path) -> None:
    text = """
    import logging, sys
    logging.basicConfig(stream=sys.stdout, format="mine: %(message)s")
    import Pyro5
    logging.getLogger("Pyro5.core").critical("hello")
    """
    result = imported({"PYRO_LOGLEVEL": "INFO"}, text, tmp_path)
    assert result.stdout == "mine: hello\n"
    assert list(tmp_path.iterdir()) == []


def test_reloading_reads_the_variables_again(tmp_path: Path) -> None:
    text = """
    import importlib, logging, os
    import Pyro5
    os.environ.update(PYRO_LOGLEVEL="DEBUG", PYRO_LOGFILE="{stderr}")
    importlib.reload(Pyro5)
    print(logging.getLogger("Pyro5").level)
    del os.environ["PYRO_LOGLEVEL"]
    importlib.reload(Pyro5)
    print(logging.getLogger("Pyro5").level)
    """
    assert imported({}, text, tmp_path).stdout == "10\n9999\n"


def test_importing_loads_no_other_module_of_the_package(tmp_path: Path) -> None:
    text = "import sys, Pyro5; print([name for name in sys.modules if name.startswith('Pyro5.')])"
    assert imported({}, text, tmp_path).stdout == "[]\n"
