"""The table of types in the documentation is what really happens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "types.md"
PROGRAM = ROOT / "tests" / "types_table.py"
DEADLINE = 60.0


def test_the_table_of_types_is_what_really_happens() -> None:
    # Made by `python tests/types_table.py > docs/types.md`.
    program = subprocess.run(
        [sys.executable, "-W", "error", str(PROGRAM)], capture_output=True, encoding="utf-8", timeout=DEADLINE
    )
    assert program.stderr == ""
    assert program.stdout == DOCUMENT.read_text(encoding="utf-8")
