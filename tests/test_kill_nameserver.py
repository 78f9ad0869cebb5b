"""What a name server with its names in a file has acknowledged survives a kill. The script beside this does it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("kill_nameserver.py")


def test_a_killed_name_server_has_lost_nothing_that_it_had_acknowledged(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--rounds", "5", "--folder", str(tmp_path)]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "5 kills, " in shown.stdout
    assert "\n0 acknowledged changes lost, 0 corrupted files\n" in shown.stdout
