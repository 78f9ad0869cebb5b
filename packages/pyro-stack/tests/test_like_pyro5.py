"""What `import Pyro5` does to the configuration of the process, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys

DEADLINE = 60.0


def printed_by(program: str, **environment: str) -> list[str]:
    """Run a program in a process of its own, because the configuration is the process's; return the lines it prints."""
    variables = {name: text for name, text in os.environ.items() if not name.startswith(("PYRO_", "PYROSTACK_"))}
    completed = subprocess.run(
        [sys.executable, "-c", program],
        env=variables | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=DEADLINE,
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout.splitlines()


def test_bytes_in_serpent_stay_the_dictionary_that_programs_expect() -> None:
    program = "import Pyro5.serializers; s = Pyro5.serializers.serializers['serpent']; print(s.loads(s.dumps(b'ab')))"
    assert printed_by(program) == ["{'data': 'YWI=', 'encoding': 'base64'}"]


def test_the_environment_has_the_last_word() -> None:
    program = "import Pyro5; print(Pyro5.config.SERPENT_UNWRAP_BYTES)"
    assert printed_by(program, PYROSTACK_SERPENT_UNWRAP_BYTES="yes") == ["True"]
    assert printed_by(program, PYROSTACK_SERPENT_UNWRAP_BYTES="no") == ["False"]


def test_reset_goes_back_to_what_is_like_pyro5() -> None:
    program = """
from Pyro5.api import config
for use_environment in (True, False):
    config.SERPENT_UNWRAP_BYTES = True
    config.reset(use_environment)
    print(config.SERPENT_UNWRAP_BYTES)
"""
    assert printed_by(program) == ["False", "False"]
    assert printed_by(program, PYROSTACK_SERPENT_UNWRAP_BYTES="1") == ["True", "False"]


def test_a_config_of_its_own_is_left_alone() -> None:
    program = """
from pyro_wire import Config
before = Config()
import Pyro5
print(before.SERPENT_UNWRAP_BYTES, Config().SERPENT_UNWRAP_BYTES)
before.SERPENT_UNWRAP_BYTES = False
before.reset()
print(before.SERPENT_UNWRAP_BYTES)
"""
    assert printed_by(program) == ["True True", "True"]


def test_a_copy_has_what_the_process_has() -> None:
    assert printed_by("import Pyro5; print(Pyro5.config.copy().SERPENT_UNWRAP_BYTES)") == ["False"]


def test_what_a_program_has_set_before_stays() -> None:
    program = """
from pyro_wire import config
config.SERIALIZER = "json"
import Pyro5
print(Pyro5.config.SERIALIZER)
"""
    assert printed_by(program) == ["json"]


def test_the_tables_of_serializers_are_those_that_are_in_use() -> None:
    program = """
import Pyro5.serializers
from pyro_wire import serializers, serializers_by_id
print(Pyro5.serializers.serializers is serializers)
print(Pyro5.serializers.serializers_by_id is serializers_by_id)
"""
    assert printed_by(program) == ["True", "True"]
